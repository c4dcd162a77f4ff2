"""Two groups of anybody's CSV: the same statistics as the report's, so that anyone can check us."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from instruments.doors import WrongUse

from .. import odds, ordinal, resampling, strata
from ..resampling import SEED
from .rows import Codes, Mask, Numbers, Rows, as_number, plain, read, steps

DRAWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What `compare` was asked for: columns, the two groups, and what may stand beside."""

    outcome: str
    group: str
    first: str
    second: str
    levels: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    adjust: tuple[str, ...] = ()
    cluster: str | None = None
    counts: str | None = None
    margin: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The rows of both groups: each row's step, and 1 for the first group, 0 for the second, −1 for neither."""

    rows: Rows
    answers: Codes
    group: Codes
    levels: int
    used: Mask

    def counts(self, which: int, among: Mask | None = None) -> Codes:
        """How many of a group gave each step."""
        who = self.used & (self.group == which) & (True if among is None else among)
        counted = np.bincount(self.answers[who], weights=self.rows.times[who], minlength=self.levels)
        return counted.astype(np.int64)

    def people(self, who: Mask) -> int:
        """How many people these rows stand for."""
        return int(self.rows.times[who].sum())


def compare(path: Path, asked: Asked) -> dict[str, Any]:
    """Every two-group statistic of the report, first versus second. What cannot be said is None; `notes` say why."""
    beside = (*asked.strata, *asked.adjust, *((asked.cluster,) if asked.cluster else ()))
    rows = read(path, (asked.outcome, asked.group, *beside), asked.counts, asked.missing)
    levels, scores, answers = steps(rows, asked.outcome, asked.levels)
    group = _groups(rows, asked)
    samples = Samples(rows=rows, answers=answers, group=group, levels=len(levels), used=(group >= 0) & (answers >= 0))
    first, second = samples.counts(1), samples.counts(0)
    for name, counts in ((asked.first, first), (asked.second, second)):
        if not counts.sum():
            raise WrongUse(f"Nobody in “{name}” answered {asked.outcome}: there is nothing to compare.")
    notes = [f"First is “{asked.first}”, second is “{asked.second}”; the steps in order: {', '.join(levels)}."]
    missing = {
        f"missing_{name}": samples.people((group == which) & (answers < 0))
        for name, which in (("first", 1), ("second", 0))
    }
    found = {"n_first": int(first.sum()), "n_second": int(second.sum()), **missing}
    found |= _two_groups(first, second, scores, notes)
    found |= _stratified(samples, asked.strata, notes)
    found |= _odds(samples, asked, notes)
    found |= _equivalence(first, second, asked.margin)
    return {key: plain(value) for key, value in found.items()} | {"notes": notes}


def _groups(rows: Rows, asked: Asked) -> Codes:
    if asked.first == asked.second:
        raise WrongUse("--first and --second name the same group.")
    said = rows.columns[asked.group]
    group = np.array([{asked.first: 1, asked.second: 0}.get(each, -1) for each in said], dtype=np.int64)
    for name, which in ((asked.first, 1), (asked.second, 0)):
        if not rows.times[group == which].sum():
            kinds = ", ".join(f"“{each}”" for each in list(dict.fromkeys(said))[:12])
            raise WrongUse(f"Nobody is in “{name}”. {asked.group} holds {kinds}.")
    return group


def _two_groups(first: Codes, second: Codes, scores: Numbers, notes: list[str]) -> dict[str, Any]:
    n, m = int(first.sum()), int(second.sum())
    found = ordinal.superiority(first, second)
    alike = np.count_nonzero(first + second) < 2
    alone = min(n, m) < 2
    if alone:
        notes.append("A group of one has no variance: no interval and no Brunner-Munzel test.")
    elif alike:
        notes.append("All answers are alike: no interval and no test.")
    elif found.separated:
        notes.append("Full separation: the open end is Newcombe's method 5; read permutation_p.")
    u, z, p = ordinal.mann_whitney(first, second)
    statistic, df, bm_p = (math.nan,) * 3 if alone else ordinal.brunner_munzel(first, second)
    exact = math.nan if alike else resampling.exact_mann_whitney(first, second)
    if n + m > resampling.EXACT_PEOPLE:
        notes.append(f"mwu_p_exact is for up to {resampling.EXACT_PEOPLE} people.")
    return {
        "ps": found.value,
        "ps_ci": (math.nan, math.nan) if alone else ordinal.interval(first, second),
        "cliffs_delta": 2 * found.value - 1,
        "bm_statistic": statistic,
        "bm_df": df,
        "bm_p": bm_p,
        "permutation_p": math.nan if alone or alike else resampling.permutation(first, second, DRAWS, SEED),
        "mwu_u": u,
        "mwu_z": z,
        "mwu_p": p,
        "mwu_p_exact": exact,
        "hodges_lehmann": ordinal.hodges_lehmann(scores.tolist(), first, second),
    }


def _stratified(samples: Samples, names: tuple[str, ...], notes: list[str]) -> dict[str, Any]:
    keys = ("stratified_ps", "stratified_ps_ci", "van_elteren_z", "van_elteren_p")
    if not names:
        return dict.fromkeys(keys)
    complete = samples.used & samples.rows.complete(names)
    _say_lost(samples, samples.used, complete, "strata", notes)
    kinds, stratum = samples.rows.together(names, complete)
    if not kinds:
        return dict.fromkeys(keys)
    firsts, seconds = (
        np.array([samples.counts(which, stratum == each) for each in range(len(kinds))]) for which in (1, 0)
    )
    found = strata.superiority(firsts, seconds)
    notes.append(f"{found.used} strata took part; {found.dropped} had fewer than two answers in one group.")
    return dict(zip(keys, (found.value, found.interval(), *strata.van_elteren(firsts, seconds)), strict=True))


def _odds(samples: Samples, asked: Asked, notes: list[str]) -> dict[str, Any]:
    keys = ("po_log_odds", "po_se", "po_robust_se", "po_p", "po_adjusted", "po_thresholds", "po_loglik")
    found: dict[str, Any] = dict.fromkeys(keys)
    used, cluster = samples.used, None
    if asked.cluster:
        used = used & samples.rows.complete((asked.cluster,))
        _say_lost(samples, samples.used, used, "clusters", notes)
        _, cluster = samples.rows.together((asked.cluster,), used)
    crude = _fitted(samples, used, (), cluster, notes)
    if crude is not None:
        slope, error, robust = crude.slope(0)
        found |= {"po_log_odds": slope, "po_se": error, "po_robust_se": robust, "po_p": crude.p(0)}
        found |= {"po_thresholds": crude.thresholds, "po_loglik": crude.loglik}
        notes.append(f"po_p is by the sandwich error{_over(crude)}; positive: the first group answers higher.")
    if asked.adjust:
        complete = used & samples.rows.complete(asked.adjust)
        _say_lost(samples, used, complete, "covariates", notes)
        made = _fitted(samples, complete, asked.adjust, cluster, notes)
        if made is not None:
            found["po_adjusted"], error, robust = made.slope(0)
            notes.append(
                f"po_adjusted is the log odds with {', '.join(asked.adjust)} in the model: "
                f"error {error:.6f}, sandwich error {robust:.6f}, p {made.p(0):.6g}."
            )
    return found


def _fitted(
    samples: Samples, who: Mask, covariates: tuple[str, ...], cluster: Codes | None, notes: list[str]
) -> odds.Fit | None:
    """The model of the first group against the second, or None with the reason in the notes."""
    people = np.flatnonzero(who)
    kinds = [samples.rows.together((name,), who) for name in covariates]
    codes, counts, clusters = odds.patterns(
        samples.answers[people],
        samples.levels,
        [samples.group[people], *(code[people] for _, code in kinds)],
        None if cluster is None else cluster[people],
        samples.rows.times[people],
    )
    design = [codes[0][:, None].astype(float)]
    for name, (names, _), code in zip(covariates, kinds, codes[1:], strict=True):
        numbers = [value for each in names if (value := as_number(each)) is not None]
        is_number = len(numbers) == len(names)
        design.append(np.array(numbers)[code][:, None] if is_number else odds.dummies(code))
        notes.append(f"{name} enters as {'a number' if is_number else f'{len(names)} categories'}.")
    seen = odds.Patterns(x=np.concatenate(design, axis=1), counts=counts, cluster=clusters)
    try:
        made = odds.fit(seen)
    except ValueError as error:
        notes.append(f"No proportional-odds model: {error}.")
        return None
    if made.settled:
        if made.held:
            notes.append("Covariate categories in which all answered alike are held at their end (log odds ±15).")
        return made
    if not made.separated:
        notes.append("No proportional-odds model: some of its columns determine each other.")
        return None
    upwards = bool(made.slopes[0] > 0)
    end = odds.end_of_interval(seen, 0, upwards)
    said = f"{'at least' if upwards else 'at most'} {end:.4f} by profile likelihood (95 %)"
    said = "no end of its interval is finite either" if math.isnan(end) else said
    notes.append(f"The proportional-odds model is separated, its log odds has no finite estimate: {said}.")
    return None


def _equivalence(first: Codes, second: Codes, margin: tuple[float, float] | None) -> dict[str, Any]:
    if margin is None or min(first.sum(), second.sum()) < 2:
        return {"tost_p": None, "tost_ci": None}
    return {
        "tost_p": ordinal.equivalence(first, second, *margin),
        "tost_ci": ordinal.interval(first, second, 0.90),
    }


def _over(made: odds.Fit) -> str:
    if made.clusters is None:
        return ""
    few = f", t with {made.clusters - 1} df" if made.clusters < odds.FEW_CLUSTERS else ""
    return f" over {made.clusters} clusters, times G / (G − 1){few}"


def _say_lost(samples: Samples, before: Mask, after: Mask, what: str, notes: list[str]) -> None:
    if lost := samples.people(before) - samples.people(after):
        notes.append(f"{lost} people without {what} are left out there.")
