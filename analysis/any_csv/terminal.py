"""The answers of `compare` and `table` as a person reads them in a terminal."""

from __future__ import annotations

from typing import Any

import click

from instruments.doors import harmless

SECTIONS = {
    "How many": ("n_first", "n_second", "missing_first", "missing_second", "n", "missing"),
    "First against second": ("ps", "ps_ci", "cliffs_delta", "hodges_lehmann"),
    "Tests": ("bm_statistic", "bm_df", "bm_p", "permutation_p"),
    "Second line": ("mwu_u", "mwu_z", "mwu_p", "mwu_p_exact"),
    "Within strata": ("stratified_ps", "stratified_ps_ci", "van_elteren_z", "van_elteren_p"),
    "Proportional odds": ("po_log_odds", "po_se", "po_robust_se", "po_p", "po_adjusted", "po_thresholds", "po_loglik"),
    "Equivalence": ("tost_p", "tost_ci"),
    "Rows against columns": ("chi_square", "df", "p", "g", "g_p", "exact_p", "expected_under_5"),
    "How strong": ("cramers_v", "cramers_v_ci"),
    "Over the strata": ("cmh", "cmh_df", "cmh_p", "common_odds_ratio", "common_odds_ratio_ci"),
}
WIDTH = 22


def say(found: dict[str, Any]) -> None:
    """Print one line a figure, under headings; what was not asked for is left out."""
    if "counts" in found:
        _grid(found, "counts", "d")
    for heading, keys in SECTIONS.items():
        here = [key for key in keys if found.get(key) is not None]
        if here:
            click.echo(f"\n{heading}" if heading != "How many" else heading)
        for key in here:
            click.echo(f"  {key:<{WIDTH}}{_said(found[key])}")
    if found.get("residuals"):
        click.echo("\nStandardised residuals")
        _grid(found, "residuals", ".2f")
    click.echo("\nNotes")
    for note in found["notes"]:
        click.echo(f"  {harmless(note)}")


def _grid(found: dict[str, Any], key: str, form: str) -> None:
    """A table of cells under the names of its columns; cells of empty rows and columns are not there."""
    cells = [[format(cell, form) for cell in row] for row in found[key]]
    names = [harmless(each) for each in found["columns"]]
    wide = max(len(each) for each in (*names, *(cell for row in cells for cell in row))) + 2
    left = max(len(harmless(each)) for each in found["rows"]) + 2
    click.echo(" " * (left + 2) + "".join(f"{name:>{wide}}" for name in names))
    for name, row in zip(found["rows"], cells, strict=True):
        click.echo(f"  {harmless(name):<{left}}" + "".join(f"{cell:>{wide}}" for cell in row))
    click.echo()


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_said(each) for each in value)
    return str(value) if isinstance(value, int) else "–" if value is None else f"{value:.6g}"
