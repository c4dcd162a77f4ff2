"""What the plan found: finished values. Their words and pictures are the report's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from instruments.plan import Comparison, Crossing, Sensitivity

Kind = Literal["superiority", "difference", "contrast", "odds_ratio", "risk_ratio"]
NO_EFFECT: dict[Kind, float] = {
    "superiority": 0.5, "difference": 0.0, "contrast": 0.0, "odds_ratio": 1.0, "risk_ratio": 1.0
}  # fmt: skip
Verdict = Literal["supported", "opposite", "equivalent", "inconclusive"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
Mark = Literal["planned", "deviated", "exploratory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its 95 % interval, and the 90 % interval that equivalence is judged by; nan for no interval."""

    kind: Kind
    value: float
    low: float
    high: float
    low_90: float
    high_90: float

    @property
    def no_effect(self) -> float:
        """Where neither group is higher."""
        return NO_EFFECT[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One group of a comparison: what it is called, and how many gave each step."""

    name: str
    counts: tuple[int, ...]

    @property
    def n(self) -> int:
        """How many answered."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A second look at a comparison: within strata, adjusted, one side alone.

    `words` say what is odd about it and hold no exact number; `exact` is for those who may see them.
    """

    says: str
    n: tuple[int, int]
    effect: Estimate | None = None
    p: float | None = None
    words: str = ""
    exact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one comparison found, or why there is nothing to find."""

    planned: Comparison
    family: str  # "" for an exploratory one
    n: tuple[int, int]
    missing: tuple[int, int]
    cells: tuple[Cell, ...]
    levels: tuple[float, ...]
    mark: Mark = "planned"
    refused: str | None = None  # why nothing was computed
    effect: Estimate | None = None
    test: str | None = None
    statistic: float | None = None
    df: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    verdict: Verdict | None = None
    small: bool = False  # real but smaller than we said would matter
    pilot: bool = False  # fewer people than planned: not a test
    notes: tuple[str, ...] = ()
    beside: tuple[Beside, ...] = ()

    @property
    def yes(self) -> tuple[int, int]:
        """Of a yes-or-no outcome: how many of each group said yes."""
        one = self.levels.index(1)
        return self.cells[0].counts[one], self.cells[1].counts[one]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """An exploratory table: counts, and how strongly rows and columns go together."""

    looked_at: Crossing
    rows: tuple[float | str, ...]
    columns: tuple[float | str, ...]
    counts: tuple[tuple[int, ...], ...]
    v: tuple[float, float, float] | None = None  # Cramér's V with its interval
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """A sensitivity run and what it gave, line by line."""

    run: Sensitivity
    lines: tuple[Beside, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that the plan asks for."""

    planned: tuple[Finding, ...]
    exploratory: tuple[Finding | Crossed, ...]
    sensitivity: tuple[Repeated, ...]
