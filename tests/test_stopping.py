"""The stop rule: written in the study, counted by `open`, split by nothing; it says when to pause."""

from __future__ import annotations

import shutil

import pytest
from conftest import STUDY, run
from test_opening import filled

from analysis.stopping import Stop, counted, says
from instruments.amending import amendment
from instruments.pack import gathered
from instruments.pack.safeguards import safety
from instruments.reader import read, read_or_problems
from instruments.records import PRACTICE_KEY
from instruments.terms import HEAD, StopRule

RULE = "stop_rule: {column: tea, codes: 1, above: 0.10, at: [10, 30]}\n"


def with_rule(folder, rule=RULE):
    """The tea study with a stop rule, in this folder."""
    shutil.copytree(STUDY["tea"], folder)
    with (folder / "study.yaml").open("a") as file:
        file.write(rule)
    return folder


@pytest.mark.parametrize(
    ("answers", "chose", "looked_at", "reached"),
    [(9, 9, False, False), (10, 1, True, False), (10, 2, True, True), (30, 3, True, False), (31, 4, True, True)],
)
def test_more_than_a_tenth_of_enough_answers(answers, chose, looked_at, reached):
    """By hand: a tenth is not more than a tenth; under the first number nothing is said of anybody."""
    rule = StopRule(place=HEAD, column="tea", codes=(1,), above=0.10, at=(10, 30))
    stop = Stop(rule=rule, said="“no”", answers=answers, chose=chose)
    assert (stop.looked_at, stop.reached) == (looked_at, reached)
    told = " ".join(says(stop))
    assert ("Pause the survey now" in told) == reached
    assert (f"{chose} of {answers}" in told) == looked_at


@pytest.mark.parametrize(
    ("worse", "said"), [(5, "5 of 40 answered “no” (12.5 %)"), (4, "4 of 40 answered “no” (10.0 %)")]
)
def test_open_counts_and_says_when_to_pause(tmp_path, worse, said):
    """From the YAML to the words of `open`; the control is one answer fewer."""
    study = read(with_rule(tmp_path / "study"))
    data = filled(tmp_path / "data", [{"tea": 1 if n < worse else 3, "cups": n} for n in range(40)], study=study)
    done = run("analysis", "open", "--data", str(data), "--key", str(data / PRACTICE_KEY))
    assert done.returncode == 0, done.stderr
    assert said in done.stderr
    assert ("Pause the survey now" in done.stderr) == (worse == 5)


def test_before_there_are_enough_nothing_is_told_of_few_people(tmp_path):
    """Nine who all chose it: no count."""
    study = read(with_rule(tmp_path / "study"))
    data = filled(tmp_path / "data", [{"tea": 1}] * 9, study=study)
    done = run("analysis", "open", "--data", str(data), "--key", str(data / PRACTICE_KEY))
    assert "Stop rule: looked at with 10, and again at 30 answers." in done.stderr
    assert "9 of 9" not in done.stderr
    assert counted(data / "answers.db", read(STUDY["tea"])) is None, "a study without a rule"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            "stop_rule: {column: tee, codes: 1, above: 0.1, at: 50}\n",
            "“tee” is no question with codes; did you mean “tea”?",
        ),
        ("stop_rule: {column: cups, codes: 1, above: 0.1, at: 50}\n", "“cups” is no question with codes"),
        ("stop_rule: {column: tea, codes: [1, 7], above: 0.1, at: 50}\n", "“tea” is never “7”"),
        ("stop_rule: {column: tea, codes: 1, above: 10, at: 50}\n", "“above” is a number between 0 and 1, not “10”"),
        ("stop_rule: {column: tea, codes: 1, above: 0.1, at: soon}\n", "“soon” is no whole number from 1 on"),
        ("stop_rule: {column: tea, codes: 1, above: 0.1, at: []}\n", "“at” of the stop rule names nothing"),
        ("stop_rule: {column: tea, codes: 1, at: 50}\n", "the stop rule needs “above”"),
        ("stop_rule: {colum: tea, codes: 1, above: 0.1, at: 50}\n", "“colum” is not a key of the stop rule"),
    ],
)
def test_a_rule_that_leads_nowhere_is_said_with_its_line(tmp_path, rule, said):
    """At the line of study.yaml where it stands."""
    folder = with_rule(tmp_path / "study", rule)
    line = len((folder / "study.yaml").read_text().splitlines())
    found = [str(each) for each in read_or_problems(folder)[1]]
    assert any(said in each and each.startswith(f"study.yaml:{line}") for each in found), found


def test_a_board_reads_it_and_decides_on_it_again(tmp_path):
    """In the pack in words; another threshold is a change of safety, which is substantial."""
    old = read(STUDY["off_hours"])
    told = " ".join(str(block) for block in safety(gathered(STUDY["off_hours"], None, "2026-11-24", None, None)))
    assert "chose “A lot worse” at “How do you feel after these questions?”" in told
    assert "more than 10 %" in told
    folder = tmp_path / "study"
    shutil.copytree(STUDY["off_hours"], folder)
    text = (folder / "study.yaml").read_text()
    (folder / "study.yaml").write_text(text.replace("above: 0.10 ", "above: 0.50 "))
    changed = amendment(old, read(folder))
    assert [(each.kind, each.substantial) for each in changed.changes] == [("safety", True)]
