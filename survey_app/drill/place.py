"""Where a drill takes place: a data folder, what the survey says, temporary files, a home; and elsewhere a key."""

from __future__ import annotations

from pathlib import Path

from instruments.records import SURVEY_FILE


class Place:
    """The folders of one drill."""

    def __init__(self, root: Path) -> None:
        self.machine = root / "machine"
        self.data, self.logs = self.machine / "data", self.machine / "logs"
        self.temporary, self.home = self.machine / "tmp", self.machine / "home"
        self.output, self.errors = self.logs / "output", self.logs / "errors"
        self.elsewhere = root / "elsewhere"
        self.key = self.elsewhere / "key"
        for folder in (self.data, self.logs, self.temporary, self.home, self.elsewhere):
            folder.mkdir(mode=0o700, parents=True)

    @property
    def file(self) -> Path:
        """The survey's file."""
        return self.data / SURVEY_FILE
