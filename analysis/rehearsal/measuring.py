"""Measuring made-up groups: how far, or to which share, answers must move for the effect that is planted in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from instruments.doors import WrongUse
from instruments.made_up import MadeUp
from instruments.model import Study
from instruments.plan import Comparison

from .. import planting
from ..table import joined
from .answering import kinds
from .depending import moves
from .drawn import Drawn
from .population import Population

TO_MEASURE = 60_000  # people at a time in whom the groups of a planted effect are measured
TO_TRY = 3_000  # people of each role who show whether what is planted can be drawn
ENOUGH, MOST_SAMPLES = 60_000, 20  # answers of a second group that its share is known by; times that people are drawn

Mix = NDArray[np.float64]  # of kinds of people, as shares


def peopled(study: Study, model: MadeUp, how_many: Sequence[int] = ()) -> Population:
    """The made-up people of a study, with what the model plants in them. Raises WrongUse where it cannot be.

    `how_many` people of each role are meant; without a word as many of each.
    """
    made = Population(study, model, how_many)
    for comparison, effect in made.depending.planted:
        if comparison.test == "risk_difference":
            made.aims[comparison.id] = comparison, aim(made, comparison, effect)
        else:
            made.far[comparison.id] = comparison, distance(made, comparison, effect)
    for role in study.roles if made.aims else ():
        made.truly(role.id, TO_TRY, np.random.default_rng(0), {})  # what cannot be drawn is said before anything else
    return made


def aim(population: Population, comparison: Comparison, effect: float) -> float:
    """The share that the first group is to have: that of the second, as it is without this effect, and more."""
    second = replace(comparison, first=comparison.second)
    yes = answers = 0
    for drawn in _sample(population, comparison):
        said = population.outcome(drawn, second)
        yes, answers = yes + int(np.sum(said == 1)), answers + int(np.sum(said >= 0))
        if answers >= ENOUGH:
            break
    if not answers:
        raise WrongUse(f"{comparison.id}: nobody is in “{comparison.second.name}”; plant another effect.")
    share = yes / answers
    if not 0 < share + effect < 1:
        raise WrongUse(f"{comparison.id}: the second group has {share:.0%} already; {effect:+.0%} is no share.")
    return share + effect


def distance(population: Population, comparison: Comparison, effect: float) -> float:
    """How far the first group must move to be so much higher than the second, whatever weights either has."""
    bases, first, second, others = _mixed(population, comparison)
    if comparison.contrast:
        effect += planting.superiority(others[0] @ bases, others[1] @ bases)
    try:
        return planting.distance(bases, first, second @ bases, effect)
    except ValueError as error:
        raise WrongUse(f"{comparison.id} cannot be planted in “{comparison.outcome}”: {error}.") from error


def _mixed(population: Population, comparison: Comparison) -> tuple[planting.Shares, Mix, Mix, tuple[Mix, Mix]]:
    """Every kind of base, and how the two groups are mixed of them; for a contrast also those of its other part."""
    parts = [comparison]
    if comparison.contrast:
        parts.append(replace(comparison, contrast=(comparison.contrast[1], comparison.contrast[0])))
    groups = [moves(each) for part in parts for each in (part, replace(part, first=part.second))]
    names = population.depending.shifted(comparison)
    _have_a_scale(population, comparison, names)
    found: dict[tuple[str, int], tuple[planting.Shares, NDArray[np.float64]]] = {}
    drawn = next(_sample(population, comparison))
    masks = [population.mask(rule, drawn.table) for rule in groups]
    for name in names:
        column = population.columns[name]
        every, which = kinds(column, population.leaned(drawn, name))
        on_scale = np.isin([choice.code for choice in column.choices], column.scale)
        rated = np.isin(drawn.values[name], column.scale)
        for kind, shares in enumerate(every[:, on_scale]):
            people = [np.count_nonzero(mask & rated & (which == kind)) for mask in masks]
            if shares.any() and any(people):
                found[name, kind] = shares / shares.sum(), np.array(people, dtype=np.float64)
    mixes = np.array([people for _, people in found.values()]).T if found else np.zeros((len(groups), 1))
    for group, mix in zip((comparison.first, comparison.second) * 2, mixes, strict=False):
        if not mix.any():
            raise WrongUse(f"{comparison.id}: nobody is in “{group.name}”; plant another effect.")
    mixes = mixes / mixes.sum(axis=1, keepdims=True)
    return np.array([base for base, _ in found.values()]), mixes[0], mixes[1], (mixes[-2], mixes[-1])


def _sample(population: Population, comparison: Comparison) -> Iterator[Drawn]:
    """People of all roles as they are mixed, with what decides this comparison; again and again."""
    only = population.depending.behind(comparison)
    total = sum(population.mix.values()) or 1
    for at in range(MOST_SAMPLES):
        some = [
            population.truly(role, max(1, TO_MEASURE * n // total), np.random.default_rng([at, place]), {}, only)
            for place, (role, n) in enumerate(population.mix.items())
            if n
        ]
        table = joined([each.table for each in some])
        yield Drawn(table, dict(table.values), dict(table.missing))


def _have_a_scale(population: Population, comparison: Comparison, names: Sequence[str]) -> None:
    """Raises WrongUse where the answers of a column have no order that an effect could move."""
    for name in names:
        if name not in population.columns or not population.columns[name].scale:
            raise WrongUse(
                f"{comparison.id}: an effect can be planted in ratings or in a yes-or-no column, not in “{name}”."
            )
