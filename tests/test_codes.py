"""The withdrawal code: typed by tired people, derived from a secret, leading one way only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_app.codes import LENGTH, LETTERS, WrongCode, code, in_groups, row_keys, typed

SECRETS = st.binary(min_size=16, max_size=16)


@given(SECRETS)
def test_a_code_is_read_back_however_it_is_typed(secret):
    """Groups, small letters, dashes, and the letters that are often misread."""
    made = code(secret)
    assert len(made) == LENGTH
    assert typed(in_groups(made)) == typed(made.lower()) == typed("-".join(made)) == made
    assert typed(made.replace("0", "O").replace("1", "l")) == made


@given(SECRETS, st.integers(0, LENGTH - 1), st.sampled_from(LETTERS))
def test_one_wrong_letter_is_found(secret, place, letter):
    """Somebody who mistypes is told, and deletes nobody else's answers."""
    made = code(secret)
    wrong = made[:place] + letter + made[place + 1 :]
    if wrong != made:
        with pytest.raises(WrongCode) as told:
            typed(wrong)
        assert told.value.reason == "code_check"


@pytest.mark.parametrize("text", ["", "ABC", "U" * 16, "1" * 17, "täglich"])
def test_what_cannot_be_a_code_says_so(text):
    """The words ask to look at the shape, not at a letter."""
    with pytest.raises(WrongCode) as told:
        typed(text)
    assert told.value.reason == "code_shape"


@given(SECRETS, st.binary(min_size=32, max_size=32))
def test_the_two_rows_share_nothing_but_the_code(secret, salt):
    """Answers and text lie under different keys, and another salt gives others."""
    answers, text = row_keys(code(secret), salt)
    assert answers != text
    assert len(answers) == len(text) == 32
    assert row_keys(code(secret), bytes(32)) != (answers, text) or salt == bytes(32)
