"""Comparing: the plan and a locked table become findings. A finding is complete; its words are the report's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from instruments.plan import Comparison, Plan
from instruments.rules import NoneOf

from . import ordinal, resampling, shares
from .table import Mask, Table

Verdict = Literal["supported", "opposite", "equivalent", "inconclusive"]
SEED = 20180717  # of the permutation test; the same data give the same p


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its 95 % interval, and the 90 % interval that equivalence is judged by."""

    value: float
    low: float
    high: float
    low_90: float
    high_90: float
    no_effect: float  # .5 for a superiority, 0 for a difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one planned comparison found, or why there is nothing to find."""

    planned: Comparison
    family: str
    n: tuple[int, int]
    missing: tuple[int, int]
    counts: tuple[tuple[int, ...], tuple[int, ...]]
    yes: tuple[int, int] = (0, 0)  # of a yes-or-no outcome: how many said yes
    refused: str | None = None  # why nothing was computed
    effect: Estimate | None = None
    test: str | None = None
    statistic: float | None = None
    df: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    verdict: Verdict | None = None
    small: bool = False  # real but smaller than we said would matter
    notes: tuple[str, ...] = ()


COMPUTED = ("brunner_munzel", "risk_difference")
"""The tests of the plan that this version runs; the others are named in the report as not yet computed."""


def findings(table: Table) -> tuple[Finding, ...]:
    """Every planned comparison, in the plan's order, corrected within its family."""
    plan = table.study.plan
    found = [finding(table, each, family.id) for family in plan.families for each in _of(plan, family.comparisons)]
    corrected: list[Finding] = []
    for family in plan.families:
        members = [each for each in found if each.family == family.id]
        adjusted = holm({each.planned.id: each.p for each in members if each.p is not None}, len(members))
        corrected += [_judged(plan, replace(each, p_adjusted=adjusted.get(each.planned.id))) for each in members]
    return tuple(corrected)


def finding(table: Table, planned: Comparison, family: str) -> Finding:
    """One comparison, before the correction of its family."""
    everyone = table.mask(planned.among)
    if table.study.plan.leave_out is not None:
        everyone &= table.mask(NoneOf(table.study.plan.leave_out))
    groups = [everyone & table.mask(group.rule) for group in (planned.first, planned.second)]
    counts = [table.counts(planned.outcome, group) for group in groups]
    n = (int(counts[0].sum()), int(counts[1].sum()))
    made = Finding(
        planned=planned,
        family=family,
        n=n,
        missing=(int(groups[0].sum()) - n[0], int(groups[1].sum()) - n[1]),
        counts=(tuple(map(int, counts[0])), tuple(map(int, counts[1]))),
    )
    gates = table.study.plan.gates
    if _overlap(groups):
        return replace(made, refused="Some people are in both groups; the plan's two rules must exclude each other.")
    if planned.test not in COMPUTED:
        return replace(made, refused="This version does not compute this test yet.")
    least = max(gates.no_test, planned.smallest_group)
    if min(n) < least:
        return replace(made, refused=f"Too few: the smaller group has {min(n)}, the plan asks for at least {least}.")
    return (
        _superiority(made, table)
        if planned.test == "brunner_munzel"
        else _difference(replace(made, yes=_yes(table, made)))
    )


def holm(p: Mapping[str, float], family: int) -> dict[str, float]:
    """Holm 1979: step-down adjusted p values. A missing p keeps its place in the size of the family."""
    adjusted: dict[str, float] = {}
    highest = 0.0
    for rank, (name, value) in enumerate(sorted(p.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, (family - rank) * value))
        adjusted[name] = highest
    return adjusted


def _superiority(made: Finding, table: Table) -> Finding:
    first, second = (np.array(each) for each in made.counts)
    gates = table.study.plan.gates
    found = ordinal.superiority(first, second)
    low, high = ordinal.interval(first, second)
    low_90, high_90 = ordinal.interval(first, second, 0.90)
    effect = Estimate(value=found.value, low=low, high=high, low_90=low_90, high_90=high_90, no_effect=0.5)
    notes: list[str] = []
    if math.isnan(low):
        notes.append("All answers are alike: there is no interval.")
    elif found.separated:
        notes.append("Full separation: the open end of the interval is Newcombe's method 5.")
    permuted = resampling.permutation(first, second, gates.draws, SEED)
    if min(made.n) < gates.permute or found.separated:
        return replace(
            made, effect=effect, test="studentised permutation test (Brunner-Munzel)", p=permuted, notes=tuple(notes)
        )
    statistic, df, p = ordinal.brunner_munzel(first, second)
    notes.append(
        f"Beside it: permutation p {permuted:.4f}, Mann-Whitney p {ordinal.mann_whitney(first, second)[2]:.4f}."
    )
    return replace(made, effect=effect, test="Brunner-Munzel test", statistic=statistic, df=df, p=p, notes=tuple(notes))


def _difference(made: Finding) -> Finding:
    (yes_1, yes_2), (n_1, n_2) = made.yes, made.n
    value, low, high = shares.difference(yes_1, n_1, yes_2, n_2)
    _, low_90, high_90 = shares.difference(yes_1, n_1, yes_2, n_2, 0.90)
    effect = Estimate(value=value, low=low, high=high, low_90=low_90, high_90=high_90, no_effect=0.0)
    if shares.smallest_expected(yes_1, n_1, yes_2, n_2) < 5:
        return replace(made, effect=effect, test="Fisher's exact test", p=shares.fisher(yes_1, n_1, yes_2, n_2))
    statistic, p = shares.chi_square(yes_1, n_1, yes_2, n_2)
    return replace(made, effect=effect, test="chi-square test", statistic=statistic, df=1, p=p)


def _yes(table: Table, made: Finding) -> tuple[int, int]:
    """How many of each group have a 1."""
    one = table.levels[made.planned.outcome].index(1)
    return made.counts[0][one], made.counts[1][one]


def _judged(plan: Plan, made: Finding) -> Finding:
    """The verdict, by the plan's own rule and in its order."""
    effect, p = made.effect, made.p_adjusted
    if effect is None or p is None:
        return made
    reach = plan.smallest.superiority - 0.5 if effect.no_effect == 0.5 else plan.smallest.risk_difference
    towards = effect.value - effect.no_effect
    predicted = towards > 0 if made.planned.predicts != "second" else towards < 0
    if p < plan.alpha and towards != 0:
        inside = max(abs(effect.low - effect.no_effect), abs(effect.high - effect.no_effect)) < reach
        return replace(made, verdict="supported" if predicted else "opposite", small=predicted and inside)
    equivalent = effect.no_effect - reach < effect.low_90 and effect.high_90 < effect.no_effect + reach
    return replace(made, verdict="equivalent" if equivalent else "inconclusive")


def _of(plan: Plan, ids: tuple[str, ...]) -> list[Comparison]:
    return [each for each in plan.comparisons if each.id in ids]


def _overlap(groups: list[Mask]) -> bool:
    return bool((groups[0] & groups[1]).any())
