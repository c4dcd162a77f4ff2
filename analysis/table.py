"""The table: opened answers as columns of numbers, with the plan's derived columns and rules as masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from instruments.model import NOT_SURE, ChooseMany, Study
from instruments.plan import Comparison, Derived, Difference, FirstOf, MeanOf, Recode, When
from instruments.records import MISSING_WORDS, Column
from instruments.rules import BLANK, Is, Rule, fold

SKIPPED, ABSENT, REFUSED, UNKNOWN = range(-(2**31), -(2**31) + 4)
"""Shown and left empty · not asked · a number refused · a derived column that cannot be said of this person.
Far below any answer, so that 99 can be somebody's number."""

Values = NDArray[Any]  # whole numbers of 32 bits, or words
Mask = NDArray[np.bool_]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody's own words, joined to no answers: the question, the role, and the ticks that were kept with them."""

    question: str
    role: str
    ticks: Mapping[str, int]
    words: str


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
    texts: tuple[Said, ...]
    data_hash: str
    levels: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def planned(self) -> Table:
        """The table with the derived columns of its study's plan, one built on the other."""
        table = self
        for each in self.study.plan.derived:
            table = table.with_derived(each)
        return table

    def with_derived(self, each: Derived) -> Table:
        """The table with one more derived column; whatever it looks at is in the table already."""
        values, levels = _derived(self, each)
        return replace(self, values={**self.values, each.name: values}, levels={**self.levels, each.name: levels})

    def chosen(self, rows: Values) -> Table:
        """Some of its people, in this order."""
        return replace(
            self,
            n=len(rows),
            values={name: values[rows] for name, values in self.values.items()},
            missing={name: words[rows] for name, words in self.missing.items()},
        )

    def mask(self, rule: Rule) -> Mask:
        """Who the rule holds for: the same object that decided what each of them was asked."""
        everyone = np.ones(self.n, dtype=bool)

        def all_of(masks: list[Mask]) -> Mask:
            return np.array(np.logical_and.reduce([everyone, *masks]))

        def any_of(masks: list[Mask]) -> Mask:
            return np.array(np.logical_or.reduce([~everyone, *masks]))

        return fold(rule, self._leaf, all_of, any_of, lambda mask: ~mask)

    def groups(self, planned: Comparison, without: Mask | None = None) -> tuple[Mask, Mask]:
        """Who is in the two groups of a comparison: whom the plan leaves out, or `without`, is in neither."""
        everyone = self.mask(planned.among)
        if self.study.plan.leave_out is not None:
            everyone &= ~self.mask(self.study.plan.leave_out)
        if without is not None:
            everyone &= ~without
        return everyone & self.mask(planned.first.rule), everyone & self.mask(planned.second.rule)

    def counts(self, column: str, who: Mask) -> NDArray[np.int64]:
        """How many gave each step of the column, in order; whatever is no step is missing."""
        values = self.values[column]
        return np.array([np.count_nonzero((values == level) & who) for level in self.levels[column]], dtype=np.int64)

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
        if values.dtype.kind == "U":
            return self._any(values, [str(value) for value in wanted])
        return self._any(values, [value for value in wanted if isinstance(value, int)])

    def steps(self, column: str) -> Codes:
        """Each person's place among the steps of a column; −1 where the answer is none of them."""
        values, found = self.values[column], np.full(self.n, -1, dtype=np.int64)
        for place, level in enumerate(self.levels[column]):
            found[values == level] = place
        return found

    def kinds(self, column: str) -> tuple[tuple[float | str, ...], Codes]:
        """A column as categories: its values in order, and each person's place among them; −1 for none.

        What the plan keeps as a category of its own in tables stays one, on scales it does not.
        """
        values = self.values[column]
        if values.dtype.kind == "U":
            known: list[float | str] = [str(each) for each in np.unique(values) if each]
        else:
            about = self._described(column)
            kept = () if about is None or about.scale else self.study.plan.missing.kept_in_tables
            offered = {choice.code for choice in about.choices if choice.code < NOT_SURE} if about else set()
            known = sorted({*self.levels[column], *offered, *(code for code in kept if np.any(values == code))})
        found = np.full(self.n, -1, dtype=np.int64)
        for place, value in enumerate(known):
            found[values == value] = place
        return tuple(known), found

    def together(self, columns: Sequence[str]) -> tuple[int, Codes]:
        """How many kinds these columns make together, and each person's; −1 where one of them is missing."""
        size, found = 1, np.zeros(self.n, dtype=np.int64)
        for column in columns:
            known, codes = self.kinds(column)
            found = np.where((found < 0) | (codes < 0), -1, found * len(known) + codes)
            size *= max(1, len(known))
        return size, found

    def _described(self, column: str) -> Column | None:
        """The column of the records behind this one; a derived `first_of` is described by the first of them."""
        derived = next((each for each in self.study.plan.derived if each.name == column), None)
        return self.columns.get(derived.of[0] if isinstance(derived, FirstOf) else column)

    def _any(self, values: Values, wanted: Sequence[float | str]) -> Mask:
        """Which values are one of a few; faster than sorting them all."""
        found = np.zeros(self.n, dtype=bool)
        for each in wanted:
            found |= values == each
        return found

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


def joined(tables: Sequence[Table]) -> Table:
    """All people of several tables of one study."""
    first = tables[0]
    return replace(
        first,
        n=sum(each.n for each in tables),
        values={name: np.concatenate([each.values[name] for each in tables]) for name in first.values},
        missing={name: np.concatenate([each.missing[name] for each in tables]) for name in first.missing},
    )


def _derived(table: Table, each: Derived) -> tuple[Values, tuple[float, ...]]:
    match each:
        case When(rule=rule, among=among):
            said = table.mask(rule).astype(np.int32)
            return np.where(table.mask(among), said, np.int32(UNKNOWN)), (0, 1)
        case Recode(of=of, to=to):
            if all(isinstance(new, int) for new in to.values()):
                recoded = np.full(table.n, UNKNOWN, dtype=np.int32)
                for old, new in to.items():
                    recoded[table.values[of] == old] = new
                return recoded, tuple(sorted({int(new) for new in to.values()}))
            named = np.full(table.n, "", dtype=f"U{max(len(str(new)) for new in to.values())}")
            for old, new in to.items():
                named[table.values[of] == old] = str(new)
            return named, ()
        case FirstOf(of=of):
            first = np.full(table.n, ABSENT, dtype=np.int32)
            for name in reversed(of):
                first = np.where(table.values[name] != ABSENT, table.values[name], first)
            return first, table.levels[of[0]]
        case MeanOf(of=of, at_least=at_least):
            answers = np.stack([_on_scale(table, name) for name in of])
            answered = np.sum(~np.isnan(answers), axis=0)
            total = np.nansum(answers, axis=0)
            mean = np.where(answered >= at_least, total / np.maximum(answered, 1), np.nan)
            return mean, tuple(float(each) for each in np.unique(mean[~np.isnan(mean)]))
        case Difference(of=of, minus=minus):
            gap = _on_scale(table, of) - _on_scale(table, minus)
            whole = np.where(np.isnan(gap), UNKNOWN, gap).astype(np.int32)
            return whole, tuple(int(value) for value in np.unique(whole) if value != UNKNOWN)
        case _:
            assert_never(each)


def _on_scale(table: Table, column: str) -> NDArray[np.float64]:
    """The answers that are steps of the scale; all else is nan."""
    values = table.values[column].astype(np.float64)
    return np.where(table._any(values, table.levels[column]), values, np.nan)
