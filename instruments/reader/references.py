"""Whether everything that is named exists, and rules point backwards only, in every order of parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import assert_never

from ..model import ChooseMany, ChooseOne, Question, Rating, Study
from ..plan import Comparison, Derived, Difference, FirstOf, MeanOf, Recode, When
from ..records import Column, columns, columns_of
from ..route import arms
from ..rules import ALWAYS, BLANK, Is, Rule, Value, leaves
from ..rules import columns as columns_in
from ..written import Place
from .section import Problems, did_you_mean

Allowed = Mapping[str, frozenset[Value]]
"""column → the values a rule may look for; empty where any may be."""


def cross_check(study: Study, off: set[str], problems: Problems) -> None:
    """Note every name that leads nowhere."""
    _names_once(study, problems)
    allowed = _facts_allowed(study)
    for question in study.questions():
        _question(question, study, problems)
    for order in _orders(study):
        _backwards(order, allowed, off, problems)
    _plan(study, {**allowed, **_questions_allowed(study)}, off, problems)


def _names_once(study: Study, problems: Problems) -> None:
    used = Counter(each.id for each in study.questions())
    used.update(column.name for column in columns(study) if column.name not in used)
    taken = {column.name for column in columns(study) if column.question is None} | {"kind", "fingerprint", "format"}
    seen: set[str] = set()
    for question in study.questions():
        for name in {question.id, *(column.name for column in columns(study) if column.question == question.id)}:
            if name in seen or name in taken:
                problems.add(question.place, f"“{name}” is already the name of a column")
            seen.add(name)
    derived = Counter(each.name for each in study.plan.derived)
    for each in study.plan.derived:
        if each.name in seen | taken or derived[each.name] > 1:
            problems.add(each.place, f"“{each.name}” is already the name of a column")


def _question(question: Question, study: Study, problems: Problems) -> None:
    if question.beside is not None and study.question(question.beside) is None:
        known = {each.id for each in study.questions()}
        problems.add(
            question.place, f"beside: “{question.beside}” is not a question{did_you_mean(question.beside, known)}"
        )
    if isinstance(question, Rating) and question.flip not in (None, question.id):
        other = study.question(str(question.flip))
        if not isinstance(other, Rating) or other.flip != other.id:
            problems.add(question.place, f"flip: with {question.flip}, which is not a rating that flips by itself")
    if isinstance(question, ChooseOne | ChooseMany):
        codes = {choice.code for choice in (*question.choices, *question.refusals)}
        named = {*question.last, *(question.exclusive if isinstance(question, ChooseMany) else ())}
        for code in sorted(named - codes):
            problems.add(question.place, f"code {code} is not one of the choices of “{question.id}”")


def _orders(study: Study) -> Iterable[list[Question]]:
    """The questions in every order of parts that somebody may meet."""
    by_id = {part.id: part for part in study.parts}
    first, second = study.either_order or ((), ())
    orders = [list(first) + list(second), list(second) + list(first)] if study.either_order else [[]]
    for order in orders:
        swapped = iter(order)
        parts = [by_id[next(swapped)] if part.id in order else part for part in study.parts]
        yield [question for part in parts for page in part.pages for question in page]


def _backwards(order: list[Question], facts: Allowed, off: set[str], problems: Problems) -> None:
    every = {name for question in order for name in _values_of(question)}
    behind: dict[str, frozenset[Value]] = dict(facts)
    for question in order:
        for leaf in leaves(question.show_if):
            if leaf.column in behind:
                _known_values(leaf, behind[leaf.column], question.place, problems)
            elif leaf.column in every:
                message = f"“{question.id}” looks at “{leaf.column}”, which comes later (in one of the orders at least)"
                problems.add(question.place, message)
            else:
                _nowhere(leaf.column, every | set(facts), off, question.place, problems)
        behind.update(_values_of(question))


def _plan(study: Study, allowed: Allowed, off: set[str], problems: Problems) -> None:
    plan, behind = study.plan, dict(allowed)
    for each in plan.derived:
        for name in _looked_at(each):
            if name not in behind:
                _nowhere(name, set(behind), off, each.place, problems)
        for leaf in _leaves_of(each):
            _known_values(leaf, behind.get(leaf.column, frozenset()), each.place, problems)
        behind[each.name] = _derived_values(each)
    start = Place("plan.yaml", 1)
    for leaf in (
        leaf for rule in (plan.leave_out or ALWAYS, *(group.rule for group in plan.split)) for leaf in leaves(rule)
    ):
        _leaf(leaf, behind, off, start, problems)
    models = {model.name: model for model in plan.models}
    for model in plan.models:
        for term in model.terms:
            if term not in behind:
                _nowhere(term, set(behind), off, model.place, problems)
            if term in plan.never_adjust_for:
                problems.add(model.place, f"adjusts for “{term}”, which “never_adjust_for” forbids")
    for comparison in plan.comparisons:
        for leaf in _comparison_leaves(comparison):
            _leaf(leaf, behind, off, comparison.place, problems)
        for name in (comparison.outcome, *comparison.strata):
            if name not in behind:
                _nowhere(name, set(behind), off, comparison.place, problems)
        if comparison.adjusted is not None and comparison.adjusted not in models:
            meant = did_you_mean(comparison.adjusted, set(models))
            problems.add(comparison.place, f"“{comparison.adjusted}” is not a model of the plan{meant}")
        if (comparison.test == "superiority_contrast") != (comparison.contrast is not None):
            problems.add(
                comparison.place, f"{comparison.id}: “contrast” and the test superiority_contrast belong together"
            )


def _comparison_leaves(comparison: Comparison) -> tuple[Is, ...]:
    groups = (comparison.first, comparison.second, *(comparison.contrast or ()))
    return (*leaves(comparison.among), *(leaf for group in groups for leaf in leaves(group.rule)))


def _leaf(leaf: Is, behind: Allowed, off: set[str], place: Place, problems: Problems) -> None:
    if leaf.column in behind:
        _known_values(leaf, behind[leaf.column], place, problems)
    else:
        _nowhere(leaf.column, set(behind), off, place, problems)


def _nowhere(name: str, known: set[str], off: set[str], place: Place, problems: Problems) -> None:
    if name in off:
        problems.add(place, f"“{name}” is in a module that is off")
    else:
        problems.add(place, f"“{name}” is not a question or column{did_you_mean(name, known)}")


def _known_values(leaf: Is, allowed: frozenset[Value], place: Place, problems: Problems) -> None:
    for value in leaf.any_of:
        if allowed and value not in allowed and value != BLANK:
            problems.add(place, f"“{leaf.column}” is never “{value}”")


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


def _facts_allowed(study: Study) -> dict[str, frozenset[Value]]:
    allowed: dict[str, frozenset[Value]] = {
        column.name: frozenset({0, 1}) if column.kind == "tick" else frozenset()
        for column in columns(study)
        if column.question is None
    }
    allowed["role"] = frozenset(role.id for role in study.roles)
    if study.either_order:
        allowed["came_first"] = frozenset(part[0] for part in study.either_order)
    for factor in study.story.factors if study.story else ():
        allowed[factor.id] = frozenset(arm[factor.id] for arm in arms(study.story))  # type: ignore[arg-type]
    return allowed


def _values_of(question: Question) -> dict[str, frozenset[Value]]:
    """What a rule on the way may look for: a question by its id, a grid by its rows."""
    if isinstance(question, ChooseMany):
        return {question.id: frozenset(choice.code for choice in (*question.choices, *question.refusals))}
    return {column.name: _codes(column) for column in columns_of(question)}


def _questions_allowed(study: Study) -> dict[str, frozenset[Value]]:
    return {name: values for question in study.questions() for name, values in _values_of(question).items()}


def _codes(column: Column) -> frozenset[Value]:
    return frozenset() if column.kind == "number" else frozenset(choice.code for choice in column.choices)
