"""How often tests err and intervals cover, on the designs of STATISTICS 1.1 and 1.2. `make calibration` prints the table.

Data sets are tables of counts, so that thousands of them are one array. The test is the plan's own: the studentised
permutation test below 30 in the smaller group, Brunner-Munzel from there on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis import ordinal
from analysis.ordinal import newcombe_5, placements, studentised

PERMUTE = 30
FLAT, CEILING = (0.2, 0.2, 0.2, 0.2, 0.2), (0.02, 0.03, 0.10, 0.25, 0.60)
POLARISED, CENTRAL = (0.40, 0.10, 0.0, 0.10, 0.40), (0.0, 0.20, 0.60, 0.20, 0.0)
SHIFTED, STRONG = (0.08, 0.13, 0.19, 0.26, 0.34), (0.01, 0.02, 0.05, 0.17, 0.75)
LOW, EXTREME = (0.75, 0.20, 0.05, 0.0, 0.0), (0.0, 0.03, 0.12, 0.25, 0.60)
NULLS = (
    ("equal, flat", FLAT, FLAT, (8, 8)),
    ("equal, flat", FLAT, FLAT, (20, 20)),
    ("equal, flat", FLAT, FLAT, (100, 100)),
    ("equal, ceiling", CEILING, CEILING, (8, 8)),
    ("equal, ceiling", CEILING, CEILING, (20, 20)),
    ("equal, ceiling", CEILING, CEILING, (100, 100)),
    ("polarised against central", POLARISED, CENTRAL, (10, 30)),
    ("polarised against central", POLARISED, CENTRAL, (15, 60)),
    ("polarised against central", POLARISED, CENTRAL, (100, 100)),
    ("central against polarised", CENTRAL, POLARISED, (15, 60)),
)
TRUTHS = (
    ("flat null", FLAT, FLAT),
    ("ceiling null", CEILING, CEILING),
    ("polarised against central", POLARISED, CENTRAL),
    ("shifted", SHIFTED, FLAT),
    ("strong", STRONG, FLAT),
    ("extreme", EXTREME, LOW),
)
SIZES = ((10, 30), (30, 10), (20, 20), (40, 40), (100, 100))


@dataclass(frozen=True, slots=True)
class Line:
    """One design: what it is, how large, and the share that was found."""

    what: str
    n: tuple[int, int]
    share: float


def drawn(first, second, n, many: int, seed: int):
    """Many pairs of count tables."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(n[0], first, many).astype(float), generator.multinomial(n[1], second, many).astype(
        float
    )


def errors(many: int, deals: int) -> Iterator[Line]:
    """The share of true nulls that the plan's own test rejects at 5 %."""
    for at, (what, first, second, n) in enumerate(NULLS):
        x, y = drawn(first, second, n, many, at)
        yield Line(
            what, n, rejected(x, y, deals, at) if min(n) < PERMUTE else float((brunner_munzel(x, y) < 0.05).mean())
        )


def brunner_munzel(x, y):
    """p of many tables at once; separation rejects, all alike does not."""
    value, of_x, of_y = placements(x, y)
    n, m = x.sum(-1), y.sum(-1)
    total = of_x / n + of_y / m
    with np.errstate(all="ignore"):
        df = total**2 / ((of_x / n) ** 2 / (n - 1) + (of_y / m) ** 2 / (m - 1))
        p = 2 * special.stdtr(df, -np.abs(value - 0.5) / np.sqrt(total))
    return np.where(total > 1e-12, p, np.where(np.abs(value - 0.5) > 1e-9, 0.0, 1.0))


def rejected(x, y, deals: int, seed: int) -> float:
    """The share that the studentised permutation test rejects."""
    generator, hits = np.random.default_rng(1000 + seed), 0
    for a, b in zip(x, y, strict=True):
        pooled = (a + b).astype(np.int64)
        dealt = generator.multivariate_hypergeometric(pooled, int(a.sum()), size=deals).astype(float)
        seen = abs(float(studentised(a[None], b[None])[0])) - 1e-12
        hits += (1 + np.count_nonzero(np.abs(studentised(dealt, pooled - dealt)) >= seen)) / (1 + deals) <= 0.05
    return hits / len(x)


def coverage(many: int) -> Iterator[Line]:
    """The share of 95 % intervals that hold the true probability of superiority."""
    for at, (what, first, second) in enumerate(TRUTHS):
        truth = float(placements(np.array(first), np.array(second))[0])
        for n in SIZES:
            x, y = drawn(first, second, n, many, 100 + at)
            value, of_x, of_y = placements(x, y)
            se = np.sqrt(of_x / n[0] + of_y / n[1])
            with np.errstate(all="ignore"):
                half = 1.959963984540054 * se / (value * (1 - value))
                low, high = special.expit(special.logit(value) - half), special.expit(special.logit(value) + half)
            odd = ~((se > ordinal.TINY) & (value > 0) & (value < 1))
            for which in np.flatnonzero(odd):
                ends = (
                    newcombe_5(float(value[which]), *map(float, n), 1.959963984540054)
                    if value[which] in (0.0, 1.0)
                    else (0.0, 1.0)
                )
                low[which], high[which] = ends
            yield Line(what, n, float(((low <= truth) & (truth <= high)).mean()))


if __name__ == "__main__":
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    print(f"{many:,} data sets a design; Monte Carlo error about {(0.05 * 0.95 / many) ** 0.5:.4f}\n")
    print("type I error at 5 %, by the plan's own test")
    for line in errors(many if len(sys.argv) > 1 else 4_000, 1_000):
        print(f"  {line.what:<28} {line.n[0]:>3} + {line.n[1]:<3}  {line.share:.3f}")
    print("\ncoverage of the 95 % interval (logit scale)")
    for line in coverage(many):
        print(f"  {line.what:<28} {line.n[0]:>3} + {line.n[1]:<3}  {line.share:.3f}")
