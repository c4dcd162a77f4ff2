"""The table: derived columns, and rules as masks that agree with the rule that asked."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import STUDY
from hypothesis import given
from test_opening import filled, opened
from test_rules import RULES

from analysis.table import ABSENT, SKIPPED, UNKNOWN, load
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


def in_order(table, column):
    """A column by person, found again by their colour, mood and again (the rows lie in content order)."""
    people = []
    for each in PEOPLE:
        where = np.ones(table.n, dtype=bool)
        for name in ("mood", "again", "r1", "r2"):
            where &= table.values[name] == (SKIPPED if each[name] is None else each[name])
        assert where.sum() == 1
        people.append(table.values[column][where][0])
    return people


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
    ],
)
def test_who_a_mask_picks_out(table, rule, who):
    """Codes, ticks, refusals, blanks, words, *not*: counted by hand."""
    mask = table.mask(rule)
    people = []
    for each in PEOPLE:
        where = np.ones(table.n, dtype=bool)
        for name in ("mood", "again", "r1", "r2"):
            where &= table.values[name] == (SKIPPED if each[name] is None else each[name])
        people.append(int(mask[where][0]))
    assert people == who


@given(RULES)
def test_the_mask_is_the_rule_that_asked(tmp_path_factory, rule):
    """Whatever the rule, the analyst's subset is the participant's route, person by person."""
    table = cached(tmp_path_factory)
    renamed = rename(rule)
    mask = table.mask(renamed)
    for person in range(table.n):
        answers = {name: int(table.values[name][person]) for name in ("mood", "again")}
        known = {name: None if value == SKIPPED else value for name, value in answers.items() if value != ABSENT}
        assert holds(renamed, known) == bool(mask[person])


def rename(rule):
    match rule:
        case Is(column, values):
            return Is({"a": "mood", "b": "again"}[column], values)
        case AllOf(rules) | AnyOf(rules):
            return type(rule)(tuple(rename(each) for each in rules))
        case NoneOf(inner):
            return NoneOf(rename(inner))


_TABLES = {}


def cached(factory):
    if not _TABLES:
        people = [{"mood": mood, "again": again} for mood in (1, 2, 97, None) for again in (1, 2, None)]
        data = filled(factory.mktemp("masks") / "data", [*people, {"mood": 1}, {}], study=every_kind)
        _TABLES["table"] = load(opened(data).path)
    return _TABLES["table"]
