"""Within strata: printed values, and the law that one stratum is no stratum."""

from __future__ import annotations

import math

from hypothesis import given
from pytest import approx
from test_ordinal import COUNTS, F1

from analysis import ordinal
from analysis.strata import contrast, share_difference, superiority, van_elteren

F5 = ((F1[0], (5, 6, 7, 6, 6)), (F1[1], (6, 8, 6, 5, 5)))


def test_f5_stratified_superiority_and_van_elteren():
    """θ .664397, se .043364; z 3.418799, p .000629 (STUDY 3e)."""
    found = superiority(*F5)
    assert (found.value, found.se) == approx((0.664397, 0.043364), abs=5e-7)
    z, p = van_elteren(*F5)
    assert (z, p) == (approx(3.418799, abs=5e-7), approx(0.000629, abs=5e-7))


@given(COUNTS, COUNTS)
def test_one_stratum_is_no_stratum(first, second):
    """Effect and interval are those of the plain comparison; van Elteren's test is Mann-Whitney's."""
    found, plain = superiority([first], [second]), ordinal.superiority(first, second)
    assert (found.value, found.se) == approx((plain.value, plain.se))
    _, z, p = ordinal.mann_whitney(first, second)
    if not math.isnan(z):
        assert van_elteren([first], [second]) == approx((z, p), abs=1e-9)


def test_strata_with_one_group_drop_out_and_are_counted():
    """They change neither effect nor test, and are never silent."""
    alone = (*F5[0], (9, 9, 9, 9, 9)), (*F5[1], (0, 0, 0, 0, 0))
    assert superiority(*alone).value == superiority(*F5).value
    assert (superiority(*alone).used, superiority(*alone).dropped) == (2, 1)
    assert van_elteren(*alone) == van_elteren(*F5)
    assert superiority([(1, 0)], [(0, 1)]).used == 0


def test_share_difference_within_strata_is_metafors():
    """R 4.2.2, metafor 3.8-1: rma.mh(measure="RD", ai=c(10,20,5), n1i=c(30,50,12), ci=c(15,30,3), n2i=c(40,60,20))."""
    told = (-0.0277673545966, -0.1604855842625, 0.1049508750692)
    found = share_difference((10, 20, 5), (30, 50, 12), (15, 30, 3), (40, 60, 20))
    assert found[0] == approx(told[0], abs=1e-12)
    assert found[1:] == approx(told[1:], abs=2e-3), "metafor 3 takes Greenland & Robins' variance, here it is Sato's"


def test_share_difference_of_one_stratum_by_hand():
    """34/80 − 40/160 = .175; Sato's variance for one stratum is p q / n summed: se = √(.425·.575/80 + .25·.75/160)."""
    value, low, high = share_difference([34], [80], [40], [160])
    assert value == approx(0.175)
    assert (high - low) / 2 == approx(1.959964 * math.sqrt(0.425 * 0.575 / 80 + 0.25 * 0.75 / 160), rel=1e-6)


def test_a_contrast_is_a_difference_with_both_errors():
    """.65 − .53 with errors .03 and .04: .12 ± 1.96·.05, z 2.4, p .0164."""
    value, low, high, z, p = contrast((0.65, 0.03), (0.53, 0.04))
    assert (value, low, high) == approx((0.12, 0.0220018, 0.2179982), abs=1e-6)
    assert (z, p) == approx((2.4, 0.0163951), abs=1e-6)
