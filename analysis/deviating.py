"""Deviations: how the plan that runs differs from the one that was locked, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from instruments.model import Study
from instruments.plan import Comparison, Plan
from instruments.written import Place

from .findings import Mark

NOWHERE = Place("plan.yaml", 0)


def deviations(kept: Study, changed: Study) -> list[str]:
    """Every line in which one plan differs from the locked one, in words."""
    before, after = (json.loads(each.canonical)["files"].get("plan.yaml") for each in (kept, changed))
    return [f"{path}: was {_brief(old)}, now {_brief(new)}" for path, old, new in _differing("plan", before, after)]


def _differing(path: str, before: object, after: object) -> list[tuple[str, object, object]]:
    if before == after:
        return []
    old, new = _entries(before), _entries(after)
    if old is None or new is None:
        return [(path, before, after)]
    found = []
    for key in dict.fromkeys([*old, *new]):
        found += _differing(f"{path} › {key}", old.get(key), new.get(key))
    return found or [(path, "another order", "this order")]


def _entries(value: object) -> dict[str, object] | None:
    """A mapping's entries, kept in order or not; None for anything else."""
    if isinstance(value, dict) and isinstance(value.get("in order"), list):
        return {str(pair[0]): pair[1] for pair in value["in order"]}
    return {str(key): each for key, each in value.items()} if isinstance(value, dict) else None


def _brief(value: object) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"“{text if len(text) <= 90 else text[:87] + '…'}”"


def marks(kept: Plan, changed: Plan) -> dict[str, Mark]:
    """What each comparison of the changed plan is: as planned, deviated, or new and so exploratory."""
    before = {each.id: each for each in kept.comparisons}
    found: dict[str, Mark] = {}
    for each in changed.comparisons:
        was = before.get(each.id)
        same = was is not None and _meant(was) == _meant(each) and _around(kept) == _around(changed)
        same = same and _family(kept, each.id, before) == _family(changed, each.id, before)
        found[each.id] = "exploratory" if was is None else "planned" if same else "deviated"
    return found


def _family(plan: Plan, id: str, before: Mapping[str, Comparison]) -> frozenset[str]:
    """With which of the old comparisons it shares a correction."""
    return frozenset(
        each for family in plan.families if id in family.comparisons for each in family.comparisons if each in before
    )


def _meant(comparison: Comparison) -> Comparison:
    """The comparison wherever it was written."""
    return replace(comparison, place=NOWHERE)


def _around(plan: Plan) -> tuple[object, ...]:
    """What every comparison of a plan rests on."""
    derived = tuple(replace(each, place=NOWHERE) for each in plan.derived)
    models = tuple(replace(each, place=NOWHERE) for each in plan.models)
    return plan.alpha, plan.smallest, plan.gates, plan.missing, plan.leave_out, derived, models
