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
    """One comparison: `first` against `second`, in that direction, `among` some people.

    `predicts` is "first" or "second": which group the hypothesis expects to be higher, or None. What stands in
    no family is exploratory: an interval, no verdict.
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
    adjusted: tuple[str, ...] = ()  # the models beside it
    apart: tuple[Group, ...] = ()  # also computed within each of these
    through: str | None = None  # a column on the path: how much of the effect is left where it is alike
    falsified_when: str | None = None
    planned_n: tuple[tuple[int, int], ...] = ()  # people in each group; any of these pairs is enough
    planned_for: str | None = None  # what that many people are enough for, in words
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
class Run:
    """A sensitivity run: the same comparisons with some columns taken `instead`, or `without` some people."""

    name: str
    place: Place
    says: str
    of: tuple[str, ...]
    instead: Mapping[str, str] = field(default_factory=dict)
    without: Rule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmeasured:
    """A sensitivity run: how strong an unmeasured cause would have to be, beside what measured ones do.

    `outcome` is a yes-or-no column, compared as a risk ratio that is standardised over the `adjusted` model.
    """

    name: str
    place: Place
    says: str
    of: tuple[str, ...]
    outcome: str
    adjusted: str
    beside: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """A sensitivity run: what if those with `more` of the outcome remembered the second group's mark less often.

    Shares between 0 and 1: how many recall it truly among `more` and the rest, how many recall it falsely.
    """

    name: str
    place: Place
    says: str
    of: tuple[str, ...]
    more: tuple[int, ...]  # steps of the outcome
    recalled_by_more: tuple[float, ...]
    recalled_by_less: float
    falsely: tuple[float, ...]


Sensitivity = Run | Unmeasured | Recall


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """An exploratory table: one column against another, `among` some people."""

    id: str
    place: Place
    says: str
    rows: str
    columns: str
    among: Rule = ALWAYS


Exploratory = Comparison | Crossing

Form = Literal["table", "bars", "ladder", "arms"]
FORMS: tuple[str, ...] = get_args(Form)
"""How a section shows its columns: shares a group, bars a group, columns beside each other, a bar a story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A section of the report that the study asks for."""

    name: str
    place: Place
    title: str
    form: Form
    columns: tuple[str, ...]
    called: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # column → role → what the section calls it
    among: Rule = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """How answers that are none are taken: what stays a category in tables, and when bounds are shown."""

    kept_in_tables: tuple[int, ...] = (97,)
    bounds_over: float = 0.10  # the share of people that an adjusted model loses


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
    missing: Missing = Missing()
    sensitivity: tuple[Sensitivity, ...] = ()
    exploratory: tuple[Exploratory, ...] = ()
    show: tuple[Shown, ...] = ()
    cautions: Mapping[str, str] = field(default_factory=dict)  # design → what a finding of it does not show
    notes: Mapping[str, str] = field(default_factory=dict)  # decisions that only words can say
