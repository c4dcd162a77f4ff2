"""Power by simulation on counts, held against a formula in R and the tables that the study was planned with."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import BUNDLED, STUDY, run
from test_opening import quietly

from analysis import judging, planting
from analysis.comparing import holm
from analysis.findings import VERDICTS
from analysis.power.powers import powers
from analysis.power.shapes import Shape, shapes
from analysis.power.simulating import chances, simulated
from analysis.power.telling import as_html
from analysis.rehearsal.reading import read_with_model
from instruments.made_up import MadeUp

study, model = read_with_model(BUNDLED)
plan = study.plan
of_plan = {each.comparison.id: each for each in shapes(study, model)}


def flat(id: str = "H1a", steps: int = 5) -> Shape:
    return replace(of_plan[id], strata=np.full((1, steps), 1 / steps), weight=np.array([1.0]))


def power(id: str, n: tuple[int, int], effect: float, alpha: float, shape: Shape | None = None) -> float:
    shape = shape or of_plan[id]
    return chances(plan, shape, simulated(plan, shape, n, effect, 6_000), alpha)["supported"]


def test_power_is_what_a_formula_says():
    """R 4.2.2: Hmisc::popower(rep(.2, 5), odds.ratio = 1.9, n = 200) .724, n1 = n2 = 150 .88 (Whitehead 1993).

    Its shares are those of both groups together, and its test is Wilcoxon's; within 2 points.
    """
    whole = np.full(5, 0.2)
    base = whole
    for _ in range(200):  # the second group's shares, such that both groups together are flat
        base = base + (whole - (base + planting.moved(base, np.log(1.9))) / 2)
    effect = planting.superiority(planting.moved(base, np.log(1.9)), base)
    shape = replace(flat(), strata=base[None])
    assert power("H1a", (100, 100), effect, 0.05, shape) == pytest.approx(0.724, abs=0.02)
    assert power("H1a", (150, 150), effect, 0.05, shape) == pytest.approx(0.88, abs=0.02)


@pytest.mark.parametrize(
    ("id", "n", "effect", "alpha", "low", "high"),
    [
        ("H1a", (120, 120), 0.60, 0.05, 0.77, 0.84),  # 115 to 125 a group for 80 %
        ("H1a", (148, 148), 0.60, 0.025, 0.77, 0.84),  # 145 to 150
        ("H1a", (55, 55), 0.65, 0.05, 0.76, 0.86),  # 51 to 58
        ("H1a", (60, 120), 0.63, 0.05, 0.77, 0.86),  # 60 + 120: .63
        ("H6a", (180, 180), 0.60, 0.05 / 3, 0.81, 0.88),  # 720 finished stories: 85 %
        ("H7", (180, 180), 0.10, 0.05 / 3, 0.48, 0.56),  # .52 at the first Holm step
        ("H7", (180, 180), 0.10, 0.05, 0.65, 0.73),  # .69 if the others have passed
        ("H8", (140, 140), 0.50, 0.05, 0.79, 0.84),  # 81 to 83 %
        ("H8", (160, 160), 0.50, 0.05, 0.85, 0.90),  # 87 %
        ("H8", (200, 200), 0.50, 0.05, 0.93, 0.97),  # 95 %
    ],
)
def test_power_is_what_the_study_was_planned_with(id, n, effect, alpha, low, high):
    """The study pack's own simulations (3b), four answer shapes; here flat answers, other code and other draws."""
    shape = of_plan[id] if id == "H6a" else flat(id)
    assert low < power(id, n, effect, alpha, shape) < high


def test_power_for_shares():
    """100 + 200 for 20 points: 92 %; 150 + 300 for 15 points: 86 % (the plan), at its least favourable share, half."""
    even = replace(of_plan["H2a"], strata=np.array([[0.5, 0.5]]))
    assert power("H2a", (100, 200), 0.20, 0.05, even) == pytest.approx(0.92, abs=0.02)
    assert power("H2a", (150, 300), 0.15, 0.05, even) == pytest.approx(0.86, abs=0.02)


@pytest.mark.parametrize("n", [(150, 150), (12, 40)])
def test_where_nothing_is_there_the_tests_err_as_they_should(n):
    """On either side, whatever is computed: the permutation below thirty, Brunner-Munzel above."""
    for id in ("H1a", "H2a", "H6a", "H7"):
        if min(n) < 30 and id != "H1a":
            continue
        shape = of_plan[id]
        nothing = 0.5 if id in ("H1a", "H6a") else 0.0
        said = chances(plan, shape, simulated(plan, shape, n, nothing, 6_000), 0.05)
        assert said["supported"] + said["opposite"] == pytest.approx(0.05, abs=0.02), id


def test_the_simulation_judges_as_the_analysis_does():
    """Estimates, intervals and p of many simulated tables are those of the analysis, one by one."""
    from analysis import ordinal, strata
    from analysis.power import simulating

    chance = np.random.default_rng(5)
    x, y = (chance.multinomial(n, [0.1, 0.2, 0.4, 0.2, 0.1], size=(50, 3)).astype(float) for n in (40, 60))
    many = simulating._ordinal(x[:, 0], y[:, 0], permutes=False)
    value, se = strata.superiorities(x, y)
    z = strata.van_elteren_z(x, y)
    for at in range(50):
        assert many.value[at] == pytest.approx(ordinal.superiority(x[at, 0], y[at, 0]).value)
        assert many.p[at] == pytest.approx(ordinal.brunner_munzel(x[at, 0], y[at, 0])[2])
        for level, ends in ((0.95, many.wide), (0.90, many.narrow)):
            assert (ends[0][at], ends[1][at]) == pytest.approx(ordinal.interval(x[at, 0], y[at, 0], level))
        one = strata.superiority(x[at], y[at])
        assert (one.value, one.se) == pytest.approx((value[at], se[at]))
        assert strata.van_elteren(x[at], y[at])[0] == pytest.approx(z[at])


def test_shares_and_contrasts_are_simulated_as_they_are_analysed():
    """The same tables through the analysis' own functions: Newcombe, Fisher below five expected, the z on a difference."""
    from analysis import shares, strata

    shape = replace(of_plan["H2a"], strata=np.array([[0.8, 0.2]]))
    made = simulated(plan, shape, (20, 30), 0.15, 200)
    seen = set()
    for value, low, high, low_90, high_90, p in zip(made.value, *made.wide, *made.narrow, made.p, strict=True):
        found = None
        for a in range(21):
            for b in range(31):
                if shares.difference(a, 20, b, 30) == pytest.approx((value, low, high)):
                    found = a, b
        assert found is not None
        told = (found[0], 20, found[1], 30)
        exact = shares.smallest_expected(*told) < 5
        seen.add(exact)
        assert p == pytest.approx(shares.fisher(*told) if exact else shares.chi_square(*told)[1], nan_ok=True)
        assert (low_90, high_90) == pytest.approx(shares.difference(*told, 0.90)[1:])
    assert seen == {True, False}
    made = simulated(plan, flat("H7"), (80, 80), 0.1, 5)
    for at in range(5):
        se = (made.wide[1][at] - made.wide[0][at]) / 2 / 1.959964
        value, low, high, _, p = strata.contrast((made.value[at], se), (0.0, 0.0), 0.90)
        assert (made.narrow[0][at], made.narrow[1][at]) == pytest.approx((low, high), abs=1e-6)
        assert made.p[at] == pytest.approx(p, abs=1e-6)
        assert se == pytest.approx(0.065, abs=0.01), "two superiorities of 80 + 80 flat answers: .046 each"


def test_verdicts_by_the_plan():
    """Each rule of the plan by hand, many at once."""
    said = judging.verdicts(
        plan,
        of_plan["H1a"].comparison,
        [0.62, 0.38, 0.51, 0.55, 0.58, 0.5],
        ([0.55, 0.3, 0.45, 0.44, 0.51, np.nan], [0.7, 0.45, 0.57, 0.66, 0.65, np.nan]),
        ([0.56, 0.31, 0.46, 0.45, 0.52, np.nan], [0.69, 0.44, 0.56, 0.65, 0.64, np.nan]),
        [0.01, 0.01, 0.7, 0.2, 0.049, np.nan],
        0.05,
    )
    assert list(said) == ["supported", "opposite", "equivalent", "inconclusive", "supported", ""]
    assert holm({"a": 0.01}, 2) == {"a": 0.02}


def test_every_planned_comparison_at_every_number():
    """Planned and given; chances add up to all; the smallest effect found has the power that it is told for."""
    found = powers(plan, list(of_plan.values()), lambda shape: (60, 120), quietly, 2_000)
    assert [each.id for each in found if each.why == "given"] == [each.id for each in plan.comparisons]
    assert {each.id for each in found if each.why == "planned"} == {each.id for each in plan.comparisons}
    for each in found:
        assert set(each.chances) == set(VERDICTS)
        assert sum(each.chances.values()) == pytest.approx(1, abs=0.01)
        assert each.last >= each.first - 0.01
        if each.least[0] is not None:
            reached = power(each.id, each.n, each.least[0], each.alpha[0])
            assert reached == pytest.approx(0.80, abs=0.04), each.id
    h1a = next(each for each in found if each.id == "H1a" and each.why == "given")
    assert h1a.least == (pytest.approx(0.64, abs=0.015), pytest.approx(0.63, abs=0.015))  # 60 + 120: .64 and .63
    page = as_html(study, found)
    assert page.count("<tr>") > len(found)
    assert "nan" not in page.lower().replace("finance", "")


def test_too_few_have_no_power_and_say_so():
    """Below the plan's own gates nothing is tested, and nothing is simulated."""
    found = powers(plan, [of_plan["H4"]], lambda shape: (20, 200), quietly, 500)
    given = next(each for each in found if each.why == "given")
    assert given.first is None
    assert given.chances == {}
    assert "So few people are not tested" in as_html(study, found)


def test_a_bottom_heavy_answer_has_a_least_effect_too():
    """Where most give the highest answer, only a part of all effects is there; the least of them is found all the same."""
    shape = replace(flat(), strata=np.array([[0.1, 0.1, 0.1, 0.1, 0.6]]))
    (found,) = powers(plan, [shape], lambda shape: (400, 400), quietly, 2_000)[-1:]
    assert found.least[0] == pytest.approx(0.56, abs=0.02)
    assert found.untold == ""
    high = replace(of_plan["H2a"], strata=np.array([[0.1, 0.9]]))
    (found,) = powers(plan, [high], lambda shape: (400, 400), quietly, 500)[-1:]
    assert (found.first, found.untold) == (None, "unreachable")
    assert "No answers have an effect of +15 points" in as_html(study, [found])


def test_the_other_side_can_be_predicted():
    """A hypothesis that the second group is higher has the same power, on its own side."""
    down = replace(flat(), comparison=replace(of_plan["H1a"].comparison, predicts="second"))
    made = [powers(plan, [shape], lambda shape: (150, 150), quietly, 2_000)[-1] for shape in (flat(), down)]
    assert made[1].effect == pytest.approx(1 - made[0].effect)
    assert made[1].first == pytest.approx(made[0].first, abs=0.03)
    assert made[1].least[0] == pytest.approx(1 - made[0].least[0], abs=0.01)


def test_small_groups_are_permuted(monkeypatch):
    """Below thirty every simulated study permutes, as the analysis does; above it none does."""
    from analysis import resampling

    asked = []
    monkeypatch.setattr(resampling, "permutation", lambda *of: asked.append(of) or 0.5)
    simulated(plan, flat(), (12, 40), 0.6)
    assert len(asked) == 500
    asked.clear()
    simulated(plan, flat(), (40, 40), 0.6)
    assert asked == []


@pytest.mark.slow
def test_the_door_to_power(tmp_path):
    """A table on stdout, a page beside it, JSON for the review pack; expected groups from how many take part."""
    out = tmp_path / "power.html"
    told = run("analysis", "power", "--clients", "400", "--workers", "200", "--out", str(out), "--json")
    assert told.returncode == 0, told.stderr
    said = json.loads(told.stdout)
    assert said["fingerprint"] == study.fingerprint
    assert {each["id"] for each in said["comparisons"]} == {each.id for each in plan.comparisons}
    h4 = next(each for each in said["comparisons"] if each["id"] == "H4" and each["why"] == "given")
    assert h4["n"][0] == pytest.approx(2 * h4["n"][1], rel=0.02)
    assert h4["n"][0] < 400
    assert "Simulated: nobody gave an answer" in out.read_text()
    again = run("analysis", "power", "--out", str(out))
    assert (again.returncode, "--force" in again.stderr) == (2, True)
    for wrong in (["--groups", "60"], ["--groups", "1,9"], ["--groups", "60,60", "--clients", "9"]):
        assert run("analysis", "power", *wrong).returncode == 2
    none = run("analysis", "power", "--study", str(STUDY["tea"]))
    assert (none.returncode, "no comparisons" in none.stderr) == (2, True)


def test_a_study_without_a_model_has_flat_shapes():
    """What is assumed is the simplest: every answer alike."""
    shape = next(each for each in shapes(study, MadeUp()) if each.comparison.id == "H1b")
    assert shape.strata[0] == pytest.approx([0.2] * 5, abs=0.03)
    assert shape.weight == pytest.approx([1.0])
