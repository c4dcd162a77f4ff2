"""Every question's answers, by role and by the groups that the plan splits by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from instruments.model import NOT_ASKED, NOT_SURE, PREFER_NOT, ChooseMany, Note, Number, Question, Text, Wording
from instruments.records import MISSING_WORDS, columns_of
from instruments.rules import Is

from ..table import ABSENT, SKIPPED, Mask, Table

KINDS = tuple(MISSING_WORDS[kind] for kind in (NOT_SURE, PREFER_NOT, None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How one group answered: counts a step, the kinds of missing apart."""

    group: str
    counts: tuple[int, ...]
    missing: tuple[int, ...]
    asked: int

    @property
    def answered(self) -> int:
        """How many gave one of the steps."""
        return sum(self.counts)

    @property
    def shares(self) -> tuple[float, ...]:
        """Per cent a step, of those who answered."""
        return tuple(100 * count / self.answered if self.answered else 0.0 for count in self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One column: its words, its steps, and how each group answered."""

    column: str
    mark: str  # of its figure: the column, and the role where each role has its own
    text: str
    wordings: tuple[str, ...]  # how each role was asked, where the roles were asked in different words
    steps: tuple[str, ...]
    on_scale: int  # how many of the steps, from the first on, have an order
    kinds_of_missing: tuple[str, ...]
    spreads: tuple[Spread, ...]


def groups(table: Table) -> tuple[tuple[str, str, Mask], ...]:
    """Who is shown apart: each role, and within it each group of the plan's split. (role, words, who)."""
    found: list[tuple[str, str, Mask]] = []
    for role in table.study.roles:
        everyone = table.mask(Is("role", (role.id,)))
        found.append((role.id, role.name, everyone))
        for group in table.study.plan.split:
            found.append((role.id, f"{role.name}, {group.name}", everyone & table.mask(group.rule)))
    return tuple(found)


def distributions(table: Table) -> Iterator[Distribution]:
    """All of them, in the order of the questionnaire."""
    who = groups(table)
    for question in table.study.questions():
        match question:
            case Text() | Note():
                continue
            case Number():
                yield _numbers(table, question, who)
            case ChooseMany():
                for roles in _alike(question.roles, [choice.label for choice in question.choices]):
                    yield from _ticks(table, question, who, roles)
            case _:
                for column in columns_of(question):
                    for roles in _alike(question.roles, [choice.label for choice in column.choices]):
                        yield _codes(table, question, column.name, who, roles)


def _alike(roles: tuple[str, ...], labels: list[Wording]) -> list[tuple[str, ...]]:
    """The roles that chose between the same words together; each by itself where the words differ.

    Nobody's answer is shown under words that they did not read.
    """
    same = all(len({label[role] for role in roles}) == 1 for label in labels)
    return [roles] if same else [(role,) for role in roles]


def _codes(
    table: Table, question: Question, name: str, who: tuple[tuple[str, str, Mask], ...], roles: tuple[str, ...]
) -> Distribution:
    column = table.columns[name]
    role = roles[0]
    steps = [choice for choice in column.choices if choice.code < NOT_SURE]
    refusals = [choice for choice in column.choices if choice.code >= NOT_SURE]
    values = table.values[name]

    def spread(words: str, mask: Mask) -> Spread:
        here = values[mask]
        return Spread(
            group=words,
            counts=tuple(int(np.count_nonzero(here == choice.code)) for choice in steps),
            missing=(
                *(int(np.count_nonzero(here == choice.code)) for choice in refusals),
                int(np.count_nonzero(here == SKIPPED)),
            ),
            asked=int(np.count_nonzero(here != ABSENT)),
        )

    return Distribution(
        column=name,
        mark=name if roles == question.roles else f"{name}-{role}",
        text=column.text[role],
        wordings=_wordings(table, column.text, roles),
        steps=tuple(choice.label[role] for choice in steps),
        on_scale=len(column.scale),
        kinds_of_missing=(*(choice.label[role] for choice in refusals), MISSING_WORDS[None]),
        spreads=tuple(spread(words, mask) for asked_of, words, mask in who if asked_of in roles),
    )


def _ticks(
    table: Table, question: ChooseMany, who: tuple[tuple[str, str, Mask], ...], roles: tuple[str, ...]
) -> Iterator[Distribution]:
    """One line a choice: ticked or not, of those who answered at all."""
    role = roles[0]
    refusals = [choice.code for choice in question.refusals]
    for choice in question.choices:
        values = table.values[f"{question.id}_{choice.code}"]
        yield Distribution(
            column=f"{question.id}_{choice.code}",
            mark=f"{question.id}_{choice.code}-{role}",
            text=f"{question.text[role]} {choice.label[role]}",
            wordings=_wordings(table, table.columns[f"{question.id}_{choice.code}"].text, roles),
            steps=("ticked", "not ticked"),
            on_scale=2,
            kinds_of_missing=(*(each.label[role] for each in question.refusals), MISSING_WORDS[None]),
            spreads=tuple(
                Spread(
                    group=words,
                    counts=(int(np.count_nonzero(values[mask] == 1)), int(np.count_nonzero(values[mask] == 0))),
                    missing=tuple(int(np.count_nonzero(values[mask] == code)) for code in (*refusals, SKIPPED)),
                    asked=int(np.count_nonzero(values[mask] != ABSENT)),
                )
                for asked_of, words, mask in who
                if asked_of in roles
            ),
        )


def _numbers(table: Table, question: Number, who: tuple[tuple[str, str, Mask], ...]) -> Distribution:
    """Numbers in four bands of their own range, so that no single number is shown."""
    role = question.roles[0]
    width = max(1, -(-(question.high - question.low + 1) // 4))
    starts = range(question.low, question.high + 1, width)
    bands = [(start, min(start + width - 1, question.high)) for start in starts]
    values, kinds = table.values[question.id], table.missing[question.id]
    words_of_missing = [word for word in KINDS if (kinds == word).any()]

    def spread(words: str, mask: Mask) -> Spread:
        here, why = values[mask], kinds[mask]
        given = why == ""
        return Spread(
            group=words,
            counts=tuple(int(np.count_nonzero(given & (here >= low) & (here <= high))) for low, high in bands),
            missing=tuple(int(np.count_nonzero(why == word)) for word in words_of_missing),
            asked=int(np.count_nonzero(why != MISSING_WORDS[NOT_ASKED])),
        )

    return Distribution(
        column=question.id,
        mark=question.id,
        text=question.text[role],
        wordings=_wordings(table, question.text, question.roles),
        steps=tuple(f"{low} to {high}" for low, high in bands),
        on_scale=len(bands),
        kinds_of_missing=tuple(words_of_missing),
        spreads=tuple(spread(words, mask) for asked_of, words, mask in who if asked_of in question.roles),
    )


def _wordings(table: Table, text: Wording, roles: tuple[str, ...]) -> tuple[str, ...]:
    """How each of these roles was asked, where they were asked in different words."""
    if len({text[role] for role in roles}) < 2:
        return ()
    return tuple(f"{role.name}: {text[role.id]}" for role in table.study.roles if role.id in roles)
