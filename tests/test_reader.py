"""The reader: every problem at once, each with file, line, the author's words and a suggestion."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from conftest import STUDY, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instruments.checking import check
from instruments.reader import Faulty, from_canonical, read, read_or_problems
from instruments.route import facts


@pytest.fixture
def copy(tmp_path):
    """A copy of a study, with some words in one of its files replaced."""

    def make(name: str, file: str, old: str, new: str) -> Path:
        folder = tmp_path / "study"
        shutil.copytree(STUDY[name], folder)
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))
        return folder

    return make


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            "questionnaire.yaml",
            "type: number",
            "type: numbr",
            "“numbr” is not a type of question; did you mean “number”?",
        ),
        (
            "questionnaire.yaml",
            "choices: steps",
            "choices: stepps",
            "“stepps” is not a list of choices; did you mean “steps”?",
        ),
        (
            "questionnaire.yaml",
            "not_sure: true",
            "not_shure: true",
            "“not_shure” is not a key of a rating question; did you mean “not_sure”?",
        ),
        (
            "questionnaire.yaml",
            "{colour: [1, 2]}",
            "{color: [1, 2]}",
            "“color” is not a question or column; did you mean “colour”?",
        ),
        ("questionnaire.yaml", "{colour: [1, 2]}", "{colour: [1, 7]}", "“colour” is never “7”"),
        (
            "questionnaire.yaml",
            "{colour: [1, 2]}",
            "{because: [blank]}",
            "“because” holds words; only choices and numbers can be looked at",
        ),
        ("questionnaire.yaml", "{colour: [1, 2]}", "{r1: [1]}", "“data” looks at “r1”, which comes later"),
        ("questionnaire.yaml", "id: again", "id: mood", "“mood” is already the name of a column"),
        ("questionnaire.yaml", "id: again", "id: Again!", "“Again!” is not a name"),
        ("questionnaire.yaml", "3: high}", "93: high}", "code 93 is outside 0 to 90"),
        ("questionnaire.yaml", "3: high}", "3: high, 3: higher}", "“3” stands twice here"),
        ("questionnaire.yaml", "last: [9]", "last: [8]", "code 8 is not one of the choices of “colour”"),
        ("questionnaire.yaml", "flip: with mood", "flip: with colour", "which is not a rating that flips by itself"),
        ("questionnaire.yaml", "[[one], [two]]", "[[one], [tow]]", "“tow” is not a part; did you mean “two”?"),
        ("questionnaire.yaml", "steps: {1: low", "steps: &s {1: low", "“s” is an anchor or alias"),
        ("questionnaire.yaml", "steps: {1: low", "steps: !!map {1: low", "is a tag"),
        ("study.yaml", "title: Every", "titel: Every", "“titel” is not a key of study.yaml; did you mean “title”?"),
        ("study.yaml", "title: Every kind of question\n", "", "study.yaml needs “title”"),
        ("study.yaml", "leave_to: https", "leave_to: http", "is not an https:// address"),
        (
            "study.yaml",
            "kept_with: text",
            "kept_with: texts",
            "“texts” is not a kept_with of a consent tick; did you mean “text”?",
        ),
        ("study.yaml", "{month: true}", "{month: yes}", "“month” is true or false, not “yes”"),
        ("plan.yaml", "test: equivalence", "test: equivalance", "did you mean “equivalence”?"),
        ("plan.yaml", "outcome: good", "outcome: god", "“god” is not a question or column; did you mean “good”?"),
        ("plan.yaml", "mean_of: [r1, r2, r3]", "mean_of: [r1, r2, r33]", "“r33” is not a question or column"),
        ("plan.yaml", "{mood: [3]}", "{mood: [30]}", "“mood” is never “30”"),
        ("story.yaml", "{ends: [well]}", "{ends: [good]}", "“ends” is never “good”"),
        ("questionnaire.yaml", "[[one], [two]]", "[[oen], [two]]", "“oen” is not a part; did you mean “one”?"),
        ("questionnaire.yaml", "type: number", "typ: number", "“typ” is not a key of a question; did you mean “type”?"),
        ("questionnaire.yaml", "type: number", "type: []", "is not a type of question"),
        ("questionnaire.yaml", "r5: fifth", "it's: fifth", "“it's” is not a name"),
        ("questionnaire.yaml", "r5: fifth", "data_missing: fifth", "“data_missing” is already the name of a column"),
        ("questionnaire.yaml", "r5: fifth", "days_2: fifth", "“days_2” is already the name of a column"),
        ("questionnaire.yaml", "id: colour", "id: not", "“not” means something else in rules"),
        (
            "questionnaire.yaml",
            "{id: four, story: true}",
            "{id: one, story: true}",
            "“one” is already the name of a part",
        ),
        ("questionnaire.yaml", "{colour: [1, 2]}", "{colour: []}", "an empty list never holds"),
        ("questionnaire.yaml", "{not: {mood: [1]}}", "{not: null}", "“not” needs a rule"),
        (
            "questionnaire.yaml",
            "id: again,",
            "id: again, beside: colour,",
            "“again” stands beside “colour”, but their codes differ",
        ),
        ("study.yaml", "id: may_quote", "id: fingerprint", "“fingerprint” is already the name of a column"),
        ("story.yaml", "weather:", "duration:", "“duration” is already the name of a column"),
        ("study.yaml", "id: may_share", "id: duration", "“duration” is already the name of a column"),
        ("study.yaml", "id: every_kind", "id: Every kind", "“Every kind” is not a name"),
        ("study.yaml", "title: Every", "title: Every: ", "put quotes round words that hold a colon"),
        ("plan.yaml", "C2: {", "C1: {", "“C1” stands twice here"),
        (
            "plan.yaml",
            "test: risk_difference, outcome: good",
            "test: risk_difference, outcome: mood",
            "“mood” is not yes or no",
        ),
        (
            "plan.yaml",
            "test: brunner_munzel, outcome: mood",
            "test: brunner_munzel, outcome: colour",
            "the answers of “colour” have no order",
        ),
        ("plan.yaml", "outcome: good", "outcome: days", "“days” is not a question or column"),
        ("plan.yaml", "recode: mood", "recode: days", "“days” is not a question or column"),
    ],
)
def test_a_fault_is_named_where_it_stands(copy, file, old, new, said):
    """Each fault is found in its file and line, in words that help to mend it."""
    folder = copy("every_kind", file, old, new)
    line = 1 + (STUDY["every_kind"] / file).read_text().split(old)[0].count("\n")

    _, problems = read_or_problems(folder)

    assert any(said in each.message for each in problems), [str(each) for each in problems]
    named = next(each for each in problems if said in each.message)
    assert named.file == file
    assert named.line in (line, 1) if new == "" or "either" in old or "[[" in old else abs(named.line - line) <= 1


def test_every_problem_is_said_at_once(tmp_path):
    """An author sees the whole list, sorted by file and line, not the first fault only."""
    shutil.copytree(STUDY["every_kind"], tmp_path / "study")
    path = tmp_path / "study" / "questionnaire.yaml"
    path.write_text(
        path.read_text().replace("type: number", "type: numbr").replace("choices: steps,", "choices: step,")
    )

    _, problems = read_or_problems(tmp_path / "study")

    assert len(problems) >= 4
    assert list(problems) == sorted(problems)


def test_a_missing_file_and_a_missing_folder_are_problems_too(tmp_path):
    """What is not there is said in the same words as what is wrong."""
    assert "is not a folder" in read_or_problems(tmp_path / "nowhere")[1][0].message
    (tmp_path / "study.yaml").write_text("id: x\ntitle: y\n")
    assert "cannot be opened" in read_or_problems(tmp_path)[1][0].message
    (tmp_path / "questionnaire.yaml").write_bytes(b"parts: [\xff]")
    assert "not UTF-8" in read_or_problems(tmp_path)[1][0].message


def test_words_are_words_as_yaml_1_2_reads_them():
    """`no` is the word no, and a quoted number stays words."""
    tea = read(STUDY["tea"]).question("tea")
    assert [choice.label["drinker"] for choice in tea.scale] == ["no", "so so", "yes"]


def test_the_fingerprint_sees_meaning_and_not_layout(copy, tmp_path):
    """Comments and key order change nothing; one comma does; re-checking a support line does not."""
    mark = read(STUDY["every_kind"]).fingerprint

    def changed(file: str, old: str, new: str) -> str:
        shutil.rmtree(tmp_path / "study", ignore_errors=True)
        return read(copy("every_kind", file, old, new)).fingerprint

    assert (
        changed(
            "study.yaml",
            "id: every_kind\ntitle: Every kind of question",
            "# words\ntitle: Every kind of question\nid: every_kind",
        )
        == mark
    )
    assert changed("study.yaml", '"2026-01-01"', '"2026-02-02"') == mark
    assert changed("study.yaml", "Every kind of question", "Every kind, of question") != mark
    assert changed("questionnaire.yaml", "{1: low, 2: middle, 3: high}", "{3: high, 2: middle, 1: low}") != mark
    assert changed("plan.yaml", "at_least: 2", "at_least: 1") != mark


@pytest.mark.parametrize("name", sorted(STUDY))
def test_a_study_can_be_read_again_from_what_the_store_keeps(name):
    """The kept JSON gives the same study and the same fingerprint: a report needs no folder."""
    study = read(STUDY[name])
    again = from_canonical(study.canonical)

    assert again.fingerprint == study.fingerprint
    assert [each.id for each in again.questions()] == [each.id for each in study.questions()]
    assert [each.text for each in again.questions()] == [each.text for each in study.questions()]
    assert [each.id for each in again.plan.comparisons] == [each.id for each in study.plan.comparisons]


def test_check_says_it_in_words_and_in_json(copy, tmp_path):
    """Exit 0 and a fingerprint, or exit 1 and the list."""
    fine = run("instruments", "check", str(STUDY["every_kind"]), "--json")
    assert fine.returncode == 0
    told = json.loads(fine.stdout)
    assert told["fingerprint"] == read(STUDY["every_kind"]).fingerprint
    assert {each["severity"] for each in told["faults"]} == {"warning"}

    folder = copy("every_kind", "questionnaire.yaml", "type: number", "type: numbr")
    wrong = run("instruments", "check", str(folder), "--json")
    assert wrong.returncode == 1
    told = json.loads(wrong.stdout)
    assert told["fingerprint"] is None
    assert {"file", "line", "message", "rule", "severity"} <= set(told["faults"][0])
    assert "questionnaire.yaml:" in run("instruments", "check", str(folder)).stdout


WRONG_SHAPES: tuple = (None, [], {}, "", "x", 7, True, [[]], [{}], {"x": {}}, {1: "a"}, 1.5)


def places(value, path=()):
    """Every place in a tree of values."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from places(each, (*path, key))


def replaced(value, path, by):
    """The tree with one place changed."""
    if not path:
        return by
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = replaced(value[path[0]], path[1:], by)
    return copied


@pytest.mark.slow
@pytest.mark.parametrize("file", ["study.yaml", "questionnaire.yaml", "story.yaml", "plan.yaml"])
def test_any_value_of_a_wrong_shape_is_a_problem_and_no_accident(file):
    """Each place of the study that uses every kind, replaced by each wrong shape: read, or problems; never an exception."""
    from instruments.checking import faults_of
    from instruments.reader.folder import _study
    from instruments.written import read_yaml, written

    files = {
        each: read_yaml(STUDY["every_kind"] / each, each)
        for each in ("study.yaml", "questionnaire.yaml", "story.yaml", "plan.yaml")
    }
    plain = files[file].plain()
    for path in places(plain):
        for shape in WRONG_SHAPES:
            changed = {**files, file: written(replaced(plain, path, shape), file)}
            study, problems = _study(changed)
            assert study.fingerprint
            assert problems or faults_of(study, changed) is not None


def test_a_misspelt_list_makes_no_faults_of_the_rules_that_look_at_it(copy):
    """One wrong name of a list is one problem, not one for every rule on that question."""
    _, problems = read_or_problems(
        copy(
            "every_kind", "questionnaire.yaml", "text: How is it?, choices: steps", "text: How is it?, choices: stepps"
        )
    )
    assert [each.message for each in problems] == ["“stepps” is not a list of choices; did you mean “steps”?"]


def test_one_fault_is_said_once(copy):
    """A question whose type cannot be read makes no second fault of the rules that look at it."""
    _, problems = read_or_problems(
        copy("every_kind", "questionnaire.yaml", "type: rating, text: How is it?", "typ: rating, text: How is it?")
    )
    assert [each.message for each in problems if "mood" in each.message and "flip" not in each.message] == []


def test_how_levels_are_written_changes_no_story(copy):
    """The same fingerprint means the same arm for the same secret."""
    changed = read(
        copy(
            "every_kind",
            "story.yaml",
            "ends: {well: It ends well., badly: It ends badly.}",
            "ends: {badly: It ends badly., well: It ends well.}",
        )
    )
    study = read(STUDY["every_kind"])
    assert changed.fingerprint == study.fingerprint
    for number in range(50):
        secret = number.to_bytes(16)
        assert facts(changed, "reader", secret) == facts(study, "reader", secret)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_yaml_ever_breaks_the_reader(tmp_path, data):
    """Whatever replaces a stretch of the files, the reader answers with a study or with problems."""
    folder = tmp_path / "fuzzed"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(STUDY["every_kind"], folder)
    path = folder / data.draw(st.sampled_from(["study.yaml", "questionnaire.yaml", "story.yaml", "plan.yaml"]))
    text = path.read_text()
    start = data.draw(st.integers(0, len(text) - 1))
    length = data.draw(st.integers(0, 40))
    junk = data.draw(
        st.sampled_from(
            ["", "x", "[]", "{}", "null", "3", "true", ": ", "\n- ", "&a", "*a", "'", "{x: [", "é", "1.5", "any", "not"]
        )
    )
    path.write_text(text[:start] + junk + text[start + length :])

    found = check(folder)

    assert found.faults or found.study is not None


def test_a_faulty_study_is_never_half_a_study(copy):
    """`read` gives a whole study or raises with every problem."""
    with pytest.raises(Faulty) as told:
        read(copy("every_kind", "questionnaire.yaml", "type: number", "type: numbr"))
    assert "numbr" in str(told.value)
