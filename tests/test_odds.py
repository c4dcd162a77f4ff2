"""Proportional odds: R's own figures, laws, and separation said in words."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest import approx
from test_ordinal import F1, F7, people

from analysis.odds import Patterns, at_each_cut, dummies, end_of_interval, fit, patterns

ANSWERS = np.array(people(F1[0]) + people(F1[1]))
GROUP = np.array([1] * 60 + [0] * 30)
Z = np.tile([0, 1, 2], 30)


def two(first, second) -> Patterns:
    return Patterns(x=np.array([[1.0], [0.0]]), counts=np.array([first, second], dtype=float))


def with_z(cluster=None) -> Patterns:
    codes, counts, clusters = patterns(ANSWERS, 5, [GROUP, Z], cluster)
    return Patterns(x=np.stack(codes, axis=1).astype(float), counts=counts, cluster=clusters)


def test_two_groups_are_clms():
    """R 4.2.2, ordinal 2022.11-16: clm(ordered(v) ~ g) on fixture F1."""
    made = fit(two(*F1))
    assert made.thresholds == approx([-0.3222027560, 0.8088139793, 1.8664838260, 3.1011689115], abs=1e-9)
    slope, error, _ = made.slope(0)
    assert (slope, error) == approx((1.6891377946, 0.4294993769), abs=1e-9)
    assert made.loglik == approx(-135.548131169, abs=1e-8)


def test_a_covariate_beside_is_clms():
    """clm(ordered(v) ~ g + z): slopes, errors, log-likelihood."""
    made = fit(with_z())
    assert made.slope(0)[:2] == approx((1.6883336621, 0.4296117869), abs=1e-9)
    assert made.slope(1)[:2] == approx((0.0501169338, 0.2311753547), abs=1e-9)
    assert made.loglik == approx(-135.52462697, abs=1e-8)


def test_the_sandwich_is_sandwichs():
    """sandwich 3.0-2 on MASS::polr, which stops early: sandwich(p), vcovCL(p, cluster = rep(1:18, 5))."""
    assert fit(with_z()).slope(0)[2] == approx(0.41653044, abs=5e-6)
    clustered = fit(with_z(np.tile(np.arange(18), 5)))
    assert clustered.slope(0)[2] == approx(0.12119137, abs=5e-6)
    assert clustered.slope(1)[2] == approx(0.11560860, abs=5e-6)
    assert clustered.clusters == 18


def test_two_levels_are_a_logistic_regression():
    """34 of 80 against 40 of 160: the log odds ratio by hand, and its error √(1/34 + 1/46 + 1/40 + 1/120)."""
    slope, error, _ = fit(two((46, 34), (120, 40))).slope(0)
    assert slope == approx(math.log(34 * 120 / (46 * 40)))
    assert error == approx(math.sqrt(1 / 34 + 1 / 46 + 1 / 40 + 1 / 120))


def test_separation_is_noticed_and_keeps_its_finite_end():
    """Not a slope of 40 with an error of 80: unsettled, and the profile bound solves its own equation."""
    seen = two(*F7)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not fit(seen).settled
        low = end_of_interval(seen, 0, upwards=True)
    none = Patterns(x=np.zeros((2, 0)), counts=seen.counts)
    best = fit(none, shift=np.array([30.0, 0.0])).loglik
    assert 2 * (best - fit(none, shift=np.array([low, 0.0])).loglik) == approx(3.841459, abs=1e-4)
    assert end_of_interval(two(*reversed(F7)), 0, upwards=False) == approx(-low, abs=1e-6)


def test_columns_that_say_the_same_are_told_from_separation():
    """Twice the same covariate: no estimate, and not because a slope runs away."""
    seen = two(*F1)
    made = fit(Patterns(x=np.concatenate([seen.x, seen.x], axis=1), counts=seen.counts))
    assert (made.settled, made.separated) == (False, False)
    assert fit(two(*F7)).separated


def test_each_cut_has_its_own_ratio():
    """By hand at the first cut: (52·12) / (8·18) of “above the lowest”."""
    assert at_each_cut(two(*F1))[0] == approx(math.log(52 * 12 / (8 * 18)))
    assert at_each_cut(two((0, 0, 0, 5, 7), (6, 6, 0, 0, 0)))[1] is None


def test_levels_that_nobody_chose_change_nothing():
    """They are dropped before fitting."""
    wider = [[0, *each[:2], 0, *each[2:]] for each in F1]
    assert fit(two(*wider)).slope(0) == approx(fit(two(*F1)).slope(0))
    with pytest.raises(ValueError, match="same answer"):
        fit(two((5, 0), (7, 0)))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 20), min_size=8, max_size=8))
def test_swapping_the_groups_mirrors_the_slope(cells):
    """And reversing the scale does the same."""
    first, second = cells[:4], cells[4:]
    slope = fit(two(first, second)).slope(0)
    assert fit(two(second, first)).slope(0) == approx((-slope[0], *slope[1:]), abs=1e-7)
    assert fit(two(first[::-1], second[::-1])).slope(0) == approx((-slope[0], *slope[1:]), abs=1e-7)


def test_counting_people_by_pattern_loses_nobody():
    """Codes come back as they were, whether the possible patterns are few or far too many."""
    generator = np.random.default_rng(3)
    for size in (3, 4000):
        covariates = [generator.integers(0, size, 500) for _ in range(3)]
        answers = generator.integers(0, 4, 500)
        codes, counts, _ = patterns(answers, 4, covariates)
        assert counts.sum() == 500
        for code, each in zip(codes, covariates, strict=True):
            assert np.bincount(code, weights=counts.sum(axis=1)).tolist() == np.bincount(each).astype(float).tolist()
    assert dummies(np.array([3, 5, 9, 5])).tolist() == [[0, 0], [1, 0], [0, 1], [1, 0]]
