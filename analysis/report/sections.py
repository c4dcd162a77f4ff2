"""The sections of a report as tables of counts: who answered, what the study asks to see, the groups of a finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np

from instruments.model import NOT_ASKED, NOT_SURE, PREFER_NOT
from instruments.plan import Shown
from instruments.records import MISSING_WORDS
from instruments.rules import Is

from ..findings import Crossed, Finding
from ..table import ABSENT, SKIPPED, UNKNOWN, Table
from .describing import alike, described, headings, label, steps
from .distributions import KINDS, Asked, People, counts_of, of_codes, people
from .hiding import Counted


def who_answered(table: Table) -> Counted:
    """How many of each group there are."""
    groups = people(table)
    return Counted(
        id="who",
        title="Who answered",
        groups=tuple(each.name for each in groups),
        columns=("answers",),
        steps=1,
        on_scale=0,
        counts=tuple((int(np.count_nonzero(each.who)),) for each in groups),
        part_of=tuple(each.part_of for each in groups),
    )


def durations(table: Table, bands: Sequence[str]) -> Counted:
    """How long people took, in bands."""
    taken = table.values["duration"]
    counts = tuple(int(np.count_nonzero(taken == band)) for band in bands)
    return _one_row("durations", "Time taken", "everybody", tuple(bands), counts)


def missing_by_reason(table: Table) -> Counted:
    """Of all questions that somebody was asked: how many were answered, and why the others were not."""
    counts = np.zeros(4, dtype=np.int64)
    for column in table.columns.values():
        if column.question is None or column.kind == "tick":
            continue
        values, why = table.values[column.name], table.missing.get(column.name)
        if why is not None:
            kinds = [int(np.count_nonzero(why == word)) for word in KINDS]
            asked = int(np.count_nonzero(why != MISSING_WORDS[NOT_ASKED]))
        else:
            kinds = [int(np.count_nonzero(values == code)) for code in (NOT_SURE, PREFER_NOT, SKIPPED)]
            asked = int(np.count_nonzero(values != ABSENT))
        counts += np.array([asked - sum(kinds), *kinds])
    return _one_row(
        "missing", "Answers, and why there is none", "all questions", ("answered", *KINDS), tuple(counts.tolist())
    )


def shown(table: Table, section: Shown) -> Iterator[Asked]:
    """The tables of a section that the study asks for: its columns, derived ones too, among those it names."""
    among = table.mask(section.among)
    groups = tuple(People(each.name, each.role, each.who & among, each.part_of) for each in people(table))
    for name in section.columns:
        column = described(table, name)
        for roles in alike(column.roles, [choice.label for choice in column.choices]):
            yield of_codes(table, column, groups, roles, f"{section.name}-")


def ladder(table: Table, section: Shown) -> Counted:
    """Several columns on one scale, beside each other, for each role: who was asked none of one has no row there."""
    among = table.mask(section.among)
    first = described(table, section.columns[0])
    choices = {code: next(choice for choice in first.choices if choice.code == code) for code in first.scale}
    rows = []
    for role in table.study.roles:
        who = among & table.mask(Is("role", (role.id,)))
        for name in section.columns:
            counts = tuple(int(np.count_nonzero(who & (table.values[name] == code))) for code in first.scale)
            asked = int(np.count_nonzero(who & ~np.isin(table.values[name], (ABSENT, UNKNOWN))))
            if asked:
                words = _named(table, section, name, role.id)
                rows.append((f"{role.name}: {words}", (*counts, max(0, asked - sum(counts)))))
    return Counted(
        id=f"ladder-{section.name}",
        title=section.title,
        groups=tuple(name for name, _ in rows),
        columns=(*(label(choices[code]) for code in first.scale), "no step"),
        steps=len(first.scale),
        on_scale=len(first.scale),
        counts=tuple(counts for _, counts in rows),
        part_of=(None,) * len(rows),
    )


def _named(table: Table, section: Shown, column: str, role: str) -> str:
    """What the section calls a role's answers, or what that role was asked."""
    called = section.called.get(column, {})
    return called.get(role) or called.get("") or described(table, column).text[role]


def arms(table: Table, section: Shown) -> Iterator[Counted]:
    """Each column, told apart by the story that was read: every way of telling it has a row."""
    among, story = table.mask(section.among), table.study.story
    factors = story.factors if story else ()
    for name in section.columns:
        column = described(table, name)
        rows = []
        for levels in product(*(factor.levels for factor in factors)):
            who = among.copy()
            for factor, level in zip(factors, levels, strict=True):
                who &= table.mask(Is(factor.id, (level,)))
            told = ", ".join(f"{factor.id} {level}" for factor, level in zip(factors, levels, strict=True))
            rows.append((told, counts_of(table, column, who)))
        role = column.roles[0]
        yield Counted(
            id=f"arms-{name}",
            title=column.text[role],
            groups=tuple(told for told, _ in rows),
            columns=headings(column, role),
            steps=len(steps(column)),
            on_scale=len(column.scale),
            counts=tuple(counts for _, counts in rows),
            part_of=(None,) * len(rows),
        )


def of_a_finding(table: Table, found: Finding) -> Counted:
    """The two groups of a comparison (or its four cells), a row each."""
    column = described(table, found.planned.outcome)
    labels = {choice.code: label(choice) for choice in column.choices}
    return Counted(
        id=f"groups-{found.planned.id}",
        title=found.planned.says,
        groups=tuple(cell.name for cell in found.cells),
        columns=tuple(labels.get(int(level), f"{level:g}") for level in found.levels),
        steps=len(found.levels),
        on_scale=len(found.levels),
        counts=tuple(cell.counts for cell in found.cells),
        part_of=(None,) * len(found.cells),
    )


def of_a_crossing(table: Table, found: Crossed) -> Counted:
    """An exploratory table, in words."""
    rows, columns = (described(table, name) for name in (found.looked_at.rows, found.looked_at.columns))
    named = [{choice.code: label(choice) for choice in column.choices} for column in (rows, columns)]
    return Counted(
        id=f"crossed-{found.looked_at.id}",
        title=found.looked_at.says,
        groups=tuple(_called(each, named[0]) for each in found.rows),
        columns=tuple(_called(each, named[1]) for each in found.columns),
        steps=len(found.columns),
        on_scale=len(columns.scale),
        counts=found.counts,
        part_of=(None,) * len(found.rows),
    )


def _called(value: float | str, labels: Mapping[int, str]) -> str:
    """What a value is called: its label, or itself."""
    return value if isinstance(value, str) else labels.get(int(value), f"{value:g}")


def _one_row(id: str, title: str, group: str, columns: tuple[str, ...], counts: tuple[int, ...]) -> Counted:
    return Counted(
        id=id,
        title=title,
        groups=(group,),
        columns=columns,
        steps=len(columns),
        on_scale=0,
        counts=(counts,),
        part_of=(None,),
    )
