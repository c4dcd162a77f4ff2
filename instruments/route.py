"""The route: which page comes next for this role, this secret and these answers. Pure.

Orders, flips, shuffles and the story are read off the participant's secret: the same draft gives the
same pages in two tabs, after Back, after a restart, and nothing about them needs to be kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product
from typing import TypeVar, assert_never

from .model import ChooseMany, ChooseOne, Grid, Note, Number, Part, Question, Rating, Row, Story, Study, Text
from .records import flipped
from .rules import ALWAYS, Answer, Answers, Test, predicate
from .terms import Choice

CARDS_A_PAGE = 4
FIRST_PAGE = 2
"""Page 1 is the role question, in every study."""

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A question as one person sees it: these rows, and the choices in this order."""

    question: Question
    rows: tuple[Row, ...] = ()
    choices: tuple[Choice, ...] = ()
    refusals: tuple[Choice, ...] = ()
    sheet: int = 1  # a long grid runs over several sheets
    sheets: int = 1
    columns: tuple[str, ...] = field(init=False, compare=False)
    """The names under which its answers are kept."""

    def __post_init__(self) -> None:
        columns = tuple(row.id for row in self.rows) if self.rows else (self.question.id,)
        object.__setattr__(self, "columns", columns)

    def __hash__(self) -> int:
        return hash((self.question.id, self.sheet, *[choice.code for choice in self.choices]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of one person's way. Its number never changes while they answer."""

    number: int
    part: int  # 1 for the first
    parts: int
    title: str  # of the part; heads a page with several questions
    support_open: bool  # where its part begins
    can_skip: bool
    shown: tuple[Shown, ...]
    asks: tuple[Test, ...] = field(compare=False)  # for each that is shown: is it asked?
    story: tuple[str, ...] = ()
    story_is_new: bool = False
    shuffled: bool = False  # something on it stands in another order for everybody: see `in_own_order`
    cut: bool = False  # and that order decides which rows stand on which sheet
    always: bool = False  # no rule decides what of it is asked
    notes: bool = False  # some of it is only to be read
    notes_only: bool = False

    def asked(self, answers: Answers) -> tuple[Shown, ...]:
        """What of this page is on the way, given the answers so far."""
        if self.always:
            return self.shown
        here = tuple([each for each, asks in zip(self.shown, self.asks, strict=True) if asks(answers)])
        if self.notes and not self.notes_only and all(isinstance(each.question, Note) for each in here):
            return ()  # a note introduces something; by itself it is no page
        return here


def draw(secret: bytes, *names: str, size: int = 8) -> int:
    """A number that only this secret gives for these names: so many bytes of BLAKE2b."""
    text = "\0".join(names).encode()
    return int.from_bytes(hashlib.blake2b(text, key=secret, digest_size=size).digest())


@lru_cache(maxsize=64)
def arms(story: Story) -> tuple[Mapping[str, str], ...]:
    """Every way to tell the story: factor → level, in an order that does not depend on how they were written."""
    names = [factor.id for factor in story.factors]
    return tuple(
        dict(zip(names, levels, strict=True))
        for levels in product(*(sorted(factor.levels) for factor in story.factors))
    )


def arm_number(study: Study, role: str, secret: bytes) -> int:
    """Which of the arms this secret tells to this role; 0 where there is no story."""
    return draw(secret, "story", role) % len(arms(study.story)) if study.story else 0


def facts(study: Study, role: str, secret: bytes) -> dict[str, int | str]:
    """What is settled before the first question: role, order, flips, story. Rules may look at all of it."""
    found: dict[str, int | str] = {"role": role}
    if study.either_order:
        found["came_first"] = study.either_order[draw(secret, "order") % 2][0]
    for id in flipped(study):
        found[f"flip_{id}"] = draw(secret, "flip", id) % 2
    if study.story:
        found.update(arms(study.story)[arm_number(study, role, secret)])
    return found


def pages(study: Study, role: str, secret: bytes, settled: Mapping[str, int | str] | None = None) -> tuple[Page, ...]:
    """Every page this person could meet, in their order. Rules decide later which of them they do meet.

    Choices and rows stand as written, but for those of a grid that runs over several sheets: `in_own_order` puts them
    into this person's order where they are looked at. `settled` is what `facts` says, if it is known already.
    """
    return tuple(own(page, secret) for page in laid_out(study, role, settled or facts(study, role, secret)))


def laid_out(study: Study, role: str, settled: Mapping[str, int | str]) -> tuple[Page, ...]:
    """The same pages as written: who is asked what hangs on no order of rows. `own` is for what is looked at."""
    return _laid_out(study, role, tuple(settled.items()))


def own(page: Page, secret: bytes) -> Page:
    """The page with this person's rows on it, where their order decides which rows those are."""
    return replace(page, shown=in_own_order(page.shown, secret)) if page.cut else page


@lru_cache(maxsize=1024)
def _laid_out(study: Study, role: str, settled_facts: tuple[tuple[str, int | str], ...]) -> tuple[Page, ...]:
    """The same for everybody for whom the same is settled: worked out once, and not yet shuffled."""
    settled = dict(settled_facts)
    came_first = settled.get("came_first")
    asked_parts = [part for part in in_order(study, str(came_first)) if part in study.parts_of(role)]
    made: list[Page] = []
    for position, part in enumerate(asked_parts, 1):
        telling = told(study.story, settled) if study.story else ()
        first = len(made)
        for index, together in enumerate(part.pages):
            for sheet in _sheets([each for each in together if role in each.roles], settled):
                made.append(
                    Page(
                        number=FIRST_PAGE + len(made),
                        part=position,
                        parts=len(asked_parts),
                        title=part.title,
                        support_open=part.support_open,
                        can_skip=part.can_skip,
                        shown=sheet,
                        asks=tuple(predicate(each.question.show_if) for each in sheet),
                        story=telling if index < part.told else (),
                        story_is_new=len(made) == first,
                        always=all(each.question.show_if == ALWAYS for each in sheet),
                        notes=any(isinstance(each.question, Note) for each in sheet),
                        notes_only=all(isinstance(each.question, Note) for each in sheet),
                        cut=any(each.sheets > 1 and _shuffles(each.question) for each in sheet),
                        shuffled=any(_shuffles(each.question) for each in sheet),
                    )
                )
    return tuple(made)


def in_own_order(shown: tuple[Shown, ...], secret: bytes) -> tuple[Shown, ...]:
    """The same with choices and rows in this person's order."""
    return tuple(_mixed(each, secret) for each in shown)


def told(story: Story, settled: Answers) -> tuple[str, ...]:
    """The story as this person reads it, piece by piece."""
    return tuple(piece if isinstance(piece, str) else piece.levels[str(settled[piece.id])] for piece in story.pieces)


def next_page(way: Sequence[Page], answers: Answers, after: int = 0) -> Page | None:
    """The first page on the way behind page `after`, or None at the end."""
    return next((page for page in way if page.number > after and page.asked(answers)), None)


def page_before(way: Sequence[Page], answers: Answers, number: int) -> Page | None:
    """The page on the way before page `number`, or None at the start."""
    return next((page for page in reversed(way) if page.number < number and page.asked(answers)), None)


def open_page(way: Iterable[Page], answers: Answers) -> Page | None:
    """The first page on the way with something not yet answered or skipped, or None."""
    return next(
        (page for page in way if any(column not in answers for each in page.asked(answers) for column in each.columns)),
        None,
    )


def on_the_way(way: Sequence[Page], settled: Answers, answers: Answers) -> dict[str, Answer]:
    """The answers that still count: what has fallen off the way, after a change, is dropped.

    Rules point backwards only, so one walk in page order settles everything.
    """
    known = dict(settled)
    for page in way:
        for each in page.asked(known):
            for column in each.columns:
                if column in answers:
                    known[column] = answers[column]
    return {column: known[column] for column in known if column not in settled}


def completed(way: Sequence[Page], settled: Answers, answers: Answers) -> dict[str, Answer]:
    """The answers to send: everything on the way, with what was left open as blank."""
    known = dict(settled)
    for page in way:
        for each in page.asked(known):
            if not isinstance(each.question, Note):
                known.update({column: answers.get(column) for column in each.columns})
    return {column: known[column] for column in known if column not in settled}


def in_order(study: Study, came_first: str | None) -> tuple[Part, ...]:
    """The parts, with the two stretches of `either_order` changed over where the second one comes first."""
    if not study.either_order or came_first != study.either_order[1][0]:
        return study.parts
    first, second = study.either_order
    by_id = {part.id: part for part in study.parts}
    swapped = iter([*second, *first])
    return tuple(by_id[next(swapped)] if part.id in {*first, *second} else part for part in study.parts)


def _sheets(questions: list[Question], settled: Mapping[str, int | str]) -> Iterable[tuple[Shown, ...]]:
    """One page's questions as shown; a long grid runs over several pages of at most four cards."""
    here: list[Shown] = []
    for question in questions:
        whole = _shown(question, settled)
        if len(whole.rows) <= CARDS_A_PAGE:
            here.append(whole)
            continue
        sheets = [whole.rows[start : start + CARDS_A_PAGE] for start in range(0, len(whole.rows), CARDS_A_PAGE)]
        for number, rows in enumerate(sheets, 1):
            if number > 1:
                yield tuple(here)
                here = []
            here.append(replace(whole, rows=rows, sheet=number, sheets=len(sheets)))
    if here:
        yield tuple(here)


def _shown(question: Question, settled: Mapping[str, int | str]) -> Shown:
    """One question as it is shown, not yet shuffled and not yet cut into sheets."""
    match question:
        case Rating(scale=scale, off_scale=off_scale, refusals=refusals, flip=flip):
            steps = scale[::-1] if flip and settled.get(f"flip_{flip}") else scale
            return Shown(question=question, choices=(*steps, *off_scale), refusals=refusals)
        case ChooseOne(choices=choices, refusals=refusals) | ChooseMany(choices=choices, refusals=refusals):
            return Shown(question=question, choices=choices, refusals=refusals)
        case Number(refusals=refusals):
            return Shown(question=question, refusals=refusals)
        case Text() | Note():
            return Shown(question=question)
        case Grid(rows=rows, scale=scale, refusals=refusals):
            return Shown(question=question, rows=rows, choices=scale, refusals=refusals)
        case _:
            assert_never(question)


def _shuffles(question: Question) -> bool:
    return isinstance(question, ChooseOne | ChooseMany | Grid) and question.shuffle


def _mixed(shown: Shown, secret: bytes) -> Shown:
    """The same with its rows or choices in this person's order; a sheet of a long grid takes its share of them."""
    match shown.question:
        case ChooseOne(id=id, shuffle=True, last=last) | ChooseMany(id=id, shuffle=True, last=last):
            return replace(shown, choices=_shuffled(shown.choices, secret, id, last))
        case Grid(id=id, shuffle=True, rows=rows):
            first = (shown.sheet - 1) * CARDS_A_PAGE
            return replace(shown, rows=_shuffled(rows, secret, id, ())[first : first + len(shown.rows)])
        case _:
            return shown


def _shuffled(things: tuple[Thing, ...], secret: bytes, id: str, last: tuple[int, ...]) -> tuple[Thing, ...]:
    """Fisher and Yates' shuffle, every step read off one draw; those in `last` stay behind the others, as written.

    512 bits leave no order of up to 60 things rarer than another by more than 2^-240.
    """
    still = tuple(each for each in things if getattr(each, "code", None) in last)
    moved = [each for each in things if each not in still]
    left = draw(secret, "shuffle", id, size=64)
    for end in range(len(moved) - 1, 0, -1):
        left, other = divmod(left, end + 1)
        moved[end], moved[other] = moved[other], moved[end]
    return (*moved, *still)
