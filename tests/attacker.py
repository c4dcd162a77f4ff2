"""Somebody who lays all published tables of a report side by side, and knows integer programming.

For one question, everybody falls into atoms: people who are in the same rows of every table about it. Unknown is how
many of each atom gave each answer. Known is every shown number within its rounding, in every table: by role and
split, among the people of a section, by telling of the story, in the groups of each finding, crossed with others.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from analysis.report.describing import described, headings, steps
from analysis.report.distributions import people
from analysis.table import ABSENT, SKIPPED, UNKNOWN
from instruments.model import NOT_SURE
from instruments.plan import Crossing, Recode
from instruments.rules import Is, NoneOf


@dataclass
class Row:
    """One printed row about a question: who is in it, which answers each cell sums up, and what was printed."""

    table: str
    who: np.ndarray
    cells: list[tuple[tuple[int, ...], int | None]]  # codes, shown number
    answered: int | None
    asked: int | None
    steps: int


def rows_about(table, printed, column) -> list[Row]:
    """Every row of every published table that is made of this column's answers alone."""
    about = table.columns[column]
    codes = [*(choice.code for choice in steps(about)), *(c.code for c in about.choices if c.code >= NOT_SURE), SKIPPED]
    everyone, found = people(table), []

    def add(id, group, who, cells, wide):
        each = printed.get(id)
        if each is not None and group < len(each["groups"]):
            got = each["groups"][group]
            found.append(Row(id, who, list(zip(cells, got["cells"], strict=True)), got["answered"], got["asked"], wide))

    own = [(code,) for code in codes]
    for prefix, among in [
        ("", np.ones(table.n, bool)),
        *(
            (f"{s.name}-", table.mask(s.among))
            for s in table.study.plan.show
            if s.form in ("bars", "table") and column in s.columns
        ),
    ]:
        for id, roles in [(column, about.roles), *((f"{column}-{role}", (role,)) for role in about.roles)]:
            if prefix + id in printed and len(printed[prefix + id]["columns"]) == len(headings(about, roles[0])):
                for group, each in enumerate([each for each in everyone if each.role in roles]):
                    add(prefix + id, group, each.who & among, own, len(steps(about)))
    for section in table.study.plan.show:
        if section.form == "arms" and column in section.columns:
            story = table.study.story
            for group, levels in enumerate(product(*(factor.levels for factor in story.factors))):
                who = table.mask(section.among).copy()
                for factor, level in zip(story.factors, levels, strict=True):
                    who &= table.mask(Is(factor.id, (level,)))
                add(f"arms-{column}", group, who, own, len(steps(about)))
        if section.form == "ladder":
            _ladder(table, printed, section, column, add)
    left = table.mask(NoneOf(table.study.plan.leave_out))
    scale = [(int(level),) for level in table.levels[column]]
    for planned in [*table.study.plan.comparisons, *table.study.plan.exploratory]:
        if isinstance(planned, Crossing):
            if planned.columns == column:
                kinds, codes_of_rows = table.kinds(planned.rows)
                known = [(int(value),) for value in table.kinds(column)[0]]
                for group in range(len(kinds)):
                    add(
                        f"crossed-{planned.id}",
                        group,
                        table.mask(planned.among) & (codes_of_rows == group),
                        known,
                        len(known),
                    )
        elif planned.outcome == column:
            who = table.mask(planned.among) & left
            groups = [who & table.mask(group.rule) for group in (planned.first, planned.second)]
            if planned.contrast:
                groups = [group & table.mask(part.rule) for part in planned.contrast for group in groups]
            for at, group in enumerate(groups):
                add(f"groups-{planned.id}", at, group, scale, len(scale))
    return found


def _ladder(table, printed, section, column, add):
    rows = [
        (role.id, name)
        for role in table.study.roles
        for name in section.columns
        if np.any(
            table.mask(Is("role", (role.id,)))
            & table.mask(section.among)
            & ~np.isin(table.values[name], (ABSENT, UNKNOWN))
        )
    ]
    first = described(table, section.columns[0])
    for group, (role, name) in enumerate(rows):
        who = table.mask(section.among) & table.mask(Is("role", (role,)))
        derived = next((each for each in table.study.plan.derived if each.name == name), None)
        every = [choice.code for choice in table.columns[column].choices] + [SKIPPED]
        if name == column:
            cells = [(code,) for code in first.scale]
        elif isinstance(derived, Recode) and derived.of == column:
            cells = [tuple(old for old, new in derived.to.items() if new == code) for code in first.scale]
        else:
            continue
        used = {code for cell in cells for code in cell}
        add(
            f"ladder-{section.name}",
            group,
            who,
            [*cells, tuple(code for code in every if code not in used)],
            len(first.scale),
        )


def given_away(table, rows, column, k, off) -> list[str]:
    """The hidden cells under k whose number is the only one that fits everything that is printed."""
    values = table.values[column]
    codes = sorted({code for row in rows for cell, _ in row.cells for code in cell})
    member = np.stack([row.who for row in rows], axis=1)
    atoms, atom = np.unique(member, axis=0, return_inverse=True)
    true = np.zeros((len(atoms), len(codes)))
    for at, code in enumerate(codes):
        np.add.at(true[:, at], atom.ravel()[values == code], 1)
    true = true.ravel()
    lines, low, high, small = [], [], [], []

    def line(row, wanted):
        who = np.flatnonzero(atoms[:, row])
        return (who[:, None] * len(codes) + np.array([codes.index(code) for code in wanted])[None]).ravel()

    for at, row in enumerate(rows):
        parts = [(cell, shown) for cell, shown in row.cells]
        sums = [
            (sum((cell for cell, _ in row.cells[: row.steps]), ()), row.answered),
            (sum((cell for cell, _ in row.cells), ()), row.asked),
        ]
        for wanted, shown in parts + sums:
            where = line(at, wanted)
            if shown is not None:
                lines.append(where), low.append(max(k if off else 0, shown - off)), high.append(shown + off)
                assert low[-1] <= true[where].sum() <= high[-1], f"{row.table} prints what is not so"
            elif len(where) and true[where].sum() < k and (wanted, shown) in parts:  # rows of nobody have no unknowns
                small.append((f"{row.table}, row {at}, {wanted}", where))
    shape = (len(lines), len(true))
    at_rows = np.repeat(np.arange(len(lines)), [len(each) for each in lines])
    matrix = csr_array((np.ones(len(at_rows)), (at_rows, np.concatenate(lines))), shape=shape) if lines else None
    constraints = [LinearConstraint(matrix, low, high)] if lines else []
    bounds, whole = Bounds(0, 10_000), np.ones(len(true))

    def solved(goal):
        return milp(goal, integrality=whole, bounds=bounds, constraints=constraints, options={"mip_rel_gap": 0.0}).x

    waiting = dict(enumerate(small))
    for sign in (-1, 1):
        goal = np.zeros(len(true))
        for _, where in waiting.values():
            goal[where] += sign
        waiting = _still(waiting, solved(goal), true)
    pinned = []
    while waiting:
        name, where = waiting.pop(next(iter(waiting)))
        settled = False
        for sign in (-1, 1):
            goal = np.zeros(len(true))
            goal[where] = sign
            other = solved(goal)
            settled |= abs(other[where].sum() - true[where].sum()) > 0.5
            waiting = _still(waiting, other, true)
        if not settled:
            pinned.append(name)
    return pinned


def _still(waiting, other, true):
    return {
        key: (name, where)
        for key, (name, where) in waiting.items()
        if abs(other[where].sum() - true[where].sum()) < 0.5
    }
