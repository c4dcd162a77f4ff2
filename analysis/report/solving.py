"""Solving for what is hidden, as somebody would who knows every shown number: which small cells are given away.

The unknowns are a table's cells. Each shown number bounds one of them or a sum of them; a part is never more than its
whole. A cell is safe when another table of whole numbers fits all of that too and differs in this cell (the audit
of cell suppression in Fischetti & Salazar 2001, Management Science 47:1008-1027, on tables of our size).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.int64]
Hidden = NDArray[np.bool_]


def given_away(counts: Cells, hidden: Hidden, steps: int, part_of: tuple[int | None, ...], k: int, off: int) -> Hidden:
    """Which hidden cells under k can have but one value.

    `counts` and `hidden` are groups × (cells, answered, asked); `off` is how far a shown number may be rounded.
    """
    groups, columns = counts.shape[0], counts.shape[1] - 2
    unsettled = hidden[:, :columns] & (counts[:, :columns] < k) & ~_one_step_away(counts, hidden, steps, part_of, off)
    if not unsettled.any():
        return unsettled
    from scipy.optimize import Bounds, LinearConstraint, milp  # only where a glance does not settle it

    true = counts[:, :columns].astype(float).ravel()
    known = ~hidden[:, :columns].ravel()
    shown_low, shown_high = np.maximum(0, _rounded(true, off) - off), _rounded(true, off) + off
    many = float(counts.max() + 1_000)  # a hidden cell is any number; without an end there would be no solution
    bounds = Bounds(np.where(known, shown_low, 0), np.where(known, shown_high, many))
    rows: list[NDArray[np.float64]] = []
    low: list[float] = []
    high: list[float] = []
    for group in range(groups):
        for column, width in ((columns, steps), (columns + 1, columns)):
            if not hidden[group, column]:
                line = np.zeros((groups, columns))
                line[group, :width] = 1
                total = _rounded(counts[group, column], off)
                rows.append(line.ravel())
                low.append(max(0.0, float(total) - off))
                high.append(float(total) + off)
    for parent in {each for each in part_of if each is not None}:
        for column in range(columns):
            line = np.zeros((groups, columns))
            line[[at for at, each in enumerate(part_of) if each == parent], column] = -1
            line[parent, column] = 1
            rows.append(line.ravel())
            low.append(0.0)
            high.append(np.inf)
    constraints = [LinearConstraint(np.array(rows), low, high)] if rows else []
    open_ = unsettled.ravel()
    for goal in (-1.0, 1.0):  # as large as they can be, all together; then as small
        found = milp(goal * open_, integrality=np.ones(len(true)), bounds=bounds, constraints=constraints)
        open_ &= ~_differs(found.x, true)
    pinned = np.zeros(len(true), dtype=bool)
    while open_.any():
        cell = int(np.flatnonzero(open_)[0])
        open_[cell], pinned[cell] = False, True
        for goal in (-1.0, 1.0):
            only = np.zeros(len(true))
            only[cell] = goal
            found = milp(only, integrality=np.ones(len(true)), bounds=bounds, constraints=constraints)
            differs = _differs(found.x, true)
            open_ &= ~differs
            pinned[cell] &= not differs[cell]
    return pinned.reshape(groups, columns)


def _one_step_away(counts: Cells, hidden: Hidden, steps: int, part_of: tuple[int | None, ...], off: int) -> Hidden:
    """Hidden cells for which one person more or less, or moved to a hidden neighbour, gives another table that fits."""
    groups, columns = counts.shape[0], counts.shape[1] - 2
    rest = np.full((groups, columns), -1, dtype=np.int64)  # of a whole, who is in none of its parts
    for parent in {each for each in part_of if each is not None}:
        parts = [at for at, each in enumerate(part_of) if each == parent]
        rest[parent] = counts[parent, :columns] - counts[parts, :columns].sum(axis=0)
    away = _rounded(counts, off) - counts  # how far a shown number is from what it stands for
    more, less = hidden | (away + off >= 1), hidden | (off - away >= 1)

    def fits(group: int, column: int, up: bool) -> bool:
        whole = part_of[group]
        if up:
            return whole is None or bool(rest[whole, column] >= 1)
        return bool(counts[group, column] >= 1 and (rest[group, column] < 0 or rest[group, column] >= 1))

    def moves(group: int, column: int, up: bool) -> bool:
        """Can this cell change by one, its row's sums held by their rounding or by a hidden neighbour?"""
        if not fits(group, column, up):
            whole = part_of[group]
            if not up or whole is None or not hidden[whole, column] or not moves(whole, column, up):
                return False  # nor can it take its whole along
        sums = [columns + 1, columns] if column < steps else [columns + 1]
        near = range(steps) if column < steps else range(steps, columns)
        alone = bool((more if up else less)[group, sums].all())
        return alone or any(each != column and hidden[group, each] and fits(group, each, not up) for each in near)

    found = np.zeros((groups, columns), dtype=bool)
    for group, column in np.argwhere(hidden[:, :columns]):
        found[group, column] = moves(int(group), int(column), True) or moves(int(group), int(column), False)
    return found


def _differs(found: NDArray[np.float64] | None, true: NDArray[np.float64]) -> Hidden:
    """Where a solution is another table; none at all settles nothing."""
    return np.zeros(len(true), dtype=bool) if found is None else np.abs(found - true) > 0.5


def _rounded(n: NDArray[Any] | int, off: int) -> NDArray[np.float64]:
    base = 2 * off + 1
    return np.asarray(base * ((n + off) // base), dtype=np.float64)
