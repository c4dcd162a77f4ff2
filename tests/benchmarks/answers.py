"""A made-up answers.db of any size, every column drawn by itself: for timing alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sqlite_utils import Database

from analysis import opening
from instruments import BUNDLED, records
from instruments.model import NOT_ASKED
from instruments.reader import read
from instruments.route import arms

AT_ONCE = 10_000


def made_up(path: Path, people: int, seed: int = 1) -> None:
    """Write it as `open` would, through the same code; whoever was not asked, skipped and refused included."""
    study, generator = read(BUNDLED), np.random.default_rng(seed)
    words = {
        "role": [role.id for role in study.roles],
        "duration": list(records.DURATIONS.values()),
        "month": ["2026-10"],
    }
    words |= {factor.id: sorted({arm[factor.id] for arm in arms(study.story)}) for factor in study.story.factors}
    words["came_first"] = [part[0] for part in study.either_order]

    def offered(column: records.Column) -> list[object]:
        if column.kind == "word":
            return list(words[column.name])
        if column.kind == "tick":
            return [0, 1]
        return [*(choice.code for choice in column.choices), NOT_ASKED, None]

    def rows() -> Iterator[dict[str, object]]:
        columns = {column.name: offered(column) for column in records.columns(study)}
        for start in range(0, people, AT_ONCE):
            many = min(AT_ONCE, people - start)
            drawn = [
                np.array(values, dtype=object)[generator.integers(0, len(values), many)] for values in columns.values()
            ]
            yield from (dict(zip(columns, row, strict=True)) for row in zip(*drawn, strict=True))

    with Database(path) as database:
        opening.write_table(database, study, rows(), [])
        about = {
            "fingerprint": study.fingerprint,
            "kind": "made-up",
            "answers": str(people),
            "unopened": "0",
            "tool": "benchmark",
        }
        database.table("about").insert_all([{"name": name, "value": value} for name, value in about.items()], pk="name")
        database.table("totals").create({"name": str, "count": int}, pk="name")
