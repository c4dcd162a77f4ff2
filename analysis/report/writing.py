"""Writing the report: values go in, words come from the template alone."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from instruments import doors
from instruments.asked_of import picked_out
from instruments.checklists import checklists, in_pairs
from instruments.grade import grade
from instruments.model import Study
from instruments.plan import Shown

from ..comparing import findings
from ..deviating import deviations, marks
from ..findings import Crossed, Finding
from ..locking import Lock
from ..stamps import BECAUSE, stamp_of
from ..table import Table
from . import facts, figures, quality, sections, svg, twins
from .distributions import Asked, distributions
from .figures import Point
from .hiding import Audience, Counted, Name, Published, audience, published, stamped
from .publishing import Again, Told, again, told
from .wording import FILTERS, forest_sentence

TEMPLATES = Path(__file__).parent / "templates"
SMALL_TABLE = "How strongly they go together is not told beside hidden numbers."
QUOTES, LEADING = 200, 5  # so many quotations are printed, so many findings stand first


@dataclass(frozen=True, slots=True)
class Report:
    """The page and its twins."""

    html: str
    csv: str
    json: str
    hidden: int  # how many numbers this audience does not see
    found: tuple[Finding, ...]  # what the plan found, exactly


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
        still = svg.still_forest(points, margin, title, self.stamp)
        return {"name": name, "title": title, "sentence": forest_sentence(points), "points": points, "still": still}


def report(table: Table, lock: Lock, name: Name, kept: Study | None = None) -> Report:
    """The whole report of a locked table for one audience; the same bytes for the same input.

    `kept` is the study as it was locked, where another plan runs now.
    """
    pages = Pages(audience(table.study, name), stamp_of(table.about))
    where_from = facts.manifest(table, lock, pages.who, replanned=kept is not None)
    results = _results(table, pages, kept)
    values = {
        **results,
        **_people(table, pages),
        **_background(table, lock, pages),
        "manifest": where_from,
        "every": [pages.asked(each) for each in distributions(table)],
        "sections": [(each, _shown(table, each, pages)) for each in table.study.plan.show],
    }
    told_all = [*results["planned"], *(each for each in results["explored"] if isinstance(each, Told))]
    values["hidden"] = sum(each.hidden for each in (*pages.tables, *(one.groups for one in told_all)))
    values["figures"] = Markup(_json(pages.figures))
    beside = (where_from, pages.tables, told_all, results["runs"])
    values["csv"], values["json"] = twins.as_csv(*beside), twins.as_json(*beside)
    return Report(
        html=rendered("report.html", values),
        csv=values["csv"],
        json=values["json"],
        hidden=values["hidden"],
        found=tuple(each.found for each in results["planned"]),
    )


def _results(table: Table, pages: Pages, kept: Study | None) -> dict[str, Any]:
    """What the plan found, safe to show."""
    found = findings(table, marks(kept.plan, table.study.plan) if kept is not None else {})
    planned = [told(table, each, pages.who, pages.stamp) for each in found.planned]
    runs = [again(each, pages.who) for each in found.sensitivity]
    return {
        "planned": planned,
        "leading": _leading(planned, table.study),
        "explored": [
            told(table, each, pages.who, pages.stamp) if isinstance(each, Finding) else _crossed(table, each, pages)
            for each in found.exploratory
        ],
        "runs": runs,
        "forests": _forests(table, planned, runs, pages),
        "deviations": deviations(kept, table.study) if kept is not None else [],
        "in_pairs": in_pairs,
        "because": BECAUSE,
        "rule_in_words": lambda rule: picked_out(table.study, rule),
    }


def _people(table: Table, pages: Pages) -> dict[str, Any]:
    """Who answered, how well, and what they wrote."""
    quotes, quotable = facts.reading_list(table, QUOTES)
    if pages.who.rounded and pages.who.count(quotable) is None:
        quotes = []  # a list would say how few they are
    return {
        "n": pages.who.count(table.n),
        "flow": facts.flow(table, pages.who),
        "pages_counted": any(name in table.totals for name in facts.TOTALS),
        "answered": pages.table(sections.who_answered(table)),
        "durations": pages.picture(facts.counted_durations(table)),
        "missing": pages.picture(sections.missing_by_reason(table)),
        "straight": pages.picture(quality.straight_lining(table)),
        "left": quality.drop_out(table, pages.who),
        "scales": quality.reliability(table, pages.who),
        "quotes": quotes,
        "quotable": pages.who.count(quotable),
        "said": pages.who.count(len(table.texts)),
    }


def _background(table: Table, lock: Lock, pages: Pages) -> dict[str, Any]:
    """The study, its checklists, and what draws the figures."""
    taken = published(facts.counted_durations(table), pages.who)
    return {
        "study": table.study,
        "plan": table.study.plan,
        "about": table.about,
        "stamp": pages.stamp,
        "who": pages.who,
        "checklists": checklists(facts.facts(table, lock, pages.who, taken)),
        "plotly": Markup(figures.script()),
        "config": figures.CONFIG,
    }


def write_whole(files: Mapping[Path, str]) -> None:
    """Write all of these files, or none. Raises Environment."""
    fresh = {path: path.with_name(path.name + ".partial") for path in files}
    try:
        for path, text in files.items():
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            with os.fdopen(os.open(fresh[path], flags, 0o600), "w", encoding="utf-8") as file:
                file.write(text)  # for its writer alone, until its writer passes it on
        for path in files:
            fresh[path].replace(path)
    except OSError as error:
        message = f"{next(iter(files))} cannot be written ({error.strerror}). Name another place with --out."
        raise doors.Environment(message) from error
    finally:
        for left in fresh.values():
            left.unlink(missing_ok=True)


def rendered(template: str, values: dict[str, Any]) -> str:
    """A page from one of the templates."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS, grade=grade, table_csv=twins.table_csv)
    return environment.get_template(template).render(values)


def _json(value: object) -> str:
    """JSON that can stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("\u2028", "\\u2028")


def _crossed(table: Table, each: Crossed, pages: Pages) -> tuple[Crossed, Picture]:
    picture = pages.picture(sections.of_a_crossing(table, each))
    shown = each if not (pages.who.rounded and picture.table.hidden) else replace(each, v=None, words=SMALL_TABLE)
    return shown, picture


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
    """What a comparison is about: its outcome and its two groups."""
    planned = each.found.planned
    return f"{planned.id}, {each.outcome}: {planned.first.name} / {planned.second.name}"


def _leading(planned: list[Told], study: Study) -> list[Told]:
    """What stands first on the page: the first finding of each family, then the second of each, up to five."""
    families = [
        [each for each in planned if each.found.family == family.id and each.effect] for family in study.plan.families
    ]
    ranked = sorted(
        ((place, at, each) for at, family in enumerate(families) for place, each in enumerate(family)),
        key=lambda each: each[:2],
    )
    chosen = [each for *_, each in ranked[:LEADING]]
    return [each for each in planned if each in chosen]


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
