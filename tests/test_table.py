"""The table: derived columns, and rules as masks that agree with the rule that asked."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from conftest import STUDY
from hypothesis import given
from test_opening import filled, opened
from test_rules import RULES

from analysis.loading import load
from analysis.table import SKIPPED, UNKNOWN
from instruments.reader import read
from instruments.rules import AllOf, AnyOf, Is, NoneOf, holds

every_kind = read(STUDY["every_kind"])

# Six people, worked out by hand.
PEOPLE = [
    {"mood": 3, "again": 3, "colour": 1, "days": [2], "data": 5, "r1": 1, "r2": 2, "r3": 3, "weather": "dry", "ends": "well", "liked": 2},
    {"mood": 1, "again": 3, "colour": 2, "days": [2, 3], "data": 0, "r1": 3, "r2": None, "r3": 1, "weather": "wet", "ends": "badly"},
    {"mood": 4, "again": 2, "colour": 3, "days": [97], "r1": 98, "r2": None, "r3": 1, "weather": "dry", "ends": "badly"},
    {"mood": 97, "again": None, "colour": None, "days": None, "r1": 1, "r2": 1, "r3": 1, "weather": "wet", "ends": "well", "liked": None},
    {"mood": None, "again": 1, "colour": 9, "days": [1], "r1": 2, "r2": 2, "r3": 98, "weather": "dry", "ends": "well", "liked": 3},
    {"mood": 2, "again": 1, "colour": 1, "days": [3], "data": "not sure", "r1": 3, "r2": 3, "r3": 3, "weather": "wet", "ends": "badly"},
]  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    sent = [{"role": "reader", "number": None, **each} for each in PEOPLE]
    for each in sent:
        each.pop("number")
    data = filled(tmp_path_factory.mktemp("table") / "data", sent, study=every_kind)
    return load(opened(data).path)


def person_by_person(table, values) -> list:
    """Values in the order of PEOPLE: each is found again by a few answers (rows lie in content order)."""
    found = []
    for each in PEOPLE:
        where = np.ones(table.n, dtype=bool)
        for name in ("mood", "again", "r1", "r2"):
            where &= table.values[name] == (SKIPPED if each[name] is None else each[name])
        assert where.sum() == 1
        found.append(values[where][0])
    return found


def in_order(table, column) -> list:
    """A column, person by person."""
    return person_by_person(table, table.values[column])


@pytest.mark.parametrize(
    ("column", "by_hand"),
    [
        ("good", [1, 0, UNKNOWN, UNKNOWN, UNKNOWN, 0]),
        ("mood_now", [1, 0, UNKNOWN, UNKNOWN, UNKNOWN, 0]),
        ("mean_part", [2.0, 2.0, None, 1.0, 2.0, 3.0]),
    ],
)
def test_derived_columns_by_hand(table, column, by_hand):
    """When, recode and mean, on six people."""
    got = [None if value != value else value for value in in_order(table, column)]
    assert got == by_hand


def test_a_difference_needs_both_on_the_scale(table):
    """`again − mood` by hand: 0, 2, and −1; “it depends”, 97 and blank are no steps."""
    known = [value for value in in_order(table, "change") if value != UNKNOWN]
    assert known == [0, 2, -1]


def test_the_first_that_was_asked(table):
    """`data` where it was asked, else `liked`; a blank that was asked stays blank."""
    assert in_order(table, "either")[3:5] == [SKIPPED, 3]


@pytest.mark.parametrize(
    ("rule", "who"),
    [
        (Is("days", (2,)), [1, 1, 0, 0, 0, 0]),
        (Is("days", (97,)), [0, 0, 1, 0, 0, 0]),
        (Is("days", ("blank",)), [0, 0, 0, 1, 0, 0]),
        (Is("weather", ("dry",)), [1, 0, 1, 0, 1, 0]),
        (Is("mood", ("blank", 97)), [0, 0, 0, 1, 1, 0]),
        (NoneOf(Is("liked", (2, 3))), [0, 1, 1, 1, 0, 1]),
        (AllOf((Is("good", (1, 0)), Is("weather", ("wet",)))), [0, 1, 0, 0, 0, 1]),
        (AnyOf((Is("good", (1,)), Is("colour", (9,)))), [1, 0, 0, 0, 1, 0]),
        (Is("data", (5, 0)), [1, 1, 0, 0, 0, 0]),
        (Is("data", ("not sure",)), [0, 0, 0, 0, 0, 1]),
        (Is("data", ("blank",)), [0, 0, 0, 0, 0, 0]),
    ],
)
def test_who_a_mask_picks_out(table, rule, who):
    """Codes, ticks, refusals, blanks, words, *not*: counted by hand."""
    assert person_by_person(table, table.mask(rule).astype(int)) == who


@given(RULES)
def test_the_mask_is_the_rule_that_asked(tmp_path_factory, rule):
    """Whatever the rule, the analyst's subset is the participant's route, person by person: choices, ticks, numbers."""
    table, people = cached(tmp_path_factory)
    for names in ({"a": "mood", "b": "days"}, {"a": "again", "b": "data"}):
        renamed = rename(rule, names)
        mask = table.mask(renamed)
        for person in people:
            where = np.flatnonzero(table.values["r1"] == person["r1"])[0]
            known = {name: tuple(each) if isinstance(each, list) else each for name, each in person.items()}
            assert holds(renamed, known) == bool(mask[where])


def rename(rule, names):
    match rule:
        case Is(column, values):
            return Is(names[column], values)
        case AllOf(rules) | AnyOf(rules):
            return type(rule)(tuple(rename(each, names) for each in rules))
        case NoneOf(inner):
            return NoneOf(rename(inner, names))


_TABLES = {}
OFFERED = {
    "mood": (1, 97, None),
    "again": (2, None),
    "days": ([1], [2, 3], [97], None),
    "data": (1, 2, 97, "not sure", None),
}


def cached(factory):
    """A table in which every person is told apart by `r1`, and those people."""
    if not _TABLES:
        people = [dict(zip(OFFERED, answers, strict=True)) for answers in product(*OFFERED.values())]
        people += [{"mood": 1}, {"data": 1}, {}]
        people = [{"role": "reader", **each, "r1": number + 1000} for number, each in enumerate(people)]
        data = filled(factory.mktemp("masks") / "data", people, study=every_kind)
        _TABLES["all"] = load(opened(data).path), people
    return _TABLES["all"]
