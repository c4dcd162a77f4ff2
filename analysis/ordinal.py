"""Two groups, ordered answers: everything from two rows of counts, whatever the number of people.

`first` and `second` are counts a step, in the order of the scale. Effects always read *first compared with
second*: above .5 the first is higher. scipy's own `brunnermunzel` has the opposite sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Counts = NDArray[Any]

TINY = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Superiority:
    """Probability of superiority with its standard error and the Brunner-Munzel degrees of freedom."""

    value: float
    se: float
    df: float

    @property
    def separated(self) -> bool:
        """All of one group above all of the other, or all answers alike: no variance to work with."""
        return self.se < TINY


def superiority(first: Counts, second: Counts) -> Superiority:
    """Chance that a random answer of the first group exceeds one of the second; ties count half.

    Vargha & Delaney 2000; the variance is that of the placements (DeLong 1988; Brunner & Munzel 2000),
    the degrees of freedom are Satterthwaite's, as Brunner & Munzel give them. nan for groups under 2.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    value, variance_x, variance_y = placements(x, y)
    n, m = x.sum(), y.sum()
    total = variance_x / n + variance_y / m
    parts = (variance_x / n) ** 2 / (n - 1) + (variance_y / m) ** 2 / (m - 1) if n > 1 and m > 1 else np.nan
    df = float(total**2 / parts) if parts > 0 else float("nan")
    return Superiority(value=float(value), se=float(np.sqrt(total)), df=df)


def interval(first: Counts, second: Counts, level: float = 0.95) -> tuple[float, float]:
    """Interval for the probability of superiority, on the logit scale with a normal quantile.

    The best of eleven in our simulations (mean deviation from 95 %: 1.0 point). Under full separation the
    logit is undefined: the open end is Newcombe's method 5 then. All answers alike: (nan, nan).
    """
    found = superiority(first, second)
    z = float(special.ndtri(0.5 + level / 2))
    if not found.separated and 0 < found.value < 1:
        half = z * found.se / (found.value * (1 - found.value))
        low, high = special.expit(special.logit(found.value) + np.array([-half, half]))
        return float(low), float(high)
    if found.value in (0.0, 1.0):
        return newcombe_5(found.value, float(np.sum(first)), float(np.sum(second)), z)
    return float("nan"), float("nan")


def newcombe_5(value: float, n: float, m: float, z: float) -> tuple[float, float]:
    """Newcombe 2006, Statistics in Medicine 25:559-573, method 5: a score interval with a modelled variance."""

    def distance(theta: float) -> float:
        shape = ((n + m) / 2 - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return abs(value - theta) - z * np.sqrt(theta * (1 - theta) * (1 + shape) / (n * m))  # type: ignore[no-any-return]

    edge = 1e-9
    low = optimize.brentq(distance, edge, value - edge) if value > 0 else 0.0
    high = optimize.brentq(distance, value + edge, 1 - edge) if value < 1 else 1.0
    return float(low), float(high)


def brunner_munzel(first: Counts, second: Counts) -> tuple[float, float, float]:
    """Statistic, degrees of freedom and two-sided p of Brunner & Munzel 2000; positive if the first is higher."""
    found = superiority(first, second)
    if found.separated:
        return float("nan"), float("nan"), float("nan")
    statistic = (found.value - 0.5) / found.se
    return statistic, found.df, float(2 * special.stdtr(found.df, -abs(statistic)))


def mann_whitney(first: Counts, second: Counts) -> tuple[float, float, float]:
    """U of the first group, z and its two-sided asymptotic p, ties counted, no continuity correction.

    A second line only: it tests whether the two distributions are the same, not whether one tends higher.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    n, m, both = x.sum(), y.sum(), x + y
    total = n + m
    u = placements(x, y)[0] * n * m
    variance = n * m / 12 * (total + 1 - np.sum(both**3 - both) / (total * (total - 1)))
    if variance <= 0:
        return float(u), float("nan"), float("nan")
    z = float((u - n * m / 2) / np.sqrt(variance))
    return float(u), z, float(2 * special.ndtr(-abs(z)))


def equivalence(first: Counts, second: Counts, low: float, high: float) -> float:
    """p of two one-sided Brunner-Munzel tests: is the superiority inside (low, high)?

    The larger of the two (Schuirmann 1987). nan where there is no variance to work with.
    """
    found = superiority(first, second)
    if found.separated:
        return float("nan")
    above = special.stdtr(found.df, -(found.value - low) / found.se)
    below = special.stdtr(found.df, (found.value - high) / found.se)
    return float(max(above, below))


def hodges_lehmann(levels: Sequence[float], first: Counts, second: Counts) -> float:
    """The median of all differences first − second (Hodges & Lehmann 1963), from counts.

    For scores; on a single five-point item it is 0 or 1 and says little.
    """
    steps, x, y = np.asarray(levels, dtype=np.float64), np.asarray(first), np.asarray(second)
    differences, where = np.unique((steps[:, None] - steps[None]).ravel().round(9), return_inverse=True)
    pairs = np.bincount(where.ravel(), weights=np.outer(x, y).astype(np.float64).ravel())
    reached = np.cumsum(pairs)
    half = reached[-1] / 2
    lower = differences[np.searchsorted(reached, half - TINY * half)]
    upper = differences[np.searchsorted(reached, half + TINY * half, side="right")]
    return float((lower + upper) / 2)


def placements(x: Counts, y: Counts) -> tuple[Any, Any, Any]:
    """Superiority and the variances of both groups' placements; works on rows of many tables at once."""
    n, m = x.sum(-1, keepdims=True), y.sum(-1, keepdims=True)
    below_y = (np.cumsum(y, -1) - y / 2) / m
    below_x = (np.cumsum(x, -1) - x / 2) / n
    value = np.sum(x * below_y, -1) / n[..., 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        variance_x = np.sum(x * (below_y - value[..., None]) ** 2, -1) / (n[..., 0] - 1)
        variance_y = np.sum(y * (below_x - (1 - value[..., None])) ** 2, -1) / (m[..., 0] - 1)
    return value, variance_x, variance_y


def studentised(x: Counts, y: Counts) -> NDArray[np.float64]:
    """The Brunner-Munzel statistic of many tables; infinite under separation, 0 where all answers are alike."""
    value, variance_x, variance_y = placements(x, y)
    se = np.sqrt(variance_x / x.sum(-1) + variance_y / y.sum(-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(se > TINY, (value - 0.5) / se, np.sign(np.round(value - 0.5, 12)) * np.inf)
    return np.where(np.isnan(statistic), 0.0, statistic)
