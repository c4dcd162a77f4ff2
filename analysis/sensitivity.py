"""Sensitivity runs of the plan: the same comparisons under other assumptions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import assert_never

import numpy as np

from instruments.plan import Comparison, Group, Recall, Run, Unmeasured
from instruments.rules import renamed

from . import confounding
from .adjusting import modelled
from .estimates import estimate, superiority
from .findings import Beside, Finding, Repeated
from .table import Mask, Table

Compared = Callable[[Table, Comparison, str, Mask | None], Finding]
DRAWS = 2_000


def repeated(table: Table, run: Run | Unmeasured | Recall, compared: Compared, seed: int) -> Repeated:
    """One sensitivity run over all comparisons that it names."""
    planned = [each for each in table.study.plan.comparisons if each.id in run.of]
    lines: list[Beside] = []
    for each in planned:
        match run:
            case Run():
                lines.append(_again(table, run, each, compared))
            case Unmeasured():
                lines += _unmeasured(table, run, each, seed)
            case Recall():
                lines += _recall(table, run, each)
            case _:
                assert_never(run)
    return Repeated(run=run, lines=tuple(lines))


def instead(comparison: Comparison, columns: Mapping[str, str]) -> Comparison:
    """The comparison with some columns taken in place of others: in its rules, its outcome and its strata."""
    return replace(
        comparison,
        among=renamed(comparison.among, columns),
        first=Group(name=comparison.first.name, rule=renamed(comparison.first.rule, columns)),
        second=Group(name=comparison.second.name, rule=renamed(comparison.second.rule, columns)),
        outcome=columns.get(comparison.outcome, comparison.outcome),
        strata=tuple(columns.get(each, each) for each in comparison.strata),
    )


def _again(table: Table, run: Run, planned: Comparison, compared: Compared) -> Beside:
    """The same comparison, done differently; nothing is put beside it once more."""
    bare = replace(instead(planned, run.instead), adjusted=(), apart=(), through=None)
    made = compared(table, bare, "", table.mask(run.without) if run.without is not None else None)
    return Beside(says=planned.id, n=made.n, effect=made.effect, p=made.p, words=made.refused or "")


def _unmeasured(table: Table, run: Unmeasured, planned: Comparison, seed: int) -> list[Beside]:
    """Adjusted risk ratio and its E-value, then the same ratios for causes that were measured."""
    groups = table.groups(planned)
    model = next(model for model in table.study.plan.models if model.name == run.adjusted)
    steps = table.steps(run.outcome)
    made = modelled(table, replace(planned, outcome=run.outcome), model.terms, groups, steps, gaps=False)
    says = f"{planned.id}: risk ratio of {run.outcome}, standardised over {', '.join(model.terms)}"
    smaller = made.seen.counts.sum(axis=0).min(initial=math.inf) if made.seen.counts.shape[1] == 2 else 0.0
    if smaller < 10 or min(made.n) < table.study.plan.gates.no_test:
        return [Beside(says=says, n=made.n, words="Too few for a risk ratio.")]
    found = confounding.standardised_ratio(made.seen, made.seen.x[:, 0], DRAWS, seed)
    if found is None:
        return [Beside(says=says, n=made.n, words="No risk ratio: the model has no finite estimate.")]
    ends = (found.low, found.high)
    values = confounding.e_value(found.value), confounding.e_value_of_interval(*ends)
    words = f"E-value {values[0]:.1f}, of the interval's end nearest to no effect {values[1]:.1f}."
    exact = (
        f"E-values {values[0]:.4f} and {values[1]:.4f}; without adjusting {found.crude:.4f}; {found.draws} bootstraps."
    )
    effect = estimate("risk_ratio", found.value, ends, ends)
    lines = [Beside(says=says, n=made.n, effect=effect, words=words, exact=exact)]
    return lines + [_measured(table, run, planned, cause, groups) for cause in run.beside]


def _measured(table: Table, run: Unmeasured, planned: Comparison, cause: Group, groups: tuple[Mask, Mask]) -> Beside:
    """How strongly a measured cause goes with the outcome, and with the groups."""
    everyone, has = groups[0] | groups[1], table.mask(cause.rule)
    high = table.counts(run.outcome, everyone & has), table.counts(run.outcome, everyone & ~has)
    one = table.levels[run.outcome].index(1)
    with_outcome = _ratio(int(high[0][one]), int(high[0].sum()), int(high[1][one]), int(high[1].sum()))
    there = [int(np.count_nonzero(group & has)) for group in groups]
    of = [int(np.count_nonzero(group)) for group in groups]
    with_group = _ratio(there[0], of[0], there[1], of[1])
    ratios = [max(each, 1 / each) if each else math.nan for each in (with_outcome, with_group)]
    words, exact = (
        f"Goes with {run.outcome} {told[0]}, with the groups {told[1]} (the larger over the smaller share)."
        for told in ([_times(each, digits) for each in ratios] for digits in (1, 3))
    )
    n = (int(has[everyone].sum()), int((~has)[everyone].sum()))
    return Beside(says=f"{planned.id}: measured, {cause.name}", n=n, words=words, exact=exact)


def _times(ratio: float, digits: int) -> str:
    return "in no way that can be said" if math.isnan(ratio) else f"{ratio:.{digits}f} times"


def _recall(table: Table, run: Recall, planned: Comparison) -> list[Beside]:
    """The superiority as it would be had everybody remembered rightly, for each way of forgetting."""
    first, second = (table.counts(planned.outcome, group).astype(float) for group in table.groups(planned))
    n = (int(first.sum()), int(second.sum()))
    if min(n) < table.study.plan.gates.no_test:
        return [Beside(says=planned.id, n=n, words="Too few.")]
    more = np.isin(table.levels[planned.outcome], run.more).astype(float)
    lines = []
    for falsely in run.falsely:
        for recalled in run.recalled_by_more:
            says = f"{planned.id}: {recalled:.0%} recall it truly, {falsely:.0%} falsely"
            corrected = confounding.remembered(first, second, more, recalled, run.recalled_by_less, falsely)
            if corrected is None or min(each.sum() for each in corrected) < 2:
                lines.append(Beside(says=says, n=n, words="No true answers could give what was seen."))
            else:
                words = "The interval does not know of the guess itself."
                lines.append(Beside(says=says, n=n, effect=superiority(*corrected), words=words))
    return lines


def _ratio(yes_1: int, n_1: int, yes_2: int, n_2: int) -> float:
    if not (n_1 and n_2 and yes_2):
        return math.nan
    return float(yes_1 / n_1 / (yes_2 / n_2))
