"""Dealing answers out anew, on counts, at a cost that does not grow with people: permutation, bootstrap."""

from __future__ import annotations

from itertools import product
from math import comb, inf

import numpy as np
from numpy.typing import NDArray
from scipy import special

from .ordinal import TINY, Counts, placements, studentised

SEED = 20180717  # of everything that is dealt anew; the same data give the same p
EVERY_SPLIT = 20_000  # up to so many ways to split the people, every one of them is counted
EXACT_PEOPLE = 100  # up to so many people, the exact Mann-Whitney distribution is built


def permutation(first: Counts, second: Counts, draws: int, seed: int) -> float:
    """Two-sided p of the studentised permutation test (Neubert & Brunner 2007).

    Each draw deals the pooled answers out anew (multivariate hypergeometric). (1 + b) / (1 + B), never 0;
    where there are at most 20,000 splits of the people, every one of them is counted instead.
    """
    x, y = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    pooled, n = x + y, int(x.sum())
    observed = abs(float(studentised(x[None].astype(np.float64), y[None].astype(np.float64))[0])) - TINY
    if _splits(int(pooled.sum()), n) <= EVERY_SPLIT:
        tables, weights = _every_table(pooled, n)
        return float(weights[np.abs(studentised(tables, pooled - tables)) >= observed].sum())
    dealt = np.random.default_rng(seed).multivariate_hypergeometric(pooled, n, size=draws).astype(np.float64)
    hits = np.count_nonzero(np.abs(studentised(dealt, pooled - dealt)) >= observed)
    return float((1 + hits) / (1 + draws))


def bootstrap(first: Counts, second: Counts, draws: int, seed: int) -> NDArray[np.float64]:
    """Probabilities of superiority of so many samples drawn anew, with replacement, within each group."""
    generator = np.random.default_rng(seed)
    drawn = [
        generator.multinomial(int(each.sum()), each / each.sum(), size=draws).astype(np.float64)
        for each in (np.asarray(first), np.asarray(second))
    ]
    return np.asarray(placements(drawn[0], drawn[1])[0])


def exact_mann_whitney(first: Counts, second: Counts) -> float:
    """Exact two-sided p of the rank sum given the ties: all splits at least as far from the middle.

    The distribution is built step by step over the levels (as in Mehta, Patel & Tsiatis 1984), on doubled
    midranks, which are whole numbers. nan for more than 100 people.
    """
    x, y = np.asarray(first, dtype=np.int64), np.asarray(second, dtype=np.int64)
    pooled, n = x + y, int(x.sum())
    total = int(pooled.sum())
    if total > EXACT_PEOPLE:
        return float("nan")
    doubled = 2 * np.cumsum(pooled) - pooled + 1  # twice the midrank of each level
    ways = np.zeros((n + 1, n * int(doubled.max()) + 1))
    ways[0, 0] = 1.0
    for ties, score in zip(pooled.tolist(), doubled.tolist(), strict=True):
        wider = np.zeros_like(ways)
        for taken in range(min(ties, n) + 1):
            shift = taken * score
            if shift >= ways.shape[1]:
                break
            wider[taken:, shift:] += comb(ties, taken) * ways[: n + 1 - taken, : ways.shape[1] - shift]
        ways = wider
    sums = np.arange(ways.shape[1])
    middle = n * (total + 1)
    far = np.abs(sums - middle) >= abs(int(x @ doubled) - middle)
    return float(min(1.0, ways[n][far].sum() / comb(total, n)))


def within_strata(firsts: Counts, seconds: Counts, draws: int, seed: int) -> float:
    """Two-sided p of a randomisation test: in each stratum, who is in which group is drawn anew.

    The statistic is van Elteren's, the sum of rank sums over n + 1. Shapes: strata × levels.
    """
    generator = np.random.default_rng(seed)
    observed, redrawn = 0.0, np.zeros(draws)
    for x, y in zip(np.asarray(firsts, dtype=np.int64), np.asarray(seconds, dtype=np.int64), strict=True):
        pooled = x + y
        n, total = int(x.sum()), int(pooled.sum())
        score = (2 * np.cumsum(pooled) - pooled + 1) / (2 * (total + 1)) - 0.5
        observed += float(x @ score)
        redrawn += generator.multivariate_hypergeometric(pooled, n, size=draws) @ score
    return float((1 + np.count_nonzero(np.abs(redrawn) >= abs(observed) - TINY)) / (1 + draws))


def _splits(total: int, n: int) -> float:
    """In how many ways so many of all can be one group; infinite where counting would take long."""
    return comb(total, n) if total <= EXACT_PEOPLE else inf if min(n, total - n) > 2 else float(total) ** 2


def _every_table(pooled: NDArray[np.int64], n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Every table that a split into n and the rest can give, and the share of the splits that give it."""
    tables = np.array([each for each in product(*(range(ties + 1) for ties in pooled)) if sum(each) == n])
    weights = np.prod(special.comb(pooled, tables), axis=1) / comb(int(pooled.sum()), n)
    return tables.astype(np.float64), weights
