"""Who is asked, in the study's own words: a rule as the sentence that a board reads, and as its codes."""

from __future__ import annotations

from collections.abc import Sequence

from .model import Question, Study
from .plan import When
from .records import columns
from .rules import ALWAYS, BLANK, AllOf, AnyOf, Is, NoneOf, Rule, Value, fold, in_words, one_of
from .terms import Choice, Wording


def asked_of(study: Study, role: str, rule: Rule) -> str:
    """“met is “Yes, once””: every code by its words, every question by its name; “everybody” where no rule is."""
    never_asked = {each.id for each in study.questions() if role not in each.roles}
    rule = _without(rule, never_asked)
    if rule == ALWAYS:
        return "everybody"

    def naming(leaf: Is) -> str:
        return f"{leaf.column} is {one_of([said(study, role, leaf.column, value) for value in leaf.any_of])}"

    return in_words(rule, naming)


NEVER: Rule = AnyOf(())


def _without(rule: Rule, never: set[str]) -> Rule:
    """The same rule for somebody who is never asked these questions: nothing holds of them."""

    def leaf(each: Is) -> Rule:
        return NEVER if each.column in never else each

    def all_of(rules: list[Rule]) -> Rule:
        return NEVER if NEVER in rules else AllOf(tuple(rules))

    def any_of(rules: list[Rule]) -> Rule:
        left = tuple(each for each in rules if each != NEVER)
        return left[0] if len(left) == 1 else AnyOf(left)

    def none_of(inner: Rule) -> Rule:
        return ALWAYS if inner == NEVER else NoneOf(inner)

    return fold(rule, leaf, all_of, any_of, none_of)


def picked_out(study: Study, rule: Rule) -> str:
    """Whom a rule of the plan picks out: what a derived column means, what a question asks, what a code is called."""
    if rule == ALWAYS:
        return "everybody"
    means = {each.name: each.means for each in study.plan.derived if each.means and isinstance(each, When)}
    said_of = {each.name: each.means for each in study.plan.derived if each.means}
    told = {factor.id for factor in study.story.factors} if study.story else set()
    roles = {role.id: role.name for role in study.roles}
    known = {column.name: column for column in columns(study)}

    def named(leaf: Is) -> str:
        if leaf.column == "role":
            return one_of([roles.get(str(value), str(value)) for value in leaf.any_of])
        if leaf.column in means and set(leaf.any_of) == {1}:
            return str(means[leaf.column])
        if leaf.column in means and set(leaf.any_of) == {0}:
            return f"not ({means[leaf.column]})"
        if leaf.column in told:
            return f"the story has {leaf.column} “{one_of([str(value) for value in leaf.any_of])}”"
        column = known.get(leaf.column)
        question = study.question(leaf.column)
        about = question or column
        asked = f"“{worded(about.text, '')}”" if about else said_of.get(leaf.column) or leaf.column
        choices = offered(question) if question else column.choices if column else ()
        labels = {choice.code: worded(choice.label, "") for choice in choices}
        found = [f"“{labels[value]}”" if value in labels else f"“{value}”" for value in leaf.any_of]
        return f"{asked} is {' or '.join(found)}"

    return in_words(rule, named)


def said(study: Study, role: str, column: str, value: Value) -> str:
    """The words that stand for a code of this column, in quotes; the value itself where it has none."""
    if value == BLANK:
        return "left empty"
    for question in study.questions():
        rows = {row.id for row in getattr(question, "rows", ())}
        if question.id == column or column in rows:
            label = next((each.label for each in offered(question) if each.code == value), None)
            return f"“{worded(label, role)}”" if label else str(value)
    if column == "role":
        return next((each.name for each in study.roles if each.id == value), str(value))
    if column == "came_first":
        return next((f"“{part.title}”" for part in study.parts if part.id == value), str(value))
    return f"“{value}”"


def offered(question: Question) -> tuple[Choice, ...]:
    """Every choice that stands below a question, its refusals last."""
    kinds = ("scale", "off_scale", "choices", "refusals")
    return tuple(choice for kind in kinds for choice in getattr(question, kind, ()))


def worded(wording: Wording | None, role: str) -> str:
    """The words for a role, or those of any role where this one has none."""
    return (wording or {}).get(role) or next(iter((wording or {}).values()), "")


def any_asked(questions: Sequence[Question]) -> Rule:
    """The rule that holds where at least one of these questions is asked."""
    rules = tuple(dict.fromkeys(each.show_if for each in questions))
    if not rules or ALWAYS in rules:
        return ALWAYS
    return rules[0] if len(rules) == 1 else AnyOf(rules)
