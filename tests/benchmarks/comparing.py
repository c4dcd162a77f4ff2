"""What the statistics cost in CPU time, beside scipy, statsmodels and pingouin in the same run. `make bench` prints it.

No test asserts any of this: machines differ, and so does one machine from hour to hour.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from analysis import odds, ordinal, resampling
from analysis.rehearsal import direct
from analysis.rehearsal.measuring import peopled
from analysis.rehearsal.reading import read_with_model
from instruments import BUNDLED

PEOPLE = 1_000_000
WEIGHTS = np.array([0.15, 0.2, 0.25, 0.22, 0.18])


def cpu(work: Callable[[], Any], times: int = 5) -> float:
    """The best of several runs, in CPU milliseconds."""
    took = []
    for _ in range(times):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return 1000 * min(took)


def said(what: str, milliseconds: float, wanted: float | None = None) -> None:
    """One line, with what was wanted where there is such a figure."""
    goal = f"(wanted: {wanted:g})" if wanted is not None else ""
    print(f"  {what:<66}{milliseconds:>10.2f} ms {goal}")


def two_groups(answers, group) -> None:
    """Everything that a report says of one item and two groups, from the loaded columns."""
    first, second = (
        np.array([np.count_nonzero((answers == step) & who) for step in range(5)]) for who in (group, ~group)
    )
    ordinal.superiority(first, second)
    ordinal.interval(first, second)
    ordinal.interval(first, second, 0.90)
    ordinal.brunner_munzel(first, second)
    ordinal.mann_whitney(first, second)
    ordinal.equivalence(first, second, 0.4, 0.6)


def others(answers, group) -> None:
    """The same two groups in the libraries that researchers use."""
    from scipy import stats

    few = slice(0, 20_000)
    x, y = answers[group], answers[~group]
    said(
        "scipy brunnermunzel + mannwhitneyu, a million people",
        cpu(lambda: (stats.brunnermunzel(x, y), stats.mannwhitneyu(x, y)), 2),
    )
    try:
        from statsmodels.miscmodels.ordinal_model import OrderedModel
        from statsmodels.stats.nonparametric import rank_compare_2indep

        said("statsmodels rank_compare_2indep, a million people", cpu(lambda: rank_compare_2indep(x, y), 2))
        exog = np.stack([group[few], answers[few] % 2], axis=1).astype(float)
        said(
            "statsmodels OrderedModel, 20,000 people, two covariates",
            cpu(lambda: OrderedModel(answers[few], exog, distr="logit").fit(method="bfgs", disp=False), 1),
        )
    except ImportError:
        print("  statsmodels is not installed: pip install statsmodels")
    try:
        import pingouin

        a, b = answers[few][group[few]][:2_000], answers[few][~group[few]][:2_000]
        said("pingouin mwu, 2,000 + 2,000 people (it builds the whole matrix)", cpu(lambda: pingouin.mwu(a, b), 2))
    except ImportError:
        print("  pingouin is not installed: pip install pingouin")


def whole(people: int) -> None:
    """The whole plan and report of the bundled study, as a command, start included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made-up-answers.db"
        direct.write(
            path, peopled(*read_with_model(BUNDLED)), (people - people // 3, people // 3), 1, lambda rows, *_: rows
        )
        subprocess.run([sys.executable, "-m", "analysis", "lock", str(path)], check=True, capture_output=True)
        began = time.perf_counter()
        command = [sys.executable, "-m", "analysis", "report", str(path), "--out", str(Path(folder) / "made-up-r.html")]
        subprocess.run(command, check=True, capture_output=True)
        took = 1000 * (time.perf_counter() - began)
        said(
            f"whole plan and report, {people:,} people, wall time with start", took, 5000 if people == 100_000 else None
        )


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    generator = np.random.default_rng(1)
    answers = generator.choice(5, PEOPLE, p=WEIGHTS).astype(np.int32)
    group = generator.random(PEOPLE) < 0.4
    print("CPU time, best of five")
    said("all two-group statistics of one item, a million people", cpu(lambda: two_groups(answers, group)), 5)
    for n in (100_000, 10_000):
        said(f"the same, {n:,} people", cpu(lambda n=n: two_groups(answers[:n], group[:n])))
    counts = [np.bincount(answers[who], minlength=5) for who in (group, ~group)]
    said("2,000 bootstraps of a million people", cpu(lambda: resampling.bootstrap(*counts, 2_000, 1)), 10)
    said("10,000 permutations of a million people", cpu(lambda: resampling.permutation(*counts, 10_000, 1)), 10)
    said(
        "10,000 permutations of 90 people",
        cpu(lambda: resampling.permutation((8, 10, 14, 16, 12), (12, 9, 6, 2, 1), 10_000, 1)),
        10,
    )
    few = answers[:100_000].astype(np.int64)
    covariates = [generator.integers(0, kinds, 100_000) for kinds in (2, 3, 4, 5)]

    def proportional_odds() -> None:
        codes, table, _ = odds.patterns(few, 5, covariates)
        odds.fit(odds.Patterns(x=np.concatenate([odds.dummies(code) for code in codes], axis=1), counts=table))

    said("proportional odds, 100,000 people, group and 3 discrete covariates", cpu(proportional_odds), 10)
    others(answers, group)
    for people in (10_000, 100_000):
        whole(people)


if __name__ == "__main__":
    main()
