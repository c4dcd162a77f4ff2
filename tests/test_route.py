"""The route: pure, read off the secret, backwards only."""

from __future__ import annotations

from collections import Counter

from conftest import STUDY
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from instruments.model import Grid, Note
from instruments.reader import read
from instruments.route import (
    arm_number,
    arms,
    completed,
    facts,
    in_own_order,
    next_page,
    on_the_way,
    open_page,
    page_before,
    pages,
)

every_kind = read(STUDY["every_kind"])
off_hours = read(STUDY["off_hours"])
GOLDEN_FACTS = {"role": "reader", "came_first": "two", "flip_mood": 0, "weather": "dry", "ends": "well"}
GOLDEN_WAY = [
    ("look",),
    ("colour",),
    ("days",),
    ("mood",),
    ("again",),
    ("data",),
    ("r2", "r3", "r1", "r4"),
    ("r5",),
    ("liked",),
    ("recalled",),
    ("because",),
]
SECRETS = st.binary(min_size=16, max_size=16)


def test_the_way_of_a_secret_is_the_same_for_ever():
    """Two tabs, Back, another node, a restart: the way is read off the secret alone. One way, by heart."""
    secret = bytes(range(16))
    assert facts(every_kind, "reader", secret) == GOLDEN_FACTS
    assert [shown.columns for page in pages(every_kind, "reader", secret) for shown in page.shown] == GOLDEN_WAY


def test_a_story_is_new_on_one_page_only():
    """It is told in full once, and can be read again on the pages after."""
    for number in range(5):
        way = pages(off_hours, "client", number.to_bytes(16))
        assert sum(page.story_is_new for page in way if page.story) == 1


@given(SECRETS)
def test_everybody_is_asked_the_same_questions_in_some_order(secret):
    """Orders and shuffles move things; they never lose or double one."""
    way = pages(every_kind, "reader", secret)
    asked = Counter(column for page in way for shown in page.shown for column in shown.columns)
    assert set(asked.values()) == {1}
    assert {row for row in asked if row.startswith("r")} == {"r1", "r2", "r3", "r4", "r5", "recalled"}
    colour = next(each for page in way for each in in_own_order(page.shown, secret) if each.question.id == "colour")
    codes = [choice.code for choice in colour.choices]
    assert (codes[-1], sorted(codes)) == (9, [0, 1, 2, 3, 9])
    assert all(len(shown.rows) <= 4 for page in way for shown in page.shown if isinstance(shown.question, Grid))


def test_what_is_shuffled_is_seen_in_every_order():
    """Each of the 24 orders of four colours comes about as often; what is not shuffled stays."""
    orders = Counter()
    for number in range(2400):
        secret = number.to_bytes(16)
        shown = {
            each.question.id: each
            for page in pages(every_kind, "reader", secret)
            for each in in_own_order(page.shown, secret)
        }
        orders[tuple(choice.code for choice in shown["colour"].choices)] += 1
        assert [choice.code for choice in shown["days"].choices] == [1, 2, 3]
    assert len(orders) == 24
    assert chisquare(list(orders.values())).pvalue > 0.001


def test_half_of_the_people_get_the_other_order_and_the_reversed_steps():
    """Order, flip and story are drawn evenly; they do not follow each other."""
    drawn = [facts(every_kind, "reader", number.to_bytes(16)) for number in range(2000)]
    for names in (("came_first",), ("flip_mood",), ("weather", "ends"), ("came_first", "flip_mood")):
        counted = Counter(tuple(each[name] for name in names) for each in drawn)
        assert len(counted) == 2 ** len(names)
        assert chisquare(list(counted.values())).pvalue > 0.001


def test_a_flip_reverses_the_steps_and_leaves_the_rest_where_it_was():
    """“It depends” and the refusals stay at the end; questions flip together."""
    for number in range(20):
        secret = number.to_bytes(16)
        flipped = facts(every_kind, "reader", secret)["flip_mood"]
        shown = {each.question.id: each for page in pages(every_kind, "reader", secret) for each in page.shown}
        steps = [3, 2, 1] if flipped else [1, 2, 3]
        assert [choice.code for choice in shown["mood"].choices] == [*steps, 4]
        assert [choice.code for choice in shown["again"].choices] == steps
        assert [choice.code for choice in shown["mood"].refusals] == [97, 98]


def test_what_falls_off_the_way_is_dropped():
    """After a change, answers behind a closed gate no longer count, and cannot open further gates."""
    secret = b"x" * 16
    way, settled = pages(off_hours, "client", secret), facts(off_hours, "client", secret)
    talked = {"met": 1, "talk": 1, "talk_agreed": 2, "did": 1, "why": 3}
    assert on_the_way(way, settled, talked) == talked

    never = on_the_way(way, settled, {**talked, "met": 4})
    assert never == {"met": 4}
    assert completed(way, settled, {**talked, "met": 4})["talk_unmet"] is None
    assert "talk" not in completed(way, settled, {**talked, "met": 4})


def test_forward_and_back_are_the_same_way():
    """Every page's neighbour behind it has it before."""
    secret = b"y" * 16
    way = pages(every_kind, "reader", secret)
    known = {**facts(every_kind, "reader", secret), "colour": 3, "days": (3,), "mood": 1}
    forward, number = [], 0
    while (page := next_page(way, known, number)) is not None:
        forward.append(page.number)
        number = page.number
    backward = []
    number += 1
    while (page := page_before(way, known, number)) is not None:
        backward.append(page.number)
        number = page.number
    assert forward == backward[::-1]


def test_what_a_change_opens_is_asked_first():
    """The first page with something open is found wherever it lies."""
    secret = b"z" * 16
    way, settled = pages(every_kind, "reader", secret), facts(every_kind, "reader", secret)
    everything = {column: 1 for page in way for shown in page.shown for column in shown.columns if column != "data"}
    opened = open_page(way, {**settled, **everything, "colour": 1})
    assert opened is not None
    assert "data" in opened.shown[0].columns
    assert open_page(way, {**settled, **everything, "colour": 3}) is None


def test_a_note_never_makes_a_page_by_itself_beside_questions_that_are_off():
    """A page whose questions are not asked is not shown for its note."""
    secret = b"n" * 16
    known = {**facts(off_hours, "worker", secret), "met": 4}
    for page in pages(off_hours, "worker", secret):
        asked = page.asked(known)
        assert not asked or any(not isinstance(each.question, Note) for each in asked)


def test_arms_are_every_combination():
    """2 × 2 ways, each reachable."""
    assert len(arms(every_kind.story)) == 4
    assert {arm_number(every_kind, "reader", number.to_bytes(16)) for number in range(200)} == {0, 1, 2, 3}
