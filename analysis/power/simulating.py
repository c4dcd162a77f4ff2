"""Simulating one comparison on counts: many studies at once, each judged by the plan's own rule.

People are drawn as counts (multinomial), so that a thousand people cost what ten cost. The tests are those of the
analysis, for many tables at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from instruments.plan import Plan

from .. import judging, ordinal, planting, resampling, shares
from ..findings import NO_EFFECT, VERDICTS
from ..strata import superiorities, van_elteren_z
from .shapes import Shape

TRIALS = 4_000
FEW_TRIALS, FEW_DRAWS = 500, 499  # where every trial permutes
SEED = 1

Many = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """Many studies of one comparison: estimates, intervals at 95 % and 90 %, p; nan where there is none."""

    value: Many
    wide: tuple[Many, Many]
    narrow: tuple[Many, Many]
    p: Many


def simulated(plan: Plan, shape: Shape, n: tuple[int, int], effect: float, trials: int = TRIALS) -> Simulated:
    """So many studies with `n` people in the two groups (for a contrast: in each part) and this true effect.

    Raises ValueError where no answers have the effect.
    """
    chance, comparison = np.random.default_rng(SEED), shape.comparison
    match comparison.test:
        case "risk_difference":
            return _shares(shape, n, effect, trials, chance)
        case "superiority_contrast":
            return _contrast(shape, n, effect, trials, chance)
        case "stratified_superiority":
            x, y = _people(shape, n, effect, trials, chance)
            value, se = superiorities(x, y)
            p = 2 * special.ndtr(-np.abs(van_elteren_z(x, y)))
            return _on_logits(value, se, p)
        case _:
            permutes = min(n) < plan.gates.permute and comparison.test != "equivalence"
            x, y = (each[:, 0] for each in _people(shape, n, effect, FEW_TRIALS if permutes else trials, chance))
            return _ordinal(x, y, permutes)


def chances(plan: Plan, shape: Shape, made: Simulated, alpha: float) -> dict[str, float]:
    """How often each verdict is given, tested at this alpha; what is left had no test."""
    said = judging.verdicts(plan, shape.comparison, made.value, made.wide, made.narrow, made.p, alpha)
    return {verdict: float(np.mean(said == verdict)) for verdict in VERDICTS}


def _people(
    shape: Shape, n: tuple[int, int], effect: float, trials: int, chance: np.random.Generator
) -> tuple[Many, Many]:
    """Counts of both groups, trials × strata × levels: the second as its shape says, the first moved away from it."""
    sizes = [chance.multinomial(each, shape.weight, size=trials) for each in n]
    first, second = np.empty((2, trials, *shape.strata.shape))
    for at, base in enumerate(shape.strata):
        moved = planting.moved(base, planting.alone(base, effect))
        first[:, at] = chance.multinomial(sizes[0][:, at], moved)
        second[:, at] = chance.multinomial(sizes[1][:, at], base)
    return first, second


def _ordinal(x: Many, y: Many, permutes: bool) -> Simulated:
    value, se, df = _superiority(x, y)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * special.stdtr(df, -np.abs((value - 0.5) / se))
    for at in np.flatnonzero((se < ordinal.TINY) | permutes):
        p[at] = resampling.permutation(x[at], y[at], FEW_DRAWS, SEED)
    return _on_logits(value, se, p)


def _superiority(x: Many, y: Many) -> tuple[Many, Many, Many]:
    """Probability of superiority, its standard error and Satterthwaite's degrees of freedom."""
    value, variance_x, variance_y = ordinal.placements(x, y)
    n, m = x.sum(-1), y.sum(-1)
    total = variance_x / n + variance_y / m
    with np.errstate(divide="ignore", invalid="ignore"):
        df = total**2 / ((variance_x / n) ** 2 / (n - 1) + (variance_y / m) ** 2 / (m - 1))
    return value, np.sqrt(total), df


def _on_logits(value: Many, se: Many, p: Many) -> Simulated:
    """The intervals that the report gives; a separated group, which is rare here, gets none."""

    def interval(level: float) -> tuple[Many, Many]:
        with np.errstate(divide="ignore", invalid="ignore"):
            half = special.ndtri(0.5 + level / 2) * se / (value * (1 - value))
            return special.expit(special.logit(value) - half), special.expit(special.logit(value) + half)

    return Simulated(value=value, wide=interval(0.95), narrow=interval(0.90), p=p)


def _contrast(shape: Shape, n: tuple[int, int], effect: float, trials: int, chance: np.random.Generator) -> Simulated:
    """The first part has the effect, the second none."""
    parts = []
    for each in (0.5 + effect, 0.5):
        x, y = _people(shape, n, each, trials, chance)
        parts.append(_superiority(x[:, 0], y[:, 0]))
    value, se = parts[0][0] - parts[1][0], np.hypot(parts[0][1], parts[1][1])

    def interval(level: float) -> tuple[Many, Many]:
        half = special.ndtri(0.5 + level / 2) * se
        return np.maximum(-1, value - half), np.minimum(1, value + half)

    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(se > 0, 2 * special.ndtr(-np.abs(value / se)), np.nan)
    return Simulated(value=value, wide=interval(0.95), narrow=interval(0.90), p=p)


def _shares(shape: Shape, n: tuple[int, int], effect: float, trials: int, chance: np.random.Generator) -> Simulated:
    """Two shares: every pair of counts is worked out once, by the same functions as in the analysis."""
    base = float(shape.strata[0, -1])
    if not 0 < base + effect < 1:
        raise ValueError(f"{base:.0%} and {effect:+.0%} more is no share")
    yes = np.stack([chance.binomial(n[0], base + effect, trials), chance.binomial(n[1], base, trials)], axis=1)
    pairs, where = np.unique(yes, axis=0, return_inverse=True)
    rows = []
    for first, second in pairs.tolist():
        told = (first, n[0], second, n[1])
        exact = shares.smallest_expected(*told) < 5
        p = shares.fisher(*told) if exact else shares.chi_square(*told)[1]
        rows.append([*shares.difference(*told), *shares.difference(*told, 0.90)[1:], p])
    value, low, high, low_90, high_90, p = np.array(rows)[where.ravel()].T
    return Simulated(value=value, wide=(low, high), narrow=(low_90, high_90), p=p)


def furthest(shape: Shape, towards: int) -> float:
    """How far from no effect the first group can be, on the side of the hypothesis."""
    if shape.comparison.test == "risk_difference":
        base = float(shape.strata[0, -1])
        return (1 - base if towards > 0 else base) - 1e-6
    reached = [planting.reach(base)[1 if towards > 0 else 0] for base in shape.strata]
    return min(abs(each - 0.5) for each in reached) - 1e-6


def no_effect(shape: Shape) -> float:
    """Where neither group is higher."""
    return NO_EFFECT[judging.kind(shape.comparison)]
