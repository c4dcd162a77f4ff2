"""Writing the report: values go in, words come from the template alone."""

from __future__ import annotations

import sys
from collections import Counter
from importlib import metadata
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from instruments import VERSION
from instruments.rules import ALWAYS, Is, Rule, in_words

from ..comparing import COMPUTED, SEED, Finding, findings
from ..locking import Lock
from ..table import Table
from . import figures
from .distributions import distributions, groups

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
    environment.filters["signed"] = lambda value: f"{value:+.0f}".replace("-", "−")
    return environment.get_template("report.html").render(
        study=table.study,
        plan=table.study.plan,
        about=table.about,
        lock=lock,
        stamp=stamp,
        n=table.n,
        who=[(words, int(mask.sum())) for _, words, mask in groups(table)],
        totals=table.totals,
        durations=_durations(table),
        findings=found,
        families=table.study.plan.families,
        rule_in_words=lambda rule: _in_words(table, rule),
        forests=[Markup(each) for each in _forests(table, found, stamp)],
        distributions=[(each, Markup(figures.bars(each, stamp))) for each in spread],
        plotly=Markup(figures.script()),
        seed=SEED,
        not_computed=[each.planned for each in found if each.planned.test not in COMPUTED],
        versions=_versions(),
    )


def _forests(table: Table, found: tuple[Finding, ...], stamp: str | None) -> list[str]:
    """One forest for superiorities, one for differences of shares, where there is anything to show."""
    smallest = table.study.plan.smallest
    kinds = (("brunner_munzel", 0.5, smallest.superiority - 0.5), ("risk_difference", 0.0, smallest.risk_difference))
    made = []
    for test, no_effect, margin in kinds:
        here = [each for each in found if each.planned.test == test and each.effect is not None]
        if here:
            made.append(figures.forest(here, no_effect, margin, stamp, f"forest-{test}"))
    return made


def _durations(table: Table) -> list[tuple[str, int]]:
    counted = Counter(str(each) for each in table.values["duration"])
    return [(band, counted[band]) for band in sorted(counted)]


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
        column = table.columns.get(leaf.column)
        labels = {choice.code: next(iter(choice.label.values())) for choice in column.choices} if column else {}
        said = " or ".join(f"“{labels[value]}”" if value in labels else str(value) for value in leaf.any_of)
        return f"{leaf.column} is {said}"

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
