"""Dealing out anew: against exact values of R, and the law that cost and answer do not depend on order."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest import approx
from scipy import stats
from test_ordinal import F1, people

from analysis.ordinal import hodges_lehmann, superiority
from analysis.resampling import bootstrap, exact_mann_whitney, permutation, within_strata

SMALL = st.lists(st.integers(0, 4), min_size=3, max_size=3).filter(lambda counts: sum(counts) >= 2)


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [(*F1, 5.18944039665e-05), ((3, 4, 5, 4, 2), (4, 6, 3, 2, 1), 0.231171425264)],
)
def test_exact_mann_whitney_is_coins(first, second, told):
    """R 4.2.2, coin 1.4-2: pvalue(wilcox_test(v ~ g, distribution = "exact")), ties counted."""
    assert exact_mann_whitney(first, second) == approx(told, rel=1e-10)


def test_exact_mann_whitney_is_for_small_groups():
    """More than 100 people: none, never a long wait."""
    assert math.isnan(exact_mann_whitney([30, 30], [30, 30]))


@given(SMALL, SMALL)
def test_small_groups_count_every_split(first, second):
    """Where there are few splits, p is a share of them: the same for every seed, and never 0."""
    splits = math.comb(sum(first) + sum(second), sum(first))
    if splits <= 20_000:
        p = permutation(first, second, 100, seed=1)
        assert p == permutation(first, second, 100, seed=2)
        assert p * splits == approx(round(p * splits), abs=1e-6)
        assert p >= 1 / splits - 1e-12


def test_every_split_is_what_scipy_counts():
    """scipy.stats.permutation_test over all 3003 splits, with scipy's Brunner-Munzel statistic."""
    first, second = (1, 2, 1, 1, 0), (0, 2, 2, 3, 3)
    told = stats.permutation_test(
        (people(first), people(second)),
        lambda x, y: abs(np.nan_to_num(stats.brunnermunzel(x, y).statistic, posinf=1e9, neginf=-1e9)),
        n_resamples=np.inf,
        alternative="greater",
    )
    assert permutation(first, second, 1, seed=1) == approx(told.pvalue, abs=1e-9)


def test_bootstrap_varies_as_much_as_the_formula_says():
    """Its spread is the standard error of the probability of superiority, within Monte Carlo error."""
    drawn = bootstrap(*F1, 20_000, seed=1)
    assert drawn.mean() == approx(superiority(*F1).value, abs=0.002)
    assert drawn.std() == approx(superiority(*F1).se, rel=0.03)


def test_redrawing_within_strata_agrees_with_van_elteren():
    """Two strata: the randomisation p is near the asymptotic .000629 of fixture F5."""
    firsts, seconds = (F1[0], (5, 6, 7, 6, 6)), (F1[1], (6, 8, 6, 5, 5))
    assert within_strata(firsts, seconds, 100_000, seed=1) == approx(0.000629, abs=2e-4)


@given(SMALL, SMALL)
def test_hodges_lehmann_is_the_median_of_differences(first, second):
    """As R says it: median(outer(x, y, "-"))."""
    x, y = np.array(people(first)), np.array(people(second))
    assert hodges_lehmann([0, 1, 2], first, second) == approx(np.median(x[:, None] - y[None]))
