"""Whether everything that is named exists, and rules point backwards only, in every order of parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from ..model import HIGHEST_CODE, ChooseMany, ChooseOne, Grid, Note, Number, Question, Rating, Study, Text
from ..plan import Comparison, Derived, Difference, FirstOf, MeanOf, Recode, When
from ..records import MISSING_SUFFIX, columns, columns_of
from ..route import arms, in_order
from ..rules import ALWAYS, BLANK, Is, Rule, Value, leaves
from ..rules import columns as columns_in
from ..written import Place
from .section import Problems, did_you_mean

Allowed = Mapping[str, frozenset[Value]]
"""column → the values a rule may look for; empty where any may be."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Names that exist and yet lead nowhere: in modules that are off, unreadable, or of words and notes."""

    off: set[str]
    unread: set[str]
    words: set[str]


def cross_check(study: Study, off: set[str], unread: set[str], problems: Problems) -> None:
    """Note every name that leads nowhere."""
    words = {each.id for each in study.questions() if isinstance(each, Text | Note)}
    elsewhere = Elsewhere(off, unread, words)
    _names_once(study, problems)
    allowed = _facts_allowed(study)
    for question in study.questions():
        _question(question, study, problems)
    for order in _orders(study):
        _backwards(order, allowed, elsewhere, problems)
    _plan(study, {**allowed, **_questions_allowed(study)}, elsewhere, problems)


def _names_once(study: Study, problems: Problems) -> None:
    """Every name that becomes a column, a word in rules or a field stands for one thing."""
    own = [(tick.id, tick.place) for tick in study.consent]
    own += [(factor.id, factor.place) for factor in study.story.factors] if study.story else []
    facts = Counter(column.name for column in columns(study) if column.question is None)
    facts.subtract(name for name, _ in own)  # what is left are the names that the records need themselves
    claims = [(name, Place("study.yaml", 1)) for name, count in facts.items() if count > 0]
    claims += own
    for question in study.questions():
        names = {question.id}
        for column in columns_of(question):
            names |= {column.name, column.name + MISSING_SUFFIX} if column.kind == "number" else {column.name}
        claims += [(name, question.place) for name in sorted(names)]
    claims += [(each.name, each.place) for each in study.plan.derived]
    seen = {"kind", "fingerprint", "format", "question", "text", "texts"}
    for name, place in claims:
        if name in seen:
            problems.add(place, f"“{name}” is already the name of a column")
        seen.add(name)


def _question(question: Question, study: Study, problems: Problems) -> None:
    if question.beside is not None and study.question(question.beside) is None:
        known = {each.id for each in study.questions()}
        problems.add(
            question.place, f"beside: “{question.beside}” is not a question{did_you_mean(question.beside, known)}"
        )
    other = study.question(question.beside) if question.beside else None
    if other is not None and _codes_of(other) != _codes_of(question):
        problems.add(question.place, f"“{question.id}” stands beside “{question.beside}”, but their codes differ")
    if isinstance(question, Rating) and question.flip not in (None, question.id):
        leader = study.question(str(question.flip))
        if not isinstance(leader, Rating) or leader.flip != leader.id:
            problems.add(question.place, f"flip: with {question.flip}, which is not a rating that flips by itself")
    if isinstance(question, ChooseOne | ChooseMany):
        codes = {choice.code for choice in (*question.choices, *question.refusals)}
        named = {*question.last, *(question.exclusive if isinstance(question, ChooseMany) else ())}
        for code in sorted(named - codes):
            problems.add(question.place, f"code {code} is not one of the choices of “{question.id}”")


def _orders(study: Study) -> Iterable[list[Question]]:
    """The questions in every order of parts that somebody may meet."""
    for came_first in [stretch[0] for stretch in study.either_order] if study.either_order else [None]:
        yield [question for part in in_order(study, came_first) for page in part.pages for question in page]


def _backwards(order: list[Question], facts: Allowed, elsewhere: Elsewhere, problems: Problems) -> None:
    every = {name for question in order for name in _values_of(question)}
    behind: dict[str, frozenset[Value]] = dict(facts)
    for question in order:
        for leaf in leaves(question.show_if):
            if leaf.column in behind:
                _known_values(leaf, behind[leaf.column], question.place, problems)
            elif leaf.column in every:
                _looks_forward(question, leaf.column, problems)
            else:
                _nowhere(leaf.column, every | set(facts), elsewhere, question.place, problems)
        behind.update(_values_of(question))


def _looks_forward(question: Question, name: str, problems: Problems) -> None:
    message = f"“{question.id}” looks at “{name}”, which comes later (in one order of the parts at least)"
    problems.add(question.place, f"{message}; a rule can only look back")


def _plan(study: Study, allowed: Allowed, elsewhere: Elsewhere, problems: Problems) -> None:
    plan, behind = study.plan, dict(allowed)
    held = {column.name for column in columns(study)}
    for each in plan.derived:
        for name in _looked_at(each):
            if name not in (behind if isinstance(each, When) else held):
                _nowhere(name, set(behind), elsewhere, each.place, problems)
        for leaf in _leaves_of(each):
            _known_values(leaf, behind.get(leaf.column, frozenset()), each.place, problems)
        behind[each.name] = _derived_values(each)
        held.add(each.name)
    start = Place("plan.yaml", 1)
    for leaf in (
        leaf for rule in (plan.leave_out or ALWAYS, *(group.rule for group in plan.split)) for leaf in leaves(rule)
    ):
        _leaf(leaf, behind, elsewhere, start, problems)
    models = {model.name: model for model in plan.models}
    for model in plan.models:
        for term in model.terms:
            if term not in held:
                _nowhere(term, set(behind), elsewhere, model.place, problems)
            if term in plan.never_adjust_for:
                problems.add(model.place, f"adjusts for “{term}”, which “never_adjust_for” forbids")
    for comparison in plan.comparisons:
        for leaf in _comparison_leaves(comparison):
            _leaf(leaf, behind, elsewhere, comparison.place, problems)
        for name in (comparison.outcome, *comparison.strata):
            if name not in held:
                _nowhere(name, held, elsewhere, comparison.place, problems)
        _outcome(comparison, study, problems)
        if comparison.adjusted is not None and comparison.adjusted not in models:
            meant = did_you_mean(comparison.adjusted, set(models))
            problems.add(comparison.place, f"“{comparison.adjusted}” is not a model of the plan{meant}")
        if (comparison.test == "superiority_contrast") != (comparison.contrast is not None):
            problems.add(
                comparison.place, f"{comparison.id}: “contrast” and the test superiority_contrast belong together"
            )


def _outcome(comparison: Comparison, study: Study, problems: Problems) -> None:
    """A share needs a yes-or-no column, everything else one whose answers have an order."""
    yes_or_no = {each.name for each in study.plan.derived if isinstance(each, When)}
    yes_or_no |= {column.name for column in columns(study) if column.kind == "tick"}
    ordered = {column.name for column in columns(study) if column.scale or column.kind == "number"}
    ordered |= {each.name for each in study.plan.derived if not isinstance(each, When)}
    ordered |= {name for each in study.questions() if _list_unread(each) for name in _values_of(each)}
    known = yes_or_no | ordered | {column.name for column in columns(study)}
    if comparison.outcome not in known:
        return
    if comparison.test == "risk_difference" and comparison.outcome not in yes_or_no:
        message = f"{comparison.id}: “{comparison.outcome}” is not yes or no; derive a column with `when` for a share"
        problems.add(comparison.place, message)
    elif comparison.test != "risk_difference" and comparison.outcome not in ordered | yes_or_no:
        problems.add(comparison.place, f"{comparison.id}: the answers of “{comparison.outcome}” have no order")


def _comparison_leaves(comparison: Comparison) -> tuple[Is, ...]:
    groups = (comparison.first, comparison.second, *(comparison.contrast or ()))
    return (*leaves(comparison.among), *(leaf for group in groups for leaf in leaves(group.rule)))


def _leaf(leaf: Is, behind: Allowed, elsewhere: Elsewhere, place: Place, problems: Problems) -> None:
    if leaf.column in behind:
        _known_values(leaf, behind[leaf.column], place, problems)
    else:
        _nowhere(leaf.column, set(behind), elsewhere, place, problems)


def _nowhere(name: str, known: set[str], elsewhere: Elsewhere, place: Place, problems: Problems) -> None:
    if name in elsewhere.unread:
        return  # the fault is at that question
    if name in elsewhere.off:
        problems.add(place, f"“{name}” is in a module that is off")
    elif name in elsewhere.words:
        problems.add(place, f"“{name}” holds words; only choices and numbers can be looked at")
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
        allowed[factor.id] = frozenset(arm[factor.id] for arm in arms(study.story))
    return allowed


def _values_of(question: Question) -> dict[str, frozenset[Value]]:
    """What a rule on the way may look for: a question by its id, a grid by its rows; empty where any may be."""
    if isinstance(question, ChooseMany):
        names, offered = [question.id], (*question.choices, *question.refusals)
    else:
        filled = columns_of(question)
        names, offered = [column.name for column in filled], filled[0].choices if filled else ()
    known = not isinstance(question, Number) and not _list_unread(question)
    return dict.fromkeys(names, frozenset(choice.code for choice in offered) if known else frozenset())


def _list_unread(question: Question) -> bool:
    """Could its list of choices not be read? That fault is said at the question; rules on it make no others."""
    match question:
        case Rating(scale=scale) | Grid(scale=scale):
            return not scale
        case ChooseOne(choices=choices) | ChooseMany(choices=choices):
            return not choices
        case _:
            return False


def _questions_allowed(study: Study) -> dict[str, frozenset[Value]]:
    return {name: values for question in study.questions() for name, values in _values_of(question).items()}


def _codes_of(question: Question) -> frozenset[int]:
    """The codes that two questions beside each other must share: their answers, not their refusals."""
    return frozenset(
        choice.code for column in columns_of(question) for choice in column.choices if choice.code <= HIGHEST_CODE
    )
