"""The analysis plan as data: derived columns, groups, planned comparisons. Run as it stands.

Five forms of derived columns and no more; tests are a closed list, so that a misspelt one is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from .rules import ALWAYS, Rule, Value
from .written import Place

Test = Literal[
    "brunner_munzel",  # probability of superiority, two groups
    "risk_difference",  # two shares, Newcombe's interval
    "stratified_superiority",  # superiority within strata, van Elteren
    "superiority_contrast",  # the difference between two superiorities
    "equivalence",  # two one-sided tests against the bounds of the plan
]
TESTS: tuple[str, ...] = get_args(Test)

Design = Literal["own_experience", "two_sides", "story"]
DESIGNS: tuple[str, ...] = get_args(Design)
"""What a finding may say: people report (no cause), two sides who are not pairs, or a randomised story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """1 where the rule holds, 0 elsewhere `among` those it can be said of, missing for the rest."""

    name: str
    place: Place
    rule: Rule
    among: Rule = ALWAYS
    means: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recode:
    """Old code → new code or word; a code that is not named is missing."""

    name: str
    place: Place
    of: str
    to: Mapping[int, Value]
    means: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstOf:
    """The first of these columns that was asked."""

    name: str
    place: Place
    of: tuple[str, ...]
    means: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanOf:
    """The mean of the answered columns, where at least so many were answered."""

    name: str
    place: Place
    of: tuple[str, ...]
    at_least: int
    means: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One scale answer minus another, where both are on the scale."""

    name: str
    place: Place
    of: str
    minus: str
    means: str | None = None


Derived = When | Recode | FirstOf | MeanOf | Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Those a rule picks out, and what a report calls them."""

    name: str
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Comparisons that share one Holm correction."""

    id: str
    title: str
    comparisons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One planned comparison: `first` against `second`, in that direction, `among` some people.

    `predicts` is "first" or "second": which group the hypothesis expects to be higher, or None.
    """

    id: str
    place: Place
    says: str  # the hypothesis, in words
    design: Design
    test: Test
    outcome: str
    outcome_in_words: str  # for “the higher answer to …” or “the share who …”
    first: Group
    second: Group
    among: Rule = ALWAYS
    predicts: Literal["first", "second"] | None = "first"
    contrast: tuple[Group, Group] | None = None
    strata: tuple[str, ...] = ()
    adjusted: str | None = None
    falsified_when: str | None = None
    planned_n: str | None = None
    smallest_group: int = 0  # below it nothing is computed, where the plan asks for more than `no_test`


@dataclass(frozen=True, slots=True, kw_only=True)
class Smallest:
    """The smallest effect of interest for each kind of effect."""

    superiority: float = 0.60
    risk_difference: float = 0.15
    contrast: float = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """Below `no_test` in the smaller group nothing is computed; below `permute` the test permutes."""

    no_test: int = 10
    permute: int = 30
    draws: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The columns that one adjusted analysis takes into account."""

    name: str
    place: Place
    terms: tuple[str, ...]
    means: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that was decided before the first answer."""

    status: str | None = None
    alpha: float = 0.05
    smallest: Smallest = Smallest()
    gates: Gates = Gates()
    leave_out: Rule | None = None  # people who are left out of every comparison
    split: tuple[Group, ...] = ()  # the groups that every distribution is also shown by
    derived: tuple[Derived, ...] = ()
    families: tuple[Family, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    models: tuple[Model, ...] = ()
    never_adjust_for: tuple[str, ...] = ()
    sensitivity: tuple[str, ...] = ()  # the runs beside the main one, in words
    exploratory: tuple[str, ...] = ()
    cautions: Mapping[str, str] = field(default_factory=dict)  # design → what a finding of it does not show
    notes: Mapping[str, str] = field(default_factory=dict)  # decisions that only words can say
