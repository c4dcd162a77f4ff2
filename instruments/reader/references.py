"""Whether everything that is named exists, and rules point backwards only, in every order of parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..model import HIGHEST_CODE, ChooseMany, ChooseOne, Grid, Note, Number, Question, Rating, Study, Text
from ..records import MISSING_SUFFIX, columns, columns_of
from ..route import arms, in_order
from ..rules import BLANK, Is, Value, leaves
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


def cross_check(study: Study, off: set[str], unread: set[str], problems: Problems) -> tuple[Allowed, Elsewhere]:
    """Note every name that leads nowhere. Returns what a plan may name, and what exists but is out of reach."""
    words = {each.id for each in study.questions() if isinstance(each, Text | Note)}
    elsewhere = Elsewhere(off, unread, words)
    _names_once(study, problems)
    allowed = _facts_allowed(study)
    for question in study.questions():
        _question(question, study, problems)
    for order in _orders(study):
        _backwards(order, allowed, elsewhere, problems)
    return {**allowed, **_questions_allowed(study)}, elsewhere


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
            problems.add(place, f"“{name}” is already the name of a column", "duplicate")
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
    every = {name for question in order for name in values_of(question)}
    behind: dict[str, frozenset[Value]] = dict(facts)
    for question in order:
        for leaf in leaves(question.show_if):
            if leaf.column in behind:
                known_values(leaf, behind[leaf.column], question.place, problems)
            elif leaf.column in every:
                _looks_forward(question, leaf.column, problems)
            else:
                nowhere(leaf.column, every | set(facts), elsewhere, question.place, problems)
        behind.update(values_of(question))


def _looks_forward(question: Question, name: str, problems: Problems) -> None:
    message = f"“{question.id}” looks at “{name}”, which comes later (in one order of the parts at least)"
    problems.add(question.place, f"{message}; a rule can only look back", "looks-ahead")


def nowhere(name: str, known: set[str], elsewhere: Elsewhere, place: Place, problems: Problems) -> None:
    """Note a name that leads nowhere, with the reason, or what was meant."""
    if name in elsewhere.unread:
        return  # the fault is at that question
    if name in elsewhere.off:
        problems.add(place, f"“{name}” is in a module that is off", "leads-nowhere")
    elif name in elsewhere.words:
        problems.add(place, f"“{name}” holds words; only choices and numbers can be looked at", "leads-nowhere")
    else:
        problems.add(place, f"“{name}” is not a question or column{did_you_mean(name, known)}", "leads-nowhere")


def known_values(leaf: Is, allowed: frozenset[Value], place: Place, problems: Problems) -> None:
    """Note every value that this column never has."""
    for value in leaf.any_of:
        if allowed and value not in allowed and value != BLANK:
            problems.add(place, f"“{leaf.column}” is never “{value}”", "leads-nowhere")


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


def values_of(question: Question) -> dict[str, frozenset[Value]]:
    """What a rule on the way may look for: a question by its id, a grid by its rows; empty where any may be."""
    if isinstance(question, ChooseMany):
        names, offered = [question.id], (*question.choices, *question.refusals)
    else:
        filled = columns_of(question)
        names, offered = [column.name for column in filled], filled[0].choices if filled else ()
    known = not isinstance(question, Number) and not list_unread(question)
    return dict.fromkeys(names, frozenset(choice.code for choice in offered) if known else frozenset())


def list_unread(question: Question) -> bool:
    """Could its list of choices not be read? That fault is said at the question; rules on it make no others."""
    match question:
        case Rating(scale=scale) | Grid(scale=scale):
            return not scale
        case ChooseOne(choices=choices) | ChooseMany(choices=choices):
            return not choices
        case _:
            return False


def _questions_allowed(study: Study) -> dict[str, frozenset[Value]]:
    return {name: values for question in study.questions() for name, values in values_of(question).items()}


def _codes_of(question: Question) -> frozenset[int]:
    """The codes that two questions beside each other must share: their answers, not their refusals."""
    return frozenset(
        choice.code for column in columns_of(question) for choice in column.choices if choice.code <= HIGHEST_CODE
    )
