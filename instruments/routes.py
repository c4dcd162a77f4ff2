"""The routes of a study: every set of questions that somebody can be asked, and answers that lead there.

Enumerated by the rules, not by sampling: of each question that a rule looks at, one answer stands for all that
the rules cannot tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from .model import ChooseMany, ChooseOne, Grid, Note, Number, Question, Rating, Study, Text
from .records import MISSING_WORDS
from .route import arms
from .rules import BLANK, Answer, Is, Rule, holds, leaves

MOST = 100_000  # ways through the rules; beyond that they can be counted, not listed


class TooMany(ValueError):
    """More ways than can be listed one by one."""


@dataclass(frozen=True, slots=True)
class Route:
    """What somebody is asked, and how one comes to be asked it: facts and answers by column."""

    role: str
    asked: tuple[str, ...]  # questions in the order written, notes left out
    by: Mapping[str, Answer]


def routes(study: Study, role: str) -> tuple[Route, ...]:
    """Every route of a role, the longest first. Raises TooMany."""
    questions = [each for each in study.questions() if role in each.roles]
    looked_at = _looked_at(questions)
    found: dict[tuple[str, ...], Route] = {}
    for count, by in enumerate(_ways(study, role, questions, looked_at)):
        if count >= MOST:
            raise TooMany(f"more than {MOST:,} ways through the rules for {role}")
        asked = tuple(each.id for each in questions if not isinstance(each, Note) and holds(each.show_if, by))
        found.setdefault(asked, Route(role, asked, by))
    return tuple(sorted(found.values(), key=lambda route: -len(route.asked)))


def fields(question: Question) -> tuple[str, ...]:
    """The names under which a page asks for its answers."""
    return tuple(row.id for row in question.rows) if isinstance(question, Grid) else (question.id,)


def _looked_at(questions: Sequence[Question]) -> dict[str, tuple[Is, ...]]:
    """Every column that a rule looks at, with what is looked for in it."""
    rules: list[Rule] = [each.show_if for each in questions]
    every = [leaf for rule in rules for leaf in leaves(rule)]
    return {leaf.column: tuple(each for each in every if each.column == leaf.column) for leaf in every}


def _ways(
    study: Study, role: str, questions: Sequence[Question], looked_at: Mapping[str, tuple[Is, ...]]
) -> Iterator[Mapping[str, Answer]]:
    """Every way to answer what decides, one answer for each kind of them."""
    facts: list[dict[str, Answer]] = [{"role": role}]
    if study.either_order and "came_first" in looked_at:
        facts = [{**each, "came_first": part[0]} for each in facts for part in study.either_order]
    if study.story and any(factor.id in looked_at for factor in study.story.factors):
        named = [factor.id for factor in study.story.factors if factor.id in looked_at]
        told = {tuple((name, arm[name]) for name in named) for arm in arms(study.story)}
        facts = [{**each, **dict(arm)} for each in facts for arm in sorted(told)]
    deciding = [(name, each) for each in questions for name in fields(each) if name in looked_at]

    def onward(by: dict[str, Answer], left: Sequence[tuple[str, Question]]) -> Iterator[Mapping[str, Answer]]:
        if not left:
            yield by
            return
        (name, question), *rest = left
        if not holds(question.show_if, by):
            yield from onward(by, rest)
            return
        for answer in _kinds(question, name, looked_at[name]):
            yield from onward({**by, name: answer}, rest)

    for settled in facts:
        yield from onward(settled, deciding)


def _kinds(question: Question, name: str, looked_for: Sequence[Is]) -> list[Answer]:
    """One answer for all that these rules cannot tell apart."""
    kinds: dict[tuple[bool, ...], Answer] = {}
    for answer in _answers(question, looked_for):
        kinds.setdefault(tuple(holds(leaf, {name: answer}) for leaf in looked_for), answer)
    return list(kinds.values())


def _answers(question: Question, looked_for: Sequence[Is]) -> Iterator[Answer]:
    """Every answer that a rule might tell from the others, left empty last."""
    match question:
        case Rating(scale=scale, off_scale=off, refusals=refusals):
            yield from (choice.code for choice in (*scale, *off, *refusals))
        case Grid(scale=scale, refusals=refusals):
            yield from (choice.code for choice in (*scale, *refusals))
        case ChooseOne(choices=choices, refusals=refusals):
            yield from (choice.code for choice in (*choices, *refusals))
        case ChooseMany():
            yield from _ticked(question, looked_for)
        case Number(low=low, high=high, refusals=refusals):
            named = {value for leaf in looked_for for value in leaf.any_of if isinstance(value, int)}
            free = next((each for each in range(low, high + 1) if each not in named), None)
            yield from sorted(each for each in {*named, *([free] if free is not None else [])} if low <= each <= high)
            yield from (MISSING_WORDS[choice.code] for choice in refusals)
        case Text() | Note():
            pass
    yield None


def _ticked(question: ChooseMany, looked_for: Sequence[Is]) -> Iterator[tuple[int, ...]]:
    named = {value for leaf in looked_for for value in leaf.any_of if value != BLANK}
    deciding = [choice.code for choice in question.choices if choice.code in named]
    others = [choice.code for choice in question.choices if choice.code not in named]
    alone = {*question.exclusive}
    yield from ((code,) for code in (*deciding, *others[:1], *(choice.code for choice in question.refusals)))
    together = [code for code in (*deciding, *others[:1]) if code not in alone]
    for size in range(2, len(together) + 1):
        yield from combinations(together, size)
