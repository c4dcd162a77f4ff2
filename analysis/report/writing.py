"""Writing the report: values go in, words come from the template alone."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from instruments import doors
from instruments.checklists import checklists
from instruments.grade import grade
from instruments.model import Study
from instruments.plan import Shown

from ..comparing import findings
from ..deviating import deviations, marks
from ..findings import Crossed, Finding
from ..locking import Lock
from ..table import Table
from . import facts, figures, quality, sections, svg, twins
from .distributions import Asked, distributions
from .figures import Point
from .hiding import Audience, Counted, Name, Published, audience, published, stamped
from .publishing import Again, Told, again, told
from .wording import FILTERS, rule_in_words

STAMPS = {"practice": "Practice", "made-up": "Made-up data", "live": None}
TEMPLATES = Path(__file__).parent / "templates"
QUOTES = 200  # so many are printed


@dataclass(frozen=True, slots=True)
class Report:
    """The page and its twins."""

    html: str
    csv: str
    json: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A published table with its figure: plotly's data, a still picture, and what each colour means."""

    table: Published
    wordings: tuple[str, ...]
    column: str
    drawn: str | None  # its name among the figures
    still: Markup
    legend: tuple[tuple[str, str], ...]


class Pages:
    """Everything that one report publishes, gathered while its sections are made: tables and figures, each once."""

    def __init__(self, who: Audience, stamp: str | None) -> None:
        self.who, self.stamp = who, stamp
        self.tables: list[Published] = []
        self.figures: dict[str, dict[str, Any]] = {}

    def table(self, counted: Counted) -> Published:
        """The table as this audience may see it, remembered for the twins."""
        made = stamped(published(counted, self.who), self.stamp)
        self.tables.append(made)
        return made

    def picture(self, counted: Counted, wordings: tuple[str, ...] = (), column: str = "") -> Picture:
        """The table with its figure; without one where there is nothing to draw."""
        made = self.table(counted)
        legend = tuple(zip(made.columns, figures.colours(made), strict=False))
        if not figures.bars(made):
            return Picture(made, wordings, column, None, Markup(""), legend)
        name = f"bars-{made.id}"
        self.figures[name] = figures.drawn_bars(made)
        return Picture(made, wordings, column, name, svg.still_bars(made), legend)

    def asked(self, each: Asked) -> Picture:
        """The same for a question."""
        return self.picture(each.counted, each.wordings, each.column)

    def forest(self, name: str, title: str, points: Sequence[Point], margin: float) -> dict[str, Any] | None:
        """All estimates of one kind, or None where there are none."""
        if not points:
            return None
        self.figures[name] = figures.drawn_forest(points, margin, self.stamp)
        return {"name": name, "title": title, "still": svg.still_forest(points, margin, title, self.stamp)}


def report(table: Table, lock: Lock, name: Name, kept: Study | None = None) -> Report:
    """The whole report of a locked table for one audience; the same bytes for the same input.

    `kept` is the study as it was locked, where another plan runs now.
    """
    who, stamp = audience(table.study, name), STAMPS[table.about["kind"]]
    pages = Pages(who, stamp)
    plan = table.study.plan
    marked = marks(kept.plan, plan) if kept is not None else {}
    found = findings(table, marked)
    planned = [told(table, each, who, stamp) for each in found.planned]
    explored = [
        told(table, each, who, stamp) if isinstance(each, Finding) else _crossed(table, each, pages)
        for each in found.exploratory
    ]
    runs = [again(each, who) for each in found.sensitivity]
    durations = pages.picture(facts.counted_durations(table))
    where_from = facts.manifest(table, lock, who)
    quotes, quotable = facts.reading_list(table, QUOTES)
    values: dict[str, Any] = {
        "study": table.study,
        "plan": plan,
        "about": table.about,
        "stamp": stamp,
        "who": who,
        "n": who.count(table.n),
        "flow": facts.flow(table, who),
        "answered": pages.table(sections.who_answered(table)),
        "planned": planned,
        "explored": explored,
        "runs": runs,
        "forests": _forests(table, planned, runs, pages),
        "sections": [(each, _shown(table, each, pages)) for each in plan.show],
        "durations": durations,
        "missing": pages.picture(sections.missing_by_reason(table)),
        "straight": pages.picture(quality.straight_lining(table)),
        "left": quality.drop_out(table),
        "scales": quality.reliability(table, who),
        "every": [pages.asked(each) for each in distributions(table)],
        "quotes": quotes,
        "quotable": who.count(quotable),
        "said": who.count(len(table.texts)),
        "checklists": checklists(facts.facts(table, lock, who, durations.table)),
        "deviations": deviations(kept, table.study) if kept is not None else [],
        "manifest": where_from,
        "in_pairs": facts.in_pairs,
        "rule_in_words": lambda rule: rule_in_words(table, rule),
        "plotly": Markup(figures.script()),
        "config": figures.CONFIG,
    }
    values["hidden"] = sum(each.hidden for each in (*pages.tables, *(one.groups for one in planned)))
    values["figures"] = Markup(_json(pages.figures))
    twinned = [each for each in explored if isinstance(each, Told)]
    beside = (where_from, pages.tables, [*planned, *twinned], runs)
    values["csv"], values["json"] = twins.as_csv(*beside), twins.as_json(*beside)
    return Report(rendered("report.html", values), values["csv"], values["json"])


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all. Raises Environment."""
    fresh = path.with_name(path.name + ".partial")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)  # for its writer alone, until its writer passes it on
        fresh.replace(path)
    except OSError as error:
        message = f"{path} cannot be written ({error.strerror}). Name another place with --out."
        raise doors.Environment(message) from error


def rendered(template: str, values: dict[str, Any]) -> str:
    """A page from one of the templates."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS, grade=grade)
    return environment.get_template(template).render(values)


def _json(value: object) -> str:
    """JSON that can stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("\u2028", "\\u2028")


def _crossed(table: Table, each: Crossed, pages: Pages) -> tuple[Crossed, Picture]:
    return each, pages.picture(sections.of_a_crossing(table, each))


def _shown(table: Table, section: Shown, pages: Pages) -> list[Picture]:
    """The pictures of a section that the study asks for."""
    match section.form:
        case "ladder":
            return [pages.picture(sections.ladder(table, section))]
        case "arms":
            return [pages.picture(each) for each in sections.arms(table, section)]
        case _:
            return [pages.asked(each) for each in sections.shown(table, section)]


def _pair(each: Told) -> str:
    """Which two groups a comparison is about."""
    planned = each.found.planned
    return f"{planned.id}: {planned.first.name} / {planned.second.name}"


def _forests(table: Table, planned: list[Told], runs: list[Again], pages: Pages) -> list[dict[str, Any]]:
    """A forest for each kind of effect, planned ones first, then the sensitivity runs of the superiorities."""
    smallest = table.study.plan.smallest
    kinds = (
        ("superiority", "Chance that the first group gives the higher answer", smallest.superiority - 0.5),
        ("difference", "Share of the first group minus share of the second, in points", smallest.risk_difference),
        ("contrast", "One superiority minus another", smallest.contrast),
    )
    made = []
    for kind, title, margin in kinds:
        points = [
            Point(_pair(each), each.effect, each.found.mark)
            for each in planned
            if each.effect is not None and each.effect.kind == kind
        ]
        made.append(pages.forest(f"forest-{kind}", title, points, margin))
    repeated = [
        Point(f"{line.says}: {run.says}", line.effect, "beside")
        for run in runs
        for line in run.lines
        if line.effect is not None and line.effect.kind == "superiority"
    ]
    title = "The same, under other assumptions"
    made.append(pages.forest("forest-sensitivity", title, repeated, smallest.superiority - 0.5))
    return [each for each in made if each is not None]
