"""The power of every planned comparison: at the planned number of people, at a given one, and what it would take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from instruments.plan import Plan

from .. import judging
from .shapes import Shape
from .simulating import TRIALS, chances, furthest, no_effect, simulated

WANTED = 0.80
STEPS = 9  # of halving, until the least effect is known to two digits
SIZES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)  # of the planned number of people, for the curve

Given = Callable[[Shape], tuple[int, int] | None]
Bar = Callable[..., Iterator[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What one comparison can find with `n` people in its two groups (for a contrast: in each part).

    `first` is at the first step of the family's correction, where alpha is shared among all its members; `last` is at
    the last one, where every other member has passed. Chances are shares of simulated studies at the first step.
    """

    id: str
    family: str
    says: str
    test: str
    kind: str
    why: Literal["planned", "given"]
    n: tuple[int, int]
    alpha: tuple[float, float]  # at the first step, at the last
    effect: float  # the true effect that power is told for
    untold: Literal["", "few", "unreachable"]  # why there is no power: too few people, or no answers have the effect
    first: float | None
    last: float | None
    least: tuple[float | None, float | None]  # the smallest effect found with 80 % power, at the first and last step
    chances: Mapping[str, float]  # verdict → how often, with that effect
    nothing: Mapping[str, float]  # the same where there is no effect (for an equivalence: at its margin)
    curve: Sequence[tuple[int, float]]  # people in both groups, power at the first step


def powers(
    plan: Plan,
    shapes: Sequence[Shape],
    given: Given,
    bar: Bar,
    trials: int = TRIALS,
) -> tuple[Power, ...]:
    """Every comparison at each of its planned numbers, then at the number that is given."""
    asked = [(shape, n, "planned") for shape in shapes for n in shape.comparison.planned_n]
    asked += [(shape, n, "given") for shape in shapes if (n := given(shape)) is not None]
    order = {shape.comparison.id: at for at, shape in enumerate(shapes)}
    asked.sort(key=lambda each: order[each[0].comparison.id])
    return tuple(_power(plan, shape, n, why, trials) for shape, n, why in bar(asked, "simulating", len(asked)))


def _power(plan: Plan, shape: Shape, n: tuple[int, int], why: Any, trials: int) -> Power:
    comparison = shape.comparison
    family = next(each for each in plan.families if comparison.id in each.comparisons)
    alpha = (plan.alpha / len(family.comparisons), plan.alpha)
    nothing, far = no_effect(shape), judging.reach(plan, judging.kind(comparison))
    same = comparison.test == "equivalence"
    effect, other = (nothing, nothing + far) if same else (nothing + _towards(shape) * far, nothing)
    tested = min(n) >= judging.least(plan, comparison)
    at_effect = _verdicts(plan, shape, n, effect, alpha, trials) if tested else None
    at_other = _verdicts(plan, shape, n, other, alpha, trials) if tested else None
    return Power(
        id=comparison.id,
        family=family.id,
        says=comparison.says,
        test=comparison.test,
        kind=judging.kind(comparison),
        why=why,
        n=n,
        alpha=alpha,
        effect=effect,
        untold="few" if not tested else "" if at_effect else "unreachable",
        first=at_effect[0]["supported"] if at_effect else None,
        last=at_effect[1]["supported"] if at_effect else None,
        least=(None, None) if same or not tested else _least(plan, shape, n, alpha, trials),
        chances=at_effect[0] if at_effect else {},
        nothing=at_other[0] if at_other else {},
        curve=_curve(plan, shape, n, effect, alpha[0], trials) if why == "planned" else (),
    )


def _verdicts(
    plan: Plan, shape: Shape, n: tuple[int, int], effect: float, alpha: tuple[float, float], trials: int
) -> tuple[dict[str, float], dict[str, float]] | None:
    """Chances at both steps; None where no answers have this effect."""
    try:
        made = simulated(plan, shape, n, effect, trials)
    except ValueError:
        return None
    return chances(plan, shape, made, alpha[0]), chances(plan, shape, made, alpha[1])


def _least(
    plan: Plan, shape: Shape, n: tuple[int, int], alpha: tuple[float, float], trials: int
) -> tuple[float | None, float | None]:
    """By halving; the same random numbers each time, so that power grows with the effect."""
    nothing, towards = no_effect(shape), _towards(shape)
    most = furthest(shape, towards)
    found: list[float | None] = []
    for step in (0, 1):
        low, high = 0.0, most
        for _ in range(STEPS):
            middle = (low + high) / 2
            said = _verdicts(plan, shape, n, nothing + towards * middle, alpha, trials // 2)
            reached = said is not None and said[step]["supported"] >= WANTED
            low, high = (low, middle) if reached else (middle, high)
        found.append(nothing + towards * high if high < most else None)
    return found[0], found[1]


def _towards(shape: Shape) -> int:
    """On which side of no effect the hypothesis lies."""
    return -1 if shape.comparison.predicts == "second" else 1


def _curve(
    plan: Plan, shape: Shape, n: tuple[int, int], effect: float, alpha: float, trials: int
) -> tuple[tuple[int, float], ...]:
    """Power at parts and multiples of the planned people."""
    found = []
    for size in SIZES:
        some = (round(n[0] * size), round(n[1] * size))
        if min(some) >= judging.least(plan, shape.comparison):
            said = _verdicts(plan, shape, some, effect, (alpha, alpha), trials // 2)
            if said is not None:
                found.append((sum(some), said[0]["supported"]))
    return tuple(found)
