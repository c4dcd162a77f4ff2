"""Every question's answers as tables of counts: by role, and by the groups that the plan splits by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from instruments.model import NOT_SURE, PREFER_NOT, ChooseMany, Note, Number, Text
from instruments.records import MISSING_WORDS, Column, columns_of
from instruments.rules import Is

from ..table import SKIPPED, Mask, Table
from .describing import alike, headings, steps, wordings
from .hiding import Counted

KINDS = tuple(MISSING_WORDS[kind] for kind in (NOT_SURE, PREFER_NOT, None))


@dataclass(frozen=True, slots=True)
class People:
    """Some people who are shown apart: what they are called, their role, who they are, and whom they are part of."""

    name: str
    role: str
    who: Mask
    part_of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question's table, its column, and how each role was asked where the words differ."""

    column: str
    wordings: tuple[str, ...]
    counted: Counted


def people(table: Table, *, split: bool = True) -> tuple[People, ...]:
    """Who is shown apart: each role, and within it each group of the plan's split. Before the lock nothing is split."""
    found: list[People] = []
    for role in table.study.roles:
        everyone = table.mask(Is("role", (role.id,)))
        found.append(People(role.name, role.id, everyone))
        whole = len(found) - 1
        for group in table.study.plan.split if split else ():
            who = everyone & table.mask(group.rule)
            found.append(People(f"{role.name}, {group.name}", role.id, who, whole))
    return tuple(found)


def distributions(table: Table, *, split: bool = True) -> Iterator[Asked]:
    """Every question, in the order of the questionnaire."""
    groups = people(table, split=split)
    for question in table.study.questions():
        match question:
            case Text() | Note():
                continue
            case Number():
                yield _numbers(table, question, groups)
            case ChooseMany():
                for roles in alike(question.roles, [choice.label for choice in question.choices]):
                    yield from _ticks(table, question, groups, roles)
            case _:
                for column in columns_of(question):
                    for roles in alike(question.roles, [choice.label for choice in column.choices]):
                        yield of_codes(table, column, groups, roles)


def counts_of(table: Table, column: Column, who: Mask) -> tuple[int, ...]:
    """How many of these people gave each answer, refused in each way, or skipped: as `headings` names them."""
    values = table.values[column.name]
    codes = [choice.code for choice in (*steps(column), *(c for c in column.choices if c.code >= NOT_SURE))]
    return tuple(int(np.count_nonzero(who & (values == code))) for code in (*codes, SKIPPED))


def of_codes(
    table: Table, column: Column, groups: tuple[People, ...], roles: tuple[str, ...], prefix: str = ""
) -> Asked:
    """One column of codes, as these roles were asked."""
    role, (here, part_of) = roles[0], _of_roles(groups, roles)
    return Asked(
        column=column.name,
        wordings=wordings(table.study, column.text, roles),
        counted=Counted(
            id=prefix + (column.name if roles == column.roles else f"{column.name}-{role}"),
            title=column.text[role],
            groups=tuple(each.name for each in here),
            columns=headings(column, role),
            steps=len(steps(column)),
            on_scale=len(column.scale),
            counts=tuple(counts_of(table, column, each.who) for each in here),
            part_of=part_of,
        ),
    )


def _of_roles(groups: Sequence[People], roles: Sequence[str]) -> tuple[list[People], tuple[int | None, ...]]:
    """The groups of these roles, and for each the row in which the group lies that it is part of."""
    kept = [at for at, each in enumerate(groups) if each.role in roles]
    row = {at: place for place, at in enumerate(kept)}
    here = [groups[at] for at in kept]
    return here, tuple(None if each.part_of is None else row.get(each.part_of) for each in here)


def _ticks(table: Table, question: ChooseMany, groups: tuple[People, ...], roles: tuple[str, ...]) -> Iterator[Asked]:
    """One table a choice: ticked or not, of those who answered at all."""
    role, (here, part_of) = roles[0], _of_roles(groups, roles)
    codes = (1, 0, *(choice.code for choice in question.refusals), SKIPPED)
    for choice in question.choices:
        column = table.columns[f"{question.id}_{choice.code}"]
        values = table.values[column.name]
        yield Asked(
            column=column.name,
            wordings=wordings(table.study, column.text, roles),
            counted=Counted(
                id=f"{column.name}-{role}",
                title=f"{question.text[role]} {choice.label[role]}",
                groups=tuple(each.name for each in here),
                columns=(
                    "ticked",
                    "not ticked",
                    *(each.label[role] for each in question.refusals),
                    str(MISSING_WORDS[None]),
                ),
                steps=2,
                on_scale=0,
                counts=tuple(
                    tuple(int(np.count_nonzero(each.who & (values == code))) for code in codes) for each in here
                ),
                part_of=part_of,
            ),
        )


def _numbers(table: Table, question: Number, groups: tuple[People, ...]) -> Asked:
    """Numbers in four bands of their own range, so that no single number is shown."""
    role, (here, part_of) = question.roles[0], _of_roles(groups, question.roles)
    width = max(1, -(-(question.high - question.low + 1) // 4))
    starts = range(question.low, question.high + 1, width)
    bands = [(start, min(start + width - 1, question.high)) for start in starts]
    values, kinds = table.values[question.id], table.missing[question.id]

    def counts(who: Mask) -> tuple[int, ...]:
        given = who & (kinds == "")
        inside = (int(np.count_nonzero(given & (values >= low) & (values <= high))) for low, high in bands)
        return (*inside, *(int(np.count_nonzero(who & (kinds == word))) for word in KINDS))

    return Asked(
        column=question.id,
        wordings=wordings(table.study, question.text, question.roles),
        counted=Counted(
            id=question.id,
            title=question.text[role],
            groups=tuple(each.name for each in here),
            columns=(*(f"{low} to {high}" for low, high in bands), *map(str, KINDS)),
            steps=len(bands),
            on_scale=len(bands),
            counts=tuple(counts(each.who) for each in here),
            part_of=part_of,
        ),
    )
