"""The terms on which people take part: information, consent, what is kept, who can help, what the words are held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from .written import Place

Wording = Mapping[str, str]
"""role → words."""

Kind = Literal[
    "added", "removed", "reworded", "recoded", "re-routed", "moved", "translation",
    "consent", "information", "data", "retention", "safety", "support", "plan", "interface", "setting",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
"""Kinds of change between two versions of a study; see `amending`."""

HEAD = Place("study.yaml", 1)  # where what nobody wrote would stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One possible answer: the code that is stored and the words that are shown."""

    code: int
    label: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One consent tick; an optional one is kept `with_` the answers or the text, as its column."""

    id: str
    place: Place
    text: str
    required: bool
    kept_with: str | None  # "answers", "text" or None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCheck:
    """A question that shows whether the key facts were understood; never stored, never a barrier."""

    text: str
    choices: tuple[Choice, ...]
    correct: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A heading and its words, on the information page or the closing one."""

    heading: str | None
    text: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What a study's author wants its words and numbers held to; `check` says where they are not."""

    place: Place = HEAD
    words_to_avoid: Mapping[str, str] = field(default_factory=dict)  # a word or its beginning → why
    reading_grade: float = 7.0  # the highest of a screen
    longest_question: int = 45  # words
    gates: int = 6  # what must be ticked or chosen before anybody can go on
    identifying: tuple[str, ...] = ()  # columns that could single somebody out, taken together
    waived: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # rule → where → why it is meant so


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportLine:
    """Somebody who can help: data with a source and a day of checking, never words of ours."""

    name: str | None
    how: str | None
    phone: str | None
    sms: str | None
    hours: str | None
    cost: str | None
    source_page: str | None
    checked_on: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPlace:
    """The support lines of one country."""

    place: str
    emergency: str | None
    emergency_phone: str | None
    lines: tuple[SupportLine, ...]
    complaints: tuple[SupportLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRule:
    """When so many say that it did them harm that the survey is paused. `open` counts; the board sets it."""

    place: Place
    column: str
    codes: tuple[int, ...]
    above: float  # the share of all answers that is too many
    at: tuple[int, ...]  # with how many opened answers it is looked at, the fewest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """What is kept and for how long. There is no setting that stores who, where or exactly when."""

    month: bool
    withdrawal_code: bool
    ask_device: bool  # an own device keeps a draft for a day; unasked, every device keeps it for half an hour
    withdraw_until: str | None
    keep_until: str | None
    min_cell_public: int
    min_cell_team: int
