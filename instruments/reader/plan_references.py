"""Whether everything that the plan names exists: columns, models, comparisons, and what each of them may hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from ..model import Study
from ..plan import Comparison, Crossing, Derived, Difference, FirstOf, MeanOf, Recall, Recode, Run, Unmeasured, When
from ..records import columns
from ..rules import ALWAYS, Is, Rule, Value, leaves
from ..rules import columns as columns_in
from ..written import Place
from .references import Allowed, Elsewhere, cross_check, known_values, list_unread, nowhere, values_of
from .section import Problems, did_you_mean

START = Place("plan.yaml", 1)


class Nameable:
    """What a plan may name, gathered while its derived columns are read one after the other."""

    def __init__(self, study: Study, allowed: Allowed, elsewhere: Elsewhere, problems: Problems) -> None:
        self.study, self.elsewhere, self.problems = study, elsewhere, problems
        self.behind = dict(allowed)
        self.held = {column.name for column in columns(study)}
        self.yes_or_no = {each.name for each in study.plan.derived if isinstance(each, When)}
        self.yes_or_no |= {column.name for column in columns(study) if column.kind == "tick"}
        self.ordered = {column.name for column in columns(study) if column.scale or column.kind == "number"}
        self.ordered |= {each.name for each in study.plan.derived if not isinstance(each, When)}
        self.ordered |= {name for each in study.questions() if list_unread(each) for name in values_of(each)}

    def rule(self, rule: Rule, place: Place) -> None:
        """Note what a rule looks at and is not there."""
        for leaf in leaves(rule):
            self.leaf(leaf, place)

    def leaf(self, leaf: Is, place: Place) -> None:
        """The same for one of its leaves."""
        if leaf.column in self.behind:
            known_values(leaf, self.behind[leaf.column], place, self.problems)
        else:
            nowhere(leaf.column, set(self.behind), self.elsewhere, place, self.problems)

    def names(self, names: Iterable[str], place: Place) -> None:
        """Note every column that is named and is not there."""
        for name in names:
            if name not in self.held:
                nowhere(name, set(self.held), self.elsewhere, place, self.problems)

    def known(self, name: str, among: Iterable[str], what: str, place: Place) -> None:
        """Note a name that is none of these."""
        known = set(among)
        if name not in known:
            self.problems.add(place, f"“{name}” is not {what}{did_you_mean(name, known)}", "leads-nowhere")


def nameable(study: Study, problems: Problems) -> Nameable:
    """What another file beside the plan may name, of a study that is sound."""
    allowed, elsewhere = cross_check(study, set(), set(), Problems())
    here = Nameable(study, allowed, elsewhere, Problems())
    for each in study.plan.derived:
        _derived(each, here)
    here.problems = problems
    return here


def plan_leads_somewhere(study: Study, allowed: Allowed, elsewhere: Elsewhere, problems: Problems) -> None:
    """Note every name in the plan that leads nowhere."""
    here, plan = Nameable(study, allowed, elsewhere, problems), study.plan
    for each in plan.derived:
        _derived(each, here)
    for rule in (plan.leave_out or ALWAYS, *(group.rule for group in plan.split)):
        here.rule(rule, START)
    for model in plan.models:
        here.names(model.terms, model.place)
        for term in set(model.terms) & set(plan.never_adjust_for):
            problems.add(model.place, f"adjusts for “{term}”, which “never_adjust_for” forbids")
    here.names(plan.never_adjust_for, START)
    for comparison in plan.comparisons:
        _comparison(comparison, here)
    for run in plan.sensitivity:
        _sensitivity(run, here)
    for looked_at in plan.exploratory:
        if isinstance(looked_at, Crossing):
            here.names((looked_at.rows, looked_at.columns), looked_at.place)
            here.rule(looked_at.among, looked_at.place)
        else:
            _comparison(looked_at, here)
    for section in plan.show:
        here.names(section.columns, section.place)
        here.rule(section.among, section.place)


def _derived(each: Derived, here: Nameable) -> None:
    for name in _looked_at(each):
        if name not in (here.behind if isinstance(each, When) else here.held):
            nowhere(name, set(here.behind), here.elsewhere, each.place, here.problems)
    for leaf in _leaves_of(each):
        known_values(leaf, here.behind.get(leaf.column, frozenset()), each.place, here.problems)
    here.behind[each.name] = _derived_values(each)
    here.held.add(each.name)


def _comparison(comparison: Comparison, here: Nameable) -> None:
    groups = (comparison.first, comparison.second, *(comparison.contrast or ()), *comparison.apart)
    for rule in (comparison.among, *(group.rule for group in groups)):
        here.rule(rule, comparison.place)
    on_the_path = (comparison.through,) if comparison.through else ()
    here.names((comparison.outcome, *comparison.strata, *on_the_path), comparison.place)
    _outcome(comparison, here)
    for model in comparison.adjusted:
        here.known(model, (each.name for each in here.study.plan.models), "a model of the plan", comparison.place)
    if (comparison.test == "superiority_contrast") != (comparison.contrast is not None):
        message = f"{comparison.id}: “contrast” and the test superiority_contrast belong together"
        here.problems.add(comparison.place, message)
    if comparison.test == "stratified_superiority" and not comparison.strata:
        here.problems.add(comparison.place, f"{comparison.id}: the test stratified_superiority needs “strata”")


def _outcome(comparison: Comparison, here: Nameable) -> None:
    """A share needs a yes-or-no column, everything else one whose answers have an order."""
    outcome = comparison.outcome
    if outcome not in here.yes_or_no | here.ordered | {column.name for column in columns(here.study)}:
        return
    if comparison.test == "risk_difference" and outcome not in here.yes_or_no:
        message = f"{comparison.id}: “{outcome}” is not yes or no; derive a column with `when` for a share"
        here.problems.add(comparison.place, message)
    elif comparison.test != "risk_difference" and outcome not in here.ordered | here.yes_or_no:
        here.problems.add(comparison.place, f"{comparison.id}: the answers of “{outcome}” have no order")


def _sensitivity(run: Run | Unmeasured | Recall, here: Nameable) -> None:
    plan = here.study.plan
    for id in run.of:
        here.known(id, (each.id for each in plan.comparisons), "a comparison of the plan", run.place)
    match run:
        case Run(instead=instead, without=without):
            here.names((*instead, *instead.values()), run.place)
            here.rule(without or ALWAYS, run.place)
        case Unmeasured(outcome=outcome, adjusted=adjusted, beside=beside):
            here.names((outcome,), run.place)
            if outcome in here.held and outcome not in here.yes_or_no:
                here.problems.add(run.place, f"“{outcome}” is not yes or no; a risk ratio needs a share")
            here.known(adjusted, (each.name for each in plan.models), "a model of the plan", run.place)
            for group in beside:
                here.rule(group.rule, run.place)
        case Recall(more=more, recalled_by_more=recalled, recalled_by_less=less, falsely=falsely):
            if falsely and recalled and max(falsely) >= min((*recalled, less)):
                here.problems.add(run.place, "more would recall falsely than truly; nothing can be said then")
            for comparison in plan.comparisons:
                if comparison.id in run.of:
                    here.leaf(Is(comparison.outcome, more), run.place)
        case _:
            assert_never(run)


def _looked_at(derived: Derived) -> frozenset[str]:
    match derived:
        case When(rule=rule, among=among):
            return columns_in(rule) | columns_in(among)
        case Recode(of=of):
            return frozenset({of})
        case FirstOf(of=of) | MeanOf(of=of):
            return frozenset(of)
        case Difference(of=of, minus=minus):
            return frozenset({of, minus})
        case _:
            assert_never(derived)


def _leaves_of(derived: Derived) -> tuple[Is, ...]:
    rules: tuple[Rule, ...] = (derived.rule, derived.among) if isinstance(derived, When) else ()
    return tuple(leaf for rule in rules for leaf in leaves(rule))


def _derived_values(derived: Derived) -> frozenset[Value]:
    match derived:
        case When():
            return frozenset({0, 1})
        case Recode(to=to):
            return frozenset(to.values())
        case _:
            return frozenset()
