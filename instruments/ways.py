"""Ways through the rules: of each answer that a rule looks at, one stands for all that the rules cannot tell apart.

This is how unreachable questions, rules that never hold and groups nobody can be in are proven, not sampled: whatever
is asked about, only the questions behind it are looked at, so that there are few ways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from .model import ChooseMany, ChooseOne, Grid, Note, Number, Question, Rating, Study, Text
from .plan import Derived, Difference, FirstOf, MeanOf, Recode, When
from .records import MISSING_WORDS
from .route import arms
from .rules import Answer, Answers, Is, Rule, holds, leaves

MOST_TICKS = 12  # of one question that rules tell apart: every combination of them is a way of its own
MOST = 100_000  # ways; beyond that they can be counted, not listed

LookedFor = Mapping[str, tuple[Is, ...]]
"""column → everything that is looked for in it."""


class TooMany(ValueError):
    """More ways than can be listed one by one."""


def fields(question: Question) -> tuple[str, ...]:
    """The names under which a page asks for its answers."""
    return tuple(row.id for row in question.rows) if isinstance(question, Grid) else (question.id,)


def looked_for(rules: Iterable[Rule]) -> dict[str, tuple[Is, ...]]:
    """Every column that some rules look at, with what they look for."""
    every = [leaf for rule in rules for leaf in leaves(rule)]
    return {leaf.column: tuple(each for each in every if each.column == leaf.column) for leaf in every}


def ways(study: Study, role: str, looked: LookedFor) -> Iterator[Answers]:
    """Every way to answer what decides. Raises TooMany."""
    questions = [each for each in study.questions() if role in each.roles]
    deciding = [(name, each) for each in questions for name in fields(each) if name in looked]

    def onward(by: dict[str, Answer], left: Sequence[tuple[str, Question]]) -> Iterator[Answers]:
        if not left:
            yield by
            return
        (name, question), *rest = left
        if not holds(question.show_if, by):
            yield from onward(by, rest)
            return
        for answer in kinds(question, name, looked[name]):
            yield from onward({**by, name: answer}, rest)

    for settled in starts(study, role, looked):
        for count, by in enumerate(onward(settled, deciding)):
            if count >= MOST:
                raise TooMany(f"more than {MOST:,} ways through the rules for {role}")
            yield by


def starts(study: Study, role: str, looked: LookedFor) -> list[dict[str, Answer]]:
    """What is settled before the first question, as far as it is looked at."""
    facts: list[dict[str, Answer]] = [{"role": role}]
    if study.either_order and "came_first" in looked:
        facts = [{**each, "came_first": part[0]} for each in facts for part in study.either_order]
    named = [factor.id for factor in study.story.factors if factor.id in looked] if study.story else []
    if study.story and named:
        told = {tuple((name, arm[name]) for name in named) for arm in arms(study.story)}
        facts = [{**each, **dict(arm)} for each in facts for arm in sorted(told)]
    return facts


def kinds(question: Question, name: str, looked: Sequence[Is]) -> list[Answer]:
    """One answer for all that these leaves cannot tell apart."""
    found: dict[tuple[bool, ...], Answer] = {}
    for answer in _answers(question, looked):
        found.setdefault(tuple(holds(leaf, {name: answer}) for leaf in looked), answer)
    return list(found.values())


def behind(study: Study, rules: Sequence[Rule], columns: Sequence[str] = ()) -> dict[str, tuple[Is, ...]]:
    """Everything that decides whether rules hold, and whether columns have an answer: derived columns opened up."""
    derived = {each.name: each for each in study.plan.derived}
    owner = {name: each for each in study.questions() for name in fields(each)}
    found: list[Is] = []
    seen: set[Is | str] = set()

    def rule(each: Rule) -> None:
        for leaf in leaves(each):
            look(leaf)

    def look(leaf: Is) -> None:
        if leaf in seen:
            return
        seen.add(leaf)
        column(leaf.column)
        match derived.get(leaf.column):
            case FirstOf(of=several):
                for name in several:
                    look(Is(name, leaf.any_of))
            case None:
                found.append(leaf)
            case _:
                pass

    def column(name: str) -> None:
        """Whether it has an answer at all."""
        if name in seen:
            return
        seen.add(name)
        match derived.get(name):
            case When(rule=when, among=among):
                rule(when)
                rule(among)
            case Recode(of=of, to=to):
                column(of)
                for new in dict.fromkeys(to.values()):
                    look(Is(of, tuple(code for code, said in to.items() if said == new)))
            case FirstOf(of=several) | MeanOf(of=several):
                for each in several:
                    column(each)
            case Difference(of=of, minus=minus):
                column(of)
                column(minus)
            case None:
                if name in owner:
                    rule(owner[name].show_if)

    for each in rules:
        rule(each)
    for name in columns:
        column(name)
    return looked_for(found)


def possible(study: Study, role: str, rule: Rule) -> bool:
    """Can the rule hold for anybody of this role? True as well where sums settle it, or too many answers."""
    looked = behind(study, [rule])
    if any(each.name in looked for each in study.plan.derived if isinstance(each, MeanOf | Difference)):
        return True
    try:
        return any(holds(rule, with_derived(study, by)) for by in ways(study, role, looked))
    except TooMany:
        return True


def with_derived(study: Study, by: Answers) -> Answers:
    """What one way leads to, derived columns included, as far as single answers settle them."""
    found: dict[str, Answer] = dict(by)
    for each in study.plan.derived:
        value = _derived(each, found)
        if value is not None:
            found[each.name] = value
    return found


def has_answer(study: Study, role: str, by: Answers, column: str) -> bool:
    """Can somebody on this way have an answer in this column?"""
    derived = next((each for each in study.plan.derived if each.name == column), None)
    match derived:
        case When(among=among):
            return holds(among, with_derived(study, by))
        case Recode(of=of):
            return has_answer(study, role, by, of)
        case FirstOf(of=several):
            return any(has_answer(study, role, by, each) for each in several)
        case MeanOf(of=several, at_least=least):
            return sum(has_answer(study, role, by, each) for each in several) >= least
        case Difference(of=of, minus=minus):
            return has_answer(study, role, by, of) and has_answer(study, role, by, minus)
    for question in study.questions():
        names = {*fields(question), *(f"{question.id}_{choice.code}" for choice in getattr(question, "choices", ()))}
        if column in names:
            return role in question.roles and holds(question.show_if, by)
    return True  # a fact: everybody has it


def _derived(each: Derived, answers: Answers) -> Answer:
    match each:
        case When(rule=rule, among=among):
            return int(holds(rule, answers)) if holds(among, answers) else None
        case Recode(of=of, to=to):
            code = answers.get(of)
            return to.get(code) if isinstance(code, int) else None
        case FirstOf(of=several):
            return next((answers[name] for name in several if name in answers), None)
        case MeanOf() | Difference():
            return None


def _answers(question: Question, looked: Sequence[Is]) -> Iterator[Answer]:
    """Every answer that a rule might tell from the others, left empty last."""
    match question:
        case Rating(scale=scale, off_scale=off, refusals=refusals):
            yield from (choice.code for choice in (*scale, *off, *refusals))
        case Grid(scale=scale, refusals=refusals):
            yield from (choice.code for choice in (*scale, *refusals))
        case ChooseOne(choices=choices, refusals=refusals):
            yield from (choice.code for choice in (*choices, *refusals))
        case ChooseMany():
            yield from _ticked(question, looked)
        case Number(low=low, high=high, refusals=refusals):
            named = {value for leaf in looked for value in leaf.any_of if isinstance(value, int)}
            free = next((each for each in range(low, high + 1) if each not in named), None)
            yield from sorted(each for each in {*named, *([free] if free is not None else [])} if low <= each <= high)
            yield from (MISSING_WORDS[choice.code] for choice in refusals)
        case Text() | Note():
            pass
    yield None


def _ticked(question: ChooseMany, looked: Sequence[Is]) -> Iterator[tuple[int, ...]]:
    offered = [choice.code for choice in question.choices]
    alike: dict[tuple[bool, ...], int] = {}  # one code for all that are looked for in the same leaves
    for code in offered:
        if code not in question.exclusive:
            alike.setdefault(tuple(code in leaf.any_of for leaf in looked), code)
    yield from ((code,) for code in (*alike.values(), *(choice.code for choice in question.refusals)))
    yield from ((code,) for code in offered if code in question.exclusive)
    if len(alike) > MOST_TICKS:
        raise TooMany(f"“{question.id}” has {len(alike)} answers that rules look at, each by itself")
    for size in range(2, len(alike) + 1):
        yield from combinations(alike.values(), size)
