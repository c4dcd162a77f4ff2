"""`check`: every rule has a tiny broken study that shows it, and a sound one that does not."""

from __future__ import annotations

import json
import re
import shutil
import sys

import pytest
from conftest import BUNDLED, STUDIES, run, spoken_in

from instruments import checking
from instruments.checking import RULES, check
from instruments.checking.planning import detectable
from instruments.reader import read

BROKEN = sorted(path for path in (STUDIES / "broken").iterdir() if path.name != "sound")
MUST = re.compile(r"# must show ([a-z-]+) at (\S+):(\d+)")


@pytest.mark.parametrize("folder", BROKEN, ids=lambda folder: folder.name)
def test_each_broken_study_shows_its_fault(folder):
    """By its rule, at its file and line; the study itself names them."""
    rule, file, line = MUST.match((folder / "study.yaml").read_text()).groups()
    assert rule == folder.name
    found = check(folder).faults
    assert (rule, file, int(line)) in {(each.rule, each.file, each.line) for each in found}, found
    others = {each.rule for each in found if RULES[each.rule].severity == "error"} - {rule}
    assert not others, found
    told = run("instruments", "check", str(folder))
    assert told.returncode == (1 if RULES[rule].severity == "error" else 0)
    assert f"[{RULES[rule].severity}: {rule}]" in told.stdout
    assert RULES[rule].mend in told.stdout


def test_every_rule_has_a_broken_study():
    """None is forgotten; buttons have a test of their own, since they live in catalogues."""
    assert {folder.name for folder in BROKEN} == set(RULES) - {"long-button"}


def test_a_sound_study_shows_nothing():
    """The control of all of them: the same study without its fault."""
    assert check(STUDIES / "broken" / "sound").faults == ()


def test_a_button_that_grows_in_translation(tmp_path, monkeypatch):
    """The long pseudo-language stays under 1.6 times its source; under a lower bound each button is named."""
    folder = spoken_in(["en-XA"], tmp_path / "study")
    assert not [each for each in check(folder).faults if each.rule == "long-button"]
    module = sys.modules["instruments.checking.words"]
    monkeypatch.setattr(module, "LONGER", 1.4)
    assert {each.about for each in check(folder).faults if each.rule == "long-button"} == set(module.BUTTONS)


def test_the_bundled_study_has_no_fault_that_is_not_meant():
    """What is waived says why; what is still open stands apart and changes no exit code."""
    found = check(BUNDLED)
    assert found.faults == ()
    assert all(why for _, why in found.waived)
    assert any("nobody has approved" in line for line in found.before_launch)
    told = run("instruments", "check")
    assert told.returncode == 0
    assert "30 routes, 17 to 34 questions" in told.stdout
    assert "before launch" in told.stdout
    assert run("instruments", "check", "--strict").returncode == 0


def test_what_is_decided_leaves_the_list(tmp_path):
    """The control of the open lines: decide one, and it is gone; empty a support line, and it is there."""
    folder = tmp_path / "study"
    shutil.copytree(BUNDLED, folder)
    head = folder / "study.yaml"
    head.write_text(head.read_text().replace("leave_to: null", "leave_to: https://weather.example"))
    assert not [line for line in check(folder).before_launch if "leave_to" in line]
    assert [line for line in check(BUNDLED).before_launch if "leave_to" in line]


def test_a_warning_is_no_error_unless_asked_for():
    """Exit 0 with warnings, 1 with --strict."""
    folder = str(STUDIES / "broken" / "too-long")
    assert run("instruments", "check", folder).returncode == 0
    assert run("instruments", "check", folder, "--strict").returncode == 1


def test_a_fault_that_is_meant_can_be_waived(tmp_path):
    """With the reason that the study gives; the rule still holds everywhere else."""
    folder = tmp_path / "study"
    shutil.copytree(STUDIES / "broken" / "no-refusal", folder)
    head = folder / "study.yaml"
    head.write_text(head.read_text() + "checks: {waived: {no-refusal: {mood: the board agreed}}}\n")
    found = check(folder)
    assert found.faults == ()
    assert [(each.rule, why) for each, why in found.waived] == [("no-refusal", "the board agreed")]
    assert "[waived: the board agreed]" in run("instruments", "check", str(folder)).stdout


def test_json_holds_all_that_is_said():
    """For programs: each fault with its rule, severity, why and how to mend it."""
    told = json.loads(run("instruments", "check", str(STUDIES / "broken" / "little-power"), "--json").stdout)
    fault = next(each for each in told["faults"] if each["rule"] == "little-power")
    assert fault["severity"] == "warning"
    assert fault["file"] == "plan.yaml"
    assert fault["why"]
    assert fault["mend"]
    assert told["routes"]["participant"]["count"] == 2


def test_each_rule_explains_itself():
    """One, all, or the nearest to a misspelt one."""
    told = run("instruments", "check", "--explain", "never-asked")
    assert "The rules lead nobody to this question" in told.stdout
    everything = run("instruments", "check", "--explain", "all").stdout
    assert all(rule in everything for rule in RULES)
    wrong = run("instruments", "check", "--explain", "never-askd")
    assert wrong.returncode == 2
    assert "never-asked" in wrong.stderr


def test_people_that_a_plan_needs_are_about_those_of_a_simulation():
    """150 + 150 finds .60 at alpha .025 (the plan's own table: 145 to 150); 140 + 140 shows an equivalence within .10."""
    plan = {each.id: each for each in read(BUNDLED).plan.comparisons}
    assert detectable(plan["H1a"], (150, 150), 0.025) == pytest.approx(0.10, abs=0.005)
    assert detectable(plan["H8"], (140, 140), 0.05) == pytest.approx(0.10, abs=0.005)
    assert detectable(plan["H2a"], (100, 200), 0.05) == pytest.approx(0.175, abs=0.01)


def test_a_plan_is_followed_into_its_derived_columns(tmp_path):
    """A group that nobody can be in through three derived columns, and an outcome that only one side has."""
    folder = tmp_path / "study"
    shutil.copytree(BUNDLED, folder)
    plan = folder / "plan.yaml"
    text = plan.read_text()
    plan.write_text(
        text.replace(
            "among: {role: [client], passed_by: [1]}", "among: {role: [client], passed_by: [1], has_met: [0]}", 1
        )
    )
    assert {each.about for each in check(folder).faults if each.rule == "empty-group"} == {"H1a"}
    plan.write_text(text.replace("        outcome: want\n", "        outcome: has_expectation\n", 1))
    assert [each.about for each in check(folder).faults if each.rule in ("off-route", "empty-group", "form")]


def test_checking_reads_no_clock_and_changes_nothing(tmp_path):
    """The same answer twice, and the folder as it was."""
    folder = tmp_path / "study"
    shutil.copytree(BUNDLED, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert checking.check(folder) == checking.check(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
