"""How good the data are: the same answer everywhere, where people left, how scales hang together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from instruments.model import Grid
from instruments.plan import MeanOf

from .. import scales
from ..table import Table
from .facts import TOTALS
from .hiding import Audience, Counted


def straight_lining(table: Table) -> Counted:
    """Of everybody who answered at least three rows of a grid: how many gave every row the same answer."""
    rows = []
    for grid in (each for each in table.study.questions() if isinstance(each, Grid) and len(each.rows) > 2):
        answers = np.stack([table.steps(row.id) for row in grid.rows])
        given = np.count_nonzero(answers >= 0, axis=0)
        highest = answers.max(axis=0)
        lowest = np.where(answers >= 0, answers, len(grid.scale)).min(axis=0)
        alike = (given >= 3) & (highest == lowest)
        enough = int(np.count_nonzero(given >= 3))
        same = int(np.count_nonzero(alike))
        rows.append((next(iter(grid.text.values())), (same, enough - same)))
    return Counted(
        id="straight-lining",
        title="The same answer in every row of a grid",
        groups=tuple(name for name, _ in rows),
        columns=("the same in every row", "not the same"),
        steps=2,
        on_scale=0,
        counts=tuple(counts for _, counts in rows),
        part_of=(None,) * len(rows),
    )


def reliability(table: Table, who: Audience) -> list[tuple[str, str]]:
    """How each scale of the plan hangs together: alpha with its interval and omega, of complete answers."""
    found = []
    for each in (one for one in table.study.plan.derived if isinstance(one, MeanOf)):
        steps = np.stack([table.steps(name) for name in each.of], axis=1)
        answers = steps[(steps >= 0).all(axis=1)].astype(float)
        shown = who.count(len(answers))
        words = each.means or each.name
        if shown is None:
            found.append((words, "too few complete answers to say"))
            continue
        value, low, high = scales.alpha(answers)
        total = scales.omega(answers)
        told = f"alpha {value:.2f} ({low:.2f} to {high:.2f}, Feldt)" if value == value else "alpha cannot be computed"
        told += f", omega {total:.2f} (maximum likelihood)" if total == total else ""
        turned = [name for name, r in zip(each.of, scales.item_rest(answers), strict=True) if r < 0]
        told += f"; {', '.join(turned)} {'goes' if len(turned) == 1 else 'go'} against the others" if turned else ""
        found.append((words, f"{told}, n = {shown} with every item"))
    return found


def drop_out(table: Table, who: Audience) -> list[tuple[str, str, float]]:
    """Between which pages how many left, in per cent of the totals as they are shown."""
    kept = [(name, n) for name in TOTALS if (n := who.count(table.totals.get(name, 0))) is not None and n >= 30]
    return [(one, other, 100 * (1 - m / n)) for (one, n), (other, m) in pairwise(kept) if m <= n]
