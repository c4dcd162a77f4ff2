"""How made-up people answer in a rehearsal, as data. A board may read it; nobody approves it; it estimates nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .rules import ALWAYS, Rule

Weights = Mapping[int, float]
"""code → how often it is chosen, beside the other codes; for a choose_many how often it is ticked, from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaning:
    """Some people choose among the answers with other weights."""

    where: Rule
    weights: Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Misremembered:
    """What is told is not always what was: a share of those `where` the rule holds say `told` for what `was`."""

    of: str
    was: int
    told: int
    share: float
    where: Rule = ALWAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """Who takes part: some are so many `times` as likely to."""

    where: Rule
    times: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How people go about it: each is the share of people, or of questions, who do so."""

    skips: float = 0.03  # of questions: left empty
    refuses: float = 0.05  # of questions where it is offered: “not sure” or “prefer not to say”
    writes: float = 0.30  # of people: something in their own words
    skips_part: float = 0.03  # of people: a part that can be skipped as a whole
    changes: float = 0.10  # of people: an answer, before they send
    looks_again: float = 0.10  # of people: opens the story in a second window
    sends_twice: float = 0.10  # of people: presses Send twice
    leaves: float = 0.03  # of people: by the quick exit, somewhere on the way
    deletes: float = 0.03  # of people: at the end, instead of sending
    withdraws: float = 0.03  # of people: with the code, after sending


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUp:
    """The generating model of a study's made-up people. What it does not name is chance, all answers alike."""

    answers: Mapping[str, Weights] = field(default_factory=dict)  # column → weights
    depends: Mapping[str, tuple[Leaning, ...]] = field(default_factory=dict)  # column → the first that holds counts
    plant: Mapping[str, float] = field(default_factory=dict)  # id of a planned comparison → its effect
    recall: tuple[Misremembered, ...] = ()
    joins: tuple[Joining, ...] = ()
    habits: Habits = Habits()

    def null(self) -> MadeUp:
        """The same people with no structure at all: every planned comparison compares like with like."""
        return replace(self, depends={}, plant={}, recall=(), joins=())
