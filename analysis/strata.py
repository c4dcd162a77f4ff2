"""Two groups within strata: the same comparison inside each kind of person, then one effect for all.

`firsts` and `seconds` are strata × levels. A stratum in which a group has fewer than two answers has no
variance of its own and drops out of the effect; it is counted, never silent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .ordinal import Counts, newcombe_5, placements
from .shares import difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratified:
    """An effect over strata, its standard error, its interval function's inputs, and how many strata took part."""

    value: float
    se: float
    used: int
    dropped: int
    n: tuple[int, int]

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """On the logit scale with a normal quantile; Newcombe's method 5 where there is no variance."""
        z = float(special.ndtri(0.5 + level / 2))
        if self.used and self.se > 0 and 0 < self.value < 1:
            half = z * self.se / (self.value * (1 - self.value))
            low, high = special.expit(special.logit(self.value) + np.array([-half, half]))
            return float(low), float(high)
        if self.used and self.value in (0.0, 1.0):
            return newcombe_5(self.value, float(self.n[0]), float(self.n[1]), z)
        return math.nan, math.nan


def superiority(firsts: Counts, seconds: Counts) -> Stratified:
    """Probability of superiority within strata, each weighted n·m / (n + m + 1), as van Elteren's test weighs them."""
    x, y = np.asarray(firsts, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
    there = (x.sum(-1) >= 2) & (y.sum(-1) >= 2)
    people = (int(x[there].sum()), int(y[there].sum()))
    dropped = int(np.count_nonzero(~there & ((x.sum(-1) + y.sum(-1)) > 0)))
    value, se = superiorities(x, y)
    used = int(np.count_nonzero(there))
    return Stratified(value=float(value), se=float(se), used=used, dropped=dropped, n=people)


def superiorities(x: Counts, y: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same effect and its standard error, many tables at once (… × strata × levels); nan if no stratum has both."""
    n, m = x.sum(-1), y.sum(-1)
    there = (n >= 2) & (m >= 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        value, variance_x, variance_y = placements(x, y)
        weight = np.where(there, n * m / (n + m + 1), 0.0)
        noise = np.where(there, weight**2 * (variance_x / n + variance_y / m), 0.0)
        whole = weight.sum(-1)
        return np.sum(weight * np.where(there, value, 0.0), -1) / whole, np.sqrt(noise.sum(-1)) / whole


def van_elteren(firsts: Counts, seconds: Counts) -> tuple[float, float]:
    """z and two-sided p of van Elteren's test (1960), ties counted; positive if the first is higher.

    Ranks within each stratum, weighted 1 / (n + m + 1); strata with one group drop out. nan if nothing varies.
    """
    x, y = np.asarray(firsts, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
    z = float(van_elteren_z(x, y))
    return z, float(2 * special.ndtr(-abs(z)))


def van_elteren_z(x: Counts, y: Counts) -> NDArray[np.float64]:
    """z of the same test for many tables at once: … × strata × levels."""
    n, m = x.sum(-1), y.sum(-1)
    there = (n > 0) & (m > 0)
    total, both = n + m, x + y
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.where(there, (placements(x, y)[0] - 0.5) * n * m / (total + 1), 0.0).sum(-1)
        ties = np.sum(both**3 - both, -1) / (total * (total - 1))
        variance = np.where(there, n * m / 12 * (total + 1 - ties) / (total + 1) ** 2, 0.0).sum(-1)
        return np.where(variance > 0, away / np.sqrt(variance), np.nan)


def share_difference(
    yes_1: Counts, n_1: Counts, yes_2: Counts, n_2: Counts, level: float = 0.95
) -> tuple[float, float, float]:
    """Difference of two shares within strata, with its interval; nan where no stratum has both groups.

    Mantel-Haenszel weights n·m / (n + m) and the variance of Sato 1989 (Biometrics 45:1323-1324).
    """
    a, n, c, m = (np.asarray(each, dtype=np.float64) for each in (yes_1, n_1, yes_2, n_2))
    there = (n > 0) & (m > 0)
    a, n, c, m = a[there], n[there], c[there], m[there]
    if not len(n):
        return math.nan, math.nan, math.nan
    weight = (n * m / (n + m)).sum()
    value = float(((a * m - c * n) / (n + m)).sum() / weight)
    p = (n**2 * c - m**2 * a + n * m * (m - n) / 2) / (n + m) ** 2
    q = (a * (m - c) + c * (n - a)) / (2 * (n + m))
    se = math.sqrt(max(0.0, (value * p.sum() + q.sum()) / weight**2))
    if se == 0:
        return difference(int(a.sum()), int(n.sum()), int(c.sum()), int(m.sum()), level)
    half = float(special.ndtri(0.5 + level / 2)) * se
    return value, max(-1.0, value - half), min(1.0, value + half)


def contrast(
    first: tuple[float, float], second: tuple[float, float], level: float = 0.95
) -> tuple[float, float, float, float, float]:
    """One effect minus another of other people: value, interval, z and p. Each effect is (value, se)."""
    value = first[0] - second[0]
    se = math.hypot(first[1], second[1])
    if not se > 0:
        return value, math.nan, math.nan, math.nan, math.nan
    half = float(special.ndtri(0.5 + level / 2)) * se
    z = value / se
    return value, max(-1.0, value - half), min(1.0, value + half), z, float(2 * special.ndtr(-abs(z)))
