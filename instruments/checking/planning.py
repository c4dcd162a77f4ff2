"""Checking the plan: groups that nobody can be in, outcomes off the route, too few people, people singled out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from statistics import NormalDist

from ..model import NOT_SURE, Study
from ..plan import Comparison, Recode, When
from ..records import columns
from ..rules import AllOf, Rule, holds, leaves
from ..ways import TooMany, behind, has_answer, possible, ways, with_derived
from ..written import Written
from .faults import Fault, fault

POWER = 0.80
MOST_LOST = 0.5  # a choice is lost by accident if the plan names more of its list than it leaves out
NORMAL = NormalDist()


def planning(study: Study, files: Mapping[str, Written]) -> Iterator[Fault]:
    """Every fault of the plan."""
    for comparison in study.plan.comparisons:
        yield from _groups(study, comparison)
        yield from _power(study, comparison)
    yield from _derived(study)
    yield from _lost(study)
    yield from _unused(study, files)
    yield from _singled_out(study)


def _groups(study: Study, comparison: Comparison) -> Iterator[Fault]:
    """Each group can have somebody in it, and they can be asked for what is compared."""
    parts: tuple[Rule, ...] = tuple(part.rule for part in comparison.contrast or ()) or (AllOf(()),)
    for group in (comparison.first, comparison.second):
        for part in parts:
            rule = AllOf((comparison.among, group.rule, part))
            found = _reach(study, rule, comparison.outcome)
            if found == "nobody":
                yield fault(
                    "empty-group", comparison.place, comparison.id, f"{comparison.id}: nobody can be in “{group.name}”"
                )
                break
            if found == "unasked":
                message = f"{comparison.id}: “{group.name}” is never asked what is compared, “{comparison.outcome}”"
                yield fault("off-route", comparison.place, comparison.id, message)
                break


def _reach(study: Study, rule: Rule, outcome: str) -> str:
    """Whether anybody is in a group and has an answer: "nobody", "unasked" or "asked"."""
    somebody = False
    for role in study.roles:
        try:
            for by in ways(study, role.id, behind(study, [rule], [outcome])):
                if holds(rule, with_derived(study, by)):
                    somebody = True
                    if has_answer(study, role.id, by, outcome):
                        return "asked"
        except TooMany:
            return "asked"
    return "unasked" if somebody else "nobody"


def _derived(study: Study) -> Iterator[Fault]:
    for each in study.plan.derived:
        if isinstance(each, When):
            for rule, what in (
                (AllOf((each.rule, each.among)), "is 1 for nobody"),
                (each.among, "can be said of nobody"),
            ):
                if not any(possible(study, role.id, rule) for role in study.roles):
                    yield fault("never-holds", each.place, each.name, f"“{each.name}” {what}: its rule never holds")
                    break


def _lost(study: Study) -> Iterator[Fault]:
    """Choices that a derived column leaves out, where it names most of the others."""
    offered = {column.name: column for column in columns(study)}
    for each in study.plan.derived:
        if isinstance(each, Recode):
            named = {each.of: set(each.to)}
        elif isinstance(each, When):
            named = {
                leaf.column: {code for code in leaf.any_of if isinstance(code, int)} for leaf in leaves(each.among)
            }
        else:
            continue
        for name, codes in named.items():
            column = offered.get(name)
            real = {choice.code for choice in column.choices if choice.code < NOT_SURE} if column else set()
            left = real - codes
            if left and len(left) < MOST_LOST * len(real) and (column is None or not left <= set(_off(study, name))):
                listed = ", ".join(str(code) for code in sorted(left))
                yield fault("lost-choice", each.place, each.name, f"“{each.name}” leaves out {listed} of “{name}”")


def _off(study: Study, name: str) -> list[int]:
    """Answers beside a scale: they have no place on it."""
    question = study.question(name)
    return [choice.code for choice in getattr(question, "off_scale", ())]


def _unused(study: Study, files: Mapping[str, Written]) -> Iterator[Fault]:
    at = files.get("questionnaire.yaml")
    lists = at.value.get("choices") if at is not None and isinstance(at.value, dict) else None
    if lists is None or not isinstance(lists.value, dict):
        return
    used = {str(said) for each in files.values() for said in _scalars(each)}
    for name, entry in lists.value.items():
        if str(name) not in used:
            yield fault("unused-list", entry.place, str(name), f"no question uses the list “{name}”")


def _scalars(at: Written) -> Iterator[object]:
    match at.value:
        case dict(entries):
            for entry in entries.values():
                yield from _scalars(entry)
        case list(items):
            for item in items:
                yield from _scalars(item)
        case said:
            yield said


def _power(study: Study, comparison: Comparison) -> Iterator[Fault]:
    """The smallest effect that the planned people find, about; the analysis simulates it (`analysis power`)."""
    family = next((each for each in study.plan.families if comparison.id in each.comparisons), None)
    if not comparison.planned_n or family is None:
        return
    alpha, smallest = study.plan.alpha / len(family.comparisons), study.plan.smallest
    wanted = {"risk_difference": smallest.risk_difference, "superiority_contrast": smallest.contrast}.get(
        comparison.test, smallest.superiority - 0.5
    )
    least = min(detectable(comparison, n, alpha) for n in comparison.planned_n)
    if least > 1.1 * wanted:
        message = (
            f"{comparison.id}: about {least:.2f} from no effect is found with {POWER:.0%} power at the planned people; "
            f"{wanted:.2f} is the smallest of interest"
        )
        yield fault("little-power", comparison.place, comparison.id, message)


def detectable(comparison: Comparison, n: tuple[int, int], alpha: float) -> float:
    """How far from no effect is found with 80 % power, in the test's own unit, about.

    Noether 1987 (Journal of the American Statistical Association 82:645-647) for superiorities; the normal
    approximation at shares of a half for differences; both one-sided tests for an equivalence.
    """
    z = NORMAL.inv_cdf(1 - alpha / 2) + NORMAL.inv_cdf(POWER)
    share = 1 / n[0] + 1 / n[1]
    match comparison.test:
        case "risk_difference":
            return z * math.sqrt(share / 4)
        case "superiority_contrast":
            return z * math.sqrt(2 * share / 12)
        case "equivalence":
            return (NORMAL.inv_cdf(1 - alpha) + NORMAL.inv_cdf((1 + POWER) / 2)) * math.sqrt(share / 12)
        case _:
            return z * math.sqrt(share / 12)


def _singled_out(study: Study) -> Iterator[Fault]:
    """Kinds of people that the identifying columns make, against how many are expected."""
    offered = {column.name: column for column in columns(study)}
    place, kinds = study.checks.place, 1
    for name in study.checks.identifying:
        if name not in offered:
            yield fault("leads-nowhere", place, name, f"checks.identifying: “{name}” is not a column")
            continue
        column = offered[name]
        kinds *= max(2, len([choice for choice in column.choices if choice.code < NOT_SURE]))
    expected = str(study.details.get("expected_population") or "").replace(",", "")
    if study.checks.identifying and expected.isdigit() and int(expected) < study.privacy.min_cell_team * kinds:
        message = (
            f"{' × '.join(study.checks.identifying)} make {kinds} kinds of people; of {int(expected):,} expected, "
            f"fewer than {study.privacy.min_cell_team} are of each"
        )
        yield fault("singled-out", place, "identifying", message)
