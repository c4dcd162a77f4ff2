"""Hiding: small cells, and what would give them back. Everything that a report shows of people passes through here.

Cells under k are hidden, then others until what is hidden cannot be worked out from the sums beside it
(complementary suppression; Hundepool et al. 2012, Statistical Disclosure Control, chapter 4). For the public every
number is rounded to 5 by itself as well, so that sums and differences are not exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from instruments.model import Study

from .solving import given_away

Shown = int | None  # None is hidden
Counts = NDArray[np.int64]
Hidden = NDArray[np.bool_]
Name = Literal["public", "team"]
ROUNDED = 5


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads: the smallest number that is shown, and whether numbers are rounded."""

    name: Name
    k: int
    rounded: bool

    def count(self, n: int) -> Shown:
        """One number of people, by itself."""
        return None if n < self.k else _rounded(n) if self.rounded else n


def audience(study: Study, name: Name) -> Audience:
    """The audience as the study's privacy settings have it."""
    privacy = study.privacy
    return Audience(name, privacy.min_cell_public if name == "public" else privacy.min_cell_team, name == "public")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A table of counts, groups × columns, not yet safe to show.

    The first `steps` of the columns are answers, the rest are kinds of missing. `part_of` says for each
    group in which earlier one it lies, or None.
    """

    id: str
    title: str
    groups: tuple[str, ...]
    columns: tuple[str, ...]
    steps: int
    on_scale: int  # how many of the steps, from the first on, have an order
    counts: tuple[tuple[int, ...], ...]
    part_of: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The same table, safe to show: None where a number is hidden."""

    id: str
    title: str
    groups: tuple[str, ...]
    columns: tuple[str, ...]
    steps: int
    on_scale: int
    cells: tuple[tuple[Shown, ...], ...]
    asked: tuple[Shown, ...]  # each group's people
    answered: tuple[Shown, ...]  # those of them who gave one of the steps
    part_of: tuple[int | None, ...]
    stamp: str | None = None

    @property
    def hidden(self) -> int:
        """How many numbers are not shown."""
        return sum(cell is None for row in self.cells for cell in row)

    def shares(self, group: int) -> tuple[float | None, ...]:
        """Per cent a step, of those who answered; None where hidden."""
        of = self.answered[group]
        row = self.cells[group][: self.steps]
        return tuple(None if cell is None or not of else min(100.0, 100 * cell / of) for cell in row)


def published(made: Counted, who: Audience) -> Published:
    """The table as this audience may see it."""
    cells = np.array(made.counts, dtype=np.int64).reshape(len(made.groups), len(made.columns))
    answered, asked = cells[:, : made.steps].sum(axis=1), cells.sum(axis=1)
    counts = np.concatenate([cells, answered[:, None], asked[:, None]], axis=1)
    hidden = _hidden(counts, made.steps, made.part_of, who)
    shown = [
        tuple(None if hid else _rounded(int(n)) if who.rounded else int(n) for n, hid in zip(row, hides, strict=True))
        for row, hides in zip(counts, hidden, strict=True)
    ]
    return Published(
        id=made.id,
        title=made.title,
        groups=made.groups,
        columns=made.columns,
        steps=made.steps,
        on_scale=made.on_scale,
        cells=tuple(row[:-2] for row in shown),
        answered=tuple(row[-2] for row in shown),
        asked=tuple(row[-1] for row in shown),
        part_of=made.part_of,
    )


def stamped(table: Published, stamp: str | None) -> Published:
    """The table with the word that says it is no result."""
    return replace(table, stamp=stamp)


def _rounded(n: int) -> int:
    """To the nearest 5."""
    return ROUNDED * ((n + ROUNDED // 2) // ROUNDED)


def _hidden(counts: Counts, steps: int, part_of: tuple[int | None, ...], who: Audience) -> Hidden:
    """Which numbers are hidden: the small ones, then whatever would give them back, until nobody can solve for one.

    The last two columns are how many answered and how many were asked. What lies between them, the missing,
    is a number of people too: where it is small, how many were asked is hidden.
    """
    hidden = _beside(counts, counts < who.k, steps, part_of, who.k)
    while hidden.any():
        away = given_away(counts, hidden, steps, part_of, who.k, ROUNDED // 2 if who.rounded else 0)
        if not away.any():
            break
        for group, column in np.argwhere(away):
            _hide_one_more(counts, hidden, int(group), int(column), steps)
        hidden = _beside(counts, hidden, steps, part_of, who.k)
    return hidden


def _beside(counts: Counts, hidden: Hidden, steps: int, part_of: tuple[int | None, ...], k: int) -> Hidden:
    """What a sum or a difference would give back at a glance, until nothing changes."""
    hidden[:, -1] |= counts[:, -1] - counts[:, -2] < k
    while True:
        before = hidden.copy()
        for row, hides in zip(counts, hidden, strict=True):
            hides[-2] |= not _covered(row[:steps], hides[:steps], k)
            hides[-1] |= not _covered(row[steps:-2], hides[steps:-2], k)
            hides[-1] |= hides[-2]  # who was asked, less the missing, is who answered
        for parent in sorted({each for each in part_of if each is not None}):
            parts = [at for at, each in enumerate(part_of) if each == parent]
            for column in range(counts.shape[1]):
                _cover_parts(counts[:, column], hidden[:, column], parent, parts, k)
        if (hidden == before).all():
            return hidden


def _covered(counts: Counts, hidden: Hidden, k: int) -> bool:
    """Hide the smallest until two or more hide at least k people together; False if their sum must be hidden too."""

    def exposed() -> bool:
        return bool(hidden.any() and (hidden.sum() < 2 or counts[hidden].sum() < k))

    while exposed() and not hidden.all():
        hidden[np.where(hidden, counts.max() + 1, counts).argmin()] = True
    return not exposed()


def _hide_one_more(counts: Counts, hidden: Hidden, group: int, column: int, steps: int) -> None:
    """Loosen a cell that can be solved for: a number of its row, else a sum of it, else a number of its column."""
    row = slice(0, steps) if column < steps else slice(steps, counts.shape[1] - 2)
    for numbers, hides in ((counts[group, row], hidden[group, row]), (counts[:, column], hidden[:, column])):
        if not hides.all():
            hides[np.where(hides, counts.max() + 1, numbers).argmin()] = True
            return
        if not hidden[group, -2:].all():
            hidden[group, -2:] = True
            return
    hidden[:] = True  # nothing else can be said about these people


def _cover_parts(counts: Counts, hidden: Hidden, parent: int, parts: list[int], k: int) -> None:
    """A whole and its parts: no part may be the whole less the others, nor the whole their sum."""
    rest = int(counts[parent] - counts[parts].sum())  # in none of the parts, and shown nowhere
    while not all(hidden[parts]):
        away = sum(int(counts[part]) for part in parts if hidden[part]) + rest
        exposed = any(hidden[parts]) and not hidden[parent] and away < k
        given_back = hidden[parent] and not any(hidden[parts])
        if not exposed and not given_back:
            return
        hidden[min((part for part in parts if not hidden[part]), key=lambda part: int(counts[part]))] = True
