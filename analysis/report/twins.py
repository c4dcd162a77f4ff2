"""The report's twins: its own numbers as CSV and JSON, no more precise than the page, hidden where the page hides."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..findings import Estimate
from ..spreadsheet import inert
from .hiding import Published
from .publishing import Again, Line, Told

VERSION = 1
HIDDEN = "hidden"
FIELDS = ("part", "id", "says", "group", "column", "value", "low", "high", "p", "n_first", "n_second", "mark")


def as_json(about: Mapping[str, Any], tables: Sequence[Published], told: Sequence[Told], runs: Sequence[Again]) -> str:
    """One object: about, tables, findings, sensitivity. The same input gives the same bytes."""
    return json.dumps(
        {
            "version": VERSION,
            "about": dict(about),
            "tables": [_table(each) for each in tables],
            "findings": [_finding(each) for each in told],
            "sensitivity": [{"says": each.says, "lines": [_line(one) for one in each.lines]} for each in runs],
        },
        ensure_ascii=False,
        indent=1,
        allow_nan=False,
    )


def as_csv(about: Mapping[str, Any], tables: Sequence[Published], told: Sequence[Told], runs: Sequence[Again]) -> str:
    """One tidy row a number; words that a spreadsheet would run as a formula begin with an apostrophe."""
    file = io.StringIO()
    writer = csv.DictWriter(file, FIELDS, lineterminator="\n", restval="")
    writer.writeheader()
    rows: list[dict[str, Any]] = [{"part": "about", "id": name, "value": value} for name, value in about.items()]
    for table in tables:
        for at, group in enumerate(table.groups):
            cells = [
                *zip(table.columns, table.cells[at], strict=True),
                ("answered", table.answered[at]),
                ("asked", table.asked[at]),
            ]
            common = {"part": "table", "id": table.id, "says": table.title, "group": group, "mark": table.stamp or ""}
            rows += [{**common, "column": name, "value": HIDDEN if n is None else n} for name, n in cells]
    for each in told:
        common = {"part": "finding", "id": each.found.planned.id, "mark": each.found.mark}
        rows.append({**common, "says": each.found.planned.says, **_row(each.effect, each.p, each.n)})
        rows += [{**common, "says": line.says, **_row(line.effect, line.p, line.n)} for line in each.lines]
    for run in runs:
        rows += [
            {"part": "sensitivity", "id": run.says, "says": line.says, **_row(line.effect, line.p, line.n)}
            for line in run.lines
        ]
    writer.writerows({key: inert(value) for key, value in row.items()} for row in rows)
    return file.getvalue()


def table_csv(table: Published) -> str:
    """One table as the page shows it."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(map(inert, ("group", *table.columns, "answered", "asked")))
    for at, group in enumerate(table.groups):
        cells = (*table.cells[at], table.answered[at], table.asked[at])
        writer.writerow((inert(group), *(HIDDEN if n is None else n for n in cells)))
    return file.getvalue()


def _table(table: Published) -> dict[str, Any]:
    return {
        "id": table.id,
        "title": table.title,
        "stamp": table.stamp,
        "columns": list(table.columns),
        "groups": [
            {"name": name, "cells": list(table.cells[at]), "answered": table.answered[at], "asked": table.asked[at]}
            for at, name in enumerate(table.groups)
        ],
    }


def _finding(each: Told) -> dict[str, Any]:
    return {
        "id": each.found.planned.id,
        "says": each.found.planned.says,
        "first": each.found.planned.first.name,
        "second": each.found.planned.second.name,
        "outcome": each.found.planned.outcome,
        "mark": each.found.mark,
        "family": each.found.family,
        "n": list(each.n),
        "missing": list(each.missing),
        "groups": _table(each.groups),
        "effect": _effect(each.effect),
        "test": each.found.test,
        "statistic": _number(each.statistic),
        "df": _number(each.df),
        "p": _number(each.p),
        "p_adjusted": _number(each.p_adjusted),
        "verdict": each.found.verdict if each.effect else None,
        "pilot": each.found.pilot,
        "refused": each.found.refused,
        "notes": list(each.notes),
        "beside": [_line(line) for line in each.lines],
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "says": line.says,
        "n": list(line.n),
        "effect": _effect(line.effect),
        "p": _number(line.p),
        "words": line.words,
    }


def _effect(effect: Estimate | None) -> dict[str, Any] | None:
    if effect is None:
        return None
    ends = {name: _number(getattr(effect, name)) for name in ("value", "low", "high", "low_90", "high_90")}
    return {"kind": effect.kind, **ends}


def _row(effect: Estimate | None, p: float | None, n: tuple[int | None, int | None]) -> dict[str, Any]:
    numbers = {"value": effect.value, "low": effect.low, "high": effect.high} if effect else {}
    shown = {key: value for key, value in {**numbers, "p": p}.items() if value is not None and math.isfinite(value)}
    return {**shown, "column": effect.kind if effect else "", "n_first": _hid(n[0]), "n_second": _hid(n[1])}


def _hid(n: int | None) -> int | str:
    return HIDDEN if n is None else n


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
