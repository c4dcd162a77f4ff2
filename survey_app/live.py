"""Practice, live, closed: what a survey may collect. Live only while every sentence is true, each hour anew."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from instruments.approval import FRESH, RECIPIENTS, Approval, approval_of, checked_lines, digest, lapsed, unlike
from instruments.doors import WrongUse, harmless
from instruments.model import Study

from . import machine, sealing
from .looking import kind_in

BETWEEN = rb"(?:\s|<[^<>]{0,80}>)*"
PRIVATE_KEY = re.compile(rb"AGE-SECRET-KEY-" + BETWEEN + rb"1(?:" + BETWEEN + rb"[02-9AC-HJ-NP-Z]){50,}", re.IGNORECASE)
"""Also as our printed sheet breaks it; the letters are those of its alphabet (Bech32), so that prose is none."""

AT_MOST = 64 * 1024  # bytes of a file that are looked at for a key
DEEPEST, MOST_FILES = 6, 50_000  # of a place that is looked through
DAYS_OF_WARNING = 14
HOUR = 3600.0  # seconds
LIVE = "live"
CODES_FORGOTTEN = "The codes of this data folder are forgotten; new answers need a folder of their own (--data)."
ONION = ".onion"  # encrypted by Tor itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What stands between a study and live answers: what is settled at the start, and what each day may change."""

    study: Study
    approval: Approval | None
    recipients: sealing.Recipients | None
    settled: tuple[str, ...]  # another study, other keys, open points, private keys here, the public address
    keys: Path | None = None  # recipients.yaml
    sealed_to: str | None = None  # its hash when the survey started

    def in_the_way(self, today: str, sent: int) -> tuple[str, ...]:
        """Every sentence that is not true today; none while live answers may be collected."""
        found = [*self.settled, *lapsed(self.study, self.approval, today)]
        if self.keys is not None and _digest(self.keys) != self.sealed_to:
            found.append(f"{RECIPIENTS} was changed; let it be approved (approve --recipients), and start anew.")
        if self.approval is not None and sent >= self.approval.cap:
            found.append(f"{self.approval.cap:,} questionnaires have been sent, as many as the board allows.")
        return tuple(found)

    def sound(self) -> bool:
        """Would what is sent now be the approved study, sealed to the approved keys, whatever else has lapsed?"""
        return not self.settled

    def soon(self, today: str) -> Iterator[str]:
        """What lapses within two weeks."""
        day = date.fromisoformat(today)
        lapses = [
            (f"the support line “{line.name}” of {place.place}", date.fromisoformat(checked) + FRESH)
            for place, line, checked in checked_lines(self.study)
            if checked <= today
        ]
        if self.approval is not None:
            lapses.append(("the approval", date.fromisoformat(self.approval.ends)))
        for what, last in lapses:
            if 0 <= (last - day).days <= DAYS_OF_WARNING:
                yield f"In {(last - day).days} days {what} lapses ({last})."


class Watched:
    """The gate of a survey that runs: what was settled at its start is looked at anew every hour, by its own thread."""

    def __init__(self, first: Gate, again: Callable[[], Gate], every: float = HOUR) -> None:
        """`again` is the gate as it would be at a start now."""
        self.now, self.again, self.every = first, again, every
        threading.Thread(target=self._run, name="gate", daemon=True).start()

    def in_the_way(self, today: str, sent: int) -> tuple[str, ...]:
        """Every sentence that is not true today."""
        return self.now.in_the_way(today, sent)

    def sound(self) -> bool:
        """Would what is sent now be the approved study, sealed to the approved keys?"""
        return self.now.sound()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(self.every):
            try:
                self.now = replace(self.now, settled=self.again().settled)
            except Exception as error:
                print(f"survey: {type(error).__name__} at the gate", file=sys.stderr)


def gate(folder: Path, study: Study, data: Path, origin: str | None) -> Gate:
    """The gate of a study folder on this machine. Whatever cannot be read stands in the way, in words."""
    approval, recipients, sealed_to = None, None, None
    settled: list[str] = []
    try:
        approval = approval_of(folder)
    except WrongUse as error:
        settled.append(error.format_message())
    try:
        recipients, sealed_to = sealing.recipients_of(folder)  # those that are sealed to, whatever the file says later
        if len(recipients.answers) < sealing.FEWEST:
            settled.append(
                f"{RECIPIENTS} names {len(recipients.answers)} key; {sealing.FEWEST} are needed: one may be lost."
            )
    except WrongUse as error:
        settled.append(error.format_message())
    settled += unlike(folder, study, approval, sealed_to)
    settled += _keys_here(data, folder)
    settled += machine.in_the_way(data)
    if origin is None or not (origin.startswith("https://") or origin.endswith(ONION)):
        settled.append("The survey has no public https:// or .onion address (--origin).")
    return Gate(
        study=study,
        approval=approval,
        recipients=recipients,
        settled=tuple(settled),
        keys=folder / RECIPIENTS,
        sealed_to=sealed_to if sealed_to is not None else digest(folder / RECIPIENTS),
    )


def kind_of(folder: Path, study: Study, data: Path, origin: str | None, today: str) -> tuple[str, Gate | None]:
    """What a start collects when nobody says otherwise: live where every sentence is true, practice until then.

    A data folder that was live once stays so, and is closed while a sentence is not true. Raises WrongUse.
    """
    was_live = kind_in(data) == LIVE
    if not was_live and approval_of(folder) is None:
        return "practice", None
    found = gate(folder, study, data, origin)
    return (LIVE if was_live or not found.in_the_way(today, 0) else "practice"), found


def _keys_here(data: Path, folder: Path) -> Iterator[str]:
    """A sentence for each private key where one would be left behind, and for each place that is too large to tell."""
    places = [data, folder]
    for where in (Path.home, Path.cwd):
        with suppress(OSError, RuntimeError):  # nobody's home, a folder that was deleted
            places.append(where())
    looked = [private_keys(place) for place in dict.fromkeys(places)]
    for path in dict.fromkeys(path for found, _ in looked for path in found):
        yield f"A private key lies on this machine: {shown(path)}. Take it away."
    for place, (_, whole) in zip(dict.fromkeys(places), looked, strict=True):
        if not whole:
            yield f"{shown(place)} has too many files to look for private keys; let the survey be a user of its own."


def _digest(path: Path) -> str | None:
    """SHA-256 of a file, read only when it has changed: its time of access must not follow those who begin."""
    try:
        now = path.stat()
    except OSError:
        return None
    return _digest_of(path, (now.st_ino, now.st_size, now.st_mtime_ns))


@lru_cache(maxsize=2)
def _digest_of(path: Path, changed: tuple[int, ...]) -> str | None:
    return digest(path)


def private_keys(place: Path) -> tuple[list[Path], bool]:
    """Files of a place that hold a private age key, and whether all of it was looked through.

    Nearest folders first; other file systems, such as /proc, and links are left out.
    """
    found: list[Path] = []
    looked = 0
    try:
        waiting, device = deque([(place, 0)]), place.stat().st_dev
    except OSError:
        return [], True
    while waiting:
        at, deep = waiting.popleft()
        try:
            entries = sorted(os.scandir(at), key=lambda each: each.name)
        except OSError:
            continue
        for entry in entries:
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False) and deep < DEEPEST and entry.stat().st_dev == device:
                    waiting.append((Path(entry.path), deep + 1))
                elif entry.is_file(follow_symlinks=False) and entry.stat().st_size:
                    looked += 1
                    if _holds_a_key(Path(entry.path)):
                        found.append(Path(entry.path))
        if looked > MOST_FILES:
            return found, False
    return found, True


def shown(path: Path) -> str:
    """A path as it may be printed: nothing in it steers a terminal or makes a line of its own."""
    return harmless(str(path).encode("utf-8", "replace").decode()).replace("\n", "?")


def _holds_a_key(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(AT_MOST)
    return PRIVATE_KEY.search(head.replace(b"\0", b"")) is not None  # also where it is written in two bytes a letter
