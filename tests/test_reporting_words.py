"""Words that reports and review packs share: reading grades, checklists, numbers as they are written."""

from __future__ import annotations

import re

from pytest import approx

from analysis.report.hiding import Published
from analysis.report.wording import MANY, SMALL, count, forest_sentence, most
from instruments.checklists import FILE, NOT_STATED, checklists, filled
from instruments.grade import grade


def test_reading_grade_by_hand():
    """Two sentences, 13 words, 42 letters: 4.71·42/13 + 0.5·13/2 − 21.43 is below 0, so 0; a longer one by hand as well."""
    assert grade("The cat sat on the mat. It was quite warm and very soft.") == 0
    words = "Organisations responsible for participants should publish comprehensive information"
    letters = sum(map(len, words.split()))
    assert grade(words + ".") == approx(4.71 * letters / 8 + 0.5 * 8 - 21.43)
    assert grade("We thought: it is so.") == grade("We thought it is so."), "a colon ends no sentence"
    assert grade("") == 0


def test_what_nobody_has_supplied_is_printed_as_not_stated():
    """Never left out: the item stays, with “not stated” in its place."""
    made = checklists({"title": "A study"})
    assert set(made) == {"CHERRIES", "STROBE", "CONSORT"}
    assert dict(made["STROBE"])["1 Title and abstract"] == "A study"
    assert dict(made["STROBE"])["22 Funding"] == NOT_STATED
    asked = re.findall(r"\{(\w+)\}", FILE.read_text())
    assert len(asked) > 20
    assert filled("By {board}, {reference}.", {"board": "B", "reference": None}) == "By B, not stated."


def shown(cells, answered, on_scale=0, part_of=None):
    return Published(
        id="t", title="t", groups=tuple(f"g{at}" for at in range(len(cells))), columns=tuple("abc"[: len(cells[0])]), steps=len(cells[0]),
        on_scale=on_scale, cells=cells, asked=answered, answered=answered, part_of=part_of or (None,) * len(cells),
    )  # fmt: skip


def test_a_figure_says_only_what_is_shown():
    """What is most frequent, ties named, nothing of groups that are partly hidden: what is hidden may be more."""
    assert most(shown(((20, 10, 10),), (40,))) == "Most often: g0 “a” (50 %)"
    assert most(shown(((20, 20, 10),), (50,))) == "Most often: g0 “a” and “b” (40 %)"
    assert most(shown(((20, None, None),), (40,))) == SMALL
    assert most(shown(((20, 20), (5, 35)), (40, 40), part_of=(None, 0))) == "Most often: g0 “a” and “b” (50 %)"
    many = tuple((10 + at, 30 - at) for at in range(MANY + 1))
    assert most(shown(many, (40,) * len(many), on_scale=2)) == "“b” runs from 62 % (g5) to 75 % (g0)"
    assert most(shown((*many[:-1], (None, None)), (40,) * len(many), on_scale=2)) == SMALL


def test_numbers_of_people_are_written_for_eyes():
    """A thin space for thousands; a small number is no number."""
    assert count(12345, 10) == "12\u202f345"
    assert count(None, 10) == "fewer than 10"
    assert forest_sentence([]) == "Of 0 intervals, none lie wholly on one side of no effect."
