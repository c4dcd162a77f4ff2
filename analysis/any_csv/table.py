"""Rows against columns of anybody's CSV, crude and within strata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from instruments.doors import WrongUse

from .. import categories
from ..resampling import SEED
from .rows import Codes, plain, read

TESTED = ("chi_square", "df", "p", "g", "g_p", "exact_p", "cramers_v", "cramers_v_ci", "residuals", "expected_under_5")
WITHIN = ("cmh", "cmh_df", "cmh_p", "common_odds_ratio", "common_odds_ratio_ci")


def table(
    path: Path, row: str, column: str, strata: tuple[str, ...], counts: str | None, missing: tuple[str, ...]
) -> dict[str, Any]:
    """Counts, tests and strength of a table. What cannot be said is None; `notes` say why."""
    if row == column:
        raise WrongUse("--row and --column name the same column.")
    rows = read(path, (row, column, *strata), counts, missing)
    complete = rows.complete((row, column, *strata))
    if not rows.times[complete].sum():
        raise WrongUse(f"No row of {path} has {' and '.join((row, column, *strata))}.")
    (rows_are, at_row), (columns_are, at_column) = (rows.together((name,), complete) for name in (row, column))
    layers, at_layer = rows.together(strata, complete) if strata else ([""], np.zeros(len(complete), dtype=np.int64))
    tables = np.zeros((len(layers), len(rows_are), len(columns_are)), dtype=np.int64)
    np.add.at(tables, (at_layer[complete], at_row[complete], at_column[complete]), rows.times[complete])
    whole = tables.sum(axis=0)
    notes: list[str] = []
    found: dict[str, Any] = {
        "rows": rows_are,
        "columns": columns_are,
        "counts": whole,
        "n": int(whole.sum()),
        "missing": int(rows.times[~complete].sum()),
        **dict.fromkeys((*TESTED, *WITHIN)),
    }
    found |= _tested(whole, notes)
    if strata:
        found |= _within(tables, rows_are, columns_are, notes)
    return {key: plain(value) for key, value in found.items()} | {"notes": notes}


def _tested(whole: Codes, notes: list[str]) -> dict[str, Any]:
    try:
        made = categories.association(whole)
    except ValueError as error:
        notes.append(f"No test: {error}.")
        return {}
    exact, how = categories.exact(whole, SEED)
    notes.append(f"exact_p: {how}. Chi-square and G are without correction.")
    if made.expected_under_5 > 0:
        notes.append(f"{made.expected_under_5:.0%} of the cells expect fewer than 5: rather read exact_p.")
    values = (made.chi_square, made.df, made.p, made.g, made.g_p, exact, made.v, made.v_interval)
    return dict(zip(TESTED, (*values, made.residuals, made.expected_under_5), strict=True))


def _within(tables: Codes, rows_are: list[str], columns_are: list[str], notes: list[str]) -> dict[str, Any]:
    notes.append(f"Cochran-Mantel-Haenszel over {len(tables)} strata, without correction.")
    found: dict[str, Any] = dict(zip(WITHIN, categories.cochran_mantel_haenszel(tables), strict=False))
    if tables.shape[1:] == (2, 2):
        ratio, low, high = categories.common_odds_ratio(tables)
        found |= {"common_odds_ratio": ratio, "common_odds_ratio_ci": (low, high)}
        notes.append(
            f"The odds ratio: odds of “{columns_are[0]}” against “{columns_are[1]}” "
            f"in “{rows_are[0]}”, over those in “{rows_are[1]}”."
        )
    return found
