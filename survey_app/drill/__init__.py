"""The drill: people whose every word is known answer the installed survey, then a thief takes this machine.

It runs in a folder of its own beside the real one, which is never touched, and is deleted afterwards.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from instruments import evidence
from instruments.doors import Environment
from instruments.model import Study
from instruments.records import PRACTICE_KEY

from .. import clock
from . import findings
from .canaries import FORGED, Crowd
from .place import Place

SECONDS_TO_FLUSH, SECONDS_TO_LOOK = 12, 0.3
INSTALLED = (sys.executable, "-m", "survey_app")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """What came of a drill: on which day, with which study, each promise, and what a thief would learn."""

    day: str
    title: str
    fingerprint: str
    origin: str | None
    findings: tuple[findings.Finding, ...]
    learns: tuple[str, ...]

    @property
    def kept(self) -> bool:
        """Is every promise kept that the drill can see?"""
        return all(each.kept for each in self.findings)


def drill(
    folder: Path,
    study: Study,
    data: Path,
    origin: str | None,
    say: Callable[[str], None],
    program: Sequence[str] = INSTALLED,
) -> Drilled:
    """Run it. `program` is what serves. Raises Environment where the survey does not start."""
    with _ending_in_order(), _beside(data) as place:
        say("starting the installed survey in a folder of its own …")
        began = clock.minute() * 60
        with _serving(place, folder, origin, program) as served:
            say("people answer, delete, stop half-way, send twice; programs send nonsense …")
            crowd = Crowd(place, served.address, origin)
            try:
                crowd.come()
            except (OSError, ValueError) as error:
                raise Environment(f"The drill could not go on: {error}.") from error
            say("waiting until the survey has tidied up, then taking the machine away …")
            served.wait(lambda: tidied_up(place))
        minutes = range(began // 60, clock.minute() + 1)
        say("looking through everything that is left …")
        found = tuple(findings.of(place, crowd, minutes, (data, folder)))
        learns = tuple(findings.learns(place))
    return Drilled(
        day=clock.today(),
        title=study.title,
        fingerprint=study.fingerprint,
        origin=origin,
        findings=found,
        learns=learns,
    )


def tidied_up(place: Place) -> bool:
    """Has the survey signed and rewritten its file since the last send or deletion, and taken its times back?"""
    with closing(sqlite3.connect(place.file, timeout=20)) as own:
        tables = (*evidence.SEALED_TABLES, evidence.TOMBSTONES)
        rows = sum(
            own.execute(f"SELECT count(*) FROM {table} WHERE key != ?", (FORGED,)).fetchone()[0] for table in tables
        )
        listed = own.execute("SELECT length(value) FROM house WHERE name = 'leaves'").fetchone()
    signed = listed is not None and listed[0] == rows * evidence.LEAF
    return signed and all(path.stat().st_mtime == clock.start_of_month() for path in (place.file, place.data))


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Also when it is told to end, nothing of a drill is left: no folder, no key, no survey that runs on."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _beside(data: Path) -> Iterator[Place]:
    """A folder of its own on the same disk, gone afterwards whatever happens."""
    try:
        near = data.resolve().parent
        near.mkdir(parents=True, exist_ok=True)
        root = Path(tempfile.mkdtemp(prefix="drill-", dir=near))
    except OSError as error:
        raise Environment(f"No folder can be made beside {data}: {error.strerror}.") from error
    try:
        yield Place(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


@dataclass(slots=True)
class _Served:
    process: subprocess.Popen[str]
    address: str

    def wait(self, done: Callable[[], bool]) -> None:
        """Let it run on, as long as a flush takes at most. Raises Environment where it ends by itself."""
        ends, tidy = clock.seconds() + SECONDS_TO_FLUSH, False
        while clock.seconds() < ends and not tidy:
            tidy = done()
            try:
                self.process.wait(SECONDS_TO_LOOK)
            except subprocess.TimeoutExpired:
                continue
            raise Environment("The survey stopped by itself during the drill.")


@contextmanager
def _serving(place: Place, folder: Path, origin: str | None, program: Sequence[str]) -> Iterator[_Served]:
    """The installed survey on a port of its own; killed at the end, as a thief would find it."""
    flags = ["--made-up", "--study", str(folder.resolve()), "--data", str(place.data), "--port", "0"]
    flags += ["--origin", origin] if origin else []
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OFFHOURS_")}
    with place.errors.open("w") as errors:
        process = subprocess.Popen(
            [*program, *flags],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**kept, "TMPDIR": str(place.temporary), "HOME": str(place.home)},
        )
    try:
        assert process.stdout is not None, "asked for"
        said = []
        for line in process.stdout:
            said.append(line)
            if "answer it" in line:
                break
        else:
            raise Environment(f"The survey does not start:\n{place.errors.read_text(errors='replace')}")
        place.output.write_text("".join(said))
        (place.data / PRACTICE_KEY).rename(place.key)  # a researcher's key is never on this machine
        yield _Served(process, said[-1].split("answer it")[1].strip().rstrip("/"))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        rest = process.communicate()[0] or ""
        with place.output.open("a") as output:
            output.write(rest)
