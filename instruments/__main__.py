"""The board's door: `python -m instruments`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from . import BUNDLED, VERSION
from .doors import FOLDER, Door, WrongUse, command


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
      python -m instruments pack my_study --out for_the_board
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
@click.option("--out", type=FOLDER, help="Also write changes.html and changes.docx there, marked for a board.")
@click.option("--force", is_flag=True, help="Replace those files.")
def diff(old: Path, new: Path, as_json: bool, out: Path | None, force: bool) -> None:
    """Say what changed between two versions of a study, by meaning (exit 1 if a board decides on it again).

    OLD and NEW are folders; OLD may be a git revision of the folder NEW.

    \b
    Examples:
      python -m instruments diff approved_study my_study
      python -m instruments diff v1.0 my_study --out changes
    """
    from . import amending, telling, versions

    with versions.folder(old, new) as before:
        found = amending.amendment(versions.study(before), now := versions.study(new))
    if out is not None:
        from .pack import amended, written

        for hint in written(amended.document(now, found), out, ("changes.html", "changes.docx"), force=force):
            click.echo(hint, err=True)
    if as_json:
        click.echo(json.dumps(telling.changed_json(found), ensure_ascii=False, indent=2))
    else:
        for line in telling.changed(found):
            click.echo(line)
    sys.exit(1 if found.grade == "substantial" else 0)


@door.command()
@click.argument("folder", type=FOLDER, default=BUNDLED)
@click.option("--out", type=FOLDER, required=True, help="The folder for review.html, review.docx and review.pdf.")
@click.option("--language", help="The language of the study's words; without it, the one it is written in.")
@click.option("--since", type=FOLDER, help="Another version, a folder or a git revision: what changed since then.")
@click.option("--address", help="The survey's public address, for the poster and its QR code.")
@click.option("--quick", is_flag=True, help="Without pictures of the pages and power figures.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
def pack(
    folder: Path,
    out: Path,
    language: str | None,
    since: Path | None,
    address: str | None,
    quick: bool,
    force: bool,
) -> None:
    """Write all of a study for an ethics board: as HTML, as DOCX to mark up, and as tagged PDF, with the same numbers.

    \b
    Examples:
      python -m instruments pack --out for_the_board
      python -m instruments pack my_study --out for_the_board --since v1.0 --address https://survey.example.org/
    """
    from . import clock, versions
    from . import pack as review

    review.free(out, review.FILES, force)
    before = None
    if since is not None:
        with versions.folder(since, folder) as old:
            before = versions.study(old)
    known = review.gathered(folder, language, clock.today(), before, address)
    hints: list[str] = []
    with click.progressbar(length=review.length(known, quick), label="review pack", file=sys.stderr) as bar:
        known = review.looked(known, quick, lambda: bar.update(1))
        hints += review.written(review.document(known), out, review.FILES, force=force, progress=lambda: bar.update(1))
    for hint in (*review.missing(known), *hints):
        click.echo(hint, err=True)
    for name in review.FILES:
        if (out / name).exists():
            click.echo(out / name)


@door.command()
@click.argument("folder", type=FOLDER)
@click.option("--board", help="Who decided.")
@click.option("--reference", help="The board's own number for it.")
@click.option("--from", "begins", metavar="DATE", help="The first day of collecting, as 2026-11-23.")
@click.option("--until", "ends", metavar="DATE", help="The last day.")
@click.option("--cap", type=click.IntRange(1, 10_000_000), help="How many questionnaires may be sent at most.")
@click.option("--pilot", is_flag=True, help="A soft launch: every report says “Pilot: not a test”.")
@click.option("--recipients", is_flag=True, help="Only that recipients.yaml was changed: a researcher left, say.")
def approve(
    folder: Path,
    board: str | None,
    reference: str | None,
    begins: str | None,
    ends: str | None,
    cap: int | None,
    pilot: bool,
    recipients: bool,
) -> None:
    """Write down what a board has decided on FOLDER: its fingerprint, the days and the number of people.

    The study is kept as it was decided on, so that a later change can be named. Replaces an earlier decision.

    \b
    Example:  python -m instruments approve my_study --board "REC 3" --reference 26/114
                --from 2027-01-10 --until 2027-06-30 --cap 600
              python -m instruments approve my_study --recipients --reference 26/114-a
    """
    from . import approval, checking, clock, telling

    found = checking.check(folder)
    if found.study is None or found.errors:
        for line in telling.lines(found, folder):
            click.echo(line, err=True)
        raise WrongUse("A study with errors is not approved; mend them first.")
    if recipients:
        made = approval.approve_recipients(folder, found.study, reference or "", clock.today())
    elif board is None or reference is None or begins is None or ends is None or cap is None:
        raise WrongUse("A decision needs --board, --reference, --from, --until and --cap, each of them.")
    else:
        decided = approval.Decision(board=board, reference=reference, begins=begins, ends=ends, cap=cap, pilot=pilot)
        made = approval.approve(folder, found.study, decided)
    click.echo(f"{folder / approval.NAME}: fingerprint {made.fingerprint}")
    for line in approval.standing(folder, found.study, made, clock.today()):
        click.echo(f"before launch: {line}", err=True)


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
