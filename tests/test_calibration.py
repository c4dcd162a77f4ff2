"""Tests err as often as they say, and intervals cover: simulated on the designs of STATISTICS 1.1 and 1.2."""

from __future__ import annotations

import pytest
from calibration import PERMUTE, coverage, errors

pytestmark = pytest.mark.slow

GATE = 10  # below it nothing is computed
# Published for this design by the same simulation elsewhere: .070 (STATISTICS 1.2). Few people with a wide spread
# against many with a narrow one are the one place where dealing anew errs a little too often.
KNOWN = {("polarised against central", (10, 30)): 0.080}
NARROW = {
    ("strong", (30, 10)): 0.905
}  # STATISTICS 1.1 gives .907 as the worst case of this interval, still the best of eleven


def test_true_nulls_are_rejected_in_5_of_100():
    """5 ± 1 % wherever the plan tests at all, within four Monte Carlo errors; the one exception is named above."""
    many = 3_000
    slack = 4 * (0.05 * 0.95 / many) ** 0.5
    for line in errors(many, 400):
        most = KNOWN.get((line.what, line.n), 0.06 + slack)
        assert line.share <= most, line
        if min(line.n) >= PERMUTE:
            assert line.share >= 0.04 - slack, line


def test_intervals_cover_in_95_of_100():
    """At least 93 % wherever the plan gives an interval, within Monte Carlo error; 95 % over all designs."""
    many = 6_000
    slack = 4 * (0.07 * 0.93 / many) ** 0.5
    lines = [line for line in coverage(many) if min(line.n) >= GATE]
    for line in lines:
        assert line.share >= NARROW.get((line.what, line.n), 0.93) - slack, line
    assert sum(line.share for line in lines) / len(lines) >= 0.95


def test_the_simulation_notices_a_test_that_errs():
    """The control: Mann-Whitney on unequal spreads rejects a true null far too often (STATISTICS 1.2: .219)."""
    from calibration import CENTRAL, POLARISED, drawn

    from analysis.ordinal import mann_whitney

    x, y = drawn(POLARISED, CENTRAL, (10, 30), 1_500, 1)
    share = sum(mann_whitney(a, b)[2] < 0.05 for a, b in zip(x, y, strict=True)) / len(x)
    assert share == pytest.approx(0.219, abs=0.04)
