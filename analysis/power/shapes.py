"""What is assumed of a study before anybody answers: how the second group of each comparison would answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from instruments.doors import WrongUse
from instruments.made_up import MadeUp
from instruments.model import Study
from instruments.plan import Comparison

from ..rehearsal.measuring import peopled
from ..table import Mask, Table, joined

PEOPLE = 20_000  # made-up people of each role in whom the shapes are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One comparison as it would be met: `strata` × levels, the shares of the second group's answers.

    `weight` is the share of people in each stratum; `found` is role → the share of its people who are in the first
    and in the second group of each part, and have an answer.
    """

    comparison: Comparison
    strata: NDArray[np.float64]
    weight: NDArray[np.float64]
    found: Mapping[str, tuple[tuple[float, float], ...]]

    def expected(self, how_many: Mapping[str, int]) -> tuple[int, int]:
        """The people in the smaller of the parts, where so many of each role take part."""
        parts = [
            tuple(sum(self.found[role][at][side] * n for role, n in how_many.items()) for side in (0, 1))
            for at in range(len(next(iter(self.found.values()))))
        ]
        first, second = min(parts, key=min)
        return int(first), int(second)


def shapes(study: Study, model: MadeUp) -> tuple[Shape, ...]:
    """The shape of every planned comparison among made-up people in whom nothing is planted. Raises WrongUse."""
    population, tables = peopled(study, replace(model, plant={}, recall=(), joins=())), []
    for at, role in enumerate(study.roles):
        tables += list(population.people(role.id, PEOPLE, np.random.default_rng(at)))
    table = joined(tables).planned()
    return tuple(_shape(table, each) for each in study.plan.comparisons)


def _shape(table: Table, comparison: Comparison) -> Shape:
    first, second = table.groups(comparison)
    parts = [table.mask(part.rule) for part in comparison.contrast or ()] or [np.ones(table.n, dtype=bool)]
    second_of_all = second & np.logical_or.reduce(parts)
    stratum = np.zeros(table.n, dtype=np.int64)
    size = 1
    if comparison.test == "stratified_superiority":
        size, stratum = table.together(comparison.strata)
    counts = np.stack([table.counts(comparison.outcome, second_of_all & (stratum == at)) for at in range(size)])
    counts = counts[counts.sum(axis=1) > 0].astype(np.float64)
    if not len(counts):
        raise WrongUse(
            f"{comparison.id}: nobody is in “{comparison.second.name}” among made-up people; see rehearsal.yaml."
        )
    answered = table.steps(comparison.outcome) >= 0
    return Shape(
        comparison=comparison,
        strata=counts / counts.sum(axis=1, keepdims=True),
        weight=counts.sum(axis=1) / counts.sum(),
        found={
            role.id: tuple(
                (_share(table, role.id, first & part & answered), _share(table, role.id, second & part & answered))
                for part in parts
            )
            for role in table.study.roles
        },
    )


def _share(table: Table, role: str, who: Mask) -> float:
    """How many of a role these are."""
    everybody: Mask = table.values["role"] == role
    return float(np.mean(who[everybody])) if everybody.any() else 0.0
