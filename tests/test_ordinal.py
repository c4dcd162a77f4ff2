"""Ordered answers of two groups: printed values, then laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pytest import approx
from scipy import stats

from analysis.comparing import holm
from analysis.ordinal import brunner_munzel, equivalence, interval, mann_whitney, newcombe_5, superiority
from analysis.resampling import permutation

# Study fixtures, computed with numpy 2.4.6 and scipy 1.17.1 (STUDY 3e).
F1 = ((8, 10, 14, 16, 12), (12, 9, 6, 2, 1))
F6 = ((40, 32, 30, 32, 26), (38, 33, 32, 30, 27))
F7 = ((0, 0, 0, 5, 7), (6, 6, 0, 0, 0))

COUNTS = st.lists(st.integers(0, 30), min_size=5, max_size=5).filter(lambda counts: sum(counts) >= 3)


def people(counts) -> list[int]:
    return [step for step, count in enumerate(counts) for _ in range(count)]


def test_f1_brunner_munzel():
    """θ .750556; se .051907; df 69.0495; |t| 4.826990; p 8.01e-6; logit 95 % interval .6360 to .8382."""
    found = superiority(*F1)
    assert found.value == approx(0.750556, abs=5e-7)
    assert found.se == approx(0.051907, abs=5e-7)
    assert found.df == approx(69.0495, abs=5e-5)
    statistic, df, p = brunner_munzel(*F1)
    assert statistic == approx(4.826990, abs=5e-7)
    assert df == approx(69.0495, abs=5e-5)
    assert p == approx(8.01e-6, rel=1e-3)
    assert interval(*F1) == approx((0.6360, 0.8382), abs=5e-5)


def test_f1_is_what_scipy_says_with_the_sign_turned():
    """scipy.stats.brunnermunzel(x, y) is negative when x is larger; ours is positive."""
    told = stats.brunnermunzel(people(F1[0]), people(F1[1]))
    statistic, _, p = brunner_munzel(*F1)
    assert statistic == approx(-told.statistic, rel=1e-12)
    assert p == approx(told.pvalue, rel=1e-9)


def test_f1b_mann_whitney():
    """U 1351; p 7.999e-5 without continuity correction, as scipy's asymptotic method says."""
    u, z, p = mann_whitney(*F1)
    assert z == approx(3.944433, abs=5e-7)
    assert u == 1351
    assert p == approx(7.999e-5, rel=1e-3)
    told = stats.mannwhitneyu(people(F1[0]), people(F1[1]), method="asymptotic", use_continuity=False)
    assert (u, p) == approx((told.statistic, told.pvalue), rel=1e-12)


def test_f1c_studentised_permutation():
    """The same for the same seed; 20,000 draws see 0 to 3 hits, as the fixture's “about 1.5e-4” (3 hits) does.

    Two runs of 2,000,000 draws gave 4.6e-5 and 4.1e-5; dealing people out with scipy's own statistic gave
    1 hit in 20,000.
    """
    p = permutation(*F1, 20_000, seed=1)
    assert p <= 2e-4
    assert p == permutation(*F1, 20_000, seed=1)
    assert 3e-5 <= permutation(*F1, 400_000, seed=2) <= 6e-5


def test_permutation_agrees_with_dealing_people_out():
    """scipy.stats.permutation_test over people, with scipy's Brunner-Munzel statistic, on a table with p about .3."""
    first, second = (3, 4, 5, 4, 2), (4, 6, 3, 2, 1)
    told = stats.permutation_test(
        (people(first), people(second)),
        lambda x, y: abs(stats.brunnermunzel(x, y).statistic),
        n_resamples=4_000,
        alternative="greater",
        rng=np.random.default_rng(5),
    )
    assert permutation(first, second, 40_000, seed=1) == approx(told.pvalue, abs=0.03)


def test_f6_interval_for_equivalence():
    """θ .496055, se .031691, 90 % interval .4442 to .5480 (logit, normal quantile)."""
    found = superiority(*F6)
    assert (found.value, found.se) == approx((0.496055, 0.031691), abs=5e-7)
    assert interval(*F6, 0.90) == approx((0.4442, 0.5480), abs=5e-5)


def test_f6_is_equivalent_as_statsmodels_says():
    """statsmodels 0.15: rank_compare_2indep(x, y).tost_prob_superior(.4, .6).pvalue is .00131894; F7 has none."""
    assert equivalence(*F6, 0.40, 0.60) == approx(0.00131894, abs=5e-9)
    assert math.isnan(equivalence(*F7, 0.40, 0.60))


def test_f7_separation():
    """θ 1, se 0: no nan, an interval with one honest end, and p by permutation."""
    found = superiority(*F7)
    assert (found.value, found.se, found.separated) == (1.0, 0.0, True)
    low, high = interval(*F7)
    assert high == 1.0
    assert 0.5 < low < 1
    assert 0 < permutation(*F7, 5_000, seed=1) < 0.01


def test_newcombe_method_5_solves_its_own_equation():
    """At the lower end, the distance to the estimate is z standard errors of the model (Newcombe 2006)."""
    n, m, z = 12.0, 12.0, 1.959963984540054
    low, high = newcombe_5(1.0, n, m, z)
    shape = ((n + m) / 2 - 1) * ((1 - low) / (2 - low) + low / (1 + low))
    assert 1 - low == approx(z * math.sqrt(low * (1 - low) * (1 + shape) / (n * m)), rel=1e-9)
    assert high == 1.0
    mirrored = newcombe_5(0.0, n, m, z)
    assert mirrored == approx((0.0, 1 - low))


def test_f3_holm():
    """.012, .034 → .024, .034; and .030, .020, .004 → .040, .040, .012."""
    assert holm({"a": 0.012, "b": 0.034}, 2) == approx({"a": 0.024, "b": 0.034})
    assert holm({"a": 0.030, "b": 0.020, "c": 0.004}, 3) == approx({"a": 0.040, "b": 0.040, "c": 0.012})
    assert holm({"a": 0.03}, 3) == approx({"a": 0.09}), "a missing p keeps its place in the family"


@given(COUNTS, COUNTS)
def test_counts_say_what_people_say(first, second):
    """The closed form on counts is the plain count of pairs."""
    x, y = np.array(people(first)), np.array(people(second))
    pairs = (x[:, None] > y[None]).mean() + (x[:, None] == y[None]).mean() / 2
    assert superiority(first, second).value == approx(pairs)


@given(COUNTS, COUNTS)
def test_swapping_the_groups_mirrors_everything(first, second):
    """Who is named first changes the direction of the story, not its size."""
    one, other = superiority(first, second), superiority(second, first)
    assert one.value == approx(1 - other.value)
    assert one.se == approx(other.se)
    low, high = interval(first, second)
    if not math.isnan(low):
        assert (low, high) == approx(tuple(1 - end for end in reversed(interval(second, first))), abs=1e-7)


@given(COUNTS, COUNTS)
def test_reversing_the_scale_mirrors_everything(first, second):
    """So does counting the steps from the other end."""
    assert superiority(first, second).value == approx(1 - superiority(first[::-1], second[::-1]).value)


@given(COUNTS, COUNTS, st.integers(0, 5))
def test_a_step_that_nobody_chose_changes_nothing(first, second, place):
    """Any recode that keeps the order gives the same bytes."""
    wider = [[*each[:place], 0, *each[place:]] for each in (first, second)]
    assert superiority(*wider) == superiority(first, second) or math.isnan(superiority(first, second).df)


@given(COUNTS, COUNTS)
def test_two_copies_of_the_data_halve_the_variance(first, second):
    """Up to n − 1, and the effect stays."""
    once, twice = superiority(first, second), superiority([2 * n for n in first], [2 * n for n in second])
    assert twice.value == approx(once.value)
    assume(once.se > 1e-6)
    n, m = sum(first), sum(second)
    assert 0.4 <= twice.se**2 / once.se**2 <= 0.5 + 1e-9 or min(n, m) < 8


@given(COUNTS, COUNTS)
def test_there_is_never_a_zero_width_interval(first, second):
    """Separation, ties, tiny groups: an interval with room, or none at all."""
    low, high = interval(first, second)
    value = superiority(first, second).value
    assert math.isnan(low) or (0 <= low <= value + 1e-9 and value - 1e-9 <= high <= 1 and high - low > 1e-6)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_a_surer_interval_is_wider(level):
    """More confidence costs width."""
    low, high = interval(*F1, level)
    wider = interval(*F1, level + 0.04)
    assert wider[0] < low < high < wider[1]
