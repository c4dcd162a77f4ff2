"""What a column is called and what its codes mean: of the records, or derived by the plan."""

from __future__ import annotations

from collections.abc import Sequence

from instruments.model import NOT_SURE, Study
from instruments.plan import FirstOf, Recode
from instruments.records import MISSING_WORDS, Column
from instruments.terms import Choice, Wording

from ..table import Table


def described(table: Table, name: str) -> Column:
    """A column of the records, or a derived one described in the same way."""
    if name in table.columns:
        return table.columns[name]
    derived = next(each for each in table.study.plan.derived if each.name == name)
    roles = tuple(role.id for role in table.study.roles)
    words = dict.fromkeys(roles, derived.means or name)
    if isinstance(derived, FirstOf):
        first = [described(table, each) for each in derived.of]
        asked = tuple(role for role in roles if any(role in each.roles for each in first))
        return Column(
            name=name, kind="code", question=None, roles=asked, text=words, choices=_spoken(first), scale=first[0].scale
        )
    scale: tuple[int, ...] = ()
    choices: tuple[Choice, ...] = ()
    if (
        isinstance(derived, Recode)
        and derived.of in table.columns
        and all(isinstance(to, int) for to in derived.to.values())
    ):
        source = {choice.code: choice.label for choice in table.columns[derived.of].choices}
        first_code = {new: old for old, new in reversed(list(derived.to.items()))}
        scale = tuple(int(level) for level in table.levels[name])
        choices = tuple(
            Choice(code=code, label=source[first_code[code]]) for code in scale if first_code.get(code) in source
        )
        scale = scale if len(choices) == len(scale) else ()
    else:
        levels = tuple(int(level) for level in table.levels[name]) if set(table.levels[name]) <= {0, 1} else ()
        choices = tuple(Choice(code=level, label=dict.fromkeys(roles, ("no", "yes")[level])) for level in levels)
    return Column(name=name, kind="code", question=None, roles=roles, text=words, choices=choices, scale=scale)


def wordings(study: Study, text: Wording, roles: Sequence[str]) -> tuple[str, ...]:
    """How each of these roles was asked, where they were asked in different words."""
    if len({text[role] for role in roles}) < 2:
        return ()
    return tuple(f"{role.name}: {text[role.id]}" for role in study.roles if role.id in roles)


def _spoken(columns: Sequence[Column]) -> tuple[Choice, ...]:
    """The choices of several columns as one list, each with the words of whoever was offered it."""
    found: dict[int, dict[str, str]] = {}
    for column in columns:
        for choice in column.choices:
            for role, label in choice.label.items():
                found.setdefault(choice.code, {}).setdefault(role, label)
    every = {role for labels in found.values() for role in labels}
    for labels in found.values():
        for role in every:
            labels.setdefault(role, next(iter(labels.values())))
    return tuple(Choice(code=code, label=labels) for code, labels in sorted(found.items()))


def alike(roles: tuple[str, ...], labels: list[Wording]) -> list[tuple[str, ...]]:
    """The roles that chose between the same words together; each by itself where the words differ.

    Nobody's answer is shown under words that they did not read.
    """
    same = all(len({label[role] for role in roles if role in label}) == 1 for label in labels)
    return [roles] if same else [(role,) for role in roles]


def steps(column: Column) -> list[Choice]:
    """The choices that are answers, whether on a scale, beside it or without one."""
    return [choice for choice in column.choices if choice.code < NOT_SURE]


def headings(column: Column, role: str) -> tuple[str, ...]:
    """The column names of its table: answers, refusals, skipped."""
    refusals = [choice for choice in column.choices if choice.code >= NOT_SURE]
    return (*(choice.label[role] for choice in (*steps(column), *refusals)), str(MISSING_WORDS[None]))


def label(choice: Choice) -> str:
    """What a code is called, by every role that read it."""
    return " / ".join(dict.fromkeys(choice.label.values()))
