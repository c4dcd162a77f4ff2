"""One question, many made-up people: what each would answer, with the weights and shifts that are theirs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
Far = NDArray[np.float64]
"""By how much, in log odds, each person's answer is moved along the scale; see `planting`."""


def answered(
    question: Question, name: str, n: int, leaned: Leaned, far: Far, habits: Habits, chance: Chance
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
            return {name: np.where(out == 0, _codes(column, n, leaned, far, chance), out)}
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


def _codes(column: Column, n: int, leaned: Leaned, far: Far, chance: Chance) -> Values:
    """Codes with the weights that hold for each person, moved along the scale where an effect is planted."""
    codes = np.array([choice.code for choice in column.choices], dtype=np.int32)
    every, which = kinds(column, leaned)
    shares, on_scale = every[which], np.isin(codes, column.scale)
    if far.any():
        mass = shares[:, on_scale].sum(axis=1, keepdims=True)
        scales = np.divide(shares[:, on_scale], mass, out=np.zeros((n, on_scale.sum())), where=mass > 0)
        shares[:, on_scale] = np.where(mass > 0, planting.moved(scales, far) * mass, 0.0)
    drawn = (chance.random(n)[:, None] >= np.cumsum(shares, axis=1)[:, :-1]).sum(axis=1)
    return np.asarray(codes[drawn])


def kinds(column: Column, leaned: Leaned) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The shares of each code for each kind of person, and who is of which kind."""
    found = []
    for _, weights in leaned:
        often = np.array([weights.get(choice.code, 0.0) for choice in column.choices])
        if not often.any():
            often = np.array([float(choice.code < NOT_SURE) for choice in column.choices])
        found.append(often / often.sum())
    return np.array(found), _of_which(leaned)


def _of_which(leaned: Leaned) -> NDArray[np.int64]:
    """The first leaning that fits each person; the last fits everybody."""
    return np.asarray(np.argmax([who for who, _ in leaned], axis=0))


def _ticks(question: ChooseMany, n: int, leaned: Leaned, out: Values, chance: Chance) -> dict[str, Values]:
    """Ticks, each with its own share; an answer that stands alone takes the others away."""
    codes = np.array([choice.code for choice in question.choices])
    often = np.array([[weights.get(int(code), 0.0 if weights else TICKED) for code in codes] for _, weights in leaned])
    shares = often[_of_which(leaned)]
    luck = chance.random((n, len(codes)))
    ticked = luck < shares
    nothing = ~ticked.any(axis=1) & shares.any(axis=1)
    nearest = np.argmin(np.divide(luck, shares, out=np.full(luck.shape, np.inf), where=shares > 0), axis=1)
    ticked[nothing, nearest[nothing]] = True  # whoever does not skip it ticks something
    for at, code in enumerate(codes):
        if code in question.exclusive:
            ticked[ticked[:, at]] = np.arange(len(codes)) == at
    out = np.where((out == 0) & ~ticked.any(axis=1), SKIPPED, out)
    return {f"{question.id}_{code}": np.where(out == 0, ticked[:, at], out) for at, code in enumerate(codes)}
