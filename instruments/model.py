"""What a study is, once read: plain frozen values that all three wings look at.

A closed union of question types; each wing has one `match … assert_never` over it. A study is read in
one language. `Wording` is role → words: one question, two wordings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .plan import Plan
from .rules import ALWAYS, Rule
from .terms import HEAD, Checks, Choice, ConsentCheck, Paragraph, Privacy, StopRule, SupportPlace, Tick, Wording
from .written import Place

NOT_SURE, PREFER_NOT, NOT_ASKED = 97, 98, 99
HIGHEST_CODE = 90  # codes above it are kept for the kinds of missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What every kind of question has: its words, who is asked, and why a board should allow it."""

    id: str  # the column name, for ever
    place: Place  # where its author wrote it
    roles: tuple[str, ...]
    text: Wording
    text_apart: bool = False  # its author wrote one wording a role
    hint: Wording | None = None
    show_if: Rule = ALWAYS
    beside: str | None = None  # the other side's question, where the two cannot be one
    construct: Wording = field(default_factory=dict)  # what it measures, for each role
    reason: Wording = field(default_factory=dict)  # why it is asked
    source: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # where it comes from
    sensitive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating(Item):
    """Ordered answers. `off_scale` holds those that stand beside the order, such as “It depends”."""

    scale: tuple[Choice, ...]
    off_scale: tuple[Choice, ...] = ()
    refusals: tuple[Choice, ...] = ()  # 97 not sure, 98 prefer not to say
    flip: str | None = None  # the question whose flip this one follows; its own id for the first


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseOne(Item):
    """One of several answers without an order."""

    choices: tuple[Choice, ...]
    refusals: tuple[Choice, ...] = ()
    shuffle: bool = False
    last: tuple[int, ...] = ()  # codes that a shuffle leaves at the end


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseMany(Item):
    """Any number of answers; each becomes a 0/1 column. `exclusive` codes stand alone."""

    choices: tuple[Choice, ...]
    refusals: tuple[Choice, ...] = ()
    exclusive: tuple[int, ...] = ()
    shuffle: bool = False
    last: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Item):
    """A whole number. Kinds of missing are words here, never codes."""

    low: int
    high: int
    refusals: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Item):
    """Somebody's own words: sealed apart from every other answer, and never asked for as a must."""

    longest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One rating of a grid; its id is its column."""

    id: str
    text: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid(Item):
    """Several ratings under one stem, shown as cards one below the other, four to a page."""

    rows: tuple[Row, ...]
    scale: tuple[Choice, ...]
    refusals: tuple[Choice, ...] = ()
    shuffle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Item):
    """Words to read on the way; nothing is asked."""


Question = Rating | ChooseOne | ChooseMany | Number | Text | Grid | Note
"""The closed union. A new kind makes the type checker walk through every wing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of the questionnaire under one heading; each inner tuple shares a page."""

    id: str
    title: str
    pages: tuple[tuple[Question, ...], ...]
    told: int = 0  # how many of its first pages carry the story
    support_open: bool = False  # the support lines stand open where it begins, for everybody
    can_skip: bool = False  # it can be skipped as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A randomised story: text pieces, some told in one of several ways, each factor a column."""

    intro: str
    pieces: tuple[str | Factor, ...]

    def __hash__(self) -> int:
        return hash(self.intro)

    @property
    def factors(self) -> tuple[Factor, ...]:
        """The pieces that are told in more than one way."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Factor))


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A piece of the story and the ways in which it is told: level → words."""

    id: str
    place: Place
    levels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A side of the study: its name in columns, and in sentences of a report."""

    id: str
    name: str
    place: Place = HEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChoice:
    """An answer to “Which of these fits you?”; with no role it is a kind end."""

    code: int
    label: str
    role: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleQuestion:
    """The one question that decides the route."""

    construct: str | None
    reason: str | None
    source: tuple[str, ...]
    text: str
    hint: str | None
    choices: tuple[RoleChoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A whole study, in one language, with the fingerprint of what its author wrote."""

    fingerprint: str
    canonical: str  # the JSON that the fingerprint is taken of
    id: str
    version: str
    title: str
    public_name: str  # what page titles, and so a browser's history, may show
    status: str
    language: str
    languages: tuple[str, ...]
    roles: tuple[Role, ...]
    role_question: RoleQuestion | None
    information: tuple[Paragraph, ...]
    sheet: tuple[Paragraph, ...]  # the longer information sheet
    eligibility: tuple[str, ...]  # each must be answered with yes, before anything else is asked
    consent: tuple[Tick, ...]
    consent_check: ConsentCheck | None
    closing: tuple[Paragraph, ...]
    invitation: tuple[Paragraph, ...]
    poster: tuple[Paragraph, ...]
    in_short: tuple[Paragraph, ...]  # for participants to keep
    who: str | None  # who runs it, who checked it, whom to ask: beside every page
    other_ways: str | None  # how to take part without this page: on paper, by phone
    details: Mapping[str, str | None]  # facts that the words name in braces; null is “not yet decided”
    privacy: Privacy
    support: tuple[SupportPlace, ...]
    stop_rule: StopRule | None  # when `open` says that it should be paused
    checks: Checks
    substantial: tuple[str, ...] | None  # kinds of change that a board decides on again; None for the usual ones
    discreet_titles: bool  # page titles, and so a browser's history, hold a number and no question
    quick_exit: bool
    quick_exit_script: bool  # adds comfort to the quick exit; it works without
    leave_to: str | None  # where the quick exit ends; None is “not yet decided”
    parts: tuple[Part, ...]
    either_order: tuple[tuple[str, ...], tuple[str, ...]] | None
    story: Story | None
    plan: Plan
    words: Mapping[str, str]  # the interface words of its language

    def __hash__(self) -> int:
        return hash((self.fingerprint, self.language))

    def questions(self) -> Iterator[Question]:
        """Every question, in the order written."""
        return (question for part in self.parts for page in part.pages for question in page)

    def question(self, id: str) -> Question | None:
        """The question of that name, or None."""
        return next((each for each in self.questions() if each.id == id), None)

    def parts_of(self, role: str) -> tuple[Part, ...]:
        """The parts in which this role is asked anything, in the order written."""
        return tuple(part for part in self.parts if any(role in each.roles for page in part.pages for each in page))

    def role_choice(self, code: int | None) -> RoleChoice | None:
        """The answer to the role question that has this code, or None."""
        choices = self.role_question.choices if self.role_question else ()
        return next((each for each in choices if each.code == code), None)

    def filled(self, text: str) -> str:
        """Words with `{name}` filled from the details; what is undecided says so."""
        for name, value in self.details.items():
            text = text.replace("{" + name + "}", value or self.words["not_yet_decided"])
        return text
