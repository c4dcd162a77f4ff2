"""Approval: what a board has decided, the fingerprint it decided on, and what stands between a study and live answers.

`approval.yaml` holds the decision, `approved/<fingerprint>.json` the study as it was approved, so that a change can be
named by its very item. Neither is part of the fingerprint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml

from .amending import amendment
from .checking.launch import before_launch
from .doors import Environment, WrongUse
from .filing import whole
from .fingerprint import fingerprint
from .model import Study
from .reader import Faulty, from_canonical
from .reader.section import Problems, Section, is_day
from .written import Unreadable, read_yaml

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
}
NAMED = {"from": "begins", "until": "ends"}
HEADING = "# Written by `python -m instruments approve`; whoever changes it says that the board has decided so."
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
class Approval(Decision):
    """A decision on exactly this study, sealed to exactly these keys."""

    fingerprint: str
    recipients: str | None  # SHA-256 of recipients.yaml


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
    days = {key: section.words(key, needed=True) or "" for key in ("from", "until")}
    for key, day in days.items():
        if not is_day(day):
            problems.add(section.entries.get(key, at), f'“{key}” is a day, such as "2026-11-23", not “{day}”')
    read = Approval(
        fingerprint=section.words("fingerprint", needed=True) or "",
        board=section.words("board", needed=True) or "",
        reference=section.words("reference", needed=True) or "",
        begins=days["from"],
        ends=days["until"],
        cap=section.whole("cap", 0),
        pilot=section.truth("pilot", False),
        recipients=section.words("recipients"),
    )
    if problems.found:
        raise WrongUse("\n".join(str(each) for each in sorted(problems.found)))
    return read


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
    if until is not None and until < decided.ends:
        raise WrongUse(f"study.yaml lets people delete until {until}, before the last day, {decided.ends}.")
    made = Approval(**asdict(decided), fingerprint=study.fingerprint, recipients=digest(folder / RECIPIENTS))
    said = {key: getattr(made, NAMED.get(key, key)) for key in FILE}
    text = yaml.safe_dump({key: value for key, value in said.items() if value is not None}, sort_keys=False)
    try:
        (folder / KEPT).mkdir(exist_ok=True)
        whole(folder / KEPT / f"{made.fingerprint}.json", study.canonical)
        whole(folder / NAME, f"{HEADING}\n{text}")
    except OSError as error:
        raise Environment(f"{folder} cannot be written ({error.strerror}). Nothing half-written is left.") from error
    return made


def digest(path: Path) -> str | None:
    """SHA-256 of a file, or None where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def standing(folder: Path, study: Study, approval: Approval | None, today: str) -> Iterator[str]:
    """Every sentence of the study and its approval that stands between it and live answers; none where all are true."""
    if approval is None:
        yield "Nobody has approved this study (python -m instruments approve)."
    else:
        yield from _not_as_approved(folder, study, approval, today)
    yield from before_launch(study, approved=True)
    yield from _stale(study, today)


def _not_as_approved(folder: Path, study: Study, approval: Approval, today: str) -> Iterator[str]:
    if approval.fingerprint != study.fingerprint:
        yield f"What was approved is not what would be served: {changed_since(folder, study, approval)}"
    if today < approval.begins:
        yield f"The approval begins on {approval.begins}; today is {today}."
    if today > approval.ends:
        yield f"The approval ended on {approval.ends}; today is {today}."
    if approval.recipients != digest(folder / RECIPIENTS):
        yield "recipients.yaml is not the one that was approved."


def changed_since(folder: Path, study: Study, approval: Approval) -> str:
    """What has changed since the approval, by item, from the JSON that was kept."""
    kept = folder / KEPT / f"{approval.fingerprint}.json"
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
    told = [f"“{each.at}” ({each.what}, {each.kind})" for each in found]
    return f"{', '.join(told[:3])}{f' and {len(told) - 3} more' if len(told) > 3 else ''} changed."


def _stale(study: Study, today: str) -> Iterator[str]:
    """Support lines that nobody has looked at for 90 days."""
    for place in study.support:
        for line in place.lines:
            checked = line.checked_on if line.checked_on and is_day(line.checked_on) else None
            if checked and date.fromisoformat(today) - date.fromisoformat(checked) > FRESH:
                yield f"The support line “{line.name}” of {place.place} was checked on {checked}, over 90 days ago."
