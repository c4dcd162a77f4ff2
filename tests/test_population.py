"""Made-up people: what is planted is there, what is not is not, and the file that plants it says its faults."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
from conftest import BUNDLED, STUDY, run

from analysis import planting
from analysis.comparing import alone
from analysis.rehearsal.measuring import peopled
from analysis.rehearsal.reading import read_with_model
from analysis.table import ABSENT, joined
from instruments.doors import WrongUse
from instruments.made_up import Joining, Leaning, MadeUp, Misremembered
from instruments.plan import Comparison
from instruments.reader import made_up, read
from instruments.rules import AllOf, Is

study, model = read_with_model(BUNDLED)
bare = replace(model.null(), plant={})
MANY = 30_000


def drawn(model: MadeUp, n: int = MANY, seed: int = 1):
    population, chance = peopled(study, model), np.random.default_rng(seed)
    return joined([each for role in study.roles for each in population.people(role.id, n, chance)]).planned()


def effect(table, id: str) -> float:
    comparison = next(each for each in study.plan.comparisons if each.id == id)
    return alone(table, comparison).effect.value


@pytest.mark.parametrize(
    ("id", "planted"),
    [("H1a", 0.65), ("H1b", 0.40), ("H2b", 0.15), ("H3", 0.6), ("H4", 0.58), ("H5", -0.2), ("H6a", 0.65), ("H7", 0.1), ("H8", 0.6)],
)  # fmt: skip
def test_what_is_planted_is_there(id, planted):
    """Every kind of planned effect, within what chance does to sixty thousand people; its family stays untouched."""
    table = drawn(replace(bare, plant={id: planted}))
    assert effect(table, id) == pytest.approx(planted, abs=0.02)
    for other in {"H1a": ["H1b", "H4"], "H1b": ["H1a"], "H6a": ["H6b", "H1a"], "H5": ["H4"]}.get(id, []):
        assert effect(table, other) == pytest.approx(0.5, abs=0.02)


def test_without_structure_nothing_differs():
    """The control: under the null model every planned comparison compares like with like."""
    table = drawn(model.null())
    for comparison in study.plan.comparisons:
        found = alone(table, comparison).effect
        assert found.value == pytest.approx(found.no_effect, abs=0.02), comparison.id


def test_several_effects_at_once():
    """Two shares and two ratings: each as it was planted."""
    effects = {"H2a": 0.1, "H5": 0.15, "H1a": 0.6, "H6a": 0.62}
    table = drawn(replace(bare, plant=effects))
    assert [effect(table, id) for id in effects] == pytest.approx(list(effects.values()), abs=0.02)


def test_some_lean_another_way():
    """A talk depends on the kind of service, as rehearsal.yaml says: 3 to 2 in therapy, else half."""
    table = drawn(replace(model, plant={}))
    talk, service = table.values["talk"], table.values["service"]
    known = (talk == 1) | (talk == 2)
    assert np.mean(talk[known & (service == 3)] == 1) == pytest.approx(0.6, abs=0.02)
    assert np.mean(talk[known & (service == 1)] == 1) == pytest.approx(0.5, abs=0.02)


@pytest.mark.slow
def test_self_selection_and_recall_bias_move_an_estimate_where_nothing_is():
    """Twice as likely to join if hurt without a talk; a talk forgotten by a quarter of the hurt (STUDY 3c: about .54)."""
    hurt = Is("hurt", (3, 4))
    joins = replace(bare, joins=(Joining(where=AllOf((hurt, Is("talk", (2,)))), times=2.0),))
    assert effect(drawn(joins), "H1a") == pytest.approx(0.57, abs=0.03)
    slips = tuple(
        Misremembered(of="talk", was=1, told=2, share=share, where=where)
        for share, where in ((0.25, hurt), (0.05, Is("hurt", (0, 1, 2))))
    )
    assert effect(drawn(replace(bare, recall=slips)), "H1a") == pytest.approx(0.545, abs=0.02)
    assert effect(drawn(bare), "H1a") == pytest.approx(0.5, abs=0.02)


def test_who_is_not_asked_has_no_answer():
    """By the same rules as in the survey."""
    table = drawn(bare, 2_000)
    for question in study.questions():
        for name in (question.id,) if question.id in table.values else ():
            asked = np.isin(table.values["role"], question.roles) & table.mask(question.show_if)
            assert ((table.values[name] == ABSENT) == ~asked).all(), name


def test_the_same_people_whatever_story_they_read():
    """Over HTTP the server tells the story: what is said before it does not hang on it, what is said after it does."""
    population = peopled(study, replace(model, plant={"H6a": 0.85}))
    tellings = population.tellings("client", 3_000, np.random.default_rng(3))
    assert len(tellings) == 16, "eight stories, in two orders of parts"
    before = ["met", "talk", "hurt", "did", "expect", "with_client_1", "want"]
    assert all((each.values[name] == tellings[0].values[name]).all() for each in tellings for name in before)
    assert any((each.values["v_hurt"] != tellings[0].values["v_hurt"]).any() for each in tellings)


def test_numbers_ticks_and_kinds_of_missing():
    """Every kind of question has its own; weights of a choose_many are shares of ticks."""
    study = read(STUDY["every_kind"])
    table = joined(
        list(
            peopled(study, MadeUp(answers={"days": {2: 0.9, 3: 0.0}})).people("reader", 9_000, np.random.default_rng(1))
        )
    )
    data, why = table.values["data"], table.missing["data"]
    assert set(why) == {"", "skipped", "not asked", "prefer not to say"}
    assert ((data >= 0) & (data <= 100) == (why == "")).all()
    ticked = table.values["days_2"][table.values["days_2"] < 2]
    assert np.mean(ticked[ticked >= 0]) > 0.85
    assert (table.values["days_3"] != 1).all()
    assert (table.values["days_1"] != 1).all(), "not named beside others is never"


@pytest.mark.slow
def test_what_cannot_be_planted_is_said():
    """In words, and before anybody answers."""
    for plant, words in (
        ({"H2a": 0.3}, "no share"),
        ({"H2b": 0.9}, "no share"),
    ):
        with pytest.raises(WrongUse, match=words):
            peopled(study, replace(bare, plant=plant))
    both = replace(bare, plant={"H2a": 0.1, "H2b": 0.1})  # a match is an expectation: some fit neither
    with pytest.raises(WrongUse, match="H2a and H2b: for some people"):
        peopled(study, both)
    for plant in ({"H1a": 0.65, "H3": 0.6}, {"H6a": 0.65, "H7": 0.1}):
        with pytest.raises(WrongUse, match="lie in the same answers"):
            peopled(study, replace(bare, plant=plant))
    apart = replace(bare, plant={"H6a": 0.65, "H8": 0.55})  # nobody whom one moves is compared by the other
    table = drawn(apart)
    assert [effect(table, id) for id in apart.plant] == pytest.approx([0.65, 0.55], abs=0.02)
    alike = replace(bare, plant={"H1a": 0.65}, answers={**bare.answers, "hurt": {4: 1.0}})
    with pytest.raises(WrongUse, match="no shift"):
        peopled(study, alike)


@pytest.mark.slow
def test_other_weights_and_other_mixes_are_taken_into_account():
    """A planted effect is between the groups as they are: other weights for some of the first, few people of a role."""
    leaning = {"hurt": (Leaning(where=Is("talk", (2,)), weights={0: 5.0, 4: 1.0}),)}
    table = drawn(replace(bare, plant={"H1a": 0.6}, depends=leaning))
    assert effect(table, "H1a") == pytest.approx(0.6, abs=0.02)
    by_role = {"talk": (Leaning(where=Is("role", ("worker",)), weights={1: 9.0, 2: 1.0}),)}
    population = peopled(study, replace(bare, plant={"H5": 0.1}, depends=by_role), (40_000, 20_000))
    chance = np.random.default_rng(4)
    some = [*population.people("client", 40_000, chance), *population.people("worker", 20_000, chance)]
    assert effect(joined(some).planned(), "H5") == pytest.approx(0.1, abs=0.02)
    rare = replace(bare, plant={"H5": 0.05}, answers={**bare.answers, "talk": {1: 1.0, 2: 40.0}})
    assert effect(drawn(rare), "H5") == pytest.approx(0.05, abs=0.01)


def test_nothing_before_the_story_hangs_on_it():
    """Over HTTP nobody could know: what is said before, what is told of it, and who takes part."""
    story, after = Is("story_sign", ("none",)), Is("v_hurt", (3, 4))
    lean = (Leaning(where=story, weights={1: 1.0}),)
    for wrong in (
        replace(bare, depends={"met": lean}),
        replace(bare, depends={"want": (Leaning(where=after, weights={1: 1.0}),)}),
        replace(bare, joins=(Joining(where=after, times=2.0),)),
        replace(bare, recall=(Misremembered(of="talk", was=1, told=2, share=0.1, where=after),)),
    ):
        with pytest.raises(WrongUse, match="comes before the story"):
            peopled(study, wrong)
    peopled(study, replace(bare, depends={"v_why": lean}))
    with pytest.raises(WrongUse, match="hangs on itself"):
        peopled(study, replace(bare, depends={"talk": (Leaning(where=Is("talk", (1,)), weights={1: 1.0}),)}))


def test_hardly_anybody_joins():
    """It ends with words, not never."""
    times = tuple(Joining(where=Is("country", (code,)), times=1_000_000.0) for code in (1, 2))
    few = replace(bare, joins=times, answers={**bare.answers, "country": {1: 1.0, 2: 1.0, 3: 2.0}})
    table = joined(list(peopled(study, few).people("client", 3_000, np.random.default_rng(1))))
    assert np.mean(np.isin(table.values["country"], (1, 2))) > 0.9


def test_without_structure_a_column_of_two_questions_has_one_shape():
    """--null compares like with like even where two questions have other weights."""
    _, null = read_with_model(STUDY["every_kind"], null=True)
    assert null.plant == {}
    made = replace(
        study, plan=replace(study.plan, comparisons=(replace(study.plan.comparisons[5], outcome="felt_hurt"),))
    )
    from analysis.rehearsal import reading

    weights = {"hurt": {0: 1.0}, "guessed_hurt": {4: 1.0}}
    found = reading._null(made, MadeUp(answers=weights)).answers
    assert found["hurt"] == found["guessed_hurt"]


def test_a_move_along_the_scale_is_one_of_proportional_odds():
    """Counted by hand: .5 and .5 moved by log 3 is .25 and .75, a superiority of .625; and every cut point moves alike."""
    even = np.array([0.5, 0.5])
    assert planting.moved(even, np.log(3)) == pytest.approx([0.25, 0.75])
    assert planting.superiority(np.array([0.25, 0.75]), even) == pytest.approx(0.625)
    assert planting.alone(even, 0.625) == pytest.approx(np.log(3))
    base = np.array([0.1, 0.3, 0.2, 0.4])
    cuts = np.cumsum(planting.moved(base, 0.7))[:-1], np.cumsum(base)[:-1]
    odds = [each / (1 - each) for each in cuts]
    assert odds[1] / odds[0] == pytest.approx(np.exp([0.7] * 3))
    with pytest.raises(ValueError, match="no shift"):
        planting.alone(np.array([0.0, 1.0]), 0.6)


def test_the_model_says_its_faults_with_file_and_line(tmp_path):
    """All at once, and `check` says them too."""
    folder = tmp_path / "study"
    shutil.copytree(BUNDLED, folder)
    (folder / "rehearsal.yaml").write_text(
        "\n".join(
            [
                "answers: {hurt: {9: 1}, hurtt: {1: 1}, talk: {1: 0}, met: {1: -3}, with_client: {2: 7, 98: 1}}",
                "depends: {talk: [{where: {servic: [1]}, weights: {1: 1}}]}",
                "plant: {H1x: 0.6, H1a: 1.5, H4: much}",
                "recall: [{of: talk, was: 5, told: 2, share: 2}, {of: with_client, was: 1, told: 2, share: 0.1}]",
                "joins: [{where: {story_sign: [none]}, times: 0}]",
                "habits: {skips: 3, sleeps: 0.1}",
            ]
        )
    )
    _, problems = made_up(folder, study)
    said = "\n".join(str(each) for each in problems)
    for words in (
        "rehearsal.yaml:1: 9 is not a code of “hurt”",
        "rehearsal.yaml:1: “hurtt” is not a question with answers to choose; did you mean “hurt”?",
        "rehearsal.yaml:1: “talk” has no answer that is ever chosen",
        "rehearsal.yaml:1: 1: how often it is chosen lies between 0 and 1,000,000, not at -3",
        "rehearsal.yaml:1: 2: a share of those who tick it lies between 0 and 1, not at 7",
        "rehearsal.yaml:1: 98 is not a code of “with_client”",
        "rehearsal.yaml:2: “servic”",
        "rehearsal.yaml:3: “H1x” is not a comparison of the plan; did you mean",
        "rehearsal.yaml:3: H1a: an effect lies between 0 and 1, not at 1.5",
        "rehearsal.yaml:3: the effect of H4 is a number, not “much”",
        "rehearsal.yaml:4: “was” is a code of “talk”",
        "rehearsal.yaml:4: “with_client” has several answers at once",
        "rehearsal.yaml:4: “share” is a number between 0 and 1",
        "rehearsal.yaml:5: nobody decides to take part by “story_sign”",
        "rehearsal.yaml:5: “times” is more than 0",
        "rehearsal.yaml:6: “sleeps” is not a key of habits",
    ):
        assert words in said, said
    assert "not at 1:" not in said
    told = run("instruments", "check", str(folder))
    assert told.returncode == 1
    assert "rehearsal.yaml:5" in told.stdout
    assert read(folder).fingerprint == study.fingerprint, "it is not part of what is approved"


def test_planting_from_the_command_line():
    """NAME=VALUE, another file, or nothing at all; what is wrong is said."""
    assert read_with_model(BUNDLED, ["H1a=0.7"])[1].plant == {"H1a": 0.7}, "in the place of what the file plants"
    assert read_with_model(BUNDLED, null=True)[1].plant == {}
    for said, words in (
        (["H1a=much"], "not a number"),
        (["H9=0.6"], "not a comparison"),
        (["no-such.yaml"], "cannot be opened"),
        (["a.yaml", "b.yaml"], "one file"),
    ):
        with pytest.raises(WrongUse, match=words):
            read_with_model(BUNDLED, said)
    with pytest.raises(WrongUse, match="null"):
        read_with_model(BUNDLED, ["H1a=0.6"], null=True)


def test_comparisons_of_every_test_can_be_planted():
    """None is forgotten when a new test arrives."""
    tests = {each.test for each in study.plan.comparisons if isinstance(each, Comparison)}
    assert tests == {
        "brunner_munzel",
        "risk_difference",
        "stratified_superiority",
        "superiority_contrast",
        "equivalence",
    }
