"""The table: opened answers as columns of numbers, with the plan's derived columns and rules as masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from instruments.doors import WrongUse
from instruments.model import NOT_ASKED, NOT_SURE, ChooseMany, Study
from instruments.plan import Derived, Difference, FirstOf, MeanOf, Recode, When
from instruments.reader import Faulty, from_canonical
from instruments.records import MISSING_SUFFIX, MISSING_WORDS, Column, columns
from instruments.rules import BLANK, Is, Rule, fold

from .reading import reading_answers

SKIPPED, ABSENT, REFUSED, UNKNOWN = range(-(2**31), -(2**31) + 4)
"""Shown and left empty · not asked · a number refused · a derived column that cannot be said of this person.
Far below any answer, so that 99 can be somebody's number."""

Values = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All answers of one study. `values[column]` has one entry a person; `levels[column]` its steps in order."""

    study: Study
    about: Mapping[str, str]
    totals: Mapping[str, int]
    n: int
    columns: Mapping[str, Column]
    values: Mapping[str, Values]
    missing: Mapping[str, Values]  # for numbers: why there is none, in words, or ""
    levels: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def mask(self, rule: Rule) -> Mask:
        """Who the rule holds for: the same object that decided what each of them was asked."""
        everyone = np.ones(self.n, dtype=bool)

        def all_of(masks: list[Mask]) -> Mask:
            return np.array(np.logical_and.reduce([everyone, *masks]))

        def any_of(masks: list[Mask]) -> Mask:
            return np.array(np.logical_or.reduce([~everyone, *masks]))

        return fold(rule, self._leaf, all_of, any_of, lambda mask: ~mask)

    def counts(self, column: str, who: Mask) -> NDArray[np.int64]:
        """How many gave each step of the column, in order; whatever is no step is missing."""
        values = self.values[column][who]
        return np.array([np.count_nonzero(values == level) for level in self.levels[column]], dtype=np.int64)

    def _leaf(self, leaf: Is) -> Mask:
        question = self.study.question(leaf.column)
        if isinstance(question, ChooseMany):
            return self._ticked(question, leaf)
        values = self.values[leaf.column]
        why = self.missing.get(leaf.column)
        if why is not None:  # a number: the kinds of missing are words beside it
            words = [MISSING_WORDS[None] if value == BLANK else value for value in leaf.any_of]
            given = np.isin(why, [word for word in words if isinstance(word, str)])
            return np.array(given | (np.isin(values, [n for n in leaf.any_of if isinstance(n, int)]) & (why == "")))
        wanted = [SKIPPED if value == BLANK else value for value in leaf.any_of]
        if values.dtype.kind in "OU":
            return np.isin(values.astype(str), [str(value) for value in wanted])
        return np.isin(values, [value for value in wanted if isinstance(value, int)])

    def _ticked(self, question: ChooseMany, leaf: Is) -> Mask:
        """A choose_many holds a code if that column is ticked, or if a refusal stands in all of them."""
        found = np.zeros(self.n, dtype=bool)
        offered = [choice.code for choice in question.choices]
        for value in leaf.any_of:
            if value in offered:
                found |= self.values[f"{question.id}_{value}"] == 1
            else:
                code = SKIPPED if value == BLANK else value
                found |= self.values[f"{question.id}_{offered[0]}"] == code
        return found


def load(path: Path) -> Table:
    """Read an answers.db. Raises WrongUse or Environment in words."""
    with reading_answers(path) as connection:
        about = dict(connection.execute("SELECT name, value FROM about"))
        totals = dict(connection.execute("SELECT name, count FROM totals"))
        canonical = connection.execute("SELECT canonical FROM study").fetchone()[0]
        cursor = connection.execute("SELECT * FROM answers")
        names = [each[0] for each in cursor.description]
        rows = cursor.fetchall()
    try:
        study = from_canonical(canonical)
    except Faulty as error:
        raise WrongUse(f"The study in {path} was written for another version of this tool:\n{error}") from error
    if study.fingerprint != about.get("fingerprint"):
        said, has = about.get("fingerprint", "?")[:12], study.fingerprint[:12]
        raise WrongUse(f"{path} says fingerprint {said}, its study has {has}.")
    by_name = {column.name: column for column in columns(study)}
    by_column: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    raw = dict(zip(names, by_column, strict=True))
    values = {name: _values(raw, by_name[name]) for name in names if name in by_name}
    table = Table(
        study=study,
        about=about,
        totals=totals,
        n=len(rows),
        columns=by_name,
        values=values,
        missing={
            name.removesuffix(MISSING_SUFFIX): _words(column) for name, column in raw.items() if name not in by_name
        },
        levels={name: _levels(by_name[name], values[name]) for name in values},
    )
    for each in study.plan.derived:
        table = _with(table, each)
    return table


def _values(raw: Mapping[str, Sequence[Any]], column: Column) -> Values:
    if column.kind == "word":
        return _words(raw[column.name])
    if column.kind == "number":
        why = {MISSING_WORDS[None]: SKIPPED, MISSING_WORDS[NOT_ASKED]: ABSENT}
        pairs = zip(raw[column.name], raw[column.name + MISSING_SUFFIX], strict=True)
        return np.array(
            [value if value is not None else why.get(word, REFUSED) for value, word in pairs], dtype=np.int64
        )
    values = np.array([SKIPPED if value is None else value for value in raw[column.name]], dtype=np.int64)
    return np.where(values == NOT_ASKED, ABSENT, values)


def _words(column: Sequence[Any]) -> Values:
    return np.array(["" if value is None else value for value in column], dtype=object)


def _levels(column: Column, values: Values) -> tuple[float, ...]:
    if column.kind == "tick":
        return (0, 1)
    if column.kind == "number":
        return tuple(int(value) for value in np.unique(values) if value > UNKNOWN)
    return column.scale or tuple(choice.code for choice in column.choices if choice.code < NOT_SURE)


def _with(table: Table, derived: Derived) -> Table:
    """The table with one more column."""
    values, levels = _derived(table, derived)
    return replace(
        table,
        values={**table.values, derived.name: values},
        levels={**table.levels, derived.name: levels},
    )


def _derived(table: Table, derived: Derived) -> tuple[Values, tuple[float, ...]]:
    match derived:
        case When(rule=rule, among=among):
            said = np.where(table.mask(rule), 1, 0)
            return np.where(table.mask(among), said, UNKNOWN), (0, 1)
        case Recode(of=of, to=to):
            if all(isinstance(new, int) for new in to.values()):
                recoded = np.full(table.n, UNKNOWN, dtype=np.int64)
                for old, new in to.items():
                    recoded[table.values[of] == old] = new
                return recoded, tuple(sorted({int(new) for new in to.values()}))
            named = np.full(table.n, "", dtype=object)
            for old, new in to.items():
                named[table.values[of] == old] = str(new)
            return named, ()
        case FirstOf(of=of):
            first = np.full(table.n, ABSENT, dtype=np.int64)
            for name in reversed(of):
                first = np.where(table.values[name] != ABSENT, table.values[name], first)
            return first, table.levels[of[0]]
        case MeanOf(of=of, at_least=at_least):
            answers = np.stack([_on_scale(table, name) for name in of])
            answered = np.sum(~np.isnan(answers), axis=0)
            total = np.nansum(answers, axis=0)
            mean = np.where(answered >= at_least, total / np.maximum(answered, 1), np.nan)
            return mean, tuple(sorted({float(each) for each in mean if not np.isnan(each)}))
        case Difference(of=of, minus=minus):
            gap = _on_scale(table, of) - _on_scale(table, minus)
            whole = np.where(np.isnan(gap), UNKNOWN, gap).astype(np.int64)
            return whole, tuple(sorted({int(value) for value in whole if value != UNKNOWN}))
        case _:
            assert_never(derived)


def _on_scale(table: Table, column: str) -> NDArray[np.float64]:
    """The answers that are steps of the scale; all else is nan."""
    values = table.values[column].astype(np.float64)
    return np.where(np.isin(values, table.levels[column]), values, np.nan)
