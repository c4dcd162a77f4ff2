"""What else could explain it: E-values, adjusted risk ratios, and people who forget."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from .odds import Numbers, Patterns, fit

NEWTON_STEPS = 4  # from the whole sample's solution a resample is reached in two or three


def e_value(ratio: float) -> float:
    """How strong an unmeasured cause would have to be, with both sides, to explain a risk ratio away.

    VanderWeele & Ding 2017: RR + √(RR·(RR − 1)), of 1/RR where RR is below 1.
    """
    away = 1 / ratio if ratio < 1 else ratio
    return away + math.sqrt(away * (away - 1))


def e_value_of_interval(low: float, high: float) -> float:
    """The same for the end nearest to no effect; 1 where the interval holds no effect."""
    if low <= 1 <= high:
        return 1.0
    return e_value(low if low > 1 else high)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskRatio:
    """Share of the first group over share of the second, as if both were alike in the covariates."""

    value: float
    low: float
    high: float
    crude: float
    draws: int


def standardised_ratio(seen: Patterns, first: Numbers, draws: int, seed: int) -> RiskRatio | None:
    """Adjusted risk ratio by standardisation from a logistic model (Lane & Nelder 1982), percentile bootstrap.

    `seen.counts` is patterns × (no, yes); column 0 of `seen.x` is `first`, 1 for the first group. None where
    the model cannot be estimated.
    """
    made = fit(seen)
    if not made.settled:
        return None
    at = np.concatenate([-made.thresholds, made.slopes])
    design = np.concatenate([np.ones((len(seen.x), 1)), seen.x], axis=1)
    with_first, without = design.copy(), design.copy()
    with_first[:, 1], without[:, 1] = 1.0, 0.0
    people = seen.counts.sum(axis=1)

    def ratio(at: Numbers, people: Numbers) -> Numbers:
        shares = [(people * special.expit(at @ each.T)).sum(axis=-1) for each in (with_first, without)]
        return np.asarray(shares[0] / shares[1])

    total = int(people.sum())
    cells = seen.counts.ravel() / total
    drawn = np.random.default_rng(seed).multinomial(total, cells, size=draws).reshape(draws, *seen.counts.shape)
    resampled = _resampled(at, design, drawn.astype(np.float64))
    ratios = ratio(resampled, drawn.sum(axis=2))
    ratios = ratios[np.isfinite(ratios)]
    low, high = np.quantile(ratios, [0.025, 0.975])
    crude = [float(seen.counts[who, 1].sum() / seen.counts[who].sum()) for who in (first == 1, first == 0)]
    return RiskRatio(
        value=float(ratio(at[None], people[None])[0]),
        low=float(low),
        high=float(high),
        crude=crude[0] / crude[1] if crude[1] else math.nan,
        draws=len(ratios),
    )


def remembered(
    first: Numbers, second: Numbers, more: Numbers, recall_more: float, recall_less: float, false_recall: float
) -> tuple[Numbers, Numbers] | None:
    """Counts a step as they would be if everybody had remembered rightly; `first` says no, `second` says yes.

    `more` marks the steps whose people recall a yes with chance `recall_more`, the others with `recall_less`;
    a no is recalled as yes with chance `false_recall`. None where no true counts could give what was seen
    (Rothman, Greenland & Lash 2008, chapter 19, on misclassified exposure).
    """
    recall = np.where(more > 0, recall_more, recall_less)
    everybody = first + second
    truly_yes = (second - everybody * false_recall) / (recall - false_recall)
    truly_no = everybody - truly_yes
    if np.any(truly_yes < -1e-9) or np.any(truly_no < -1e-9):
        return None
    return np.maximum(truly_no, 0.0), np.maximum(truly_yes, 0.0)


def _resampled(start: Numbers, design: Numbers, drawn: Numbers) -> Numbers:
    """Logistic regressions of many samples at once, each begun at the whole sample's solution."""
    size = design.shape[1]
    pairs = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    people, yes = drawn.sum(axis=2), drawn[:, :, 1]
    at = np.tile(start, (len(drawn), 1))
    for _ in range(NEWTON_STEPS):
        chance = special.expit(at @ design.T)
        slope = (yes - people * chance) @ design
        bend = ((people * chance * (1 - chance)) @ pairs).reshape(-1, size, size)
        bend += 1e-9 * np.eye(size)  # a resample may miss a category altogether
        at = at + np.clip(np.linalg.solve(bend, slope[:, :, None])[:, :, 0], -5, 5)
    return at
