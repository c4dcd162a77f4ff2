"""Watching a rehearsal: which routes were walked, which stories told, and whether what was said is what arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, get_args

import numpy as np
from scipy import stats

from instruments.model import NOT_ASKED, ChooseMany, Note, Study
from instruments.records import MISSING_WORDS, columns
from instruments.route import arms
from instruments.routes import Route, routes
from instruments.rules import AllOf, Is
from instruments.ways import TooMany, fields, possible

from ..table import ABSENT, SKIPPED, Table
from .people import INSTEAD, NO_HABITS, Ending, Lived, Person

ENDINGS: tuple[Ending, ...] = get_args(Ending)
UNLIKELY = 0.001  # p of the chi-square test below which stories are not told alike
MOST_SCOUTS = 400  # routes that are walked beside those that people took
TRIES = 40  # of a scout, until the story that its route needs was drawn for it

Row = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was seen of made-up people on their way."""

    endings: Mapping[Ending, int]
    routes: int | None  # None where there are too many to list
    walked: int  # routes that somebody took
    scouted: int  # routes that only a scout took, who deleted everything at the end
    missed: tuple[str, ...]  # routes that nobody took, in words
    told: Mapping[str, tuple[int, ...]]  # role → how often each arm of the story was read
    told_p: float | None  # chi-square of all arms alike
    looked_again: int  # times that a second window was opened on the story
    told_otherwise: int  # people to whom another story was told then, or later
    slips: int  # answers that were corrected before sending
    rows: Counter[Row]  # what was sent and not withdrawn, as it must be in the table
    unread: Counter[Row]  # the same of those to whom no page told the story, without what it told
    improvised: int  # people who were asked what the model has nothing for, as where a rule looks at what is not known
    stuck: tuple[str, ...]  # where people could not go on, in words

    @property
    def alike(self) -> bool:
        """Were the stories told as often as each other, as far as chance allows?"""
        return self.told_p is None or self.told_p > UNLIKELY

    @property
    def kept(self) -> int:
        """Sent, and not withdrawn."""
        return self.endings["sent"]

    def arrived(self, table: Table) -> int:
        """How many of those who sent are in the table with exactly what they said."""
        there = Counter(rows_of(table))
        found = self.rows & there
        told = len(table.study.story.factors) if table.study.story else 0
        rest = Counter(row[told:] for row in (there - found).elements())
        return found.total() + (self.unread & rest).total()


def watched(study: Study, lived: Sequence[Lived], scouts: Sequence[tuple[Route, Lived | None]]) -> Watched:
    """Sum up how it went for everybody."""
    every, taken = _every_route(study), _taken(study, lived)
    told: dict[str, tuple[int, ...]] = {}
    for role in study.roles if study.story else ():
        read = Counter(each.person.read[0] for each in lived if each.person.read and _role(study, each) == role.id)
        told[role.id] = tuple(read[arm] for arm in range(len(arms_of(study))))
    found = [each for _, each in scouts if each is not None]
    sent = [each for each in lived if each.ending == "sent"]
    rows = [(_row(study, each), each) for each in sent if not each.person.improvised]
    told_in = len(study.story.factors) if study.story else 0
    return Watched(
        endings={name: sum(each.ending == name for each in lived) for name in ENDINGS},
        routes=None if every is None else len(every),
        walked=len(taken & {_mark(route) for route in every or ()}),
        scouted=len(found),
        missed=tuple(
            f"{route.role}: " + ", ".join(f"{name} {said}" for name, said in route.by.items() if name != "role")
            for route, each in scouts
            if each is None
        ),
        told=told,
        told_p=_alike(study, told),
        looked_again=sum(each.person.looked_again for each in lived),
        told_otherwise=sum(len(set(each.person.read)) > 1 for each in lived),
        slips=sum(each.person.slipped for each in lived),
        rows=Counter(row for row, each in rows if each.person.read or study.story is None),
        unread=Counter(row[told_in:] for row, each in rows if not each.person.read and study.story is not None),
        improvised=sum(each.person.improvised for each in sent),
        stuck=tuple(
            f"{each.page.path} ({each.page.status}): {each.page.heading}" for each in lived if each.ending == "stuck"
        ),
    )


def _where(lived: Lived) -> str:
    return f"{lived.page.path or 'the survey'} ({lived.page.status}): {lived.page.heading}"


def scouted(
    study: Study,
    codes: Mapping[str, int | None],
    lived: Sequence[Lived],
    go: Callable[[Person], Lived],
    bar: Callable[..., Iterator[Any]],
) -> list[tuple[Route, Lived | None]]:
    """Send somebody along every route that nobody took; they delete everything at the end, so that nothing is kept."""
    taken = _taken(study, lived)
    left = [route for route in _every_route(study) or () if _mark(route) not in taken]
    found: list[tuple[Route, Lived | None]] = []
    left = left[:MOST_SCOUTS]
    for at, route in enumerate(bar(left, "walking the other routes", len(left)) if left else ()):
        said = dict(pair for name, answer in route.by.items() for pair in _typed(name, answer))
        for attempt in range(TRIES):
            scout = Person(
                study=study,
                role=codes[route.role],
                chance=Random(1000 * at + attempt),  # noqa: S311
                habits=replace(NO_HABITS, deletes=1.0),
                route=said,
            )
            walked = go(scout)
            if walked.ending == "deleted" and (route.role, _asked(study, route.role, walked.seen)) == _mark(route):
                found.append((route, walked))
                break
        else:
            found.append((route, None))
    return found


def rows_of(table: Table) -> Iterator[Row]:
    """Every answer of everybody, as they are compared: facts that a survey adds by itself are left out."""
    named = _compared(table.study)
    shown = [table.values[name] if name not in table.missing else _with_words(table, name) for name in named]
    return zip(*(values.tolist() for values in shown), strict=True)


def _with_words(table: Table, name: str) -> Any:
    why = table.missing[name]
    return np.where(why == "", table.values[name].astype(object), why.astype(object))


def _row(study: Study, lived: Lived) -> Row:
    """What one person said, as it must be in the table."""
    person = lived.person
    assert person.nature is not None
    table, at = person.nature.tellings[person.drawn], person.nature.row
    owner = {column.name: column.question for column in columns(study)}
    many = {each.id for each in study.questions() if isinstance(each, ChooseMany)}
    found: list[int | str] = []
    for name in _compared(study):
        question = owner[name]
        skipped = bool({name, question if question in many else name} & person.skipped)
        if name in table.missing:
            why = str(table.missing[name][at])
            why = "skipped" if skipped and why != MISSING_WORDS[NOT_ASKED] else why
            found.append(why or int(table.values[name][at]))
        else:
            value = table.values[name][at]
            found.append(SKIPPED if skipped and value != ABSENT else value.item())
    return tuple(found)


def _compared(study: Study) -> list[str]:
    """What the story told first, then the role, and every column of a question."""
    told = [factor.id for factor in study.story.factors] if study.story else []
    return [*told, "role", *(column.name for column in columns(study) if column.question is not None)]


def _every_route(study: Study) -> tuple[Route, ...] | None:
    try:
        return tuple(route for role in study.roles for route in routes(study, role.id))
    except TooMany:
        return None


def _taken(study: Study, lived: Sequence[Lived]) -> set[tuple[str, frozenset[str]]]:
    """The routes that people took to their end; who corrected an answer may have seen more than belongs to theirs."""
    ended = [each for each in lived if each.ending in ("sent", "withdrawn", "deleted") and not each.person.slipped]
    return {(_role(study, each), _asked(study, _role(study, each), each.seen)) for each in ended}


def _mark(route: Route) -> tuple[str, frozenset[str]]:
    return route.role, frozenset(route.asked)


def _asked(study: Study, role: str, seen: frozenset[str]) -> frozenset[str]:
    """The questions whose fields were seen."""
    return frozenset(each.id for each in study.questions() if role in each.roles and set(fields(each)) & seen)


def _role(study: Study, lived: Lived) -> str:
    chosen = study.role_choice(lived.person.role)
    return chosen.role if chosen is not None and chosen.role is not None else study.roles[0].id


def _alike(study: Study, told: Mapping[str, tuple[int, ...]]) -> float | None:
    """p of the chi-square test that every arm is told as often as the others, all roles together.

    An arm for which nobody is shown a page of the story cannot be read, and is left out.
    """
    statistic, df = 0.0, 0
    for role, counts in told.items():
        seen = [count for arm, count in zip(arms_of(study), counts, strict=True) if _can_be_read(study, role, arm)]
        if sum(seen) and len(seen) > 1:
            statistic, df = statistic + float(stats.chisquare(seen).statistic), df + len(seen) - 1
    return float(stats.chi2.sf(statistic, df)) if df else None


def arms_of(study: Study) -> Sequence[Mapping[str, str]]:
    """Every arm of the story, if there is one."""
    return arms(study.story) if study.story else ()


def _can_be_read(study: Study, role: str, arm: Mapping[str, str]) -> bool:
    """Is there a page of the story for somebody of this role who is told this arm?"""
    carrying = [each for part in study.parts for page in part.pages[: part.told] for each in page]
    told = tuple(Is(name, (level,)) for name, level in arm.items())
    shown = [each for each in carrying if role in each.roles and not isinstance(each, Note)]
    return any(possible(study, role, AllOf((*told, each.show_if))) for each in shown)


def _typed(name: str, answer: object) -> list[tuple[str, list[str]]]:
    """An answer as a form sends it; what stands for a number has a field of its own."""
    refused = [str(code) for code, words in MISSING_WORDS.items() if words == answer]
    if refused:
        return [(name, []), (name + INSTEAD, refused)]
    given = answer if isinstance(answer, tuple) else () if answer is None else (answer,)
    return [(name, [str(each) for each in given])]
