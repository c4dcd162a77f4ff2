"""Counts become estimates: a value with both of its intervals."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from . import ordinal, shares
from .findings import Estimate, Kind
from .ordinal import Counts


def estimate(kind: Kind, value: float, ends: tuple[float, float], narrow: tuple[float, float]) -> Estimate:
    """A value, its 95 % interval and its 90 % interval."""
    return Estimate(kind=kind, value=value, low=ends[0], high=ends[1], low_90=narrow[0], high_90=narrow[1])


def superiority(first: Counts, second: Counts) -> Estimate:
    """Probability of superiority, from counts a step."""
    value = ordinal.superiority(first, second).value
    return estimate("superiority", value, ordinal.interval(first, second), ordinal.interval(first, second, 0.90))


def difference(yes_1: int, n_1: int, yes_2: int, n_2: int) -> Estimate:
    """Share of the first minus share of the second."""
    value, *ends = shares.difference(yes_1, n_1, yes_2, n_2)
    _, *narrow = shares.difference(yes_1, n_1, yes_2, n_2, 0.90)
    return estimate("difference", value, (ends[0], ends[1]), (narrow[0], narrow[1]))


def odds_ratio(slope: float, error: float) -> Estimate:
    """A log odds ratio and its error as an odds ratio, with Wald intervals."""
    wide, narrow = (float(special.ndtri(0.5 + level / 2)) * error for level in (0.95, 0.90))
    low, high, low_90, high_90 = np.exp([slope - wide, slope + wide, slope - narrow, slope + narrow]).tolist()
    return estimate("odds_ratio", math.exp(slope), (low, high), (low_90, high_90))
