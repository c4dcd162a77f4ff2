"""A made-up answers.db without the survey: people of the same model, some thousands at a time, however many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from instruments.model import NOT_ASKED, Study
from instruments.records import MISSING_SUFFIX

from ..opening import write_answers
from ..stamps import MADE_UP
from ..table import ABSENT, REFUSED, SKIPPED, Table
from .population import Population

Bar = Callable[..., Iterator[Any]]


def write(out: Path, population: Population, how_many: Sequence[int], seed: int, bar: Bar) -> None:
    """Write so many people of each role. Memory does not grow with them. Raises Environment."""
    everybody = bar(rows(population, how_many, seed), "making people up", sum(how_many))
    write_answers(out, population.study, lambda: {"kind": MADE_UP, "pilot": "0", "unopened": "0"}, everybody, ())


def rows(population: Population, how_many: Sequence[int], seed: int) -> Iterator[dict[str, Any]]:
    """Every made-up person as a row of an answers.db."""
    for table in people(population, how_many, seed):
        columns = dict(_as_stored(population.study, table))
        yield from (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))


def people(population: Population, how_many: Sequence[int], seed: int | list[int]) -> Iterator[Table]:
    """Such people as tables, role by role."""
    chance = np.random.default_rng(seed)
    for role, n in zip(population.study.roles, how_many, strict=True):
        yield from population.people(role.id, n, chance)


def _as_stored(study: Study, table: Table) -> Iterator[tuple[str, list[Any]]]:
    """Each column with its values as the table of the answers keeps them."""
    for name, column in table.columns.items():
        values = table.values[name]
        if values.dtype.kind == "U":
            yield name, values.tolist()
            continue
        stored = values.astype(object)
        stored[np.isin(values, (SKIPPED, REFUSED))] = None
        stored[values == ABSENT] = None if column.kind == "number" else NOT_ASKED
        yield name, stored.tolist()
        if column.kind == "number":
            words = table.missing[name].astype(object)
            words[words == ""] = None
            yield name + MISSING_SUFFIX, words.tolist()
