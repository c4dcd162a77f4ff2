"""The board's door: `python -m instruments`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from . import BUNDLED, VERSION
from .doors import FOLDER, Door
from .reader import made_up, read_or_problems


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def door() -> None:
    """A study as plain files: check it before a board reads it.

    \b
    Examples:
      python -m instruments check
      python -m instruments check path/to/study --json
    """


@door.command()
@click.argument("folder", type=FOLDER, default=BUNDLED)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable: fingerprint and problems.")
def check(folder: Path, as_json: bool) -> None:
    """Read FOLDER and name every problem with its file and line (exit 1 if there are any).

    \b
    Example:  python -m instruments check instruments/off_hours
    """
    study, problems = read_or_problems(folder)
    if study is not None and not problems:
        problems = made_up(folder, study)[1]
    mark = study.fingerprint if study and not problems else None
    if as_json:
        found = [{"file": each.file, "line": each.line, "message": each.message} for each in problems]
        click.echo(json.dumps({"fingerprint": mark, "problems": found}, ensure_ascii=False, indent=2))
    else:
        for each in problems:
            click.echo(str(each))
        if study is not None and not problems:
            asked = sum(1 for _ in study.questions())
            name = f"{study.id} {study.version}".strip()
            click.echo(f"{study.title} ({name}): {asked} questions and notes, no problems.")
            click.echo(f"fingerprint {mark}")
            click.echo(f"status: {study.status}")
        else:
            click.echo(f"{len(problems)} problem{'s' if len(problems) != 1 else ''} in {folder}", err=True)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    door(prog_name="python -m instruments")
