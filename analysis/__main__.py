"""The researcher's door: `python -m analysis` opens, locks, reports, and rehearses."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import click

from instruments import BUNDLED, VERSION
from instruments.doors import FOLDER, Door, Refused, WrongUse, command

HOW_MANY = click.IntRange(0, 10_000)
AUDIENCE = click.option(
    "--audience",
    type=click.Choice(["public", "team"]),
    default="public",
    show_default=True,
    help="Who will read it: the public sees rounded numbers, the team exact ones, which can give small cells back.",
)


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def door() -> None:
    """From sealed records to a report.

    \b
    Examples:
      python -m analysis open --data data --key data/practice-key.txt
      python -m analysis lock data/answers.db
      python -m analysis report data/answers.db --out data/report.html
      python -m analysis rehearse --clients 72 --workers 36 --out data/rehearsal
    """


@door.command("open")
@click.option("--data", type=FOLDER, default="data", envvar="OFFHOURS_DATA", help="The survey's data folder.")
@click.option("--key", type=FOLDER, required=True, help="The private key of the answers.")
@click.option("--text-key", type=FOLDER, help="The private key of the free text, if it has its own.")
@click.option("--out", type=FOLDER, help="Where to write; DATA/answers.db if nothing is said.")
@click.option("--fingerprint", help="Which version of the study, where there are several.")
@click.option("--force", is_flag=True, help="Replace an unlocked file.")
def open_(data: Path, key: Path, text_key: Path | None, out: Path | None, fingerprint: str | None, force: bool) -> None:
    """Open the sealed records into a table (exit 1 if some records are not what was sealed).

    \b
    Example:  python -m analysis open --data data --key data/practice-key.txt
    """
    from .locking import read_lock
    from .opening import open_answers

    out = out or data / "answers.db"
    if out.exists():
        if read_lock(out) is not None:
            raise Refused(f"{out} is locked; it stays as it is. Name another file with --out.")
        _free(out, force)
    opened = open_answers(data, key, text_key or key, out, fingerprint, _bar)
    click.echo(opened.path)
    click.echo(f"{opened.answers} answers and {opened.texts} texts opened ({opened.kind}).", err=True)
    if opened.answers:
        click.echo(f"Next: {command('analysis')} lock {opened.path}", err=True)
    if opened.unopened:
        many = "s" if opened.unopened > 1 else ""
        click.echo(
            f"{opened.unopened} record{many} could not be opened: changed after sealing, or sealed to another key. "
            "Nothing was deleted. Compare the survey's file with a backup, and tell whoever runs the survey.",
            err=True,
        )
        sys.exit(1)


@door.command()
@click.argument("answers", type=FOLDER)
def lock(answers: Path) -> None:
    """Freeze ANSWERS.db: no group comparison is computed before.

    \b
    Example:  python -m analysis lock data/answers.db
    """
    from . import clock, locking
    from .loading import load

    made = locking.lock(answers, load(answers), clock.today())
    click.echo(f"locked on {made.locked_on}: n {made.n}, data {made.data_hash[:12]}, plan {made.plan_hash[:12]}")
    click.echo(f"Next: {command('analysis')} report {answers} --out {answers.with_name('report.html')}", err=True)


@door.command()
@click.argument("answers", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="The HTML file to write; its CSV and JSON twins lie beside it.")
@AUDIENCE
@click.option("--plan", "changed", type=FOLDER, help="A plan.yaml that runs instead; every deviation is marked.")
@click.option("--force", is_flag=True, help="Replace an existing report.")
def report(answers: Path, out: Path, audience: Literal["public", "team"], changed: Path | None, force: bool) -> None:
    """Write the report of a locked ANSWERS.db as one HTML file, with its numbers as CSV and JSON.

    \b
    Example:  python -m analysis report data/answers.db --out report.html
    """
    from . import report as reports
    from .loading import load, replanned
    from .locking import checked

    if out.suffix.lower() not in (".html", ".htm"):
        raise WrongUse(f"{out} is no .html file; the report's CSV and JSON are written beside it.")
    files = (out, out.with_suffix(".csv"), out.with_suffix(".json"))
    for path in files:
        _free(path, force)
    click.echo("reading the answers …", err=True)
    table = load(answers)
    lock = checked(answers, table)
    if changed is not None and not changed.is_file():
        raise WrongUse(f"There is no file {changed}.")
    kept = table.study if changed is not None else None
    if changed is not None:
        table = replanned(table, changed)
    click.echo("comparing and drawing …", err=True)
    made = reports.report(table, lock, audience, kept)
    reports.write_whole(dict(zip(files, (made.html, made.csv, made.json), strict=True)))
    for path in files:
        click.echo(path)


@door.command()
@click.argument("answers", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="An .html or a .csv file.")
@AUDIENCE
@click.option("--force", is_flag=True, help="Replace an existing codebook.")
def codebook(answers: Path, out: Path, audience: Literal["public", "team"], force: bool) -> None:
    """Write what every column of ANSWERS.db means, with n and distribution.

    \b
    Example:  python -m analysis codebook data/answers.db --out codebook.html
    """
    from . import codebook as codebooks
    from .loading import load
    from .report import write_whole

    making = {".html": codebooks.as_html, ".csv": codebooks.as_csv}.get(out.suffix.lower())
    if making is None:
        raise WrongUse(f"{out} is neither .html nor .csv; a codebook is written as one of these.")
    _free(out, force)
    write_whole({out: making(load(answers), audience)})
    click.echo(out)


@door.command()
@click.argument("answers", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="A new folder.")
def export(answers: Path, out: Path) -> None:
    """Export ANSWERS.db as CSV, with scripts that put the words back in R, Stata and SPSS.

    One row is one person: the files are for the team alone.

    \b
    Example:  python -m analysis export data/answers.db --out data/export
    """
    from . import exporting
    from .loading import load

    for path in exporting.export(answers, load(answers), out):
        click.echo(path)
    click.echo("Every row is one person. Keep these files within the team.", err=True)


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


@door.command()
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
    from . import any_csv

    _tell(any_csv.compare(file, any_csv.Asked(**asked)), as_json)


@door.command()
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
    from . import any_csv

    _tell(any_csv.table(file, row, column, strata, counts, missing), as_json)


@door.command()
@click.option(
    "--clients", "--first", type=HOW_MANY, default=72, show_default=True, help="Made-up people of the first role."
)
@click.option("--workers", "--second", type=HOW_MANY, default=36, show_default=True, help="Of each other role.")
@click.option("--study", type=FOLDER, default=BUNDLED, envvar="OFFHOURS_STUDY", help="The study to rehearse.")
@click.option(
    "--out", type=FOLDER, default="data/rehearsal", show_default=True, help="A folder of its own; emptied first."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same people.")
def rehearse(clients: int, workers: int, study: Path, out: Path, seed: int) -> None:
    """Let made-up people answer over HTTP, then open, lock and report, all of it marked as made up.

    \b
    Example:  python -m analysis rehearse --clients 72 --workers 36
    """
    from .rehearsal.running import rehearsal

    written = rehearsal(study, out, (clients, workers), seed, _bar)
    click.echo(written.resolve())


def _tell(found: dict[str, Any], as_json: bool) -> None:
    from .any_csv.terminal import say

    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, allow_nan=False))
    else:
        say(found)


def _free(path: Path, force: bool) -> None:
    """Nothing is written over unasked, and a place that cannot be is told before any work."""
    if path.is_dir():
        raise WrongUse(f"{path} is a folder; name a file.")
    if not path.parent.is_dir():
        raise WrongUse(f"There is no folder {path.parent}.")
    if path.exists() and not force:
        raise WrongUse(f"{path} exists already; say --force to replace it.")


def _bar(things: Sequence[Any], label: str = "opening") -> Iterator[Any]:
    """A progress bar on stderr."""
    with click.progressbar(things, label=label, file=sys.stderr) as shown:
        yield from shown


if __name__ == "__main__":
    door(prog_name="python -m analysis")
