"""Comparing: the plan and a locked table become findings. A finding is complete; its words are the report's."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import assert_never, cast

import numpy as np

from instruments.plan import Comparison, Crossing, Plan

from . import beside, categories, judging, ordinal, resampling, shares, strata
from .estimates import difference, estimate, superiority
from .findings import Cell, Crossed, Estimate, Finding, Findings, Mark, Verdict
from .resampling import SEED
from .sensitivity import repeated
from .table import Codes, Mask, Table

Find = Callable[[Table, Comparison, str], Finding]

SECOND_LINE = "Beside it"
"""How a note begins that holds exact numbers of second-line methods."""


def findings(table: Table, marks: Mapping[str, Mark] | None = None) -> Findings:
    """Every planned comparison, corrected within its family; then the sensitivity runs, then what is exploratory.

    `marks` say which comparisons deviate from the locked plan; a new one is exploratory and enters no family.
    """
    plan, said = table.study.plan, marks or {}
    added = [_explored(table, each) for each in plan.comparisons if said.get(each.id) == "exploratory"]
    return Findings(
        planned=judged(table, finding, said),
        exploratory=(
            *added,
            *(
                _crossed(table, each) if isinstance(each, Crossing) else _explored(table, each)
                for each in plan.exploratory
            ),
        ),
        sensitivity=tuple(repeated(table, run, finding, SEED) for run in plan.sensitivity),
    )


def judged(table: Table, find: Find, marks: Mapping[str, Mark] | None = None) -> tuple[Finding, ...]:
    """Every planned comparison, corrected within its family, with its verdict.

    `find` is `finding`, or `alone` where nothing that stands beside a comparison is wanted.
    """
    plan, said = table.study.plan, marks or {}
    found: list[Finding] = []
    for family in plan.families:
        here = [(each, said.get(each.id, "planned")) for each in _of(plan, family.comparisons)]
        members = [replace(find(table, each, family.id), mark=mark) for each, mark in here if mark != "exploratory"]
        adjusted = holm({each.planned.id: each.p for each in members if each.p is not None}, len(members))
        found += [_judged(plan, replace(each, p_adjusted=adjusted.get(each.planned.id))) for each in members]
    return tuple(found)


def _explored(table: Table, planned: Comparison) -> Finding:
    """An estimate with its interval: no test, no verdict."""
    made = finding(table, planned)
    notes = tuple(note for note in made.notes if not note.startswith(SECOND_LINE))
    beside = tuple(replace(each, p=None) for each in made.beside)
    bare = replace(made, test=None, statistic=None, df=None, p=None, notes=notes, beside=beside)
    return replace(bare, mark="exploratory")


def finding(table: Table, planned: Comparison, family: str = "", without: Mask | None = None) -> Finding:
    """One comparison, before the correction of its family, with all that the plan puts beside it.

    `without` leaves more people out.
    """
    made = alone(table, planned, family, without)
    if made.refused is not None:
        return made
    return replace(made, beside=beside.looks(table, planned, _groups(table, planned, without), SEED))


def alone(table: Table, planned: Comparison, family: str = "", without: Mask | None = None) -> Finding:
    """The same with nothing beside it."""
    groups = _groups(table, planned, without)
    cells = _cells(table, planned, groups)
    answered = table.steps(planned.outcome) >= 0
    n = tuple(int(np.count_nonzero(group & answered)) for group in groups)
    made = Finding(
        planned=planned,
        family=family,
        n=(n[0], n[1]),
        missing=(int(np.count_nonzero(groups[0])) - n[0], int(np.count_nonzero(groups[1])) - n[1]),
        cells=cells,
        levels=table.levels[planned.outcome],
        pilot=bool(planned.planned_n) and not _enough(planned, cells),
    )
    if (groups[0] & groups[1]).any():
        return replace(made, refused="Some people are in both groups; the plan's two rules must exclude each other.")
    least = judging.least(table.study.plan, planned)
    if min(cell.n for cell in cells) < least:
        return replace(made, refused=f"Too few: the smallest group has fewer than the {least} that the plan asks for.")
    return _computed(table, made, groups)


def _groups(table: Table, planned: Comparison, without: Mask | None) -> tuple[Mask, Mask]:
    """Who is compared: for a contrast only those in one of its parts."""
    first, second = table.groups(planned, without)
    if not planned.contrast:
        return first, second
    either = table.mask(planned.contrast[0].rule) | table.mask(planned.contrast[1].rule)
    return first & either, second & either


def holm(p: Mapping[str, float], family: int) -> dict[str, float]:
    """Holm 1979: step-down adjusted p values. A missing p keeps its place in the size of the family."""
    adjusted: dict[str, float] = {}
    highest = 0.0
    for rank, (name, value) in enumerate(sorted(p.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, (family - rank) * value))
        adjusted[name] = highest
    return adjusted


def _cells(table: Table, planned: Comparison, groups: tuple[Mask, Mask]) -> tuple[Cell, ...]:
    """The two groups, or for a contrast the two groups in each of its parts."""
    named = [(planned.first.name, groups[0]), (planned.second.name, groups[1])]
    if planned.contrast:
        named = [
            (f"{part.name}: {name}", group & table.mask(part.rule))
            for part in planned.contrast
            for name, group in named
        ]
    return tuple(Cell(name=name, counts=tuple(table.counts(planned.outcome, group).tolist())) for name, group in named)


def _enough(planned: Comparison, cells: Sequence[Cell]) -> bool:
    """Are there as many people as the plan wanted, in every pair of cells?"""
    pairs = [(cells[at].n, cells[at + 1].n) for at in range(0, len(cells), 2)]
    return all(any(n >= first and m >= second for first, second in planned.planned_n) for n, m in pairs)


def _computed(table: Table, made: Finding, groups: tuple[Mask, Mask]) -> Finding:
    match made.planned.test:
        case "brunner_munzel":
            return _superiority(table, made)
        case "risk_difference":
            return _difference(table, made)
        case "stratified_superiority":
            return _stratified(table, made, groups)
        case "superiority_contrast":
            return _contrast(made)
        case "equivalence":
            return _equivalence(table, made)
        case _:
            assert_never(made.planned.test)


def _superiority(table: Table, made: Finding) -> Finding:
    first, second = _counts(made)
    effect = superiority(first, second)
    gates = table.study.plan.gates
    separated = ordinal.superiority(first, second).separated
    notes: list[str] = []
    if math.isnan(effect.low):
        notes.append("All answers are alike: there is no interval.")
    elif separated:
        notes.append("Full separation: the open end of the interval is Newcombe's method 5.")
    permuted = resampling.permutation(first, second, gates.draws, SEED)
    if min(made.n) < gates.permute or separated:
        test = "studentised permutation test (Brunner-Munzel)"
        return replace(made, effect=effect, test=test, p=permuted, notes=tuple(notes))
    statistic, df, p = ordinal.brunner_munzel(first, second)
    drawn = np.quantile(resampling.bootstrap(first, second, 2_000, SEED), [0.025, 0.975])
    ranked = ordinal.mann_whitney(first, second)[2]
    notes.append(
        f"{SECOND_LINE}: permutation p {_short(permuted)}, Mann-Whitney p {_short(ranked)}, "
        f"bootstrap interval {drawn[0]:.2f} to {drawn[1]:.2f}."
    )
    if (p < 0.05) == (effect.low <= 0.5 <= effect.high):
        notes.append(
            f"{SECOND_LINE}: interval and test disagree at the edge; the interval is the estimate, p the test."
        )
    return replace(made, effect=effect, test="Brunner-Munzel test", statistic=statistic, df=df, p=p, notes=tuple(notes))


def _difference(table: Table, made: Finding) -> Finding:
    (yes_1, yes_2), (n_1, n_2) = made.yes, made.n
    effect = difference(yes_1, n_1, yes_2, n_2)
    if shares.smallest_expected(yes_1, n_1, yes_2, n_2) < 5:
        return replace(made, effect=effect, test="Fisher's exact test", p=shares.fisher(yes_1, n_1, yes_2, n_2))
    statistic, p = shares.chi_square(yes_1, n_1, yes_2, n_2)
    return replace(made, effect=effect, test="chi-square test", statistic=statistic, df=1, p=p)


def _stratified(table: Table, made: Finding, groups: tuple[Mask, Mask]) -> Finding:
    """Within strata; the last of them are merged until every stratum has enough people in both groups."""
    planned, gates = made.planned, table.study.plan.gates
    columns, merged = list(planned.strata), False
    while True:
        firsts, seconds = beside.by_stratum(table, planned.outcome, groups, columns)
        sizes = np.concatenate([firsts.sum(axis=1), seconds.sum(axis=1)])
        if not columns or (len(sizes) and sizes.min() >= gates.no_test):
            break
        columns, merged = columns[:-1], True
    found = strata.superiority(firsts, seconds)
    effect = estimate("superiority", found.value, found.interval(), found.interval(0.90))
    z, p = strata.van_elteren(firsts, seconds)
    redrawn = resampling.within_strata(firsts, seconds, gates.draws, SEED)
    notes = [f"Strata: {' × '.join(columns) or 'all together'}."]
    if merged:
        notes.append(f"Some strata had fewer than {gates.no_test} people in a group and were merged.")
    if min(made.n) < gates.permute or math.isnan(p):
        return replace(made, effect=effect, test="randomisation test within strata", p=redrawn, notes=tuple(notes))
    notes.append(f"{SECOND_LINE}: randomisation p {_short(redrawn)}.")
    return replace(made, effect=effect, test="van Elteren's test", statistic=z, p=p, notes=tuple(notes))


def _contrast(made: Finding) -> Finding:
    counts = [np.array(cell.counts) for cell in made.cells]
    parts = [ordinal.superiority(counts[at], counts[at + 1]) for at in (0, 2)]
    pair = [(each.value, each.se) for each in parts]
    value, low, high, z, p = strata.contrast(pair[0], pair[1])
    _, low_90, high_90, _, _ = strata.contrast(pair[0], pair[1], 0.90)
    effect = Estimate(kind="contrast", value=value, low=low, high=high, low_90=low_90, high_90=high_90)
    assert made.planned.contrast is not None
    if any(each.separated for each in parts):
        effect = replace(effect, low=math.nan, high=math.nan, low_90=math.nan, high_90=math.nan)
        return replace(made, effect=effect, notes=("One part is fully separated: no interval and no test.",))
    told = "; ".join(
        f"{group.name}: superiority {each.value:.2f}" for group, each in zip(made.planned.contrast, parts, strict=True)
    )
    if math.isnan(p):
        return replace(made, effect=effect, notes=(told + ".", "No variance: no interval and no test."))
    return replace(made, effect=effect, test="z on the difference", statistic=z, p=p, notes=(told + ".",))


def _equivalence(table: Table, made: Finding) -> Finding:
    first, second = _counts(made)
    effect, best = superiority(first, second), table.study.plan.smallest.superiority
    p = ordinal.equivalence(first, second, 1 - best, best)
    if math.isnan(p):
        return replace(made, effect=effect, notes=("No variance to work with: the interval alone can speak.",))
    notes = (f"Two one-sided tests against {1 - best:.2f} and {best:.2f}.",)
    return replace(made, effect=effect, test="equivalence test (TOST)", p=p, notes=notes)


def _judged(plan: Plan, made: Finding) -> Finding:
    """The verdict, by the plan's own rule."""
    effect, p = made.effect, made.p_adjusted
    if effect is None or (p is None and made.planned.test != "equivalence"):
        return made
    wide, narrow = (effect.low, effect.high), (effect.low_90, effect.high_90)
    said = str(
        judging.verdicts(plan, made.planned, effect.value, wide, narrow, math.nan if p is None else p, plan.alpha)
    )
    verdict = cast(Verdict, said) if said else None
    near = max(abs(effect.low - effect.no_effect), abs(effect.high - effect.no_effect))
    small = verdict == "supported" and made.planned.test != "equivalence" and near < judging.reach(plan, effect.kind)
    return replace(made, verdict=verdict, small=small)


def _crossed(table: Table, looked_at: Crossing) -> Crossed:
    """An exploratory table: no test, only how strongly its two columns go together."""
    who = table.mask(looked_at.among)
    (rows, at_row), (columns, at_column) = table.kinds(looked_at.rows), table.kinds(looked_at.columns)
    who = who & (at_row >= 0) & (at_column >= 0)
    counts = np.zeros((len(rows), len(columns)), dtype=np.int64)
    np.add.at(counts, (at_row[who], at_column[who]), 1)
    made = Crossed(looked_at=looked_at, rows=rows, columns=columns, counts=tuple(tuple(row) for row in counts.tolist()))
    if counts.sum() < table.study.plan.gates.no_test:
        return replace(made, words="Too few people for anything but their number.")
    try:
        found = categories.association(counts)
    except ValueError as error:
        return replace(made, words=f"Nothing to say: {error}.")
    return replace(made, v=(found.v, *found.v_interval))


def _counts(made: Finding) -> tuple[Codes, Codes]:
    return np.array(made.cells[0].counts), np.array(made.cells[1].counts)


def _short(p: float) -> str:
    """A second line's p, as short as it deserves."""
    return "–" if math.isnan(p) else "< .0001" if p < 0.0001 else f"{p:.4f}".removeprefix("0")


def _of(plan: Plan, ids: tuple[str, ...]) -> list[Comparison]:
    return [each for each in plan.comparisons if each.id in ids]
