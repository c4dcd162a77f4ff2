"""Findings as an audience may see them: rounded for the public, in full precision for the team alone.

Exact estimates give suppressed counts back, so the public gets two digits and no second lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from math import comb, inf

from ..comparing import SECOND_LINE
from ..findings import Beside, Estimate, Finding, Repeated
from ..table import Table
from .describing import described
from .hiding import ROUNDED, Audience, Published, Shown, published, stamped
from .sections import of_a_finding

WAYS = 1_000_000  # so many tables must fit what is shown, before an estimate may stand beside hidden cells
FEW = 100
COARSE = 0.05  # second looks at fewer people than that are rounded to it: many of them are about the same people


@dataclass(frozen=True, slots=True)
class Line:
    """A second look, safe to show."""

    says: str
    n: tuple[Shown, Shown]
    effect: Estimate | None
    p: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, safe to show; `found` is for its words alone, never for its numbers."""

    found: Finding
    outcome: str  # how a sentence names a higher answer
    n: tuple[Shown, Shown]
    missing: tuple[Shown, Shown]
    groups: Published
    effect: Estimate | None
    statistic: float | None
    df: float | None
    p: float | None
    p_adjusted: float | None
    notes: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def yes(self) -> tuple[Shown, Shown]:
        """Of a yes-or-no outcome: how many said yes."""
        one = self.found.levels.index(1)
        return self.groups.cells[0][one], self.groups.cells[1][one]


@dataclass(frozen=True, slots=True)
class Again:
    """A sensitivity run, safe to show."""

    says: str
    lines: tuple[Line, ...]


def told(table: Table, found: Finding, who: Audience, stamp: str | None) -> Told:
    """One finding for this audience."""
    groups = stamped(published(of_a_finding(table, found), who), stamp)
    exact = not who.rounded
    small = any(cell.n < who.k for cell in found.cells) or (who.rounded and ways(found, groups) < WAYS)
    effect = None if small else found.effect if exact else _rounded(found.effect)
    planned = found.planned
    named = planned.outcome_in_words != planned.outcome
    return Told(
        found=found,
        outcome=planned.outcome_in_words if named else f"“{_asked(table, planned.outcome)}”",
        n=(who.count(found.n[0]), who.count(found.n[1])),
        missing=(who.count(found.missing[0]), who.count(found.missing[1])),
        groups=groups,
        effect=effect,
        statistic=found.statistic if exact else None,
        df=found.df if exact else None,
        p=None if small or (groups.hidden and not exact) else _p(found.p, exact),
        p_adjusted=None if small or (groups.hidden and not exact) else _p(found.p_adjusted, exact),
        notes=found.notes if exact else () if groups.hidden else _for_all(found.notes),
        lines=() if small else tuple(line(each, who) for each in found.beside),
    )


def _asked(table: Table, column: str) -> str:
    """What a column asks, or means."""
    return next(iter(described(table, column).text.values()))


def ways(found: Finding, groups: Published) -> float:
    """How many tables fit the numbers that are shown of the groups; infinite where nothing is hidden.

    What is hidden can be split in so many ways, and every rounded number stands for five.
    """
    if not groups.hidden:
        return inf
    fitting = 1.0
    for cell, shown in zip(found.cells, groups.cells, strict=True):
        hidden = [count for count, n in zip(cell.counts, shown, strict=True) if n is None]
        fitting *= comb(sum(hidden) + len(hidden) - 1, len(hidden) - 1) if hidden else 1
        fitting *= ROUNDED ** (len(shown) - len(hidden))
    return fitting


def line(each: Beside, who: Audience) -> Line:
    """A second look for this audience."""
    n = (who.count(each.n[0]), who.count(each.n[1]))
    if None in n:
        return Line(each.says, n, None, None, "Too few to show.")
    if not who.rounded:
        return Line(each.says, n, each.effect, each.p, f"{each.words} {each.exact}".strip())
    effect = _rounded(each.effect, COARSE if min(each.n) < FEW else None)
    return Line(each.says, n, effect, _p(each.p, False), each.words)


def _for_all(notes: tuple[str, ...]) -> tuple[str, ...]:
    """Without the second lines, which hold exact numbers."""
    return tuple(note for note in notes if not note.startswith(SECOND_LINE))


def again(each: Repeated, who: Audience) -> Again:
    """A sensitivity run for this audience."""
    return Again(each.run.says, tuple(line(one, who) for one in each.lines))


def _rounded(effect: Estimate | None, coarser: float | None = None) -> Estimate | None:
    """Two digits, ratios one; the 90 % interval, which decides verdicts, is not told."""
    if effect is None:
        return None
    step = 0.1 if effect.kind in ("odds_ratio", "risk_ratio") else coarser or 0.01

    def short(value: float) -> float:
        return value if math.isnan(value) else round(round(value / step) * step, 2)

    return replace(
        effect,
        value=short(effect.value),
        low=short(effect.low),
        high=short(effect.high),
        low_90=math.nan,
        high_90=math.nan,
    )


def _p(p: float | None, exact: bool) -> float | None:
    """Exact, or two digits and never below .01."""
    if p is None or math.isnan(p):
        return None
    return p if exact else max(round(p, 2), 0.01)
