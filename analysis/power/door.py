"""The door to power: `python -m analysis power`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from instruments import BUNDLED
from instruments.doors import FOLDER, WrongUse

from ..progress import bar

MOST = 1_000_000  # people


def _groups(_: click.Context, __: click.Parameter, said: str | None) -> tuple[int, int] | None:
    """Two numbers of people."""
    if said is None:
        return None
    try:
        first, second = (int(each) for each in said.split(","))
    except ValueError:
        raise click.BadParameter("is two whole numbers, such as 60,120") from None
    if not 2 <= min(first, second) <= max(first, second) <= MOST:
        raise click.BadParameter(f"has at least 2 people in each group, and at most {MOST:,}")
    return first, second


@click.command()
@click.option("--study", type=FOLDER, default=BUNDLED, envvar="OFFHOURS_STUDY", help="The study folder.")
@click.option("--clients", "--first", type=click.IntRange(0, MOST), help="Also with so many people of the first role.")
@click.option("--workers", "--second", type=click.IntRange(0, MOST), help="… and so many of each other role.")
@click.option("--groups", callback=_groups, help="Also with these two group sizes in every comparison, such as 60,120.")
@click.option("--out", type=FOLDER, help="Also write a page with a table and a curve for each comparison (.html).")
@click.option("--force", is_flag=True, help="Replace that page.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def power(
    study: Path,
    clients: int | None,
    workers: int | None,
    groups: tuple[int, int] | None,
    out: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Say what each planned comparison can find, at the planned number of people and at a given one.

    Simulated on counts, in seconds: power, the smallest effect that is found, the chance of each verdict. How people
    answer is taken from the study's rehearsal.yaml.

    \b
    Examples:
      python -m analysis power
      python -m analysis power --clients 400 --workers 200 --out power.html
    """
    from ..rehearsal.reading import read_with_model
    from ..report import write_whole
    from .powers import powers
    from .shapes import Shape, shapes
    from .telling import as_html, as_text
    from .telling import as_json as plain

    if out is not None and out.suffix.lower() not in (".html", ".htm"):
        raise WrongUse(f"{out} is no .html file.")
    if out is not None and out.exists() and not force:
        raise WrongUse(f"{out} exists already; say --force to replace it.")
    if groups is not None and (clients is not None or workers is not None):
        raise WrongUse("Say either --groups or how many --clients and --workers take part.")
    read, model = read_with_model(study)
    if not read.plan.comparisons:
        raise WrongUse(f"The study in {study} plans no comparisons; there is nothing to have power for.")

    def given(shape: Shape) -> tuple[int, int] | None:
        if groups is not None or (clients is None and workers is None):
            return groups
        first, *others = (role.id for role in read.roles)
        return shape.expected({first: clients or 0, **dict.fromkeys(others, workers or 0)})

    found = powers(read.plan, shapes(read, model), given, bar)
    if not found:
        raise WrongUse("The plan says no “planned_n”; name --groups, or how many --clients and --workers take part.")
    if out is not None:
        write_whole({out: as_html(read, found)})
    if as_json:
        click.echo(json.dumps(plain(read, found), ensure_ascii=False, allow_nan=False))
        return
    for line in as_text(found):
        click.echo(line)
    if out is not None:
        click.echo(out)
