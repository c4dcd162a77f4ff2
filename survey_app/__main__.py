"""The host's door: `python -m survey_app` serves; `keys` makes the keys that answers are sealed to."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

for heavy in ("numpy", "pandas"):  # sqlite-utils loads them wherever they are installed: 14 MiB that nobody here needs
    sys.modules.setdefault(heavy, None)  # type: ignore[arg-type]

from instruments import BUNDLED, VERSION
from instruments.doors import FOLDER, Refused, WrongUse, command
from instruments.filing import whole
from instruments.records import PRACTICE_KEY

from . import clock, keeping
from .key_door import keys
from .live import LIVE, kind_of
from .newcomers import USUAL
from .serve import address_allowed, open_survey, public_address, serve, studies_in
from .survey import Survey


def _welcome(here: Survey, folder: Path, data: Path) -> Callable[[str], str]:
    """What is said when the survey is ready: where it is, and what to do next."""
    study, paused = here.study, here.store.paused()
    more = NO_WAY_OUT if study.quick_exit and study.leave_to is None else ""
    more += f"\n  paused      {paused}" if paused else ""
    if here.kind == LIVE:
        return lambda address: _live(here, folder, data, address) + more
    analysis, key = command("analysis"), data / PRACTICE_KEY
    in_the_way = here.gate.in_the_way(clock.today(), 0) if here.gate else ()
    more += "".join(f"\n  not live    {line}" for line in in_the_way)
    return lambda address: (
        f"""\
{study.title}
  answer it   {address}
  mode        {here.kind}: nothing here counts, every record says so
  study       {folder}  ({study.fingerprint[:12]})
  data        {data}
  key         {key}{more}

When you have sent some answers, look at them (in another terminal):
  {analysis} open --data {data} --key {key}
  {analysis} lock {data}/answers.db
  {analysis} report {data}/answers.db --out {data}/report.html

Ctrl-C stops. Answers that are not sent live in the participant's browser only."""
    )


def _live(here: Survey, folder: Path, data: Path, address: str) -> str:
    """The same where answers are real, or where they cannot be taken."""
    closed = here.in_the_way()
    lines = "".join(f"\n  closed      {line}" for line in closed)
    mode = "closed: newcomers read so, with the support lines" if closed else "LIVE: every record is real"
    return f"""\
{here.study.title}
  answer it   {here.origin or address}
  mode        {mode}{lines}
  study       {folder}  ({here.study.fingerprint[:12]})
  data        {data}
  signed by   {here.store.signer.public.hex()}  (tell it to whoever opens the answers)"""


NO_WAY_OUT = """
  leave_to    not decided: “Leave this page fast” ends on a blank page"""


DATA = click.option(
    "--data", type=FOLDER, default="data", envvar="OFFHOURS_DATA", help="Where sealed answers are kept."
)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
@click.option("--study", type=FOLDER, default=BUNDLED, envvar="OFFHOURS_STUDY", help="The study to serve.")
@DATA
@click.option("--host", default="127.0.0.1", envvar="OFFHOURS_HOST", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, envvar="OFFHOURS_PORT", show_default=True)
@click.option("--origin", envvar="OFFHOURS_ORIGIN", help="The public address, such as https://survey.example.org.")
@click.option(
    "--newcomers",
    type=click.IntRange(0),
    default=USUAL,
    envvar="OFFHOURS_NEWCOMERS",
    show_default=True,
    help="How many may begin a minute; 0 for no limit.",
)
@click.option("--practice", is_flag=True, help="Allow practice beyond this machine.")
@click.option("--made-up", is_flag=True, help="Mark every record as made up (rehearsals).")
@click.pass_context
def door(
    context: click.Context,
    study: Path,
    data: Path,
    host: str,
    port: int,
    origin: str | None,
    newcomers: int,
    practice: bool,
    made_up: bool,
) -> None:
    """Serve a study to participants, in practice mode.

    \b
    Examples:
      python -m survey_app
      python -m survey_app --study path/to/study --data path/to/data --port 8080
      python -m survey_app keys new --out researcher-key.txt
    """
    if context.invoked_subcommand is not None:
        return
    studies, origin = studies_in(study), public_address(origin)
    kind, gate = ("made-up" if made_up else "practice"), None
    if not (made_up or practice):
        kind, gate = kind_of(study, next(iter(studies.values())), data, origin, clock.today())
    address_allowed(host, origin, practice or kind == LIVE)
    surveys = open_survey(studies, data, kind, origin, gate, newcomers)
    serve(surveys, host, port, _welcome(next(iter(surveys.values())), study, data))


@door.command("preview")
@click.option("--study", type=FOLDER, default=BUNDLED, envvar="OFFHOURS_STUDY", help="The study to look at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, envvar="OFFHOURS_PORT", show_default=True)
def look(study: Path, port: int) -> None:
    """Show every page of a study as participants see it, on this machine, and keep nothing.

    \b
    Example:  python -m survey_app preview --study my_study
    """
    from .preview import open_preview

    surveys = open_preview(studies_in(study))
    shown = next(iter(surveys.values())).study
    serve(
        surveys,
        "127.0.0.1",
        port,
        lambda address: (
            f"{shown.title}: a preview, nothing is kept\n  from the start  {address}\n"
            f"  every page      {address}{shown.language}/preview\n\nCtrl-C stops."
        ),
    )


@door.command()
@click.option("--study", type=FOLDER, default=BUNDLED, envvar="OFFHOURS_STUDY", help="The study to be served.")
@DATA
@click.option("--origin", envvar="OFFHOURS_ORIGIN", help="The public address, such as https://survey.example.org.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def doctor(study: Path, data: Path, origin: str | None, as_json: bool) -> None:
    """Say everything that stands between this survey and real answers (exit 3 if there is anything).

    \b
    Example:  python -m survey_app doctor --study my_study --data data --origin https://survey.example.org
    """
    from .examining import examined, lines

    found = examined(study, next(iter(studies_in(study).values())), data, public_address(origin))
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False))
    else:
        for line in lines(found):
            click.echo(line)
    sys.exit(0 if not found.in_the_way else 3)


@door.command("drill")
@click.option("--study", type=FOLDER, default=BUNDLED, envvar="OFFHOURS_STUDY", help="The study to be served.")
@DATA
@click.option("--origin", envvar="OFFHOURS_ORIGIN", help="The public address, such as https://survey.example.org.")
@click.option("--out", type=FOLDER, help="Also a page for a board, as one HTML file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def drill_(study: Path, data: Path, origin: str | None, out: Path | None, as_json: bool) -> None:
    """Let known people answer, take the machine away, and say what a thief would learn (exit 1 if a promise is broken).

    Runs the installed survey in a folder of its own beside the data folder. Real answers are not touched.

    \b
    Example:  python -m survey_app drill --study my_study --out drill.html
    """
    from .drill import drill
    from .drill.page import lines, page

    if out is not None and out.exists():
        raise WrongUse(f"{out} exists already; name another file.")
    if out is not None and not out.parent.is_dir():
        raise WrongUse(f"There is no folder {out.parent} to write into.")
    shown = next(iter(studies_in(study).values()))
    done = drill(study, shown, data, public_address(origin), lambda words: click.echo(words, err=True))
    if out is not None:
        whole(out, page(done))
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False))
    else:
        for line in lines(done):
            click.echo(line)
    sys.exit(0 if done.kept else 1)


@door.command()
@click.option("--because", required=True, metavar="WORDS", help="Why, for the team; participants do not see it.")
@DATA
def pause(because: str, data: Path) -> None:
    """Take no new participants, at once; those who have begun may finish. The running survey need not be stopped.

    \b
    Example:  python -m survey_app pause --because "two people said that they felt much worse"
    """
    keeping.pause(data, because)
    click.echo(f"{data}: paused. {command('survey_app')} resume --data {data} takes participants again.")


@door.command()
@DATA
def resume(data: Path) -> None:
    """Take new participants again.

    \b
    Example:  python -m survey_app resume
    """
    keeping.pause(data, None)
    click.echo(f"{data}: takes participants.")


@door.command()
@click.option("--study", type=FOLDER, default=BUNDLED, envvar="OFFHOURS_STUDY", help="The study, for its approval.")
@DATA
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def status(study: Path, data: Path, as_json: bool) -> None:
    """Say how a survey stands: how many have sent (to the nearest ten), the last flush by its month, room, days left.

    \b
    Example:  python -m survey_app status --data data
    """
    found = asdict(keeping.status(data, study))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        click.echo(f"{name.replace('_', ' '):19} {'no' if value is None else value}")


@door.command()
@click.option("--file", "path", type=FOLDER, required=True, help="One code a line, as participants sent them.")
@DATA
def withdraw(path: Path, data: Path) -> None:
    """Delete what codes lead to, for those who sent theirs to the team. Nobody learns whether a code led anywhere.

    \b
    Example:  python -m survey_app withdraw --file codes.txt --data data
    """
    found = keeping.codes_in(path)
    keeping.withdraw(data, found)
    click.echo(f"{len(found.good)} codes: whatever they led to is deleted. Delete {path} too; it proves who took part.")
    if found.bad:
        lines = ", ".join(map(str, found.bad))
        click.echo(f"No code on line {lines}: 16 letters and numbers, the last one checks the others.", err=True)
        sys.exit(1)


@door.command()
@DATA
@click.option("--out", type=FOLDER, help="The new file; without it, one a month in the data folder.")
def backup(data: Path, out: Path | None) -> None:
    """Copy the sealed answers, while the survey runs or not. The keys of unsent answers are never in it.

    \b
    Example:  python -m survey_app backup --data data --out /media/safe/survey.db
    """
    click.echo(keeping.backup(data, out))


@door.command()
@click.argument("copy", type=FOLDER)
@DATA
def restore(copy: Path, data: Path) -> None:
    """Bring answers back from a copy, but for those that were withdrawn since. Doing it twice does no harm.

    \b
    Example:  python -m survey_app restore /media/safe/survey.db --data data
    """
    came, gone = keeping.restore(copy, data)
    click.echo(f"{data}: {came} sealed rows came back, {gone} stay deleted.")


@door.command()
@DATA
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@click.option("--confirm", metavar="DAY", help="Today's day, typed, in the place of being asked for it.")
def purge(data: Path, dry_run: bool, confirm: str | None) -> None:
    """Delete every answer and every copy in the data folder, once the time in the study file is over.

    \b
    Example:  python -m survey_app purge --data data --dry-run
    """
    count, copies = keeping.purge(data, only_look=True)
    click.echo(f"{count} sealed answers and {len(copies)} copies in {data}; copies elsewhere are yours to delete.")
    if dry_run:
        return
    today = clock.today()
    if (confirm or click.prompt("Type today's day, as year-month-day, to delete them for good", err=True)) != today:
        raise Refused("By this machine's clock that is not today's day: nothing was deleted. Look at both.")
    keeping.purge(data, only_look=False)
    click.echo(f"{data}: everything is deleted.")


door.add_command(keys)

if __name__ == "__main__":
    door(prog_name="python -m survey_app")
