"""Practice, live, closed: what a survey may collect. Live only while every sentence is true, each day anew."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from instruments.approval import FRESH, RECIPIENTS, Approval, approval_of, digest, standing
from instruments.doors import WrongUse
from instruments.model import Study

from . import sealing
from .store import kind_in

PRIVATE_KEY = re.compile(rb"AGE-SECRET-KEY-1[0-9A-Z]{50,}")
LARGEST_KEY_FILE, DEEPEST, MOST_FILES = 64 * 1024, 4, 20_000  # of what is looked through for private keys
DAYS_OF_WARNING = 14
LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What stands between a study and live answers: what is settled at the start, and what a day may change."""

    folder: Path
    study: Study
    approval: Approval | None
    settled: tuple[str, ...]  # keys, recipients, the public address

    def in_the_way(self, today: str, sent: int) -> tuple[str, ...]:
        """Every sentence that is not true today; none while live answers may be collected."""
        found = [*standing(self.folder, self.study, self.approval, today), *self.settled]
        if self.approval is not None and sent >= self.approval.cap:
            found.append(f"{self.approval.cap:,} questionnaires have been sent, as many as the board allows.")
        return tuple(found)

    def sound(self) -> bool:
        """Would what is sent now be the approved study, sealed to the approved keys, whatever else has lapsed?"""
        known = self.approval
        return (
            not self.settled
            and known is not None
            and (known.fingerprint, known.recipients) == (self.study.fingerprint, digest(self.folder / RECIPIENTS))
        )

    def soon(self, today: str) -> Iterator[str]:
        """What lapses within two weeks."""
        day = date.fromisoformat(today)
        lapses = [(f"the support line “{line.name}” of {place.place}", date.fromisoformat(line.checked_on) + FRESH)
                  for place in self.study.support for line in place.lines if line.checked_on]  # fmt: skip
        if self.approval is not None:
            lapses.append(("the approval", date.fromisoformat(self.approval.ends)))
        for what, last in lapses:
            if 0 <= (last - day).days <= DAYS_OF_WARNING:
                yield f"In {(last - day).days} days {what} lapses ({last})."


def gate(folder: Path, study: Study, data: Path, origin: str | None) -> Gate:
    """The gate of a study folder on this machine. Raises WrongUse where approval.yaml cannot be read."""
    places = (data, folder, Path.home(), Path.cwd())  # where one would be left behind
    settled = [f"A private key lies on this machine: {path}. Take it away." for path in private_keys(places)]
    try:
        named = len(sealing.recipients_of(folder).answers)
        if named < sealing.FEWEST:
            settled.append(
                f"{RECIPIENTS} names {named} key; with {sealing.FEWEST}, a lost one does not lose all answers."
            )
    except WrongUse as error:
        settled.append(error.format_message())
    if not (origin or "").startswith("https://"):
        settled.append("The survey has no public https:// address (--origin).")
    return Gate(folder=folder, study=study, approval=approval_of(folder), settled=tuple(settled))


def kind_of(folder: Path, study: Study, data: Path, origin: str | None, today: str) -> tuple[str, Gate | None]:
    """What a start collects when nobody says otherwise: live where every sentence is true, practice until then.

    A data folder that was live once stays so, and is closed while a sentence is not true.
    """
    if kind_in(data) != LIVE and approval_of(folder) is None:
        return "practice", None
    found = gate(folder, study, data, origin)
    if kind_in(data) == LIVE or not found.in_the_way(today, 0):
        return LIVE, found
    return "practice", found


def private_keys(places: Iterable[Path]) -> list[Path]:
    """Files that hold a private age key: small ones, a few folders deep."""
    found = []
    for place in dict.fromkeys(each.resolve() for each in places):
        looked = 0
        for at, folders, files in os.walk(place):
            if len(Path(at).relative_to(place).parts) >= DEEPEST:
                folders.clear()
            for name in files:
                looked += 1
                if _holds_a_key(Path(at, name)):
                    found.append(Path(at, name))
            if looked > MOST_FILES:
                break
    return list(dict.fromkeys(found))


def _holds_a_key(path: Path) -> bool:
    try:
        small = path.is_file() and path.stat().st_size <= LARGEST_KEY_FILE
        return small and PRIVATE_KEY.search(path.read_bytes()) is not None
    except OSError:
        return False
