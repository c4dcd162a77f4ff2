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
    unsettled = (
        hidden[:, :columns] & (counts[:, :columns] < k) & ~_one_step_away(counts, hidden, steps, part_of, k, off)
    )
    if not unsettled.any():
        return unsettled
    from scipy.optimize import Bounds, LinearConstraint, milp  # only where a glance does not settle it

    true = counts[:, :columns].astype(float).ravel()
    low, high = _bounds(true, ~hidden[:, :columns].ravel(), k, off)
    lines, least, most = _sums(counts, hidden, steps, part_of, k, off)
    given = {
        "integrality": np.ones(len(true)),
        "bounds": Bounds(low, high),
        "constraints": [LinearConstraint(np.array(lines), least, most)] if lines else [],
    }
    waiting = unsettled.ravel()
    for sign in (-1.0, 1.0):  # as large as they can be, all together; then as small
        waiting &= ~_differs(milp(sign * waiting, **given).x, true)
    pinned = np.zeros(len(true), dtype=bool)
    while waiting.any():
        cell = int(np.flatnonzero(waiting)[0])
        waiting[cell], pinned[cell] = False, True
        for sign in (-1.0, 1.0):
            differs = _differs(milp(sign * (np.arange(len(true)) == cell), **given).x, true)
            waiting &= ~differs
            pinned[cell] &= not differs[cell]
    return pinned.reshape(groups, columns)


def _bounds(
    true: NDArray[np.float64], known: Hidden, k: int, off: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Between what each cell may lie; a hidden one is any number, with an end far off so that there is a solution."""
    shown, many = _rounded(true, off), float(true.max() + 1_000)
    return np.where(known, np.maximum(k, shown - off), 0.0), np.where(known, shown + off, many)


def _sums(
    counts: Cells, hidden: Hidden, steps: int, part_of: tuple[int | None, ...], k: int, off: int
) -> tuple[list[NDArray[np.float64]], list[float], list[float]]:
    """Every shown sum of cells, and that no part is more than its whole: coefficients, least, most."""
    groups, columns = counts.shape[0], counts.shape[1] - 2
    lines: list[NDArray[np.float64]] = []
    least: list[float] = []
    most: list[float] = []
    for group in range(groups):
        for column, width in ((columns, steps), (columns + 1, columns)):
            if not hidden[group, column]:
                line = np.zeros((groups, columns))
                line[group, :width] = 1
                total = float(_rounded(counts[group, column], off))
                lines.append(line.ravel())
                least.append(max(float(k), total - off))
                most.append(total + off)
    for parent in {each for each in part_of if each is not None}:
        for column in range(columns):
            line = np.zeros((groups, columns))
            line[[at for at, each in enumerate(part_of) if each == parent], column] = -1
            line[parent, column] = 1
            lines.append(line.ravel())
            least.append(0.0)
            most.append(np.inf)
    return lines, least, most


def _one_step_away(
    counts: Cells, hidden: Hidden, steps: int, part_of: tuple[int | None, ...], k: int, off: int
) -> Hidden:
    """Hidden cells for which one person more or less, or moved to a hidden neighbour, gives another table that fits."""
    groups, columns = counts.shape[0], counts.shape[1] - 2
    rest = np.full((groups, columns), -1, dtype=np.int64)  # of a whole, who is in none of its parts
    for parent in {each for each in part_of if each is not None}:
        parts = [at for at, each in enumerate(part_of) if each == parent]
        rest[parent] = counts[parent, :columns] - counts[parts, :columns].sum(axis=0)
    away = _rounded(counts, off) - counts  # how far a shown number is from what it stands for
    more, less = hidden | (away + off >= 1), hidden | ((off - away >= 1) & (counts > k))

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
