"""The bundled study is whole: what boards read, what people are asked, what is planned."""

from __future__ import annotations

import re
import shutil

import pytest
from conftest import STUDY

from instruments.model import Note, Rating
from instruments.reader import read
from instruments.records import columns
from instruments.route import arms, facts, next_page, pages
from instruments.rules import holds

off_hours = read(STUDY["off_hours"])


@pytest.fixture(scope="module")
def with_extras(tmp_path_factory):
    """The same study with its extra questions on."""
    folder = tmp_path_factory.mktemp("extra") / "study"
    shutil.copytree(STUDY["off_hours"], folder)
    path = folder / "study.yaml"
    path.write_text(path.read_text().replace("modules_on: [core]", "modules_on: [core, extra]"))
    return read(folder)


def test_nobody_has_approved_it_and_it_says_so():
    """The status is in words that nobody can mistake."""
    assert "Not approved by any ethics board" in off_hours.status
    assert not (STUDY["off_hours"] / "approval.yaml").exists()


def test_every_item_says_what_it_measures_why_and_from_where(with_extras):
    """A board finds a construct, a reason and a source at every question."""
    for question in with_extras.questions():
        for role in question.roles:
            assert question.reason[role], question.id
            assert question.source[role], question.id
            assert isinstance(question, Note) or question.construct[role], question.id
    assert off_hours.question("want").construct["worker"] == "believed_wanted_acknowledgement"
    assert off_hours.role_question.construct == "eligibility"


def test_the_main_questions_never_say_ignored(with_extras):
    """Acts and feelings are asked; the judgement is computed."""
    for question in with_extras.questions():
        shown = [*question.text.values(), *(question.hint or {}).values()]
        shown += [
            label for column in columns(with_extras) if column.question == question.id for label in column.text.values()
        ]
        shown += [
            choice.label[role]
            for column in columns(with_extras)
            if column.question == question.id
            for choice in column.choices
            for role in choice.label
        ]
        assert not re.search(r"ignor", " ".join(shown), re.IGNORECASE), question.id


def test_extra_questions_are_there_and_off(with_extras):
    """Turning the module on adds them; the ones that differ by role are added for that role only."""
    core, every = {each.id for each in off_hours.questions()}, {each.id for each in with_extras.questions()}
    added = {
        "want_company", "usual", "years", "training", "practice_barrier", "talk_reason", "after_said",
        "after_help", "after_help_w", "effect", "v_trust",
    }  # fmt: skip
    assert every - core == added
    assert off_hours.question("rapport").roles == ("client",)
    assert with_extras.question("rapport").roles == ("client", "worker")


def test_both_sides_are_asked_in_their_own_words():
    """One question, two wordings; where they cannot be one, the two stand beside each other."""
    assert off_hours.question("talk").text["client"] != off_hours.question("talk").text["worker"]
    assert [choice.label["client"] for choice in off_hours.question("want").scale][
        2
    ] == "Wait for me to say hello first, then answer"
    assert [choice.label["worker"] for choice in off_hours.question("want").scale][
        2
    ] == "Wait for the client to say hello first, then answer"
    for question in off_hours.questions():
        other = off_hours.question(question.beside) if question.beside else None
        if other is not None and isinstance(question, Rating) and isinstance(other, Rating):
            assert [choice.code for choice in question.scale] == [choice.code for choice in other.scale]


def test_the_story_has_eight_arms_of_like_length():
    """2 × 2 × 2, and the filler talk is about as long as the talk."""
    assert len(arms(off_hours.story)) == 8
    talk = next(factor for factor in off_hours.story.factors if factor.id == "story_talk")
    lengths = [len(said.split()) for said in talk.levels.values()]
    assert max(lengths) - min(lengths) <= 8


def test_the_story_comes_after_the_views_and_wants_come_first():
    """The order that keeps one question from colouring another, in both orders of the parts."""
    for secret in (b"a" * 16, b"b" * 16, b"c" * 16, b"d" * 16):
        way = [shown.question.id for page in pages(off_hours, "client", secret) for shown in page.shown]
        assert way.index("want") < min(way.index("talk"), way.index("did"))
        assert max(way.index("talk_agreed"), way.index("trust")) < way.index("views") < way.index("story_feel")
        assert way.index("expect") < way.index("did")


@pytest.mark.parametrize("role", ["client", "worker"])
def test_people_who_have_not_met_are_not_asked_about_a_meeting(role):
    """“Never”, “not sure”, “prefer not to say” and a skipped gate all take the way without a meeting."""
    for answer in (4, 97, 98, None):
        secret = b"s" * 16
        known = {**facts(off_hours, role, secret), "met": answer}
        asked = {each.question.id for page in pages(off_hours, role, secret) for each in page.asked(known)}
        assert not asked & {"did", "feel", "guessed_feel", "trust", "when", "talk"}
        assert ("expect_unmet" in asked) == (role == "client")
        assert ("intended" in asked) == (role == "worker")


def test_the_whole_plan_is_there():
    """Eleven confirmatory outcomes in five families, each with what would prove it wrong."""
    plan = off_hours.plan
    assert [each.id for each in plan.comparisons] == [
        "H1a",
        "H1b",
        "H2a",
        "H2b",
        "H3",
        "H4",
        "H5",
        "H6a",
        "H6b",
        "H7",
        "H8",
    ]
    assert [len(family.comparisons) for family in plan.families] == [2, 3, 2, 3, 1]
    assert all(each.falsified_when and each.planned_n for each in plan.comparisons)
    assert {"talked", "passed_by", "has_expectation", "match", "agreement_kept", "reason_group"} <= {
        each.name for each in plan.derived
    }


def test_support_lines_are_data_with_a_source_and_a_day():
    """Nothing is invented: they are empty until somebody fills them from the provider's own page."""
    text = (STUDY["off_hours"] / "study.yaml").read_text()
    assert text.count("source_page: null") == text.count("checked_on: null") >= 3
    assert {place.place for place in off_hours.support} == {"United Kingdom", "United States", "Somewhere else"}


def test_nothing_is_forced():
    """Every question can be skipped: an empty way still reaches its end."""
    for role in ("client", "worker"):
        secret, answers = b"e" * 16, {}
        way, number, steps = pages(off_hours, role, secret), 0, 0
        known = dict(facts(off_hours, role, secret))
        while (page := next_page(way, known, number)) is not None:
            for each in page.asked(known):
                known.update(dict.fromkeys(each.columns))
            number, steps = page.number, steps + 1
        assert steps > 10, answers
        assert holds(off_hours.question("expect_unmet").show_if, known) or role == "worker"
