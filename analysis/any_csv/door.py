"""The doors to any CSV: `python -m analysis compare` and `table`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from instruments.doors import FOLDER


def _listed(_: click.Context, __: click.Parameter, said: str | None) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(each.strip() for each in said.split(",") if each.strip()) if said else ()


def _margin(_: click.Context, __: click.Parameter, said: str | None) -> tuple[float, float] | None:
    """Two numbers around .5."""
    if said is None:
        return None
    try:
        low, high = (float(each) for each in said.split(","))
    except ValueError:
        raise click.BadParameter("is two numbers, such as 0.40,0.60") from None
    if not 0 < low < 0.5 < high < 1:
        raise click.BadParameter("lies around .5 and between 0 and 1, such as 0.40,0.60")
    return low, high


CSV_COUNTS = click.option("--counts", help="A column that says how many people a row stands for.")
CSV_MISSING = click.option("--missing", callback=_listed, help="Values that stand for no answer, beside empty and NA.")
CSV_STRATA = click.option("--strata", callback=_listed, help="Columns to stratify by, with commas between.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


@click.command()
@click.argument("file", type=FOLDER)
@click.option("--outcome", required=True, help="The column of the ordered answers.")
@click.option("--group", required=True, help="The column that says who is in which group.")
@click.option("--first", required=True, help="Its value for the group named first.")
@click.option("--second", required=True, help="Its value for the other group.")
@click.option("--levels", callback=_listed, help="The answers in order, numbers or words; numbers by size if not said.")
@CSV_MISSING
@CSV_STRATA
@click.option("--adjust", callback=_listed, help="Covariates of the proportional-odds model: numbers, or categories.")
@click.option("--cluster", help="A column that says which rows belong together, for the sandwich error.")
@CSV_COUNTS
@click.option("--margin", callback=_margin, help="Bounds of equivalence, such as 0.40,0.60; there is no default.")
@AS_JSON
def compare(file: Path, as_json: bool, **asked: Any) -> None:
    """Compare two groups of FILE.csv: the report's own statistics, to be held against any other tool.

    Always first against second: positive, or above .5, means that the first group is higher.

    \b
    Example:  python -m analysis compare answers.csv --outcome mood --group arm --first new --second old \\
                --levels 0,1,2,3,4 --missing 97,98,99 --strata site --margin 0.40,0.60
    """
    from .compare import Asked
    from .compare import compare as compared

    _tell(compared(file, Asked(**asked)), as_json)


@click.command()
@click.argument("file", type=FOLDER)
@click.option("--row", required=True, help="The column whose values are the rows.")
@click.option("--column", required=True, help="The column whose values are the columns.")
@CSV_STRATA
@CSV_COUNTS
@CSV_MISSING
@AS_JSON
def table(
    file: Path,
    row: str,
    column: str,
    strata: tuple[str, ...],
    counts: str | None,
    missing: tuple[str, ...],
    as_json: bool,
) -> None:
    """Count rows against columns of FILE.csv: chi-square, G, exact p, Cramér's V, residuals, Mantel-Haenszel.

    \b
    Example:  python -m analysis table answers.csv --row role --column reason --missing 98,99
    """
    from .table import table as counted

    _tell(counted(file, row, column, strata, counts, missing), as_json)


def _tell(found: dict[str, Any], as_json: bool) -> None:
    from .terminal import say

    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
    else:
        say(found)
