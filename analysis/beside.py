"""Second looks at one comparison: within strata, adjusted, each side apart, beside the scale, along the path."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from instruments.model import Rating
from instruments.plan import Comparison

from . import strata
from .adjusting import adjusted
from .categories import cochran_mantel_haenszel
from .estimates import difference, estimate, superiority
from .findings import Beside
from .table import Codes, Mask, Table


def looks(table: Table, planned: Comparison, groups: tuple[Mask, Mask], seed: int) -> tuple[Beside, ...]:
    """Everything that the plan puts beside a comparison, in a fixed order."""
    found: list[Beside] = []
    if planned.test == "stratified_superiority":
        found.append(_plain(table, planned, groups, "without strata"))
    elif planned.strata:
        found.append(_within(table, planned, groups, planned.strata))
    if planned.through:
        found.append(_through(table, planned, groups))
    for part in planned.apart:
        who = table.mask(part.rule)
        found.append(_plain(table, planned, (groups[0] & who, groups[1] & who), f"{part.name} alone"))
    models = {model.name: model for model in table.study.plan.models}
    for name in planned.adjusted:
        found += adjusted(table, planned, models[name], groups)
    found += _off_the_scale(table, planned, groups)
    return tuple(found)


def by_stratum(
    table: Table, outcome: str, groups: tuple[Mask, Mask], columns: tuple[str, ...] | list[str]
) -> tuple[Codes, Codes]:
    """Counts of both groups, strata × levels; strata in which nobody is are left out."""
    size, stratum = table.together(columns)
    steps, levels = table.steps(outcome), len(table.levels[outcome])
    tables = []
    for group in groups:
        who = group & (stratum >= 0) & (steps >= 0)
        counted = np.bincount(stratum[who] * levels + steps[who], minlength=size * levels)
        tables.append(counted.reshape(size, levels))
    there = (tables[0].sum(axis=1) + tables[1].sum(axis=1)) > 0
    return tables[0][there], tables[1][there]


def _plain(table: Table, planned: Comparison, groups: tuple[Mask, Mask], says: str) -> Beside:
    """The bare estimate of these people."""
    first, second = (table.counts(planned.outcome, group) for group in groups)
    n = (int(first.sum()), int(second.sum()))
    if min(n) < table.study.plan.gates.no_test:
        return Beside(says=says, n=n, words="Too few.")
    if planned.test == "risk_difference":
        one = table.levels[planned.outcome].index(1)
        return Beside(says=says, n=n, effect=difference(int(first[one]), n[0], int(second[one]), n[1]))
    return Beside(says=says, n=n, effect=superiority(first, second))


def _within(table: Table, planned: Comparison, groups: tuple[Mask, Mask], columns: tuple[str, ...]) -> Beside:
    """The effect inside strata: van Elteren for ordered answers, Mantel-Haenszel for shares."""
    firsts, seconds = by_stratum(table, planned.outcome, groups, columns)
    says = f"within strata of {' and '.join(columns)}"
    n = (int(firsts.sum()), int(seconds.sum()))
    if planned.test == "risk_difference":
        one = table.levels[planned.outcome].index(1)
        shares = (firsts[:, one], firsts.sum(axis=1), seconds[:, one], seconds.sum(axis=1))
        value, low, high = strata.share_difference(*shares)
        _, low_90, high_90 = strata.share_difference(*shares, level=0.90)
        tables = np.stack([firsts, seconds], axis=1)
        p = cochran_mantel_haenszel(tables)[2]
        used = int(np.count_nonzero((firsts.sum(axis=1) > 0) & (seconds.sum(axis=1) > 0)))
        made = Beside(
            says=says, n=n, words="Mantel-Haenszel.", exact=f"{used} of {len(firsts)} strata have both groups."
        )
        if math.isnan(value):
            return made
        return replace(made, effect=estimate("difference", value, (low, high), (low_90, high_90)), p=p)
    found = strata.superiority(firsts, seconds)
    exact = f"{found.used} strata; {found.dropped} with fewer than two in a group."
    made = Beside(says=says, n=n, words="van Elteren's test.", exact=exact)
    if not found.used:
        return made
    effect = estimate("superiority", found.value, found.interval(), found.interval(0.90))
    return replace(made, effect=effect, p=strata.van_elteren(firsts, seconds)[1])


def _through(table: Table, planned: Comparison, groups: tuple[Mask, Mask]) -> Beside:
    """What is left of the effect where the column on the path is alike; the rest runs through it, or chose it."""
    assert planned.through is not None
    made = replace(_within(table, planned, groups, (planned.through,)), says=f"among those alike in {planned.through}")
    first, second = (table.counts(planned.outcome, group) for group in groups)
    whole = superiority(first, second).value - 0.5
    if made.effect is None or abs(whole) < 0.02:
        return replace(made, words="The effect is too small to ask what it runs through.")
    share = round(100 * (1 - (made.effect.value - 0.5) / whole), -1)
    told = f"{share + 0:.0f}".replace("-", "−")
    words = f"About {told} % of the effect runs through it, if nothing else moves both (exploratory mediation)."
    return replace(made, words=words, exact="")


def _off_the_scale(table: Table, planned: Comparison, groups: tuple[Mask, Mask]) -> list[Beside]:
    """The share who answered beside the scale, such as “it depends”."""
    question = table.study.question(planned.outcome)
    if not isinstance(question, Rating) or not question.off_scale:
        return []
    values, found = table.values[planned.outcome], []
    for choice in question.off_scale:
        off = [int(np.count_nonzero(group & (values == choice.code))) for group in groups]
        n = [off[at] + int(table.counts(planned.outcome, group).sum()) for at, group in enumerate(groups)]
        label = " / ".join(dict.fromkeys(choice.label.values()))
        effect = difference(off[0], n[0], off[1], n[1]) if min(n) >= table.study.plan.gates.no_test else None
        found.append(Beside(says=f"the share who say “{label}”", n=(n[0], n[1]), effect=effect))
    return found
