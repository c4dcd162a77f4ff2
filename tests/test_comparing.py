"""Comparing: gates, verdicts by the plan's own rule, and what is refused in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import STUDY
from pytest import approx
from test_opening import filled, opened

from analysis.comparing import _judged, findings
from analysis.loading import load
from instruments.reader import read

every_kind = read(STUDY["every_kind"])


def two_groups(tmp_path, dry, wet, **more):
    """A table in which `mood` is counted so in dry and in wet stories."""
    people = [
        {"role": "reader", "weather": weather, "mood": step + 1, **more}
        for weather, counts in (("dry", dry), ("wet", wet))
        for step, count in enumerate(counts)
        for _ in range(count)
    ]
    return load(opened(filled(tmp_path / "data", people, study=every_kind)).path)


def by_id(table):
    return {each.planned.id: each for each in findings(table).planned}


def test_counts_estimate_and_verdict(tmp_path):
    """θ and the share by hand: dry 5, 10, 15 and wet 15, 10, 5 of low, middle, high."""
    found = by_id(two_groups(tmp_path, (5, 10, 15), (15, 10, 5)))
    assert [cell.counts for cell in found["C1"].cells] == [(5, 10, 15), (15, 10, 5)]
    # pairs won: 10·15 + 15·(15 + 10) = 525, tied: 5·15 + 10·10 + 15·5 = 250, of 900
    assert found["C1"].effect.value == approx((525 + 125) / 900)
    assert found["C1"].verdict == "supported"
    assert found["C1"].test == "Brunner-Munzel test"
    assert found["C2"].effect.value == approx(15 / 30 - 5 / 30)
    smaller, larger = sorted((found["C1"], found["C2"]), key=lambda each: each.p)
    assert smaller.p_adjusted == approx(3 * smaller.p), "a family of three"
    assert larger.p_adjusted == approx(2 * larger.p)
    assert found["C3"].verdict == "opposite", "not equivalent, and the 95 % interval excludes .50"


def test_the_other_direction_is_called_opposite(tmp_path):
    """A clear effect against the prediction is not support."""
    assert by_id(two_groups(tmp_path, (25, 5, 2), (2, 5, 25)))["C1"].verdict == "opposite"


def test_too_few_is_no_test_and_a_small_group_permutes(tmp_path):
    """Nine: nothing at all. Ten to twenty-nine: the permutation test. Thirty: Brunner-Munzel."""
    nine = by_id(two_groups(tmp_path / "9", (3, 3, 3), (10, 10, 10)))["C1"]
    assert (nine.effect, nine.p, nine.verdict) == (None, None, None)
    assert nine.refused == "Too few: the smallest group has fewer than the 10 that the plan asks for."
    ten = by_id(two_groups(tmp_path / "10", (4, 3, 3), (10, 10, 10)))["C1"]
    assert ten.test.startswith("studentised permutation")
    assert by_id(two_groups(tmp_path / "30", (10, 10, 10), (10, 10, 10)))["C1"].test == "Brunner-Munzel test"


def test_full_separation_is_answered_in_words(tmp_path):
    """No nan: the estimate is 1, the interval has an honest end, p comes from permutation."""
    found = by_id(two_groups(tmp_path, (0, 0, 30), (30, 0, 0)))["C1"]
    assert found.effect.value == 1
    assert 0.5 < found.effect.low < 1
    assert found.p < 0.001
    assert "Newcombe" in found.notes[0]


def test_all_answers_alike_have_no_interval(tmp_path):
    """Nothing varies: no interval, no verdict of equivalence out of nothing."""
    found = by_id(two_groups(tmp_path, (0, 30, 0), (0, 30, 0)))["C1"]
    assert found.effect.value == 0.5
    assert found.notes[0] == "All answers are alike: there is no interval."
    assert found.verdict == "inconclusive"


def test_no_difference_is_shown_by_its_interval_not_by_its_p(tmp_path):
    """400 + 400 alike are equivalent; 30 + 30 alike are inconclusive."""
    assert by_id(two_groups(tmp_path / "a", (134, 133, 133), (134, 133, 133)))["C1"].verdict == "equivalent"
    assert by_id(two_groups(tmp_path / "b", (10, 10, 10), (10, 10, 10)))["C1"].verdict == "inconclusive"


def test_people_whom_the_plan_leaves_out_are_left_out(tmp_path):
    """`leave_out` is for every comparison; the control is the same people let in."""
    assert by_id(two_groups(tmp_path / "out", (10, 10, 10), (10, 10, 10), colour=3))["C1"].n == (0, 0)
    assert by_id(two_groups(tmp_path / "in", (10, 10, 10), (10, 10, 10), colour=1))["C1"].n == (30, 30)


@pytest.mark.slow
def test_a_small_real_effect_says_that_it_is_small(tmp_path):
    """Supported, with the whole interval inside the zone of no interest."""
    found = by_id(two_groups(tmp_path, (300, 320, 330), (330, 320, 300)))["C1"]
    assert found.verdict == "equivalent"
    surely = _judged(every_kind.plan, replace(found, p_adjusted=0.01))
    assert (surely.verdict, surely.small) == ("supported", True)


@pytest.mark.parametrize("predicts", ["first", "second"])
def test_the_verdict_follows_the_prediction(tmp_path, predicts):
    """The same numbers support one hypothesis and oppose its mirror."""
    found = by_id(two_groups(tmp_path, (2, 5, 25), (25, 5, 2)))["C1"]
    turned = _judged(every_kind.plan, replace(found, planned=replace(found.planned, predicts=predicts)))
    assert turned.verdict == ("supported" if predicts == "first" else "opposite")


def test_equivalence_has_a_verdict_even_under_separation(tmp_path):
    """Everybody of one group above everybody of the other: surely not alike, whatever p cannot say."""
    found = by_id(two_groups(tmp_path, (0, 0, 30), (30, 0, 0)))["C3"]
    assert (found.p, found.verdict) == (None, "opposite")
    assert "No variance" in found.notes[0]


def test_a_contrast_with_a_separated_part_has_no_interval():
    """One part has no variance: an error of 0 would be a false certainty."""
    from analysis.comparing import _contrast
    from analysis.findings import Cell, Finding
    from instruments.plan import Group
    from instruments.rules import ALWAYS

    planned = replace(
        every_kind.plan.comparisons[0], contrast=(Group(name="a", rule=ALWAYS), Group(name="b", rule=ALWAYS))
    )
    cells = [(0, 0, 40), (40, 0, 0), (10, 10, 20), (10, 20, 10)]
    made = _contrast(
        Finding(
            planned=planned,
            family="F",
            n=(80, 80),
            missing=(0, 0),
            levels=(1, 2, 3),
            cells=tuple(Cell(name="c", counts=each) for each in cells),
        )
    )
    assert made.effect.low != made.effect.low
    assert made.p is None
    assert "fully separated" in made.notes[0]
