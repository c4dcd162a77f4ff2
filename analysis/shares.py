"""Two groups, yes or no: shares, their difference, and its interval."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special


def wilson(yes: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for one share (Wilson 1927)."""
    z = float(special.ndtri(0.5 + level / 2))
    share = yes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def difference(yes_1: int, n_1: int, yes_2: int, n_2: int, level: float = 0.95) -> tuple[float, float, float]:
    """Share of the first minus share of the second, with Newcombe's interval.

    Newcombe 1998, Statistics in Medicine 17:873-890, method 10: square-and-add of two Wilson intervals.
    """
    p_1, p_2 = yes_1 / n_1, yes_2 / n_2
    (low_1, high_1), (low_2, high_2) = wilson(yes_1, n_1, level), wilson(yes_2, n_2, level)
    low = p_1 - p_2 - math.hypot(p_1 - low_1, high_2 - p_2)
    high = p_1 - p_2 + math.hypot(high_1 - p_1, p_2 - low_2)
    return p_1 - p_2, low, high


def smallest_expected(yes_1: int, n_1: int, yes_2: int, n_2: int) -> float:
    """The smallest expected count of the 2 × 2 table."""
    yes, total = yes_1 + yes_2, n_1 + n_2
    return min(n * part / total for n in (n_1, n_2) for part in (yes, total - yes))


def chi_square(yes_1: int, n_1: int, yes_2: int, n_2: int) -> tuple[float, float]:
    """Pearson's chi-square without correction, and its p; (nan, nan) where everybody said the same."""
    yes, total = yes_1 + yes_2, n_1 + n_2
    if yes in (0, total):
        return math.nan, math.nan
    cross = yes_1 * (n_2 - yes_2) - yes_2 * (n_1 - yes_1)
    statistic = total * cross**2 / (n_1 * n_2 * yes * (total - yes))
    return statistic, float(special.chdtrc(1, statistic))


def fisher(yes_1: int, n_1: int, yes_2: int, n_2: int) -> float:
    """Fisher's exact two-sided p: every table at most as likely as the one observed."""
    yes, total = yes_1 + yes_2, n_1 + n_2
    cells = np.arange(max(0, yes - n_2), min(n_1, yes) + 1)
    log = _log_choose(n_1, cells) + _log_choose(n_2, yes - cells) - _log_choose(total, np.array(yes))
    observed = log[int(yes_1 - cells[0])]
    return min(1.0, math.fsum(np.exp(log[log <= observed + 1e-7])))


def _log_choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0))
