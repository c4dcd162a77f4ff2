"""The plan's own rule for a verdict: for one finding, and for thousands of simulated ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.plan import Comparison, Plan

from .findings import NO_EFFECT, Kind

KINDS: dict[str, Kind] = {"risk_difference": "difference", "superiority_contrast": "contrast"}


def kind(comparison: Comparison) -> Kind:
    """What kind of effect its test estimates."""
    return KINDS.get(comparison.test, "superiority")


def reach(plan: Plan, kind: Kind) -> float:
    """How far from no effect the zone of no interest goes."""
    smallest = plan.smallest
    return {
        "superiority": smallest.superiority - 0.5,
        "difference": smallest.risk_difference,
        "contrast": smallest.contrast,
    }[kind]


def least(plan: Plan, comparison: Comparison) -> int:
    """How many people the smaller group needs before anything is computed."""
    return max(plan.gates.no_test, comparison.smallest_group)


def verdicts(
    plan: Plan,
    comparison: Comparison,
    value: ArrayLike,
    wide: tuple[ArrayLike, ArrayLike],
    narrow: tuple[ArrayLike, ArrayLike],
    p: ArrayLike,
    alpha: float,
) -> NDArray[Any]:
    """The verdict of each estimate, with its 95 % (`wide`) and 90 % (`narrow`) interval; "" where there is no p.

    In this order: supported or opposite (p below alpha, on the predicted side or the other), equivalent (90 %
    interval inside the zone of no interest), inconclusive. A planned equivalence is supported by its 90 % interval.
    """
    nothing = NO_EFFECT[kind(comparison)]
    far = reach(plan, kind(comparison))
    value, p = np.asarray(value, dtype=np.float64), np.asarray(p, dtype=np.float64)
    inside = (nothing - far < np.asarray(narrow[0])) & (np.asarray(narrow[1]) < nothing + far)
    if comparison.test == "equivalence":
        excluded = (np.asarray(wide[0]) > nothing) | (np.asarray(wide[1]) < nothing)
        return np.select([inside, excluded], ["supported", "opposite"], "inconclusive")
    predicted = value > nothing if comparison.predicts != "second" else value < nothing
    significant = (p < alpha) & (value != nothing)
    rules = [np.isnan(p), significant & predicted, significant, inside]
    return np.select(rules, ["", "supported", "opposite", "equivalent"], "inconclusive")
