"""What the doctor finds: every sentence between a survey and real answers, and what lapses soon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from instruments.model import Study

from . import clock
from .live import LIVE, gate
from .store import kind_in, sent_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What stands in the way, what lapses within two weeks, and what was looked at."""

    fingerprint: str
    day: str
    in_the_way: tuple[str, ...]
    soon: tuple[str, ...]


def examined(folder: Path, study: Study, data: Path, origin: str | None) -> Examined:
    """Look at a study, its approval and this machine. Changes nothing. Raises WrongUse, Environment."""
    today, found = clock.today(), gate(folder, study, data, origin)
    in_the_way = [*found.in_the_way(today, sent_in(data))]
    kind = kind_in(data)
    if kind not in (None, LIVE):
        in_the_way.append(f"{data} holds {kind} records; real answers need a folder of their own (--data).")
    return Examined(
        fingerprint=study.fingerprint, day=today, in_the_way=tuple(in_the_way), soon=tuple(found.soon(today))
    )


def lines(found: Examined) -> Iterator[str]:
    """The same for a person."""
    yield from (f"open   {line}" for line in found.in_the_way)
    yield from (f"soon   {line}" for line in found.soon)
    yield "Nothing stands in the way." if not found.in_the_way else f"{len(found.in_the_way)} things stand in the way."
