"""A comparison with other columns in the model: proportional odds, its check, and bounds for whoever is lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from instruments.plan import Comparison, Model

from . import odds
from .estimates import odds_ratio
from .findings import Beside
from .table import Codes, Mask, Table

EVENTS_A_TERM = 10
TOO_WIDE = 5.0  # an error of a log odds ratio beyond it: the interval would reach from nothing to everything


@dataclass(frozen=True, slots=True, kw_only=True)
class Modelled:
    """People in both groups as patterns, the group (or its difference between parts) in column 0."""

    seen: odds.Patterns
    n: tuple[int, int]
    lost: int


def adjusted(table: Table, planned: Comparison, model: Model, groups: tuple[Mask, Mask]) -> list[Beside]:
    """The odds of a higher answer, first against second, with the model's columns held alike.

    For a contrast: how many times larger those odds are in its first part than in its second.
    """
    steps = table.steps(planned.outcome)
    made = modelled(table, planned, model.terms, groups, steps, gaps=False)
    says = f"adjusted for {', '.join(model.terms)} ({model.name}, proportional odds)"
    if planned.contrast:
        says = f"the difference as a ratio of odds ratios, {says}"
    found = [_fitted(made, says)]
    people = int(np.count_nonzero(groups[0] | groups[1]))
    if people and made.lost / people > table.study.plan.missing.bounds_over and not planned.contrast:
        found += _bounds(table, planned, model, groups, steps)
    return found


def modelled(
    table: Table, planned: Comparison, terms: Sequence[str], groups: tuple[Mask, Mask], steps: Codes, *, gaps: bool
) -> Modelled:
    """Count people by what they have in common; with `gaps`, an unknown column is a category of its own."""
    in_first = groups[0].astype(np.int64)
    covariates = [in_first]
    if planned.contrast:
        part = table.mask(planned.contrast[0].rule).astype(np.int64)
        covariates = [in_first * part, in_first, part]
    who = (groups[0] | groups[1]) & (steps >= 0)
    for term in terms:
        known, codes = table.kinds(term)
        if gaps:
            codes = np.where(codes < 0, len(known), codes)
        who = who & (codes >= 0)
        covariates.append(codes)
    shown = [codes[who] for codes in covariates]
    own = 3 if planned.contrast else 1
    found, counts, _ = odds.patterns(steps[who], len(table.levels[planned.outcome]), shown)
    design = [code[:, None].astype(float) for code in found[:own]] + [odds.dummies(code) for code in found[own:]]
    n = (int(np.count_nonzero(who & groups[0])), int(np.count_nonzero(who & groups[1])))
    lost = int(np.count_nonzero(groups[0] | groups[1])) - sum(n)
    return Modelled(seen=odds.Patterns(x=np.concatenate(design, axis=1), counts=counts), n=n, lost=lost)


def _fitted(made: Modelled, says: str, *, bound: bool = False) -> Beside:
    """The model's answer, or why there is none; a `bound` is one number, whatever its cuts say."""
    blank = Beside(says=says, n=made.n)
    if few := _too_few(made):
        return replace(blank, words=few)
    try:
        model = odds.fit(made.seen)
    except ValueError as reason:
        return replace(blank, words=f"No model: {reason}.")
    exact = f"{made.lost} people without an answer or a covariate are not in it." if made.lost else ""
    if model.separated:
        end = odds.end_of_interval(made.seen, 0, bool(model.slopes[0] > 0))
        side = "at least" if model.slopes[0] > 0 else "at most"
        told = f"The odds ratio is {side} {math.exp(end):.2f} (95 %, profile). " if end == end else ""
        return replace(blank, words="The groups are separated: no finite estimate.", exact=told + exact)
    if not model.settled:
        return replace(blank, words="No model: some of its columns determine each other.", exact=exact)
    cuts = odds.at_each_cut(made.seen)
    told = "At each cut of the scale " + ", ".join("–" if cut is None else f"{math.exp(cut):.2f}" for cut in cuts)
    slope, error, robust = model.slope(0)
    if len({cut > 0 for cut in cuts if cut is not None}) > 1 and not bound:
        words = "The odds are not proportional: no single odds ratio."
        return replace(blank, words=words, exact=f"{told}. {exact}")
    if not max(error, robust) < TOO_WIDE:
        return replace(blank, words="The model can tell next to nothing: its error is too large.", exact=exact)
    held = "Categories in which all answered alike are held at their end." if model.held else ""
    exact = f"Model error {error:.3f}, sandwich error {robust:.3f}. {told}. {exact}"
    return replace(blank, effect=odds_ratio(slope, robust), p=model.p(0), words=held, exact=exact)


def _too_few(made: Modelled) -> str:
    """Fewer than ten answers a term, counted as an ordered outcome is worth (Harrell 2015: n − Σ n³ / n²)."""
    counts = made.seen.counts.sum(axis=0)
    total = counts.sum()
    worth = total - (counts**3).sum() / total**2 if total else 0.0
    if worth >= EVENTS_A_TERM * made.seen.x.shape[1]:
        return ""
    return f"Fewer than {EVENTS_A_TERM} answers a term: rather read the effect within strata."


def _bounds(table: Table, planned: Comparison, model: Model, groups: tuple[Mask, Mask], steps: Codes) -> list[Beside]:
    """Everybody in the model: unknown columns as a category, missing outcomes at the worst and at the best."""
    highest, found = len(table.levels[planned.outcome]) - 1, []
    for says, of_first, of_second in (("worst case", 0, highest), ("best case", highest, 0)):
        filled = np.where((steps < 0) & groups[0], of_first, np.where((steps < 0) & groups[1], of_second, steps))
        made = modelled(table, planned, model.terms, groups, filled, gaps=True)
        found.append(_fitted(made, f"{says} for whoever {model.name} loses, everybody in the model", bound=True))
    return found
