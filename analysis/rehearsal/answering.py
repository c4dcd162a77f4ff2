"""One question, many made-up people: what each would answer, with the weights and shifts that are theirs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from instruments.doors import WrongUse
from instruments.made_up import Habits, Weights
from instruments.model import NOT_SURE, ChooseMany, ChooseOne, Grid, Number, Question, Rating
from instruments.records import Column, columns_of
from instruments.terms import Choice

from .. import planting
from ..table import SKIPPED, UNKNOWN, Mask, Values

TICKED = 0.3  # of the answers of a choose_many, where nothing else is said

Chance = np.random.Generator
Leaned = Sequence[tuple[Mask, Weights]]
"""Who chooses with other weights; the first mask that holds counts, and the last holds for everybody."""
Shifts = Sequence[tuple[str, Mask, float]]
"""Planted effects: what plants it, whose answers move, and the superiority that they reach."""


def answered(
    question: Question, name: str, n: int, leaned: Leaned, shifts: Shifts, habits: Habits, chance: Chance
) -> dict[str, Values]:
    """Column → what `n` people would answer in this field; a refused number is its code above UNKNOWN."""
    refusals = getattr(question, "refusals", ())
    named = any(code >= NOT_SURE for _, weights in leaned for code in weights)
    out = _left_out(n, () if named else refusals, habits, chance)
    match question:
        case ChooseMany():
            return _ticks(question, n, leaned, out, chance)
        case Number(low=low, high=high):
            drawn = chance.integers(low, high + 1, n).astype(np.int32)
            return {name: np.where(out == 0, drawn, np.where(out > 0, UNKNOWN + out, out))}
        case Rating() | ChooseOne() | Grid():
            column = next(each for each in columns_of(question) if each.name == name)
            return {name: np.where(out == 0, _codes(column, n, leaned, shifts, chance), out)}
        case _:
            raise AssertionError(f"{question.id} has no answers")


def _left_out(n: int, refusals: Sequence[Choice], habits: Habits, chance: Chance) -> Values:
    """Who skips it and who refuses, with which code; 0 for everybody else."""
    skips, refuses = chance.random(n) < habits.skips, chance.random(n) < habits.refuses
    which = chance.integers(0, max(1, len(refusals)), n)
    found = np.zeros(n, dtype=np.int32)
    if refusals:
        found[refuses] = np.array([choice.code for choice in refusals], dtype=np.int32)[which[refuses]]
    found[skips] = SKIPPED
    return found


def _codes(column: Column, n: int, leaned: Leaned, shifts: Shifts, chance: Chance) -> Values:
    """Codes with the weights that hold for each person, moved along the scale where an effect is planted."""
    codes = np.array([choice.code for choice in column.choices], dtype=np.int32)
    kinds, which = _kinds(codes, leaned, n)
    shares = kinds[which]
    on_scale = np.isin(codes, column.scale)
    if shifts:
        scales = kinds[:, on_scale]
        mass = scales.sum(axis=1, keepdims=True)
        scales = scales / mass
        far = np.zeros(n)
        for id, whose, effect in shifts:
            far += np.where(
                whose, np.array([_distance(id, column.name, scale, effect) for scale in scales])[which], 0.0
            )
        shares = shares.copy()
        shares[:, on_scale] = planting.moved(scales[which], far) * mass[which]
    drawn = (chance.random(n)[:, None] >= np.cumsum(shares, axis=1)[:, :-1]).sum(axis=1)
    return np.asarray(codes[drawn])


def _kinds(codes: Values, leaned: Leaned, n: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The shares of each code for each kind of person, and who is of which kind."""
    which, kinds = np.full(n, -1), []
    for at, (who, weights) in enumerate(leaned):
        which = np.where((which < 0) & who, at, which)
        often = np.array([weights.get(int(code), 0.0) for code in codes])
        if not often.any():
            often = (codes < NOT_SURE).astype(np.float64)
        kinds.append(often / often.sum())
    return np.array(kinds), which


def _distance(id: str, column: str, scale: planting.Shares, effect: float) -> float:
    try:
        return planting.distance(scale, effect)
    except ValueError as error:
        raise WrongUse(f"{id} cannot be planted in “{column}”: {error}.") from error


def _ticks(question: ChooseMany, n: int, leaned: Leaned, out: Values, chance: Chance) -> dict[str, Values]:
    """Ticks, each with its own share; an answer that stands alone takes the others away."""
    codes = np.array([choice.code for choice in question.choices])
    which = np.full(n, -1)
    often = np.zeros((len(leaned), len(codes)))
    for at, (who, weights) in enumerate(leaned):
        which = np.where((which < 0) & who, at, which)
        often[at] = [weights.get(int(code), 0.0 if weights else TICKED) for code in codes]
    ticked = chance.random((n, len(codes))) < often[which]
    for at, code in enumerate(codes):
        if code in question.exclusive:
            ticked[ticked[:, at]] = np.arange(len(codes)) == at
    out = np.where((out == 0) & ~ticked.any(axis=1), SKIPPED, out)  # whoever ticks nothing has left it empty
    return {f"{question.id}_{code}": np.where(out == 0, ticked[:, at], out) for at, code in enumerate(codes)}
