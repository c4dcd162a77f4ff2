"""The researcher's door: `python -m analysis` opens, locks and reports; its other rooms have doors of their own."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import click

from instruments import VERSION
from instruments.doors import FOLDER, Door, Refused, WrongUse, command

from .any_csv.door import compare, table
from .power.door import power
from .progress import bar
from .rehearsal.door import rehearse

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


def _passphrase(path: Path) -> str:
    """Ask for the passphrase of a key file, without showing it."""
    return str(click.prompt(f"Passphrase of {path}", hide_input=True, err=True))


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
    from . import stopping
    from .locking import read_lock
    from .opening import open_answers
    from .proving import says
    from .sealed import kind_of
    from .stamps import MARKS, named

    kind = kind_of(data)
    if out is None:
        out = data / (MARKS[kind] + "answers.db" if kind == "made-up" else "answers.db")
    named(kind, out)
    if out.exists():
        if read_lock(out) is not None:
            raise Refused(f"{out} is locked; it stays as it is. Name another file with --out.")
        _free(out, force)
    opened = open_answers(data, key, text_key or key, out, fingerprint, bar, _passphrase)
    click.echo(opened.path)
    click.echo(f"{opened.answers} answers and {opened.texts} texts opened ({opened.kind}).", err=True)
    for line in stopping.says(opened.stop) if opened.stop else ():
        click.echo(line, err=True)
    if opened.answers:
        click.echo(f"Next: {command('analysis')} lock {opened.path}", err=True)
    if opened.unopened:
        many = "s" if opened.unopened > 1 else ""
        click.echo(
            f"{opened.unopened} record{many} could not be opened: changed after sealing, or sealed to another key. "
            "Nothing was deleted.",
            err=True,
        )
    for line in says(opened.proof):
        click.echo(line, err=True)
    if opened.proof.signed:
        click.echo(f"signed by {opened.proof.signer}: compare it with what the survey's host was told.", err=True)
    if opened.unopened or not opened.proof.sound:
        click.echo("Compare the survey's file with a backup, and tell whoever runs the survey.", err=True)
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
@click.option("--data", type=FOLDER, help="The survey's data folder: also look at what is stored.")
@click.option("--key", type=FOLDER, help="The private key: also open the records anew, and compare.")
@click.option("--text-key", type=FOLDER, help="The private key of the free text, if it has its own.")
@click.option("--signer", help="The public key, or its beginning, that the survey's host has told you.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array on stdout.")
def verify(
    answers: Path, data: Path | None, key: Path | None, text_key: Path | None, signer: str | None, as_json: bool
) -> None:
    """Prove that ANSWERS.db is what was approved, stored and locked (exit 1 if something is not).

    \b
    Example:  python -m analysis verify data/answers.db --data data --key data/practice-key.txt
    """
    from .verifying import verified

    if key is not None and data is None:
        raise WrongUse("--key opens what is stored; say --data with the survey's folder too.")
    keys = (key, text_key or key) if key is not None else None
    found = [asdict(each) for each in verified(answers, data, keys, signer, bar, _passphrase)]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for each in found:
            click.echo(f"{each['came']:14} {each['words']}")
    sys.exit(1 if any(each["came"] == "wrong" for each in found) else 0)


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
    from .stamps import named

    if out.suffix.lower() not in (".html", ".htm"):
        raise WrongUse(f"{out} is no .html file; the report's CSV and JSON are written beside it.")
    files = (out, out.with_suffix(".csv"), out.with_suffix(".json"))
    for path in files:
        _free(path, force)
    click.echo("reading the answers …", err=True)
    table = load(answers)
    named(table.about["kind"], out)
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
    from .stamps import named

    making = {".html": codebooks.as_html, ".csv": codebooks.as_csv}.get(out.suffix.lower())
    if making is None:
        raise WrongUse(f"{out} is neither .html nor .csv; a codebook is written as one of these.")
    _free(out, force)
    table = load(answers)
    named(table.about["kind"], out)
    write_whole({out: making(table, audience)})
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


def _free(path: Path, force: bool) -> None:
    """Nothing is written over unasked, and a place that cannot be is told before any work."""
    if path.is_dir():
        raise WrongUse(f"{path} is a folder; name a file.")
    if not path.parent.is_dir():
        raise WrongUse(f"There is no folder {path.parent}.")
    if path.exists() and not force:
        raise WrongUse(f"{path} exists already; say --force to replace it.")


for each in (compare, table, rehearse, power):
    door.add_command(each)

if __name__ == "__main__":
    door(prog_name="python -m analysis")
