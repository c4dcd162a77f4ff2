"""The door to a rehearsal: `python -m analysis rehearse`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from instruments import BUNDLED
from instruments.doors import FOLDER, WrongUse, command

from ..progress import bar

if TYPE_CHECKING:
    from .population import Population

OVER_HTTP, DIRECT = 10_000, 1_000_000  # people of a role, at most
HOW_MANY = click.IntRange(0, DIRECT)


@click.command()
@click.option(
    "--clients", "--first", type=HOW_MANY, default=72, show_default=True, help="Made-up people of the first role."
)
@click.option("--workers", "--second", type=HOW_MANY, default=36, show_default=True, help="Of each other role.")
@click.option("--study", type=FOLDER, default=BUNDLED, envvar="OFFHOURS_STUDY", help="The study to rehearse.")
@click.option(
    "--out", type=FOLDER, default="data/rehearsal", show_default=True, help="A folder of its own; emptied first."
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed, the same people.")
@click.option(
    "--plant",
    multiple=True,
    metavar="NAME=VALUE|FILE",
    help="Effects of planned comparisons, in the place of those of the model; or a file that is another model.",
)
@click.option("--null", is_flag=True, help="No structure at all: every comparison compares like with like.")
@click.option("--url", help="A survey that already runs on this machine, and takes made-up answers.")
@click.option("--data", type=FOLDER, help="With --url: its data folder, to open, lock and report afterwards.")
@click.option("--direct", is_flag=True, help="Without the survey: write made-up answers at once, up to 1,000,000.")
@click.option("--repeats", type=click.IntRange(1, 100_000), help="With --direct: run the plan so often, keep nothing.")
@click.option("--at-once", type=click.IntRange(1, 64), default=4, show_default=True, help="People at the same time.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def rehearse(
    clients: int,
    workers: int,
    study: Path,
    out: Path,
    seed: int,
    plant: tuple[str, ...],
    null: bool,
    url: str | None,
    data: Path | None,
    direct: bool,
    repeats: int | None,
    at_once: int,
    as_json: bool,
) -> None:
    """Let made-up people answer over HTTP, then open, lock and report, all of it marked as made up.

    They follow the pages as any browser would: consent, skip, say “prefer not to say”, correct an answer, press Send
    twice, leave, delete, withdraw. How they answer stands in the study's rehearsal.yaml.

    \b
    Examples:
      python -m analysis rehearse --clients 72 --workers 36
      python -m analysis rehearse --clients 400 --workers 200 --plant H1a=0.65
      python -m analysis rehearse --direct --null --repeats 200
    """
    from .measuring import peopled
    from .reading import read_with_model

    if (data is not None and url is None) or (repeats is not None and not direct) or (direct and url is not None):
        raise WrongUse("--data goes with --url, --repeats with --direct, and --direct goes without --url.")
    if max(clients, workers) > OVER_HTTP and not direct:
        raise WrongUse(f"More than {OVER_HTTP:,} people of a role go without the survey: --direct.")
    read, model = read_with_model(study, plant, null)
    how_many = (clients, *[workers] * (len(read.roles) - 1))
    if not sum(how_many):
        raise WrongUse("Nobody takes part; say how many --clients or --workers there are.")
    population = peopled(read, model, how_many)
    if repeats is not None:
        _repeat(population, how_many, repeats, seed, as_json)
        return
    from . import running
    from .telling import as_json as plain
    from .telling import lines

    if direct:
        done = running.directly(population, out, how_many, seed, bar)
    elif url is not None:
        done = running.elsewhere(url, population, data, out, how_many, seed, at_once, bar)
    else:
        done = running.rehearsal(study, population, out, how_many, seed, at_once, bar)
    if as_json:
        click.echo(json.dumps(plain(done, model), ensure_ascii=False, allow_nan=False))
    else:
        for line in lines(done, model):
            click.echo(line)
    if url is not None and data is None:
        click.echo(f"Next: {command('analysis')} open --data DIR --key DIR/practice-key.txt", err=True)
    running.faults(done)


def _repeat(population: Population, how_many: Sequence[int], times: int, seed: int, as_json: bool) -> None:
    """Run the plan so often, and say how it did."""
    from .repeating import repeats
    from .telling import repeated_json, repeated_lines

    done = repeats(population, how_many, times, seed, bar)
    if as_json:
        click.echo(json.dumps(repeated_json(done), ensure_ascii=False, allow_nan=False))
    else:
        for line in repeated_lines(done):
            click.echo(line)
