"""What the doctor finds: every sentence between a survey and real answers, and what lapses soon."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from instruments.approval import RECIPIENTS
from instruments.doors import harmless
from instruments.model import Study

from . import clock, machine
from .live import CODES_FORGOTTEN, LIVE, Gate, gate
from .looking import PAUSED, codes_forgotten_in, kind_in, pilot_in, sent_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What stands in the way, what lapses within two weeks, and what was looked at."""

    fingerprint: str
    day: str
    in_the_way: tuple[str, ...]
    soon: tuple[str, ...]
    look_at: tuple[str, ...]  # on this machine: what only its host can judge


def examined(folder: Path, study: Study, data: Path, origin: str | None) -> Examined:
    """Look at a study, its approval and this machine. Changes nothing. Raises WrongUse, Environment."""
    today, found = clock.today(), gate(folder, study, data, origin)
    in_the_way = [*found.in_the_way(today, sent_in(data) if kind_in(data) == LIVE else 0)]
    if data.exists() and not data.is_dir():
        in_the_way.append(f"{data} is no folder (--data).")
    approval, kind = found.approval, kind_in(data)
    if kind == LIVE and approval is not None and pilot_in(data) != approval.pilot:
        in_the_way.append(
            f"{data} holds answers of {'no ' * approval.pilot}pilot; these need a folder of their own (--data)."
        )
    if kind == LIVE and codes_forgotten_in(data):
        in_the_way.append(CODES_FORGOTTEN)
    if machine.leaves_cores():
        in_the_way.append("core dumps: this system lets no program forbid an image of its memory; use another one.")
    if (data / PAUSED).exists():
        in_the_way.append("The survey is paused (python -m survey_app resume).")
    if kind not in (None, LIVE):
        in_the_way.append(f"{data} holds {kind} records; real answers need a folder of their own (--data).")
    return Examined(
        fingerprint=study.fingerprint,
        day=today,
        in_the_way=tuple(in_the_way),
        soon=tuple(found.soon(today)),
        look_at=(*_lone_text_key(found), *machine.to_look_at(data, origin)),
    )


def _lone_text_key(found: Gate) -> Iterator[str]:
    """One key for people's own words is allowed, and a loss that nothing mends."""
    if found.recipients is not None and len(found.recipients.texts) == 1:
        yield f"{RECIPIENTS}: one key alone opens what people write in their own words; name a spare under texts."


def lines(found: Examined) -> Iterator[str]:
    """The same for a person."""
    yield from (f"open   {harmless(line)}" for line in found.in_the_way)
    yield from (f"soon   {harmless(line)}" for line in found.soon)
    yield from (f"look   {harmless(line)}" for line in found.look_at)
    many = len(found.in_the_way)
    yield f"{many} thing{'s stand' if many > 1 else ' stands'} in the way." if many else "Nothing stands in the way."
