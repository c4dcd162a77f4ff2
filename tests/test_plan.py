"""The whole plan of a study: what is beside a comparison, under other assumptions, exploratory, and deviated."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from conftest import BUNDLED, STUDY, run
from pytest import approx
from test_hiding import random_people
from test_opening import filled, opened

from analysis import locking, ordinal, strata
from analysis.comparing import findings
from analysis.deviating import deviations, marks
from analysis.loading import load, replanned
from analysis.sensitivity import instead
from instruments.plan import Crossing, Recall, Run, Unmeasured
from instruments.reader import Faulty, read
from instruments.rules import Is

study = read(BUNDLED)


def people(many, chance):
    """Clients who met, got no sign and were seen: those with a prior talk less hurt, all covariates given."""
    made = []
    for n in range(many):
        talked = n % 2
        made.append(
            {
                "role": "client", "month": "2026-10", "met": 1, "saw": 1, "did": 1, "did_client": 3 if n % 3 else 1, "before": 2,
                "talk": 1 if talked else 2, "hurt": int(chance.choice(5, p=LESS if talked else MORE)),
                "confused": int(chance.choice(5, p=LESS if talked else MORE)), "rejected": 2, "embarrassed": 1,
                "service": int(chance.integers(1, 4)), "length": int(chance.integers(1, 4)), "area": int(chance.integers(1, 4)),
                "country": int(chance.integers(1, 3)), "why": 1 + n // 3 % 7, "rapport": int(chance.integers(1, 6)),
                "want": 1 + n % 6, "when": 1 + n % 3, "with_client": [1 + n // 3 % 2], "expect": 1 + n % 6, "talk_agreed": 1 + n % 6,
                "story_talk": "yes" if n % 4 < 2 else "no", "story_sign": "none" if n % 8 < 4 else "nod", "story_family": "with" if n % 16 < 8 else "alone",
                "v_hurt": int(chance.choice(5, p=LESS if n % 4 < 2 else MORE)), "v_confused": 2, "v_why": 1 + n % 7, "v_check": 1 if n % 4 < 2 else 2,
                "came_first": "talk" if n % 2 else "meeting",
            }
        )  # fmt: skip
    return made


LESS, MORE = (0.3, 0.3, 0.2, 0.1, 0.1), (0.1, 0.15, 0.2, 0.25, 0.3)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    data = filled(tmp_path_factory.mktemp("plan") / "data", people(600, np.random.default_rng(5)), study=study)
    return load(opened(data).path)


@pytest.fixture(scope="module")
def found(table):
    return findings(table)


def by_id(found):
    return {each.planned.id: each for each in found.planned}


def test_every_comparison_of_the_plan_is_answered(found):
    """Eleven in five families; each has an estimate or says why not."""
    assert list(by_id(found)) == ["H1a", "H1b", "H2a", "H2b", "H3", "H4", "H5", "H6a", "H6b", "H7", "H8"]
    assert {each.planned.id for each in found.planned if each.refused} == {"H4", "H5"}, "nobody is a worker here"
    assert {each.verdict for each in found.planned if not each.refused} <= {
        "supported",
        "opposite",
        "equivalent",
        "inconclusive",
    }
    assert by_id(found)["H1a"].verdict == "supported"
    assert by_id(found)["H6a"].verdict == "supported"


def test_a_stratified_test_is_van_elterens_on_the_same_counts(table, found):
    """H6a by hand: counts within family among those who read no sign (everybody is one role here)."""
    h6 = by_id(found)["H6a"]
    tables = [
        [
            np.bincount(table.values["v_hurt"][(table.values["story_sign"] == "none") & (table.values["story_talk"] == talk) & (table.values["story_family"] == family)], minlength=5)
            for family in ("alone", "with")
        ]
        for talk in ("no", "yes")
    ]  # fmt: skip
    assert h6.effect.value == approx(strata.superiority(*tables).value)
    assert (h6.statistic, h6.p) == approx(strata.van_elteren(*tables))
    assert h6.test == "van Elteren's test"
    assert {line.says for line in h6.beside} >= {"without strata", "clients alone", "workers alone"}


def test_a_contrast_is_the_difference_of_two_superiorities(found):
    """H7 by hand from its own four cells."""
    h7 = by_id(found)["H7"]
    cells = [np.array(cell.counts) for cell in h7.cells]
    assert h7.effect.value == approx(
        ordinal.superiority(cells[0], cells[1]).value - ordinal.superiority(cells[2], cells[3]).value
    )
    assert len(h7.cells) == 4


def test_small_strata_are_merged_and_said(tmp_path):
    """Ten in each group, unevenly over the families: the last stratum is merged away, and named."""
    few = people(72, np.random.default_rng(1))
    h6 = by_id(findings(load(opened(filled(tmp_path / "data", few, study=study)).path)))["H6a"]
    assert any("were merged" in note for note in h6.notes)
    assert h6.test == "randomisation test within strata"


def test_adjusted_models_are_beside_never_instead(found):
    """Model 1 and 2 with their errors, the odds at each cut, and how many they lose."""
    lines = {line.says: line for line in by_id(found)["H1a"].beside}
    first = next(line for says, line in lines.items() if "(model_1" in says)
    assert first.effect.kind == "odds_ratio"
    assert first.effect.low > 1, "no talk is the first group, and was made more hurt"
    assert "sandwich error" in first.exact
    assert "At each cut" in first.exact
    assert not any(letter.isdigit() for letter in first.words), "no exact number where the public reads"


def test_an_adjusted_model_of_two_groups_is_the_plain_one(table):
    """With nothing to adjust for, the odds ratio is that of the two rows of counts."""
    from analysis import odds
    from analysis.adjusting import modelled

    planned = next(each for each in study.plan.comparisons if each.id == "H1a")
    groups = tuple(table.mask(planned.among) & table.mask(group.rule) for group in (planned.first, planned.second))
    made = modelled(table, planned, (), groups, table.steps("hurt"), gaps=False)
    plain = np.array([table.counts("hurt", group) for group in groups], dtype=float)
    whole = odds.fit(odds.Patterns(x=np.array([[1.0], [0.0]]), counts=plain))
    assert odds.fit(made.seen).slope(0) == approx(whole.slope(0))
    assert made.lost == 0


@pytest.mark.slow
def test_bounds_stand_beside_a_model_that_loses_many(tmp_path):
    """A third without an area: worst and best case on both sides of the model."""
    some = people(600, np.random.default_rng(5))
    for n, each in enumerate(some):
        if n % 3 == 0:
            each.pop("area")
            each["hurt"] = None if n % 2 else each["hurt"]
    lines = by_id(findings(load(opened(filled(tmp_path / "data", some, study=study)).path)))["H1a"].beside
    worst, best = (
        next(line for line in lines if line.says.startswith(case) and "model_1" in line.says)
        for case in ("worst", "best")
    )
    assert worst.effect.value < best.effect.value
    assert "bounds" not in worst.words


def test_sensitivity_runs_do_what_they_say(table, found):
    """Another column in the rule, people left out, an E-value with its benchmarks, a grid of forgetting."""
    runs = {each.run.name: each for each in found.sensitivity}
    assert set(runs) == {each.name for each in study.plan.sensitivity}
    h1a = by_id(found)["H1a"]
    assert runs["all_meetings"].lines[0].n == h1a.n, "everybody here was passed by"
    kept = table.mask(Is("agreement_kept", (1,)))
    passed = table.mask(Is("passed_by", (1,)))
    without = sum(runs["without_kept"].lines[0].n)
    assert without == int((passed & ~kept & (table.steps("hurt") >= 0)).sum()) < sum(h1a.n)
    ratio, *measured = runs["unmeasured_cause"].lines
    assert ratio.effect.kind == "risk_ratio"
    assert ratio.effect.low > 1
    assert "E-value" in ratio.words
    assert len(measured) == 2
    grid = runs["forgetting"].lines
    assert len(grid) == 12
    known = [line.effect.value for line in grid[:4] if line.effect]
    assert known == sorted(known, reverse=True), "the more the hurt forgot, the less is left of the effect"
    assert runs["unsure_no"].lines[0].effect.value == approx(h1a.effect.value), "nobody was unsure"


def test_taking_another_column_changes_rules_outcome_and_strata():
    """And nothing of the comparison that it was made of."""
    planned = next(each for each in study.plan.comparisons if each.id == "H2b")
    turned = instead(planned, {"talked": "talked_if_unsure_no", "match": "match_if_thought", "service": "area"})
    assert turned.first.rule == Is("talked_if_unsure_no", (1,))
    assert (turned.outcome, turned.strata) == ("match_if_thought", ("area", "area"))
    assert planned.outcome == "match"


def test_exploratory_looks_have_intervals_and_no_verdict(found):
    """Marked as such, in the plan's order; a table has Cramér's V."""
    for each in found.exploratory:
        if hasattr(each, "planned"):
            assert (each.mark, each.verdict, each.p_adjusted) == ("exploratory", None, None)
    crossed = next(each for each in found.exploratory if not hasattr(each, "planned"))
    assert sum(map(sum, crossed.counts)) > 0
    through = next(
        each for each in found.exploratory if getattr(each, "planned", None) and each.planned.id == "through_the_reason"
    )
    assert "runs through it" in through.beside[0].words


def test_fewer_people_than_planned_are_a_pilot(found):
    """75 beside 75 where 180 were wanted; 300 + 300 reach what H1 wanted."""
    assert by_id(found)["H6a"].pilot
    assert not by_id(found)["H1a"].pilot


@pytest.mark.slow
def test_the_order_of_people_changes_nothing(tmp_path):
    """Not a byte of the twin, whatever order the records came in (and so for the whole plan)."""
    from analysis.report import report

    some = people(200, np.random.default_rng(5))
    made = []
    for at, order in enumerate((some, some[::-1])):
        path = opened(filled(tmp_path / str(at), order, study=study)).path
        table = load(path)
        lock = replace(locking.lock(path, table, "2026-11-23"), salt="salt")
        made.append(report(table, lock, "team").json)
    assert made[0] == made[1]


def test_another_plan_is_marked_line_by_line(tmp_path, table):
    """A changed level, a changed comparison, a new one: named, and marked as what they are."""
    changed = (BUNDLED / "plan.yaml").read_text()
    changed = changed.replace(
        "outcome: confused\n        outcome_in_words: feeling confused",
        "outcome: rejected\n        outcome_in_words: feeling pushed away",
    )
    changed = changed.replace(
        "      H1b:",
        "      H1c:\n        says: New.\n        design: own_experience\n        test: brunner_munzel\n        outcome: hurt\n        first: {a: {talked: [0]}}\n        second: {b: {talked: [1]}}\n      H1b:",
    )
    path = tmp_path / "plan.yaml"
    path.write_text(changed)
    other = replanned(table, path).study
    assert marks(study.plan, other.plan) == {
        **dict.fromkeys((each.id for each in study.plan.comparisons), "planned"),
        "H1b": "deviated",
        "H1c": "exploratory",
    }
    told = deviations(study, other)
    assert any("H1b › outcome: was “confused”, now “rejected”" in each for each in told)
    assert any("H1c: was nothing" in each for each in told)
    assert other.fingerprint == study.fingerprint
    assert marks(study.plan, replace(study.plan, alpha=0.1))["H4"] == "deviated"


@pytest.mark.slow
def test_a_report_by_another_plan_says_so(tmp_path):
    """Through the command: deviations are listed, the three marks stand on the page, a broken plan is refused."""
    answers = opened(filled(tmp_path / "data", random_people(study, 40, 20, 3), study=study)).path
    assert run("analysis", "lock", str(answers)).returncode == 0
    plan = tmp_path / "plan.yaml"
    plan.write_text((BUNDLED / "plan.yaml").read_text().replace("alpha: 0.05", "alpha: 0.01"))
    told = run("analysis", "report", str(answers), "--out", str(tmp_path / "r.html"), "--plan", str(plan))
    assert told.returncode == 0, told.stderr
    page = (tmp_path / "r.html").read_text()
    assert "Deviations from the locked plan" in page
    assert "was “0.05”, now “0.01”" in page
    assert '<span class="mark">◆ deviated</span>' in page
    plan.write_text("alpha: 0.05\nfamilys: {}\n")
    told = run("analysis", "report", str(answers), "--out", str(tmp_path / "s.html"), "--plan", str(plan))
    assert told.returncode == 2
    assert "plan.yaml:2: “familys” is not a key of plan.yaml; did you mean “families”?" in told.stderr
    assert not list(tmp_path.glob("s.*"))


def test_live_answers_are_locked_only_after_the_last_day_to_withdraw(tmp_path, table):
    """Exit 3 until then; the control is the day after."""
    from instruments.doors import Refused

    privacy = replace(study.privacy, withdraw_until="2026-12-31")
    live = replace(table, about={**table.about, "kind": "live"}, study=replace(study, privacy=privacy))
    path = opened(filled(tmp_path / "data", people(3, np.random.default_rng(1)), study=study)).path
    with pytest.raises(Refused, match="until 2026-12-31"):
        locking.lock(path, live, "2026-12-31")
    with pytest.raises(Refused, match="does not name yet"):
        locking.lock(path, replace(live, study=study), "2027-01-01")
    assert locking.lock(path, live, "2027-01-01").locked_on == "2027-01-01"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            (("of: [H2b], instead: {match: match_if_thought}", "of: [H9], instead: {match: mach}"),),
            ["“H9” is not a comparison of the plan", "“mach” is not a question or column"],
        ),
        (
            (("adjusted: [of_the_story]", "adjusted: [of_a_story]"),),
            ["“of_a_story” is not a model of the plan; did you mean “of_the_story”?"],
        ),
        (
            (("test: stratified_superiority\n        strata: [role, story_family]", "test: stratified_superiority"),),
            ["needs “strata”"],
        ),
        ((("outcome: high_hurt\n", "outcome: hurt\n"),), ["“hurt” is not yes or no; a risk ratio needs a share"]),
        ((("falsely: [0, 0.03, 0.10]", "falsely: [0, 0.70]"),), ["more would recall falsely than truly"]),
        ((("recalled_by_more: [0.95,", "recalled_by_more: [95,"),), ["shares between 0 and 1, not “95”"]),
        ((("planned_n: [[180, 180]]", "planned_n: [180]"),), ["“planned_n” is a list of pairs"]),
        (
            (("rows: reason_group", "rows: reasongroup"),),
            ["“reasongroup” is not a question or column; did you mean “reason_group”?"],
        ),
        ((("form: ladder", "form: laddr"),), ["“laddr” is not a form"]),
        ((("apart: {clients: {role: [client]}", "apart: {clients: {role: [cliant]}"),), ["“role” is never “cliant”"]),
    ],
)
def test_a_plan_that_names_what_does_not_exist_is_refused_with_its_line(tmp_path, change, words):
    """Every fault with file:line, by the reader that `check` uses."""
    folder = tmp_path / "study"
    shutil.copytree(BUNDLED, folder)
    plan = folder / "plan.yaml"
    text = plan.read_text()
    for old, new in change:
        assert old in text
        text = text.replace(old, new)
    plan.write_text(text)
    with pytest.raises(Faulty) as told:
        read(folder)
    for each in words:
        assert each in str(told.value)
    assert all(problem.file == "plan.yaml" and problem.line > 1 for problem in told.value.problems)


def test_the_plan_uses_every_word_that_it_may():
    """The bundled plan has each kind of run, of look and of section, so that each is read from real words."""
    plan = study.plan
    assert {type(each) for each in plan.sensitivity} == {Run, Unmeasured, Recall}
    assert any(isinstance(each, Crossing) for each in plan.exploratory)
    assert {each.form for each in plan.show} == {"table", "ladder", "bars", "arms"}
    assert json.loads(study.canonical)["files"]["plan.yaml"]["sensitivity"]["in order"][0][0] == "unsure_no"
    assert read(STUDY["every_kind"]).plan.sensitivity == ()
