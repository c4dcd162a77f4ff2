"""Two shares: printed values, then laws."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from pytest import approx
from scipy import stats

from analysis.shares import chi_square, difference, fisher, smallest_expected, wilson

TABLES = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda n: st.tuples(st.integers(0, n[0]), st.just(n[0]), st.integers(0, n[1]), st.just(n[1]))
)


def test_f2_newcombe():
    """34/80 against 40/160: difference .1750, interval .0495 to .3000."""
    assert difference(34, 80, 40, 160) == approx((0.1750, 0.0495, 0.3000), abs=5e-5)


def test_newcombe_1998_table_ii():
    """56/70 − 48/80, method 10: .0524 to .3339 (Newcombe 1998, Statistics in Medicine 17:873-890, example a)."""
    assert difference(56, 70, 48, 80) == approx((0.2000, 0.0524, 0.3339), abs=5e-5)


def test_wilson_is_scipys_wilson():
    """scipy.stats.binomtest(7, 20).proportion_ci(method="wilson")."""
    assert wilson(7, 20) == approx(tuple(stats.binomtest(7, 20).proportion_ci(method="wilson")))


@given(TABLES)
def test_the_tests_are_scipys(table):
    """chi2_contingency without correction, and fisher_exact, on any 2 × 2 table."""
    yes_1, n_1, yes_2, n_2 = table
    square = [[yes_1, n_1 - yes_1], [yes_2, n_2 - yes_2]]
    assert fisher(*table) == approx(stats.fisher_exact(square).pvalue, rel=1e-6)
    if yes_1 + yes_2 in (0, n_1 + n_2):
        assert math.isnan(chi_square(*table)[0])
    else:
        told = stats.chi2_contingency(square, correction=False)
        assert chi_square(*table) == approx((told.statistic, told.pvalue), abs=1e-9)
        assert smallest_expected(*table) == approx(told.expected_freq.min())


@given(TABLES)
def test_swapping_mirrors_the_difference(table):
    """The first minus the second is minus the second minus the first."""
    yes_1, n_1, yes_2, n_2 = table
    value, low, high = difference(*table)
    assert (value, low, high) == approx(
        tuple(-end for end in difference(yes_2, n_2, yes_1, n_1)[:1])
        + tuple(-end for end in reversed(difference(yes_2, n_2, yes_1, n_1)[1:]))
    )
    assert -1 - 1e-9 <= low <= value <= high <= 1 + 1e-9
