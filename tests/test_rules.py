"""Rules: one object that a route obeys, a board reads and an analyst selects by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instruments.rules import ALWAYS, AllOf, AnyOf, Is, NoneOf, columns, holds, in_words, leaves

MET = Is("met", (1, 2))
RULES = st.recursive(
    st.builds(Is, st.sampled_from(["a", "b"]), st.lists(st.sampled_from([1, 2, 97, "blank"]), max_size=3).map(tuple)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: AllOf(tuple(each))),
        st.lists(inner, max_size=3).map(lambda each: AnyOf(tuple(each))),
        inner.map(NoneOf),
    ),
    max_leaves=8,
)
ANSWERS = st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([1, 2, 97, None, (1, 2), ()]), max_size=2)


@pytest.mark.parametrize(
    ("rule", "answers", "expected"),
    [
        (MET, {"met": 2}, True),
        (MET, {"met": 3}, False),
        (MET, {}, False),
        (Is("met", (4, "blank")), {"met": None}, True),
        (Is("met", (4, "blank")), {}, False),
        (Is("with", (2,)), {"with": (2, 3)}, True),
        (Is("with", (4,)), {"with": (2, 3)}, False),
        (Is("with", ("blank",)), {"with": ()}, True),
        (AllOf((MET, Is("saw", (1,)))), {"met": 1, "saw": 1}, True),
        (AllOf((MET, Is("saw", (1,)))), {"met": 1, "saw": 2}, False),
        (AnyOf((MET, Is("saw", (1,)))), {"met": 9, "saw": 1}, True),
        (NoneOf(MET), {"met": 3}, True),
        (NoneOf(MET), {"met": None}, True),
        (NoneOf(MET), {}, True),
        (ALWAYS, {}, True),
        (AnyOf(()), {}, False),
    ],
)
def test_who_a_rule_holds_for(rule, answers, expected):
    """Blank is an answer of its own; what was not asked fits no list; *not* is everything else."""
    assert holds(rule, answers) is expected


@given(RULES, ANSWERS)
def test_not_is_exactly_the_rest(rule, answers):
    """A rule or its *not* holds for everybody, never both."""
    assert holds(rule, answers) != holds(NoneOf(rule), answers)


@given(RULES)
def test_every_rule_can_say_itself(rule):
    """Every rule has words, and they name every column that it looks at."""
    words = in_words(rule)
    assert words
    assert all(column in words for column in columns(rule))
    assert {leaf.column for leaf in leaves(rule)} == columns(rule)


def test_the_words_of_a_rule():
    """A board reads the rule that the browser obeys."""
    assert in_words(AllOf((MET, Is("saw", (1,))))) == "(met is 1 or 2) and saw is 1"
    assert in_words(NoneOf(MET)) == "not (met is 1 or 2), left empty and not asked included"
    assert in_words(Is("met", (1, 2, 3))) == "met is 1, 2 or 3"
