"""Writing the report: values go in, words come from the template alone."""

from __future__ import annotations

import os
import sys
from collections import Counter
from importlib import metadata
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from instruments import VERSION, doors
from instruments.records import DURATIONS
from instruments.rules import ALWAYS, Is, Rule, in_words

from ..comparing import COMPUTED, SEED, Finding, findings
from ..locking import Lock
from ..table import Table
from . import figures
from .distributions import distributions, groups

TOTALS = ("opened", "agreed", "story opened", "sent")  # in the order in which they happen
STAMPS = {"practice": "Practice", "made-up": "Made-up data", "live": None}
TEMPLATES = Path(__file__).parent / "templates"


def html(table: Table, lock: Lock) -> str:
    """The whole report of a locked table, the same bytes for the same input."""
    stamp = STAMPS[table.about["kind"]]
    found = findings(table)
    spread = list(distributions(table))
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(signed=_signed, fraction=_fraction, p_value=_p_value, sentence=_sentence)
    return environment.get_template("report.html").render(
        study=table.study,
        plan=table.study.plan,
        about=table.about,
        lock=lock,
        stamp=stamp,
        n=table.n,
        who=[(words, int(mask.sum())) for _, words, mask in groups(table)],
        totals=[(name, table.totals[name]) for name in TOTALS if name in table.totals],
        durations=_durations(table),
        findings=found,
        families=table.study.plan.families,
        rule_in_words=lambda rule: _in_words(table, rule),
        forests=_forests(table, found, stamp),
        distributions=[
            (each, zip(each.steps, figures.colours(each), strict=True), Markup(figures.bars(each, stamp)))
            for each in spread
        ],
        plotly=Markup(figures.script()),
        seed=SEED,
        not_computed=[each.planned for each in found if each.planned.test not in COMPUTED],
        versions=_versions(),
    )


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


def _forests(table: Table, found: tuple[Finding, ...], stamp: str | None) -> list[tuple[str, Markup]]:
    """One forest for superiorities, one for differences of shares, where there is anything to show."""
    smallest = table.study.plan.smallest
    kinds = (
        ("brunner_munzel", "Chance that the first group gives the higher answer", smallest.superiority - 0.5),
        ("risk_difference", "Share of the first group minus share of the second", smallest.risk_difference),
    )
    made = []
    for test, title, margin in kinds:
        here = [each for each in found if each.planned.test == test and each.effect is not None]
        if here:
            made.append((title, Markup(figures.forest(here, margin, stamp, f"forest-{test}"))))
    return made


def _fraction(value: float, digits: int = 3) -> str:
    """A number between −1 and 1 in APA form: no leading zero, a true minus."""
    text = f"{abs(value):.{digits}f}"
    return ("−" if value < 0 and float(text) else "") + text.removeprefix("0")


def _p_value(p: float) -> str:
    """p in APA form; what would round to 1 says so."""
    return "< .001" if p < 0.001 else "> .999" if p > 0.999 else f"= {_fraction(p)}"


def _signed(value: float) -> str:
    """A whole number with its sign."""
    return f"{value:+.0f}".replace("-", "−")


def _sentence(words: str) -> str:
    """The first letter raised, and names left as they are."""
    return words[:1].upper() + words[1:]


def _durations(table: Table) -> list[tuple[str, int]]:
    counted = Counter(str(each) for each in table.values["duration"])
    return [(band, counted[band]) for band in DURATIONS.values()]


def _in_words(table: Table, rule: Rule) -> str:
    """A rule in the study's own words: what a derived column means, what a code is called."""
    if rule == ALWAYS:
        return "everybody"
    means = {each.name: each.means for each in table.study.plan.derived if each.means}
    roles = {role.id: role.name for role in table.study.roles}

    def named(leaf: Is) -> str:
        if leaf.column == "role":
            return " or ".join(roles.get(str(value), str(value)) for value in leaf.any_of)
        if leaf.column in means and set(leaf.any_of) == {1}:
            return str(means[leaf.column])
        if leaf.column in means and set(leaf.any_of) == {0}:
            return f"not ({means[leaf.column]})"
        question = table.study.question(leaf.column)
        asked = f"“{next(iter(question.text.values()))}”" if question else leaf.column
        column = table.columns.get(leaf.column)
        labels = {choice.code: next(iter(choice.label.values())) for choice in column.choices} if column else {}
        said = " or ".join(f"“{labels[value]}”" if value in labels else f"“{value}”" for value in leaf.any_of)
        return f"{asked} is {said}"

    return in_words(rule, named)


def _versions() -> str:
    names = ("numpy", "scipy", "plotly", "sqlite-utils")
    return ", ".join(
        [
            f"offhours {VERSION}",
            f"Python {sys.version.split()[0]}",
            *(f"{name} {metadata.version(name)}" for name in names),
        ]
    )
