"""Checking the ways: who is asked what, proven by the rules; rules that never hold; how long a draft can become."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ..model import Grid, Note, Study, Text
from ..routes import Extent, extent
from ..rules import ALWAYS, AllOf, AnyOf, Is, NoneOf, Rule, in_words
from ..ways import possible
from ..written import Place
from .faults import Fault, fault

DRAFT = 2_100  # bytes of answers, packed, that fit into the cookie beside all else it holds
A_COLUMN = 9  # bytes that an answer takes at most, packed
A_LETTER = 1.3  # bytes of a letter of somebody's own words, packed; other scripts take more


def routing(study: Study) -> Iterator[Fault]:
    """Every fault of the ways."""
    extents = [extent(study, role.id) for role in study.roles if _asked(study, role.id)]
    yield from _unreached(study, extents)
    yield from _dead_ends(study)
    for question in study.questions():
        for part in _parts(question.show_if):
            if part is not question.show_if and not any(possible(study, role, part) for role in question.roles):
                yield fault(
                    "never-holds",
                    question.place,
                    question.id,
                    f"“{question.id}”: “{in_words(part)}” never holds for anybody who gets there",
                )
    yield from _unread_story(study)
    yield from _gates(study)
    yield from _drafts(study)


def _asked(study: Study, role: str) -> bool:
    return any(role in each.roles for each in study.questions())


def _unreached(study: Study, extents: list[Extent]) -> Iterator[Fault]:
    for question in study.questions():
        met = [each for each in extents if each.role in question.roles]
        if met and all(question in each.never for each in met):
            rule = in_words(question.show_if)
            yield fault(
                "never-asked", question.place, question.id, f"nobody is ever asked “{question.id}”: {rule} never holds"
            )
        elif question.show_if != ALWAYS and all(question in each.ever_open for each in met):
            yield fault(
                "always-asked",
                question.place,
                question.id,
                f"“{question.id}” is asked of everybody: its rule always holds",
            )


def _dead_ends(study: Study) -> Iterator[Fault]:
    for role in study.roles:
        if not any(role.id in each.roles and not isinstance(each, Note) for each in study.questions()):
            yield fault("dead-end", role.place, role.id, f"“{role.id}” is asked nothing at all")


def _parts(rule: Rule) -> Iterator[Rule]:
    """The rule, and every alternative in it that might never hold by itself."""
    yield rule
    match rule:
        case AllOf(rules):
            for each in rules:
                yield from _parts(each)
        case AnyOf(rules):
            for each in rules:
                yield from _parts(each)
        case Is() | NoneOf():
            return


def _unread_story(study: Study) -> Iterator[Fault]:
    """People for whom no page of the story has anything to ask: they never read what was drawn for them."""
    carrying = [each for part in study.parts for page in part.pages[: part.told] for each in page]
    for role in study.roles if study.story and carrying else ():
        here = [each for each in carrying if role.id in each.roles and not isinstance(each, Note)]
        if _asked(study, role.id) and possible(study, role.id, AllOf(tuple(NoneOf(each.show_if) for each in here))):
            message = f"some {role.name} are shown no page of the story that is drawn for them"
            yield fault("nobody-reads", carrying[0].place, carrying[0].id, message)


def _gates(study: Study) -> Iterator[Fault]:
    required = [tick for tick in study.consent if tick.required]
    count = len(required) + len(study.eligibility) + (study.role_question is not None)
    if count > study.checks.gates:
        place = required[-1].place if required else Place("study.yaml", 1)
        told = f"{len(required)} ticks, {len(study.eligibility)} questions before them, the role"
        yield fault(
            "too-many-gates",
            place,
            "consent",
            f"{count} things must be answered ({told}); {study.checks.gates} are allowed",
        )


def _drafts(study: Study) -> Iterator[Fault]:
    """The longest draft of anybody: every column answered, every text filled."""
    for role in study.roles:
        asked = [each for each in study.questions() if role.id in each.roles]
        names = [row.id for each in asked if isinstance(each, Grid) for row in each.rows]
        names += [each.id for each in asked if not isinstance(each, Grid | Note | Text)]
        packed = len(zlib.compress(",".join(names).encode())) // 4 + A_COLUMN * len(names) // 4
        texts = [each for each in asked if isinstance(each, Text)]
        packed += int(sum(A_LETTER * each.longest for each in texts))
        if packed > DRAFT:
            last = texts[-1] if texts else asked[-1]
            message = f"a draft of {role.name} can take about {packed:,} bytes; {DRAFT:,} fit into the cookie"
            yield fault("long-draft", last.place, last.id, message)
