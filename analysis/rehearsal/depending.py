"""What hangs on what among made-up answers: in which order they are drawn, and which of them together."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import permutations

from instruments.doors import WrongUse
from instruments.made_up import MadeUp
from instruments.model import ChooseMany, Note, Question, Study, Text
from instruments.plan import Comparison, Derived, Difference, FirstOf, MeanOf, Recode, When
from instruments.rules import ALWAYS, AllOf, AnyOf, Rule
from instruments.rules import columns as columns_in
from instruments.ways import fields, possible

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
        self._apart(study)
        self._in_time(study, model)
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

    def behind(self, comparison: Comparison) -> set[str]:
        """Every question that decides who is compared, and on what, and what these hang on."""
        found: set[str] = set()
        left = self.questions(everybody(comparison), (comparison.outcome,))
        while left:
            found |= left
            together = {each.id for block in self.blocks for each in block if found & {one.id for one in block}}
            left = (together | {other for id in found for other in self.waits[id]}) - found
        return found

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

    def _apart(self, study: Study) -> None:
        """No planted effect moves those whom another one compares, in the same answers: neither would be there then."""
        shifts = [each for each, _ in self.planted if each.test != "risk_difference"]
        for one, other in permutations([each for each, _ in self.planted], 2):
            if other not in shifts or not self._answers(one) & self._answers(other):
                continue
            both = AllOf((moves(other), compared(one)))
            if any(possible(study, role.id, both) for role in study.roles):
                listed = ", ".join(sorted(self._answers(one) & self._answers(other)))
                raise WrongUse(f"{one.id} and {other.id} lie in the same answers ({listed}); plant one of them alone.")

    def _answers(self, comparison: Comparison) -> set[str]:
        """The questions whose answers a planted effect changes."""
        if comparison.test == "risk_difference":
            return self.drawn_for(comparison)
        return {self.owner[name] for name in self.shifted(comparison) if name in self.owner}

    def _in_time(self, study: Study, model: MadeUp) -> None:
        """Nothing that is said before the story hangs on it, or on what is said after it; nor does taking part."""
        told = next((at for at, part in enumerate(study.parts) if part.told), len(study.parts))
        late = {each.id for part in study.parts[told:] for page in part.pages for each in page}
        drawn = {factor.id for factor in study.story.factors} if study.story else set()
        looks = [(f"“{name}”", self.owner[name], each.where) for name, all_ in model.depends.items() for each in all_]
        looks += [(f"what is told of “{slip.of}”", self.owner[slip.of], slip.where) for slip in model.recall]
        looks += [("taking part", "", each.where) for each in model.joins]
        for what, question, where in looks:
            if question not in late and (later := (self.questions(where) & late) | (set(self.needed(where)) & drawn)):
                raise WrongUse(f"rehearsal.yaml: {what} comes before the story, and cannot hang on {sorted(later)[0]}.")

    def _blocks(self, model: MadeUp) -> list[Block]:
        block = {each.id: each.id for each in self.asked}
        self.waits = waits = {each.id: self.questions(each.show_if) for each in self.asked}
        for name, leanings in model.depends.items():
            waits[self.owner[name]] |= {other for each in leanings for other in self.questions(each.where)}
        for comparison, _ in self.planted:
            causes = self.questions(everybody(comparison))
            if comparison.test == "risk_difference":
                outcome = self.drawn_for(comparison)
                together = {block[id] for id in outcome}
                block = {id: min(together) if name in together else name for id, name in block.items()}
            else:
                outcome = self._answers(comparison)
            for id in outcome:
                waits[id] |= causes
        for id, others in waits.items():
            if id in others:
                raise WrongUse(f"rehearsal.yaml: “{id}” hangs on itself.")
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


def compared(comparison: Comparison) -> Rule:
    """Who is in one of its groups."""
    groups = AnyOf((comparison.first.rule, comparison.second.rule))
    parts = (AnyOf(tuple(part.rule for part in comparison.contrast)),) if comparison.contrast else ()
    return AllOf((comparison.among, groups, *parts))


def moves(comparison: Comparison) -> Rule:
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
