"""What `check` says: for a person in lines, for a program as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from .amending import Amendment
from .checking import RULES, Checked, Fault
from .doors import WrongUse
from .model import Note, Study
from .routes import extent


def lines(found: Checked, folder: Path) -> Iterator[str]:
    """Every fault, then why each kind matters, then what the study is and what is still open."""
    for each in found.faults:
        yield f"{each}  [{RULES[each.rule].severity}: {each.rule}]"
    for rule in dict.fromkeys(each.rule for each in found.faults):
        yield f"  {rule}: {RULES[rule].why} {RULES[rule].mend}"
    for each, why in found.waived:
        yield f"{each}  [waived: {why}]"
    if found.study is None or found.errors:
        yield f"{_many(found)} in {folder}"
        return
    yield from _study(found.study, found)
    if found.before_launch:
        yield "before launch (no fault of the study):"
        yield from (f"  {line}" for line in found.before_launch)


def _many(found: Checked) -> str:
    warnings = len(found.faults) - len(found.errors)
    counts = {"error": len(found.errors), "warning": warnings}
    told = [f"{count} {name}{'s' if count > 1 else ''}" for name, count in counts.items() if count]
    return " and ".join(told) or "no faults"


def _study(study: Study, found: Checked) -> Iterator[str]:
    asked = sum(not isinstance(each, Note) for each in study.questions())
    name = f"{study.id} {study.version}".strip()
    yield f"{study.title} ({name}): {asked} questions, {_many(found)}."
    for role in study.roles:
        here = extent(study, role.id)
        (few, many), (short, long) = here.questions, here.minutes
        yield (
            f"{role.name}: {here.routes:,} routes, {few} to {many} questions, {short:.0f} to {long:.0f} minutes "
            "(180 words a minute, and time to answer)"
        )
    yield f"fingerprint {study.fingerprint}"
    yield f"status: {study.status}"


def as_json(found: Checked) -> dict[str, Any]:
    """The same for a program; `fingerprint` is null where there are errors."""
    study = found.study if not found.errors else None
    return {
        "fingerprint": study.fingerprint if study else None,
        "faults": [_fault(each) for each in found.faults],
        "waived": [{**_fault(each), "because": why} for each, why in found.waived],
        "before_launch": list(found.before_launch),
        "routes": {role.id: _routes(study, role.id) for role in study.roles} if study else {},
    }


def _routes(study: Study, role: str) -> dict[str, Any]:
    here = extent(study, role)
    return {"count": here.routes, "questions": list(here.questions), "minutes": list(here.minutes)}


def _fault(each: Fault) -> dict[str, Any]:
    about = RULES[each.rule]
    return {
        "file": each.file,
        "line": each.line,
        "rule": each.rule,
        "severity": about.severity,
        "at": each.about,
        "message": each.message,
        "why": about.why,
        "mend": about.mend,
    }


def explained(rule: str) -> Iterator[str]:
    """What a rule looks for, or all of them. Raises WrongUse with the nearest name."""
    if rule != "all" and rule not in RULES:
        near = get_close_matches(rule, RULES, n=1)
        meant = f" Did you mean “{near[0]}”?" if near else " “all” lists every rule."
        raise WrongUse(f"There is no rule “{rule}”.{meant}")
    for name in RULES if rule == "all" else (rule,):
        about = RULES[name]
        yield f"{name} ({about.severity})"
        yield f"  why:  {about.why}"
        yield f"  mend: {about.mend}"


def changed(found: Amendment) -> Iterator[str]:
    """Every change, kind by kind, then what it does, then its grade."""
    for kind in dict.fromkeys(each.kind for each in found.changes):
        yield f"{kind}:"
        for each in found.changes:
            if each.kind == kind:
                yield f"  {each.at}, {each.what}"
                yield f"    was: {each.was if each.was is not None else '(not there)'}"
                yield f"    now: {each.now if each.now is not None else '(not there)'}"
    if found.effects:
        yield "what it does:"
        yield from (f"  {line}" for line in found.effects)
    yield f"fingerprint {found.old[:12]} → {found.new[:12]}"
    yield {
        "none": "No change in meaning.",
        "minor": f"Minor: {_counted(found)}.",
        "substantial": f"Substantial: {_counted(found)}; a board decides on it again.",
    }[found.grade]


def _counted(found: Amendment) -> str:
    counts = Counter(each.kind for each in found.changes)
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def changed_json(found: Amendment) -> dict[str, Any]:
    """The same for a program."""
    return {
        "old": found.old,
        "new": found.new,
        "grade": found.grade,
        "changes": [asdict(each) for each in found.changes],
        "effects": list(found.effects),
    }
