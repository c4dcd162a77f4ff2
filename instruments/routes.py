"""The routes of a study: every set of questions that somebody can be asked, listed or counted, never sampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .model import ChooseMany, ChooseOne, Grid, Note, Number, Question, Rating, Study, Text
from .rules import Answer, Answers, holds
from .terms import Choice, Wording
from .ways import fields, kinds, looked_for, starts, ways

WORDS_A_MINUTE = 180
SECONDS = {"choice": 4.0, "row": 3.0, "text": 20.0}
"""To answer, beside the reading: a choice, a further row of a grid, one's own words."""


@dataclass(frozen=True, slots=True)
class Route:
    """What somebody is asked, and how one comes to be asked it: facts and answers by column."""

    role: str
    asked: tuple[str, ...]  # questions in the order written, notes left out
    by: Answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """All routes of a role together: how many there are, and how long the shortest and longest are."""

    role: str
    routes: int
    questions: tuple[int, int]
    minutes: tuple[float, float]
    never: tuple[Question, ...]  # on no route
    ever_open: tuple[Question, ...]  # whose rule holds for everybody


def routes(study: Study, role: str) -> tuple[Route, ...]:
    """Every route of a role, the longest first. Raises TooMany where they can only be counted."""
    questions = [each for each in study.questions() if role in each.roles]
    found: dict[tuple[str, ...], Route] = {}
    for by in ways(study, role, looked_for(each.show_if for each in questions)):
        asked = tuple(each.id for each in questions if not isinstance(each, Note) and holds(each.show_if, by))
        found.setdefault(asked, Route(role, asked, by))
    return tuple(sorted(found.values(), key=lambda route: -len(route.asked)))


State = frozenset[tuple[tuple[str, Answer], ...]]
"""What may have been answered so far by those who were asked the same, as far as later rules still look at it."""


@dataclass(frozen=True, slots=True)
class _Met:
    """Of all routes that lead to a state: their number, questions and seconds, least and most."""

    routes: int
    questions: tuple[int, int]
    seconds: tuple[float, float]


def extent(study: Study, role: str) -> Extent:
    """Count the routes of a role exactly, whatever their number, by dynamic programming over the rules.

    A state holds all answers that those who were asked the same may have given; two routes that differ in what was
    asked are never in one state together, so that each is counted once.
    """
    questions = [each for each in study.questions() if role in each.roles]
    looked = looked_for(each.show_if for each in questions)
    begun: State = frozenset(tuple(sorted(each.items())) for each in starts(study, role, looked))
    story = _told(study)
    states = {begun: _Met(1, (0, 0), (story, story))}
    asked_of, skipped_by = set[str](), set[str]()
    for at, question in enumerate(questions):
        later = {leaf for each in questions[at + 1 :] for leaf in looked_for([each.show_if])}
        following: dict[State, _Met] = {}
        for state, met in states.items():
            for is_asked, inside in _parted(question, state).items():
                (asked_of if is_asked in (True, None) else skipped_by).add(question.id)
                if is_asked is None:
                    skipped_by.add(question.id)
                answered = _answered(question, inside, looked) if is_asked else inside
                kept = frozenset(tuple(pair for pair in by if pair[0] in later or pair[0] == "role") for by in answered)
                _add(following, kept, _longer(met, question, role, is_asked))
        states = following
    every = list(states.values())
    return Extent(
        role=role,
        routes=sum(each.routes for each in every),
        questions=(min(each.questions[0] for each in every), max(each.questions[1] for each in every)),
        minutes=(min(each.seconds[0] for each in every) / 60, max(each.seconds[1] for each in every) / 60),
        never=tuple(each for each in questions if each.id not in asked_of),
        ever_open=tuple(each for each in questions if each.id not in skipped_by),
    )


def _parted(question: Question, state: State) -> dict[bool | None, State]:
    """Who of a state is asked, and who is not; a note parts nobody (None where some read it)."""
    asks = {by: holds(question.show_if, dict(by)) for by in state}
    if isinstance(question, Note):
        everybody = set(asks.values())
        return {everybody.pop() if len(everybody) == 1 else None: state}
    parts = {True: frozenset(by for by in state if asks[by]), False: frozenset(by for by in state if not asks[by])}
    return {is_asked: part for is_asked, part in parts.items() if part}


def _answered(question: Question, state: State, looked: Mapping[str, Sequence]) -> State:  # type: ignore[type-arg]
    for name in fields(question):
        if name in looked:
            state = frozenset(
                tuple(sorted((*by, (name, answer)), key=lambda pair: pair[0]))
                for by in state
                for answer in kinds(question, name, looked[name])
            )
    return state


def _add(states: dict[State, _Met], state: State, met: _Met) -> None:
    there = states.get(state)
    states[state] = met if there is None else _Met(
        there.routes + met.routes,
        (min(there.questions[0], met.questions[0]), max(there.questions[1], met.questions[1])),
        (min(there.seconds[0], met.seconds[0]), max(there.seconds[1], met.seconds[1])),
    )  # fmt: skip


def _longer(met: _Met, question: Question, role: str, is_asked: bool | None) -> _Met:
    if is_asked is False:
        return met
    took, one = seconds(question, role), 0 if isinstance(question, Note) else 1
    least = 0.0 if is_asked is None else took
    return _Met(
        met.routes,
        (met.questions[0] + one, met.questions[1] + one),
        (met.seconds[0] + least, met.seconds[1] + took),
    )


def seconds(question: Question, role: str) -> float:
    """To read a question and answer it, at 180 words a minute."""
    said: list[str] = [_of(question.text, role), _of(question.hint, role)]
    answering = SECONDS["choice"]
    match question:
        case Rating(scale=scale, off_scale=off, refusals=refusals):
            said += _labels((*scale, *off, *refusals), role)
        case ChooseOne(choices=choices, refusals=refusals) | ChooseMany(choices=choices, refusals=refusals):
            said += _labels((*choices, *refusals), role)
        case Grid(rows=rows, scale=scale, refusals=refusals):
            said += [*(_of(row.text, role) for row in rows), *_labels((*scale, *refusals), role)]
            answering = SECONDS["row"] * len(rows)
        case Text():
            answering = SECONDS["text"]
        case Number(refusals=refusals):
            said += _labels(refusals, role)
        case Note():
            answering = 0.0
    return 60 * len(" ".join(said).split()) / WORDS_A_MINUTE + answering


def _told(study: Study) -> float:
    """To read what everybody reads: information, consent, and the longest telling of the story."""
    words = [each.text for each in study.information] + [tick.text for tick in study.consent]
    if study.story:
        told = [
            piece if isinstance(piece, str) else max(piece.levels.values(), key=len) for piece in study.story.pieces
        ]
        words += [study.story.intro, *told]
    return 60 * len(" ".join(words).split()) / WORDS_A_MINUTE


def _labels(choices: Sequence[Choice], role: str) -> list[str]:
    return [_of(choice.label, role) for choice in choices]


def _of(wording: Wording | None, role: str) -> str:
    return wording.get(role, "") if wording else ""
