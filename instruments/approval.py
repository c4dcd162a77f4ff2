"""Approval: what a board has decided, the fingerprint it decided on, and what stands between a study and live answers.

`approval.yaml` holds the decision, `approved/<fingerprint>.json` the study as it was approved, so that a change can be
named by its very item. Neither is part of the fingerprint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from .amending import amendment
from .checking.launch import before_launch
from .doors import Environment, WrongUse, command
from .filing import whole
from .fingerprint import fingerprint
from .model import Study
from .reader import Faulty, from_canonical
from .reader.section import Problems, Section, is_day
from .terms import SupportLine, SupportPlace
from .written import Unreadable, Written, read_yaml

NAME, KEPT, RECIPIENTS = "approval.yaml", "approved", "recipients.yaml"
FILE = {
    "fingerprint": "of the study that was approved",
    "board": "who decided",
    "reference": "the board's own number",
    "from": "the first day on which answers may be collected",
    "until": "the last one",
    "cap": "how many questionnaires may be sent at most",
    "pilot": "true for a soft launch: every report says “Pilot: not a test”",
    "recipients": "SHA-256 of recipients.yaml: whom answers may be sealed to",
    "changes": "when that was changed since, under which number, and what it was before",
}
CHANGE = {
    "on": "the day",
    "reference": "the board's number for it, or who decided",
    "before": "SHA-256 of recipients.yaml until then",
}
NAMED = {"from": "begins", "until": "ends"}
HEADING = "# Written by `python -m instruments approve`; whoever changes it says that the board has decided so."
TOO_SOON = "study.yaml lets people delete until {until}; it must lie after the last day, {ends}: some send a day later."
FRESH = timedelta(days=90)  # a support line that was checked longer ago may be wrong by now


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a board decides: by whom, under which number, from when to when, for how many."""

    board: str
    reference: str
    begins: str  # days, as 2026-11-23
    ends: str
    cap: int
    pilot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKeys:
    """A day on which it was decided anew whom answers are sealed to: a researcher left, a key was lost."""

    on: str
    reference: str
    before: str | None  # SHA-256 of recipients.yaml until then


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Decision):
    """A decision on exactly this study, sealed to exactly these keys."""

    fingerprint: str
    recipients: str | None  # SHA-256 of recipients.yaml
    changes: tuple[NewKeys, ...] = ()


def approval_of(folder: Path) -> Approval | None:
    """The decision in a study folder, or None. Raises WrongUse with every problem of the file."""
    if not (folder / NAME).exists():
        return None
    try:
        at = read_yaml(folder / NAME, NAME)
    except Unreadable as error:
        raise WrongUse(str(error.problem)) from error
    problems = Problems()
    section = Section(at, FILE, problems, "an approval")
    read = Approval(
        fingerprint=section.words("fingerprint", needed=True) or "",
        board=section.words("board", needed=True) or "",
        reference=section.words("reference", needed=True) or "",
        begins=section.day("from", needed=True) or "",
        ends=section.day("until", needed=True) or "",
        cap=section.whole("cap", 0),
        pilot=section.truth("pilot", False),
        recipients=section.words("recipients"),
        changes=tuple(_new_keys(each, problems) for each in section.items("changes")),
    )
    if problems.found:
        raise WrongUse("\n".join(str(each) for each in sorted(problems.found)))
    return read


def _new_keys(at: Written, problems: Problems) -> NewKeys:
    section = Section(at, CHANGE, problems, "a change of recipients")
    return NewKeys(
        on=section.day("on", needed=True) or "",
        reference=section.words("reference", needed=True) or "",
        before=section.words("before"),
    )


def approve(folder: Path, study: Study, decided: Decision) -> Approval:
    """Write a board's decision, and keep the study as it was decided on. Raises WrongUse, Environment."""
    if not decided.board.strip() or not decided.reference.strip():
        raise WrongUse("A decision names its board and the board's own number for it.")
    for day in (decided.begins, decided.ends):
        if not is_day(day):
            raise WrongUse(f"“{day}” is no day; write it like 2026-11-23.")
    if decided.ends < decided.begins:
        raise WrongUse(f"The last day, {decided.ends}, lies before the first, {decided.begins}.")
    until = study.privacy.withdraw_until
    if until is not None and until <= decided.ends:
        raise WrongUse(TOO_SOON.format(until=until, ends=decided.ends))
    made = Approval(**asdict(decided), fingerprint=study.fingerprint, recipients=digest(folder / RECIPIENTS))
    _write(folder, study, made)
    return made


def approve_recipients(folder: Path, study: Study, reference: str, today: str) -> Approval:
    """Write down that recipients.yaml was changed and may be sealed to; nothing else of the decision changes.

    Raises WrongUse where nothing was approved, another study was, or the file is the approved one; Environment.
    """
    known, now = approval_of(folder), digest(folder / RECIPIENTS)
    if known is None:
        raise WrongUse("Nobody has approved this study yet; a whole approval names its recipients too.")
    if known.fingerprint != study.fingerprint:
        raise WrongUse(f"The study changed too: {changed_since(folder, study, known)} That needs a whole approval.")
    if now is None or now == known.recipients:
        raise WrongUse(f"{RECIPIENTS} is not there." if now is None else f"{RECIPIENTS} is the approved one already.")
    if not reference.strip():
        raise WrongUse("Say with --reference under which number, or by whom, it was decided.")
    change = NewKeys(on=today, reference=reference, before=known.recipients)
    made = replace(known, recipients=now, changes=(*known.changes, change))
    _write(folder, study, made)
    return made


def _write(folder: Path, study: Study, made: Approval) -> None:
    said = {key: getattr(made, NAMED.get(key, key)) for key in FILE}
    said["changes"] = [asdict(each) for each in made.changes] or None
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in said.items() if value is not None]
    try:
        (folder / KEPT).mkdir(exist_ok=True)
        whole(folder / KEPT / f"{made.fingerprint}.json", study.canonical)
        whole(folder / NAME, "\n".join([HEADING, *lines, ""]))
    except OSError as error:
        raise Environment(f"{folder} cannot be written ({error.strerror}). Nothing half-written is left.") from error


def digest(path: Path) -> str | None:
    """SHA-256 of a file; None where there is none, or none that can be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def standing(folder: Path, study: Study, approval: Approval | None, today: str) -> Iterator[str]:
    """Every sentence of the study and its approval that stands between it and live answers; none where all are true."""
    yield from unlike(folder, study, approval, digest(folder / RECIPIENTS))
    yield from lapsed(study, approval, today)


def unlike(folder: Path, study: Study, approval: Approval | None, sealed_to: str | None) -> Iterator[str]:
    """What no day changes: another study than was approved, other keys (`sealed_to`: their hash), open points."""
    if approval is None:
        yield "Nobody has approved this study (python -m instruments approve)."
    else:
        if approval.fingerprint != study.fingerprint:
            yield f"What was approved is not what would be served: {changed_since(folder, study, approval)}"
        if approval.recipients != sealed_to:
            yield f"{RECIPIENTS} is not the one that was approved ({command('instruments')} approve --recipients)."
        until = study.privacy.withdraw_until
        if until is not None and until <= approval.ends:
            yield TOO_SOON.format(until=until, ends=approval.ends)
    yield from before_launch(study, approved=True)


def lapsed(study: Study, approval: Approval | None, today: str) -> Iterator[str]:
    """What a day changes: the window of the approval, and support lines that nobody has looked at for 90 days."""
    if approval is not None and today < approval.begins:
        yield f"The approval begins on {approval.begins}; today is {today}."
    if approval is not None and today > approval.ends:
        yield f"The approval ended on {approval.ends}; today is {today}."
    for place, line, checked in checked_lines(study):
        if checked > today:
            yield f"The support line “{line.name}” of {place.place} was checked on {checked}; today is {today}."
        elif date.fromisoformat(today) - date.fromisoformat(checked) > FRESH:
            yield f"The support line “{line.name}” of {place.place} was checked on {checked}, over 90 days ago."


def checked_lines(study: Study) -> Iterator[tuple[SupportPlace, SupportLine, str]]:
    """Every support line that somebody has looked at, those for complaints included, with the day."""
    for place in study.support:
        for line in (*place.lines, *place.complaints):
            if line.checked_on:
                yield place, line, line.checked_on


def changed_since(folder: Path, study: Study, approval: Approval) -> str:
    """What has changed since the approval, by item, from the JSON that was kept."""
    kept = folder / KEPT / f"{approval.fingerprint[:64]}.json"
    short = f"fingerprint {study.fingerprint[:12]}, approved was {approval.fingerprint[:12]}"
    if not kept.exists():
        return f"{short} (its JSON is not kept)."
    try:
        text = kept.read_text(encoding="utf-8")
        if fingerprint(text) != approval.fingerprint:
            return f"{short} (its JSON is damaged)."
        found = amendment(from_canonical(text), study).changes
    except (OSError, ValueError, Faulty):
        return f"{short} (its JSON cannot be read by this version)."
    told = [f"“{each.at}” ({each.what}, {each.kind})" for each in found] or ["the interface words of this version"]
    return f"{', '.join(told[:3])}{f' and {len(told) - 3} more' if len(told) > 3 else ''} changed."
