"""A CSV of anybody's: the columns that were asked for, as words, and every fault named by its line."""

from __future__ import annotations

import csv
import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from instruments.doors import WrongUse

EMPTY = ("", "NA")
SHOWN = 5  # so many faults are quoted
MOST = 100_000_000  # people in one table

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """The columns that were asked for, as words, how many people each row stands for, and what says “no answer”."""

    path: Path
    columns: dict[str, list[str]]
    times: Codes
    empty: tuple[str, ...]
    lines: tuple[int, ...]  # of the file, where each row ends

    def complete(self, names: Iterable[str]) -> Mask:
        """Which rows hold something in all of these columns."""
        wanted = [self.columns[name] for name in names]
        return np.array(
            [all(each[at] not in self.empty for each in wanted) for at in range(len(self.times))], dtype=bool
        )

    def together(self, names: Sequence[str], who: Mask) -> tuple[list[str], Codes]:
        """The kinds that these columns make together, in order, and each row's kind; −1 for whoever is not `who`."""
        crossed = list(zip(*(self.columns[name] for name in names), strict=True))
        kinds = sorted({crossed[at] for at in np.flatnonzero(who)}, key=lambda each: [_rank(part) for part in each])
        where = {kind: index for index, kind in enumerate(kinds)}
        codes = [where[kind] if there else -1 for kind, there in zip(crossed, who, strict=True)]
        return [" / ".join(kind) for kind in kinds], np.array(codes, dtype=np.int64)


def read(path: Path, names: Iterable[str], counts: str | None, missing: Sequence[str] = ()) -> Rows:
    """The named columns of a CSV. Raises WrongUse in words, with the line."""
    wanted = list(dict.fromkeys([*names, *([counts] if counts else [])]))
    try:
        with _opened(path) as file:
            reader = csv.reader(file)
            header = next(reader, [])
            if absent := [name for name in wanted if name not in header]:
                here = ", ".join(header) or "nothing"
                raise WrongUse(f"{path} has no column {', '.join(absent)}. Its first line names: {here}.")
            if twice := [name for name in wanted if header.count(name) > 1]:
                raise WrongUse(f"{path} names {', '.join(twice)} twice; say which one by renaming the other.")
            at = [header.index(name) for name in wanted]
            rows, lines = [], []
            for row in reader:
                if row and len(row) != len(header):
                    raise WrongUse(f"{path}:{reader.line_num}: {len(row)} cells, but the first line has {len(header)}.")
                if row:
                    rows.append([row[where].strip() for where in at])
                    lines.append(reader.line_num)
    except OSError as error:
        raise WrongUse(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise WrongUse(f"{path} cannot be read as CSV: {error}. It is saved as UTF-8 text with commas.") from error
    if not rows:
        raise WrongUse(f"{path} has no rows.")
    columns = {name: [row[index] for row in rows] for index, name in enumerate(wanted)}
    times = _times(path, columns[counts], lines) if counts else np.ones(len(rows), dtype=np.int64)
    return Rows(path, columns, times, (*EMPTY, *missing), tuple(lines))


def _opened(path: Path) -> AbstractContextManager[TextIO]:
    """The file, or what is piped in where it is called “-”."""
    return nullcontext(sys.stdin) if str(path) == "-" else path.open(encoding="utf-8-sig", newline="")


def steps(rows: Rows, column: str, levels: Sequence[str]) -> tuple[list[str], Numbers, Codes]:
    """The levels in order, their scores, and each row's level; −1 where there is no answer.

    Scores are the levels' own numbers where they rise, else 0, 1, 2, … Raises WrongUse for words without an
    order, and for answers outside the levels.
    """
    given = [(at, each) for at, each in zip(rows.lines, rows.columns[column], strict=True) if each not in rows.empty]
    order = list(levels) or _own_order(rows, column, given)
    if len({_alike(each) for each in order}) < len(order):
        raise WrongUse("--levels names a step twice.")
    where = {_alike(each): index for index, each in enumerate(order)}
    if outside := Counter(each for _, each in given if _alike(each) not in where):
        listed = ", ".join(f"“{each}” ({times} times)" for each, times in outside.most_common(SHOWN))
        raise WrongUse(
            f"{column} has answers that are not among --levels: {listed}. "
            f"If they stand for no answer, say --missing {','.join(sorted(outside))}."
        )
    numbers = [value for each in order if (value := as_number(each)) is not None]
    rising = len(numbers) == len(order) and numbers == sorted(numbers)
    scores = numbers if rising else [float(index) for index in range(len(order))]
    codes = [-1 if each in rows.empty else where[_alike(each)] for each in rows.columns[column]]
    return order, np.array(scores), np.array(codes, dtype=np.int64)


def _rank(kind: str) -> tuple[bool, float, str]:
    """Numbers by size, words by letter."""
    number = as_number(kind)
    return number is None, number or 0.0, kind


def as_number(said: str) -> float | None:
    """The number that was written, or None."""
    try:
        value = float(said)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def plain(value: Any) -> Any:
    """A value as JSON has it: what cannot be said is None, and so is a list of nothing else."""
    if isinstance(value, np.ndarray | list | tuple):
        listed = [plain(each) for each in value]
        return None if listed and all(each is None for each in listed) else listed
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return int(value) if isinstance(value, np.integer) else value


def _own_order(rows: Rows, column: str, given: list[tuple[int, str]]) -> list[str]:
    wrong = [f"{rows.path}:{line}: “{each}”" for line, each in given if as_number(each) is None]
    if wrong:
        raise WrongUse(f"{column} holds words; say their order with --levels. {'; '.join(wrong[:SHOWN])}.")
    first_said: dict[float, str] = {}
    for _, each in given:
        first_said.setdefault(float(each), each)
    return [first_said[value] for value in sorted(first_said)]


def _alike(said: str) -> str | float:
    """3 and 3.0 are the same step."""
    number = as_number(said)
    return said if number is None else number


def _times(path: Path, said: list[str], lines: list[int]) -> Codes:
    pairs = zip(lines, said, strict=True)
    wrong = [f"{path}:{line}: “{each}”" for line, each in pairs if not (each.isascii() and each.isdigit())]
    if wrong:
        raise WrongUse(f"--counts is a column of whole numbers: {'; '.join(wrong[:SHOWN])}.")
    numbers = [int(each) for each in said]
    if sum(numbers) > MOST:
        raise WrongUse(f"--counts stands for {sum(numbers):,} people; {MOST:,} is the most.")
    return np.array(numbers, dtype=np.int64)
