"""Categories against categories: tables of counts, rows × columns, and the same within strata."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from .ordinal import Counts
from .shares import fisher

DRAWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """Rows against columns: chi-square, G, their df and p, Cramér's V with its interval, and each cell's residual."""

    n: int
    chi_square: float
    df: int
    p: float
    g: float
    g_p: float
    v: float
    v_interval: tuple[float, float]
    residuals: NDArray[np.float64]
    expected_under_5: float  # share of the cells


def association(counts: Counts) -> Association:
    """Pearson's chi-square and G, without correction. Empty rows and columns say nothing and are left out.

    Cramér's V (1946) with the interval from the noncentral chi-square (Smithson 2003), as R's effectsize
    gives it with adjust = FALSE, alternative = "two.sided". A lower end of 0 is normal and says “small”, not “none”.
    Raises ValueError where fewer than two rows or columns have anybody.
    """
    table = filled(counts)
    if min(table.shape) < 2:
        raise ValueError("fewer than two rows or columns have anybody in them")
    n = table.sum()
    rows, columns = table.sum(axis=1, keepdims=True), table.sum(axis=0, keepdims=True)
    expected = rows * columns / n
    statistic = float(((table - expected) ** 2 / expected).sum())
    g = float(2 * special.xlogy(table, table / expected).sum())
    df = (table.shape[0] - 1) * (table.shape[1] - 1)
    smaller = min(table.shape) - 1
    ends = [math.sqrt(end / (n * smaller)) for end in _noncentral(statistic, df)]
    return Association(
        n=int(n),
        chi_square=statistic,
        df=df,
        p=float(special.chdtrc(df, statistic)),
        g=g,
        g_p=float(special.chdtrc(df, max(g, 0.0))),
        v=math.sqrt(statistic / (n * smaller)),
        v_interval=(min(1.0, ends[0]), min(1.0, ends[1])),
        residuals=(table - expected) / np.sqrt(expected * (1 - rows / n) * (1 - columns / n)),
        expected_under_5=float((expected < 5).mean()),
    )


def exact(counts: Counts, seed: int, draws: int = DRAWS) -> tuple[float, str]:
    """p of the exact test (Fisher 1935; Freeman & Halton 1951) and how it was found.

    A 2 × 2 table is enumerated; a larger one is drawn with its margins kept, (1 + b) / (1 + B). scipy's own
    `fisher_exact` draws larger tables without a seed, so that two runs differ.
    """
    table = filled(counts).astype(np.int64)
    if table.shape == (2, 2):
        (a, b), (c, d) = table.tolist()
        return fisher(a, a + b, c, c + d), "Fisher's exact test"
    from scipy.stats import random_table  # heavy; only where it is needed

    drawn = random_table(table.sum(axis=1), table.sum(axis=0)).rvs(draws, random_state=np.random.default_rng(seed))
    likelihood = -special.gammaln(drawn + 1.0).sum(axis=(1, 2))
    hits = np.count_nonzero(likelihood <= -special.gammaln(table + 1.0).sum() + 1e-9)
    return (1 + hits) / (1 + draws), f"Monte Carlo, {draws} tables with the same margins, seed {seed}"


def cochran_mantel_haenszel(tables: Counts) -> tuple[float, int, float]:
    """Generalised statistic, df and p for rows against columns within strata (Landis, Heyman & Koch 1978), nominal.

    `tables` is strata × rows × columns; the same as R's mantelhaen.test without correction. nan if nothing varies.
    """
    away, spread = 0.0, 0.0
    for table in np.asarray(tables, dtype=np.float64):
        n = table.sum()
        if n < 2:
            continue
        rows, columns = table.sum(axis=1), table.sum(axis=0)
        away = away + (table - np.outer(rows, columns) / n)[:-1, :-1].ravel()
        of_rows = np.diag(rows) * n - np.outer(rows, rows)
        of_columns = np.diag(columns) * n - np.outer(columns, columns)
        spread = spread + np.kron(of_rows[:-1, :-1], of_columns[:-1, :-1]) / (n**2 * (n - 1))
    df = 0 if np.isscalar(spread) else int(np.linalg.matrix_rank(spread))
    if df == 0:
        return math.nan, 0, math.nan
    statistic = float(away @ np.linalg.pinv(spread) @ away)
    return statistic, df, float(special.chdtrc(df, statistic))


def common_odds_ratio(tables: Counts, level: float = 0.95) -> tuple[float, float, float]:
    """Mantel-Haenszel odds ratio of 2 × 2 tables with its interval (Robins, Breslow & Greenland 1986).

    nan where it cannot be said: a zero in every stratum on one diagonal.
    """
    each = np.asarray(tables, dtype=np.float64)
    n = each.sum(axis=(1, 2))
    each, n = each[n > 0], n[n > 0]
    (a, b), (c, d) = (each[:, 0, 0], each[:, 0, 1]), (each[:, 1, 0], each[:, 1, 1])
    r, s = a * d / n, b * c / n
    if not (r.sum() > 0 and s.sum() > 0):
        return math.nan, math.nan, math.nan
    p, q = (a + d) / n, (b + c) / n
    variance = (p * r).sum() / (2 * r.sum() ** 2) + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
    variance += (q * s).sum() / (2 * s.sum() ** 2)
    half = float(special.ndtri(0.5 + level / 2)) * math.sqrt(variance)
    ratio = float(r.sum() / s.sum())
    return ratio, ratio * math.exp(-half), ratio * math.exp(half)


def filled(counts: Counts) -> NDArray[np.float64]:
    """The table without rows and columns in which nobody is."""
    table = np.asarray(counts, dtype=np.float64)
    return np.asarray(table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0])


def _noncentral(statistic: float, df: int, level: float = 0.95) -> tuple[float, float]:
    """The noncentralities between which a chi-square of this size is likely."""

    def end(tail: float) -> float:
        if special.chdtr(df, statistic) <= tail:
            return 0.0
        highest = statistic + 10 * math.sqrt(statistic + df) + 50
        return float(optimize.brentq(lambda nc: special.chndtr(statistic, df, nc) - tail, 1e-12, highest))

    return end(0.5 + level / 2), end(0.5 - level / 2)
