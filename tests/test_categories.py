"""Categories: R's figures on data that come with R, and what happens where nobody is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pytest import approx
from scipy import stats

from analysis.categories import association, cochran_mantel_haenszel, common_odds_ratio, exact

# margin.table(HairEyeColor, c(1, 2)) and UCBAdmissions, both of R's own datasets package.
HAIR_EYE = ((68, 20, 15, 5), (119, 84, 54, 29), (26, 17, 14, 14), (7, 94, 10, 16))
ADMISSIONS = (
    ((512, 89), (313, 19)), ((353, 17), (207, 8)), ((120, 202), (205, 391)),
    ((138, 131), (279, 244)), ((53, 94), (138, 299)), ((22, 24), (351, 317)),
)  # fmt: skip


def test_chi_square_g_and_residuals_are_rs():
    """R 4.2.2: chisq.test(m)$statistic and $stdres, vcd 1.4-11 assocstats(m)."""
    found = association(HAIR_EYE)
    assert (found.chi_square, found.g, found.df) == approx((138.289841626, 146.443578465, 9))
    assert found.residuals[0] == approx([6.13651969, -4.25381552, -0.57502606, -2.28789602])
    assert found.p == approx(stats.chi2_contingency(HAIR_EYE).pvalue, rel=1e-9)


def test_cramers_v_is_effectsizes():
    """effectsize 0.8.3: cramers_v(m, adjust = FALSE, alternative = "two.sided")."""
    found = association(HAIR_EYE)
    assert found.v == approx(0.279044623343, abs=1e-10)
    assert found.v_interval == approx((0.223526994709, 0.31798809929), abs=1e-7)


def test_cmh_is_mantelhaens():
    """mantelhaen.test(UCBAdmissions, correct = FALSE) and, with more categories, mantelhaen.test(HairEyeColor)."""
    statistic, df, p = cochran_mantel_haenszel(ADMISSIONS)
    assert (statistic, df, p) == approx((1.52460666044, 1, 0.2169236971))
    assert common_odds_ratio(ADMISSIONS) == approx((0.9046968283, 0.7719073618, 1.0603297644))


def test_cmh_with_more_categories_is_the_one_table_statistic():
    """With one stratum the general statistic is (n − 1)/n times Pearson's."""
    statistic, df, _ = cochran_mantel_haenszel([HAIR_EYE])
    assert (statistic, df) == (approx(138.289841626 * 591 / 592), 9)


def test_rows_and_columns_without_anybody_say_nothing():
    """They change no figure; one row alone is refused in words."""
    wider = [[*row, 0] for row in HAIR_EYE] + [[0] * 5]
    assert association(wider).chi_square == approx(association(HAIR_EYE).chi_square)
    with pytest.raises(ValueError, match="fewer than two"):
        association([[3, 4], [0, 0]])


def test_two_by_two_is_fishers_and_larger_ones_are_drawn_with_a_seed():
    """scipy.stats.fisher_exact agrees; the drawn p is the same for the same seed and near scipy's exact r × c value."""
    assert exact([[3, 9], [8, 2]], 1)[0] == approx(stats.fisher_exact([[3, 9], [8, 2]]).pvalue)
    table = [[3, 1, 4], [1, 5, 2], [0, 2, 6]]
    p, how = exact(table, 7)
    assert p == exact(table, 7)[0]
    assert "seed 7" in how
    told = stats.fisher_exact(table, method=stats.MonteCarloMethod(n_resamples=50_000, rng=np.random.default_rng(1)))
    assert p == approx(told.pvalue, abs=0.012)


def test_what_cannot_be_said_is_nan():
    """No stratum with anything to compare."""
    assert math.isnan(cochran_mantel_haenszel([[[3, 0], [4, 0]]])[0])
    assert math.isnan(common_odds_ratio([[[3, 0], [4, 0]]])[0])
