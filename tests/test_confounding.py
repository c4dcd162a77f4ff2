"""What else could explain it: published values, hand counts, and a resample that needs no model."""

from __future__ import annotations

import numpy as np
from pytest import approx

from analysis.confounding import e_value, e_value_of_interval, remembered, standardised_ratio
from analysis.odds import Patterns


def test_f4_e_value():
    """RR .65, interval end .88: 2.4486 and 1.5300 (STUDY 3e); RR 3.9 (1.8 to 8.7): 7.26 and 3.0 (VanderWeele & Ding 2017)."""
    assert e_value(0.65) == approx(2.4486, abs=5e-5)
    assert e_value_of_interval(0.48, 0.88) == approx(1.5300, abs=5e-5)
    assert (e_value(3.9), e_value_of_interval(1.8, 8.7)) == (approx(7.26, abs=0.005), approx(3.0))
    assert e_value_of_interval(0.8, 1.2) == 1


def test_standardising_by_hand():
    """Two strata of 100 and 300 people, by the model's own shares; with no confounder it is the crude ratio."""
    plain = Patterns(x=np.array([[1.0], [0.0]]), counts=np.array([[60.0, 40.0], [160.0, 40.0]]))
    found = standardised_ratio(plain, plain.x[:, 0], 500, 1)
    assert found.value == approx(0.4 / 0.2)
    assert found.crude == approx(2.0)
    x = np.array([[1, 1], [0, 1], [1, 0], [0, 0]], dtype=float)
    counts = np.array([[20, 20], [48, 12], [150, 50], [90, 10]], dtype=float)
    made = standardised_ratio(Patterns(x=x, counts=counts), x[:, 0], 500, 1)
    from scipy import optimize, special

    def minus_loglik(at):
        chance = special.expit(at[0] + x @ at[1:])
        return -(counts[:, 1] * np.log(chance) + counts[:, 0] * np.log(1 - chance)).sum()

    at = optimize.minimize(minus_loglik, np.zeros(3), method="BFGS", options={"gtol": 1e-9}).x
    shares = [
        (100 * special.expit(at[0] + at[1] * g + at[2]) + 300 * special.expit(at[0] + at[1] * g)) / 400 for g in (1, 0)
    ]
    assert made.value == approx(shares[0] / shares[1], rel=1e-6)
    assert made.crude == approx((70 / 240) / (22 / 160))


def test_its_bootstrap_agrees_with_the_textbook_interval():
    """Without covariates the log risk ratio has variance 1/a − 1/n + 1/c − 1/m (Katz 1978)."""
    plain = Patterns(x=np.array([[1.0], [0.0]]), counts=np.array([[240.0, 160.0], [320.0, 80.0]]))
    found = standardised_ratio(plain, plain.x[:, 0], 4000, 1)
    half = 1.959964 * np.sqrt(1 / 160 - 1 / 400 + 1 / 80 - 1 / 400)
    assert (np.log(found.high) - np.log(found.low)) / 2 == approx(half, rel=0.06)
    assert found == standardised_ratio(plain, plain.x[:, 0], 4000, 1), "the same seed, the same interval"


def test_forgetting_by_hand():
    """100 people at a step: 60 remember a talk of 80 true ones (75 %); with 10 % false recall it is (60 − 10)/.65."""
    no, yes = np.array([40.0, 50.0]), np.array([60.0, 50.0])
    truly_no, truly_yes = remembered(no, yes, np.array([1, 0]), 0.75, 1.0, 0.0)
    assert truly_yes.tolist() == approx([80, 50])
    assert truly_no.tolist() == approx([20, 50])
    _, truly_yes = remembered(no, yes, np.array([1, 0]), 0.75, 0.95, 0.10)
    assert truly_yes.tolist() == approx([50 / 0.65, 40 / 0.85])
    assert remembered(no, yes, np.array([1, 0]), 0.55, 0.95, 0.0) is None, "more talks than people: impossible"
