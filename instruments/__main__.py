"""The board's door: `python -m instruments`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from . import BUNDLED, VERSION
from .doors import FOLDER, Door, command


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def door() -> None:
    """A study as plain files: check it before a board reads it.

    \b
    Examples:
      python -m instruments check
      python -m instruments check path/to/study --json
      python -m instruments new my_study
      python -m instruments diff HEAD~1 my_study
    """


@door.command()
@click.argument("folder", type=FOLDER, default=BUNDLED)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable: fingerprint, faults, what is open.")
@click.option("--explain", metavar="RULE", help="Say what a rule looks for, why, and how to mend it; “all” lists them.")
@click.option("--strict", is_flag=True, help="Warnings count as errors do.")
def check(folder: Path, as_json: bool, explain: str | None, strict: bool) -> None:
    """Read FOLDER and name every fault with its file and line (exit 1 if one of them is an error).

    What still has to be decided before anybody is asked stands apart, and never changes the exit code.

    \b
    Examples:
      python -m instruments check instruments/off_hours
      python -m instruments check --explain never-asked
    """
    from . import checking, telling

    if explain is not None:
        for line in telling.explained(explain):
            click.echo(line)
        return
    found = checking.check(folder)
    if as_json:
        click.echo(json.dumps(telling.as_json(found), ensure_ascii=False, indent=2))
    else:
        for line in telling.lines(found, folder):
            click.echo(line)
    sys.exit(1 if found.errors or (strict and found.faults) else 0)


@door.command()
@click.argument("folder", type=FOLDER)
def new(folder: Path) -> None:
    """Write a small commented study into FOLDER, to begin with: it passes `check`, and it runs.

    \b
    Example:  python -m instruments new my_study
    """
    from . import authoring

    for path in authoring.new(folder):
        click.echo(path)
    click.echo(f"Next: {command('instruments')} check {folder}", err=True)
    click.echo(f"      {command('survey_app')} --study {folder} --data data/{folder.name}", err=True)


@door.command()
@click.argument("old", type=FOLDER)
@click.argument("new", type=FOLDER, default=BUNDLED)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable: changes, effects, grade.")
@click.option("--html", type=FOLDER, help="Also write a page for a board, with what is new and what is gone marked.")
@click.option("--force", is_flag=True, help="Replace that page.")
def diff(old: Path, new: Path, as_json: bool, html: Path | None, force: bool) -> None:
    """Say what changed between two versions of a study, by meaning (exit 1 if a board decides on it again).

    OLD and NEW are folders; OLD may be a git revision of the folder NEW.

    \b
    Examples:
      python -m instruments diff approved_study my_study
      python -m instruments diff v1.0 my_study --html changes.html
    """
    from . import amending, amendment_page, telling, versions

    with versions.folder(old, new) as before:
        found = amending.amendment(versions.study(before), now := versions.study(new))
    if html is not None:
        amendment_page.write(html, amendment_page.page(now.title, found), force)
    if as_json:
        click.echo(json.dumps(telling.changed_json(found), ensure_ascii=False, indent=2))
    else:
        for line in telling.changed(found):
            click.echo(line)
    sys.exit(1 if found.grade == "substantial" else 0)


@door.command()
def keys() -> None:
    """Say every key that a study may use, and what it is for, as Markdown.

    \b
    Example:  python -m instruments keys
    """
    from . import authoring

    for line in authoring.every_key():
        click.echo(line)


if __name__ == "__main__":
    door(prog_name="python -m instruments")
