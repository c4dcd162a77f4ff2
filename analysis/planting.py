"""Planting an effect: by how much answers must move along their scale to reach a probability of superiority.

The move is one of proportional odds: every cut point's log odds shift by the same amount (McCullagh 1980), so
that any starting shape can be moved by any effect without leaving its scale.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Shares = NDArray[np.float64]  # of the levels of a scale, in their order; they add up to 1

FURTHEST = 30.0  # log odds: nothing moves further


def moved(base: Shares, log_odds: float | NDArray[np.float64]) -> Shares:
    """The shares after every log odds of “higher than this” has grown by so much. Rows broadcast."""
    below = np.cumsum(base, axis=-1)[..., :-1]
    with np.errstate(divide="ignore"):
        shifted = special.expit(special.logit(np.clip(below, 0.0, 1.0)) - np.asarray(log_odds)[..., None])
    edges = np.concatenate([np.zeros((*shifted.shape[:-1], 1)), shifted, np.ones((*shifted.shape[:-1], 1))], axis=-1)
    return np.asarray(np.diff(edges, axis=-1))


def superiority(first: Shares, second: Shares) -> float:
    """P(first > second) + half of P(first = second), from shares."""
    return float(first @ (np.cumsum(second) - second / 2))


def reach(base: Shares) -> tuple[float, float]:
    """How far a shape can be moved: its superiority where all give the lowest answer, and the highest."""
    return superiority(moved(base, -FURTHEST), base), superiority(moved(base, FURTHEST), base)


def distance(bases: Shares, mix: NDArray[np.float64], second: Shares, effect: float) -> float:
    """How far, in log odds, a group must move for this probability of superiority over `second`.

    The group is mixed of kinds of people, each with its own base (kinds × levels) and share in `mix`.
    Raises ValueError where no move reaches it, as where everybody answers alike.
    """

    def short(log_odds: float) -> float:
        return superiority(mix @ moved(bases, np.full(len(bases), log_odds)), second) - effect

    least, most = short(-FURTHEST), short(FURTHEST)
    if not least < 0 < most:
        raise ValueError(
            f"no shift of these answers reaches {effect:g}; they go from {least + effect:.2f} to {most + effect:.2f}"
        )
    return float(optimize.brentq(short, -FURTHEST, FURTHEST, xtol=1e-9))


def alone(base: Shares, effect: float) -> float:
    """How far a shape must move for this probability of superiority over where it was."""
    return distance(base[None], np.ones(1), base, effect)
