"""Scales: R's figures on `attitude`, which comes with R."""

from __future__ import annotations

import math

import numpy as np
from pytest import approx

from analysis.scales import alpha, item_rest, omega

ATTITUDE = np.array([
    [43, 51, 30, 39, 61, 92, 45], [63, 64, 51, 54, 63, 73, 47], [71, 70, 68, 69, 76, 86, 48], [61, 63, 45, 47, 54, 84, 35],
    [81, 78, 56, 66, 71, 83, 47], [43, 55, 49, 44, 54, 49, 34], [58, 67, 42, 56, 66, 68, 35], [71, 75, 50, 55, 70, 66, 41],
    [72, 82, 72, 67, 71, 83, 31], [67, 61, 45, 47, 62, 80, 41], [64, 53, 53, 58, 58, 67, 34], [67, 60, 47, 39, 59, 74, 41],
    [69, 62, 57, 42, 55, 63, 25], [68, 83, 83, 45, 59, 77, 35], [77, 77, 54, 72, 79, 77, 46], [81, 90, 50, 72, 60, 54, 36],
    [74, 85, 64, 69, 79, 79, 63], [65, 60, 65, 75, 55, 80, 60], [65, 70, 46, 57, 75, 85, 46], [50, 58, 68, 54, 64, 78, 52],
    [50, 40, 33, 34, 43, 64, 33], [64, 61, 52, 62, 66, 80, 41], [53, 66, 52, 50, 63, 80, 37], [40, 37, 42, 58, 50, 57, 49],
    [63, 54, 42, 48, 66, 75, 33], [66, 77, 66, 63, 88, 76, 72], [78, 75, 58, 74, 80, 78, 49], [48, 57, 44, 45, 51, 83, 38],
    [85, 85, 71, 71, 77, 74, 55], [82, 82, 39, 59, 64, 78, 39],
], dtype=float)  # fmt: skip


def test_alpha_is_psychs():
    """R 4.2.2, psych 2.2.9: alpha(attitude)$total and $feldt; item-rest correlations as $item.stats$r.drop."""
    value, low, high = alpha(ATTITUDE)
    assert (value, low, high) == approx((0.8431427696, 0.7393757, 0.9157731), abs=1e-7)
    told = (0.67126206, 0.74210971, 0.56071111, 0.71444550, 0.78627559, 0.26503434, 0.46081055)
    assert item_rest(ATTITUDE) == approx(told, abs=1e-8)


def test_omega_is_lavaans():
    """lavaan 0.6.14, one factor by maximum likelihood: .8563268368 from its loadings and residual variances."""
    assert omega(ATTITUDE) == approx(0.8563268368, abs=1e-4)


def test_a_forgotten_reversal_shows():
    """One item turned round: alpha falls, and that item's correlation with the rest is negative."""
    turned = ATTITUDE.copy()
    turned[:, 0] = 100 - turned[:, 0]
    assert alpha(turned)[0] < 0.6
    assert item_rest(turned)[0] < 0


def test_what_cannot_be_said_is_nan():
    """One item, nobody, or no variance."""
    assert math.isnan(alpha(ATTITUDE[:, :1])[0])
    assert math.isnan(alpha(np.ones((5, 3)))[0])
    assert math.isnan(omega(ATTITUDE[:, :2]))
    assert math.isnan(omega(np.ones((9, 3))))
