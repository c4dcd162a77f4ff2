"""What hangs on what among made-up answers: in which order they are drawn, and which of them together."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter

from instruments.doors import WrongUse
from instruments.made_up import MadeUp
from instruments.model import ChooseMany, Note, Question, Study, Text
from instruments.plan import Comparison, Derived, Difference, FirstOf, MeanOf, Recode, When
from instruments.rules import ALWAYS, AllOf, Rule
from instruments.rules import columns as columns_in
from instruments.ways import fields

Block = tuple[Question, ...]
"""Questions that are drawn together, because a planted share lies in all of them."""


class Depending:
    """The questions of a study in the order in which made-up people come to their answers."""

    def __init__(self, study: Study, model: MadeUp) -> None:
        self.asked = [each for each in study.questions() if not isinstance(each, Note | Text)]
        self.derived = {each.name: each for each in study.plan.derived}
        self.owner = {name: each.id for each in self.asked for name in fields(each)}
        self.owner |= {
            f"{each.id}_{choice.code}": each.id
            for each in self.asked
            if isinstance(each, ChooseMany)
            for choice in each.choices
        }
        self.planted = [(each, model.plant[each.id]) for each in study.plan.comparisons if each.id in model.plant]
        self.blocks = self._blocks(model)

    def needed(self, rule: Rule = ALWAYS, of: Sequence[str] = ()) -> list[str]:
        """Every column behind a rule and some columns; derived ones come after those that they are made of."""
        found: dict[str, None] = {}

        def visit(name: str) -> None:
            for source in sorted(_sources(self.derived[name])) if name in self.derived else ():
                visit(source)
            found.setdefault(name)

        for name in (*of, *sorted(columns_in(rule))):
            visit(name)
        return list(found)

    def questions(self, rule: Rule = ALWAYS, of: Sequence[str] = ()) -> set[str]:
        """The questions behind a rule and some columns."""
        return {self.owner[name] for name in self.needed(rule, of) if name in self.owner}

    def shifted(self, comparison: Comparison) -> tuple[str, ...]:
        """The columns that a planted shift moves: the outcome, or all those that it is the first of."""
        made = self.derived.get(comparison.outcome)
        return made.of if isinstance(made, FirstOf) else (comparison.outcome,)

    def drawn_for(self, comparison: Comparison) -> set[str]:
        """The questions that a planted share is drawn in: those behind the outcome, and behind no group."""
        found = self.questions(of=(comparison.outcome,)) - self.questions(everybody(comparison))
        if not found:
            raise WrongUse(f"{comparison.id}: its outcome and its groups are the same answers; plant another effect.")
        return found

    def _blocks(self, model: MadeUp) -> list[Block]:
        block = {each.id: each.id for each in self.asked}
        waits = {each.id: self.questions(each.show_if) for each in self.asked}
        for name, leanings in model.depends.items():
            waits[self.owner[name]] |= {other for each in leanings for other in self.questions(each.where)}
        for comparison, _ in self.planted:
            causes = self.questions(everybody(comparison))
            if comparison.test == "risk_difference":
                outcome = self.drawn_for(comparison)
                together = {block[id] for id in outcome}
                block = {id: min(together) if name in together else name for id, name in block.items()}
            else:
                outcome = {self.owner[name] for name in self.shifted(comparison) if name in self.owner}
            for id in outcome:
                waits[id] |= causes
        between: dict[str, set[str]] = {block[each.id]: set() for each in self.asked}
        for id, others in waits.items():
            between[block[id]] |= {block[other] for other in others} - {block[id]}
        try:
            order = list(TopologicalSorter(between).static_order())
        except CycleError as error:
            told = " → ".join(error.args[1])
            raise WrongUse(f"What is planted goes round in a circle ({told}); plant fewer effects at once.") from error
        return [tuple(each for each in self.asked if block[each.id] == name) for name in order]


def everybody(comparison: Comparison) -> Rule:
    """Everything that decides who is in which group."""
    groups = (comparison.first, comparison.second, *(comparison.contrast or ()))
    return AllOf((comparison.among, *(group.rule for group in groups)))


def moved(comparison: Comparison) -> Rule:
    """Whose answers a planted effect moves: the first group, for a contrast in its first part."""
    parts = (comparison.contrast[0].rule,) if comparison.contrast else ()
    return AllOf((comparison.among, comparison.first.rule, *parts))


def _sources(derived: Derived) -> set[str]:
    match derived:
        case When(rule=rule, among=among):
            return set(columns_in(rule) | columns_in(among))
        case Recode(of=of):
            return {of}
        case FirstOf(of=several) | MeanOf(of=several):
            return set(several)
        case Difference(of=of, minus=minus):
            return {of, minus}
