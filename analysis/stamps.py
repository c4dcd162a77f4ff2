"""What shows that answers are not real: a word on every page and figure, and a beginning in every file name."""

from __future__ import annotations

from pathlib import Path

from instruments.doors import WrongUse

STAMPS = {"practice": "Practice", "made-up": "Made-up data", "live": None}
MARKS = {"practice": "practice-", "made-up": "made-up-", "live": ""}
MADE_UP = "made-up"


def named(kind: str, path: Path) -> None:
    """A file that is made of made-up answers says so in its name. Raises WrongUse with a name that would do."""
    if kind == MADE_UP and MADE_UP not in path.name:
        better = path.with_name(MARKS[kind] + path.name)
        raise WrongUse(f"These answers are made up, and every file made of them says so in its name: --out {better}")
