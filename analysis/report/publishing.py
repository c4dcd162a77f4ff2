"""Findings as an audience may see them: rounded for the public, in full precision for the team alone.

Exact estimates give suppressed counts back, so the public gets two digits and no second lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ..findings import Beside, Estimate, Finding, Repeated
from ..table import Table
from .hiding import Audience, Published, Shown, published, stamped
from .sections import of_a_finding

COARSE = 0.05  # a share whose counts are hidden is rounded to five points


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
    small = any(cell.n < who.k for cell in found.cells)
    effect = None if small else found.effect if exact else _rounded(found.effect, groups)
    return Told(
        found=found,
        n=(who.count(found.n[0]), who.count(found.n[1])),
        missing=(who.count(found.missing[0]), who.count(found.missing[1])),
        groups=groups,
        effect=effect,
        statistic=found.statistic if exact else None,
        df=found.df if exact else None,
        p=None if small else _p(found.p, exact),
        p_adjusted=None if small else _p(found.p_adjusted, exact),
        notes=found.notes if exact else tuple(note for note in found.notes if not note.startswith("Beside it")),
        lines=tuple(line(each, who) for each in found.beside),
    )


def line(each: Beside, who: Audience) -> Line:
    """A second look for this audience."""
    n = (who.count(each.n[0]), who.count(each.n[1]))
    if None in n:
        return Line(each.says, n, None, None, "Too few to show.")
    if not who.rounded:
        return Line(each.says, n, each.effect, each.p, each.words)
    return Line(each.says, n, _rounded(each.effect, None), _p(each.p, False), "" if each.effect else each.words)


def again(each: Repeated, who: Audience) -> Again:
    """A sensitivity run for this audience."""
    return Again(each.run.says, tuple(line(one, who) for one in each.lines))


def _rounded(effect: Estimate | None, groups: Published | None) -> Estimate | None:
    """Two digits; a difference of shares whose counts are hidden to five points, ratios to one digit."""
    if effect is None:
        return None
    step = 0.1 if effect.kind in ("odds_ratio", "risk_ratio") else 0.01
    if effect.kind == "difference" and (groups is None or groups.hidden):
        step = COARSE

    def short(value: float) -> float:
        return value if math.isnan(value) else round(round(value / step) * step, 2)

    return replace(
        effect,
        value=short(effect.value),
        low=short(effect.low),
        high=short(effect.high),
        low_90=short(effect.low_90),
        high_90=short(effect.high_90),
    )


def _p(p: float | None, exact: bool) -> float | None:
    """Exact, or as fine as the public needs: three digits below .1, never below .001."""
    if p is None or math.isnan(p):
        return None
    return p if exact else max(round(p, 3), 0.001) if p < 0.1 else round(p, 2)
