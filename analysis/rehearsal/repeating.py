"""The same rehearsal many times, without the survey: how often the plan finds what is there, and what is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from instruments.plan import Comparison

from .. import judging
from ..comparing import alone, judged
from ..findings import NO_EFFECT, VERDICTS, Finding
from ..table import joined
from .direct import people
from .population import Population

Bar = Callable[..., Iterator[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """One comparison over many made-up studies. Shares are of the studies in which it could be computed."""

    comparison: Comparison
    family: str
    true: float | None  # the effect that is there; None where other plants may have moved it
    computed: int
    mean: float | None
    covered: float | None  # how often the 95 % interval holds the true effect
    verdicts: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Every comparison, and each family: the share of studies in which any member was called, on either side."""

    times: int
    comparisons: tuple[Repeated, ...]
    families: Mapping[str, float]


def repeats(population: Population, how_many: Sequence[int], times: int, seed: int, bar: Bar) -> Repeats:
    """Draw so many people so many times, run the plan on each, and count."""
    found: list[tuple[Finding, ...]] = []
    for each in bar(range(times), "repeating", times):
        tables = list(people(population, how_many, [seed, each]))
        found.append(judged(joined(tables).planned(), alone))
    plan = population.study.plan
    return Repeats(
        times=times,
        comparisons=tuple(_repeated(population, each) for each in zip(*found, strict=True)),
        families={
            family.id: sum(any(_called(each) and each.family == family.id for each in once) for once in found) / times
            for family in plan.families
        },
    )


def _called(found: Finding) -> bool:
    """A planned equivalence is called where it is supported; everything else on either side."""
    return found.verdict == "supported" or (found.verdict == "opposite" and found.planned.test != "equivalence")


def _repeated(population: Population, found: Sequence[Finding]) -> Repeated:
    comparison = found[0].planned
    effects = [each.effect for each in found if each.effect is not None]
    true = _true(population, comparison)
    inside = [each.low <= true <= each.high for each in effects] if true is not None else []
    return Repeated(
        comparison=comparison,
        family=found[0].family,
        true=true,
        computed=len(effects),
        mean=float(np.mean([each.value for each in effects])) if effects else None,
        covered=float(np.mean(inside)) if inside else None,
        verdicts={
            verdict: float(np.mean([each.verdict == verdict for each in found if each.effect is not None]))
            for verdict in VERDICTS
            if effects
        },
    )


def _true(population: Population, comparison: Comparison) -> float | None:
    """What was planted; where nothing at all was, no effect."""
    model = population.model
    if comparison.id in model.plant:
        return model.plant[comparison.id]
    structured = model.plant or model.depends or model.recall or model.joins
    return None if structured else NO_EFFECT[judging.kind(comparison)]
