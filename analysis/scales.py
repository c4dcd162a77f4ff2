"""Several items as one scale: how far they hang together. Complete answers only; n is the reader's to print."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Answers = NDArray[np.float64]  # people × items, no gaps


def alpha(answers: Answers, level: float = 0.95) -> tuple[float, float, float]:
    """Cronbach's alpha (1951) with Feldt's interval (1965). nan where nothing varies or with one item."""
    n, k = answers.shape
    spread = answers.sum(axis=1).var(ddof=1) if n > 1 else 0.0
    if k < 2 or spread <= 0:
        return math.nan, math.nan, math.nan
    value = k / (k - 1) * (1 - answers.var(axis=0, ddof=1).sum() / spread)
    tails = (0.5 + level / 2, 0.5 - level / 2)
    low, high = (1 - (1 - value) * special.fdtri(n - 1, (n - 1) * (k - 1), tail) for tail in tails)
    return float(value), float(low), float(high)


def omega(answers: Answers) -> float:
    """McDonald's omega total (1999) of one factor by maximum likelihood. nan for fewer than three items.

    Also nan where one item carries all of the factor (a Heywood case): no figure is better than a false one.
    """
    n, k = answers.shape
    if k < 3 or n <= k:
        return math.nan
    observed = np.cov(answers, rowvar=False)
    if np.any(np.diag(observed) <= 0) or np.linalg.matrix_rank(observed) < k:
        return math.nan
    scale = np.sqrt(np.diag(observed))
    correlations = observed / np.outer(scale, scale)

    def loadings(own: Answers) -> Answers:
        root = np.sqrt(own)
        values, vectors = np.linalg.eigh(correlations / np.outer(root, root))
        return np.asarray(root * vectors[:, -1] * math.sqrt(max(values[-1] - 1, 0.0)))

    def distance(log_own: Answers) -> float:
        own = np.exp(log_own)
        root = np.sqrt(own)
        values = np.linalg.eigvalsh(correlations / np.outer(root, root))[:-1]  # Jöreskog 1967: the factor is taken out
        return float((values - np.log(values) - 1).sum())

    start = np.log(0.5 / np.diag(np.linalg.inv(correlations)))
    found = optimize.minimize(distance, start, method="L-BFGS-B", bounds=[(math.log(0.005), 0.0)] * k)
    own = np.exp(found.x)
    if own.min() <= 0.0051:
        return math.nan
    carried = (loadings(own) * scale).sum() ** 2
    return float(carried / (carried + (own * scale**2).sum()))


def item_rest(answers: Answers) -> tuple[float, ...]:
    """Each item's correlation with the sum of the others; a negative one was probably asked the other way round."""
    rest = answers.sum(axis=1)[:, None] - answers
    found = []
    for item, others in zip(answers.T, rest.T, strict=True):
        varies = item.std() > 0 and others.std() > 0
        found.append(float(np.corrcoef(item, others)[0, 1]) if varies else math.nan)
    return tuple(found)
