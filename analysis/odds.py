"""Proportional odds: an ordered answer and what goes with it, by Newton's method on covariate patterns.

P(answer ≤ k) = 1 / (1 + exp(−(threshold_k − x·slope))): a positive slope means higher answers (McCullagh
1980). People who are alike in every covariate are one row of counts, so the cost depends on the number of
patterns, not of people. With two levels this is logistic regression.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]

RUNAWAY = 15.0  # a slope beyond it is separation, not an effect
STEPS = 60
CLOSE = 1e-10
FEW_CLUSTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """People counted: `x` is patterns × covariates, `counts` patterns × levels, `cluster` a number a pattern."""

    x: Numbers
    counts: Numbers
    cluster: Codes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A fitted model. `slopes` in the order of the covariates; `covariance` has thresholds first, then slopes."""

    thresholds: Numbers
    slopes: Numbers
    covariance: Numbers
    robust: Numbers
    loglik: float
    settled: bool  # False where there is no finite estimate: slopes and their errors mean nothing then
    separated: bool  # and the reason is that a slope that was asked about runs away
    held: int = 0  # how many other slopes ran away and were held at their end
    clusters: int | None = None

    def slope(self, which: int) -> tuple[float, float, float]:
        """A slope, its model error and its sandwich error."""
        at = len(self.thresholds) + which
        return float(self.slopes[which]), math.sqrt(self.covariance[at, at]), math.sqrt(self.robust[at, at])

    def p(self, which: int) -> float:
        """Two-sided Wald p by the sandwich error: the model's own shares Mann-Whitney's flaw.

        Under 40 clusters a t distribution with clusters − 1 degrees of freedom.
        """
        slope, _, error = self.slope(which)
        if not error > 0:
            return math.nan
        if self.clusters is not None and self.clusters < FEW_CLUSTERS:
            return float(2 * special.stdtr(self.clusters - 1, -abs(slope / error)))
        return float(2 * special.ndtr(-abs(slope / error)))


def patterns(
    answers: Codes,
    levels: int,
    covariates: Sequence[Codes],
    cluster: Codes | None = None,
    times: Codes | None = None,
) -> tuple[list[Codes], Numbers, Codes | None]:
    """Count people by what they have in common: each covariate is codes 0, 1, … a person (or a row of `times` people).

    Returns each covariate's code a pattern, counts patterns × levels, and each pattern's cluster.
    """
    sizes = [int(each.max(initial=0)) + 1 for each in covariates]
    width = math.prod(sizes)
    mixed = np.zeros(len(answers), dtype=np.int64)
    for size, each in zip(sizes, covariates, strict=True):
        mixed = mixed * size + each
    if cluster is not None:
        mixed = mixed + width * cluster
    highest = int(mixed.max(initial=0)) + 1
    if highest * levels <= 20 * len(answers) + 100_000:
        counts = np.bincount(mixed * levels + answers, times, minlength=highest * levels).reshape(highest, levels)
        there = np.flatnonzero(counts.any(axis=1))
        counts = counts[there]
    else:  # far more possible patterns than people
        there, row = np.unique(mixed, return_inverse=True)
        counts = np.bincount(row * levels + answers, times, minlength=len(there) * levels).reshape(len(there), levels)
    rest, codes = there % width, []
    for size in reversed(sizes):
        codes.append(rest % size)
        rest = rest // size
    return codes[::-1], counts.astype(np.float64), there // width if cluster is not None else None


def dummies(codes: Codes) -> Numbers:
    """A category as 0/1 columns, the first that occurs left out."""
    kinds = np.unique(codes)
    return np.asarray(codes[:, None] == kinds[None, 1:], dtype=np.float64)


def fit(seen: Patterns, shift: Numbers | None = None, own: int = 1) -> Fit:
    """Maximum likelihood. `shift` is added to each pattern's x·slope and not estimated.

    The first `own` slopes are what is asked about: if one of them runs away, the model is separated. Any other that
    does (a category in which all answered alike) is held at its end, where it says what it can. Levels that
    nobody chose are dropped first. Raises ValueError where fewer than two levels are left.
    """
    counts = seen.counts[:, seen.counts.sum(axis=0) > 0]
    if counts.shape[1] < 2:
        raise ValueError("everybody gave the same answer")
    shift = np.zeros(len(counts)) if shift is None else shift
    spread = np.ptp(seen.x, axis=0) if len(seen.x) else np.ones(0)
    spread = np.where(spread > 0, spread, 1.0)  # so that “runs away” means the same for every covariate
    scaled = Patterns(x=seen.x / spread, counts=seen.counts, cluster=seen.cluster)
    climbed = _climbed(scaled.x, counts, shift, own)
    cuts, free = counts.shape[1] - 1, ~climbed.held
    covariance, settled = np.zeros((len(free), len(free))), climbed.settled
    try:
        covariance[np.ix_(free, free)] = np.linalg.inv(-climbed.bend[np.ix_(free, free)])
    except np.linalg.LinAlgError:
        covariance, settled = np.full(covariance.shape, np.nan), False
    if not np.all(np.diag(covariance)[free] > 0):
        settled = False
    robust = covariance @ _meat(climbed.at, scaled, counts, shift) @ covariance
    back = np.concatenate([np.ones(cuts), 1 / spread])
    return Fit(
        thresholds=climbed.at[:cuts],
        slopes=climbed.at[cuts:] / spread,
        covariance=covariance * np.outer(back, back),
        robust=robust * np.outer(back, back),
        loglik=climbed.loglik,
        settled=settled,
        separated=climbed.separated,
        held=int(climbed.held.sum()),
        clusters=None if seen.cluster is None else len(np.unique(seen.cluster)),
    )


@dataclass(frozen=True, slots=True)
class _Climbed:
    """Where Newton's method came to rest, and whether it did."""

    at: Numbers
    loglik: float
    bend: Numbers
    held: NDArray[np.bool_]
    settled: bool
    separated: bool


def _climbed(x: Numbers, counts: Numbers, shift: Numbers, own: int) -> _Climbed:
    """Newton's method with halved steps, from the answers' own cumulative shares and slopes of 0."""
    below = np.cumsum(counts.sum(axis=0))[:-1] / counts.sum()
    at, cuts = np.concatenate([special.logit(below), np.zeros(x.shape[1])]), len(below)
    held = np.zeros(len(at), dtype=bool)
    loglik, gradient, bend = _likelihood(at, x, counts, shift)
    for _ in range(STEPS):
        step = np.zeros(len(at))
        try:
            step[~held] = np.linalg.solve(-bend[np.ix_(~held, ~held)], gradient[~held])
        except np.linalg.LinAlgError:
            break
        size = 1.0
        while (tried := _likelihood(at + size * step, x, counts, shift))[0] < loglik - 1e-9 * abs(loglik):
            size /= 2
            if size < 1e-6:
                break
        at = at + size * step
        loglik, gradient, bend = tried
        away = np.zeros(len(at), dtype=bool)
        away[cuts:] = (np.abs(at[cuts:]) > RUNAWAY) & ~held[cuts:]
        if away[cuts : cuts + own].any():
            return _Climbed(at, loglik, bend, held, settled=False, separated=True)
        if away.any():
            held = held | away
            at = np.where(away, np.sign(at) * RUNAWAY, at)
            loglik, gradient, bend = _likelihood(at, x, counts, shift)
        elif np.abs(size * step).max() < CLOSE:
            return _Climbed(at, loglik, bend, held, settled=True, separated=False)
    return _Climbed(at, loglik, bend, held, settled=False, separated=False)


def end_of_interval(seen: Patterns, which: int, upwards: bool, level: float = 0.95) -> float:
    """Under separation: the end of the profile-likelihood interval that is still finite. nan if there is none.

    The other end is infinite. `upwards` says that the slope runs to plus infinity.
    """
    kept = np.delete(seen.x, which, axis=1)
    column, sign = seen.x[:, which], 1.0 if upwards else -1.0

    def lost(slope: float) -> float:
        return fit(Patterns(x=kept, counts=seen.counts), shift=column * sign * slope, own=0).loglik

    best = lost(2 * RUNAWAY)
    allowed = float(special.chdtri(1, 1 - level)) / 2
    try:
        return sign * float(optimize.brentq(lambda slope: best - lost(slope) - allowed, -RUNAWAY, 2 * RUNAWAY))
    except ValueError:
        return math.nan


def at_each_cut(seen: Patterns, which: int = 0) -> tuple[float | None, ...]:
    """The log odds ratio of one covariate at every cut of the scale: alike where the odds are proportional.

    Each is a logistic regression of “above the cut”; None where it cannot be estimated.
    """
    found: list[float | None] = []
    for cut in range(1, seen.counts.shape[1]):
        two = np.stack([seen.counts[:, :cut].sum(axis=1), seen.counts[:, cut:].sum(axis=1)], axis=1)
        if not two.sum(axis=0).all():
            found.append(None)
            continue
        made = fit(Patterns(x=seen.x, counts=two), own=which + 1)
        found.append(float(made.slopes[which]) if made.settled else None)
    return tuple(found)


def _chances(at: Numbers, x: Numbers, levels: int, shift: Numbers) -> tuple[Numbers, Numbers]:
    """Cumulative chances with 0 and 1 at the ends (patterns × levels + 1), and each level's chance."""
    eta = at[None, : levels - 1] - (x @ at[levels - 1 :] + shift)[:, None]
    below = np.concatenate([np.zeros((len(x), 1)), special.expit(eta), np.ones((len(x), 1))], axis=1)
    return below, np.maximum(np.diff(below, axis=1), 1e-100)


def _likelihood(at: Numbers, x: Numbers, counts: Numbers, shift: Numbers) -> tuple[float, Numbers, Numbers]:
    """Log-likelihood, its gradient and its matrix of second derivatives; minus infinity where thresholds cross."""
    levels = counts.shape[1]
    cuts = levels - 1
    if np.any(np.diff(at[:cuts]) <= 0):
        return -math.inf, np.zeros(len(at)), -np.eye(len(at))
    below, chance = _chances(at, x, levels, shift)
    slope = below * (1 - below)  # derivative of each cumulative chance; 0 at both ends
    inner = slope[:, 1:-1]
    here, above = counts[:, :-1] / chance[:, :-1], counts[:, 1:] / chance[:, 1:]
    down = 1 - below[:, 1:] - below[:, :-1]  # derivative of log chance when everything shifts up together
    gradient = np.concatenate([(inner * (here - above)).sum(axis=0), -x.T @ (counts * down).sum(axis=1)])
    bend = np.zeros((len(at), len(at)))
    curve = inner * (1 - 2 * below[:, 1:-1])
    own = curve * (here - above) - inner**2 * (here / chance[:, :-1] + above / chance[:, 1:])
    bend[range(cuts), range(cuts)] = own.sum(axis=0)
    next_to = (inner[:, 1:] * inner[:, :-1] * counts[:, 1:-1] / chance[:, 1:-1] ** 2).sum(axis=0)
    bend[range(cuts - 1), range(1, cuts)] = bend[range(1, cuts), range(cuts - 1)] = next_to
    cross = x.T @ (inner * (counts[:, :-1] + counts[:, 1:]))
    bend[cuts:, :cuts], bend[:cuts, cuts:] = cross, cross.T
    weight = (counts * (slope[:, 1:] + slope[:, :-1])).sum(axis=1)
    bend[cuts:, cuts:] = -(x.T * weight) @ x
    return float((counts * np.log(chance)).sum()), gradient, bend


def _meat(at: Numbers, seen: Patterns, counts: Numbers, shift: Numbers) -> Numbers:
    """The sum of squared scores, of people or of clusters (then times G / (G − 1), as sandwich::vcovCL does)."""
    levels = counts.shape[1]
    below, chance = _chances(at, seen.x, levels, shift)
    slope = below * (1 - below)
    scores = np.zeros((len(counts), levels, len(at)))
    for cut in range(levels - 1):
        scores[:, cut, cut] += slope[:, cut + 1] / chance[:, cut]
        scores[:, cut + 1, cut] -= slope[:, cut + 1] / chance[:, cut + 1]
    scores[:, :, levels - 1 :] = -(1 - below[:, 1:] - below[:, :-1])[:, :, None] * seen.x[:, None, :]
    if seen.cluster is None:
        flat = scores.reshape(-1, len(at))
        return np.asarray((flat.T * counts.ravel()) @ flat)
    _, where = np.unique(seen.cluster, return_inverse=True)
    summed = np.zeros((where.max() + 1, len(at)))
    np.add.at(summed, where, (scores * counts[:, :, None]).sum(axis=1))
    groups = len(summed)
    return np.asarray(summed.T @ summed * (groups / (groups - 1) if groups > 1 else math.nan))
