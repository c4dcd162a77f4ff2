"""The shape of what is stored, once: columns, payload ⇄ bytes, tables, format number.

Two wings share this file and nothing else: the survey seals what `payload` makes, the analysis opens it
into the columns named here. Sealing and SQL statements stay upstairs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, assert_never

from .model import (
    NOT_ASKED,
    NOT_SURE,
    PREFER_NOT,
    ChooseMany,
    ChooseOne,
    Grid,
    Note,
    Number,
    Question,
    Rating,
    Study,
    Text,
)
from .rules import Answers
from .terms import Choice, Wording

FORMAT = 2
SURVEY_FILE = "survey.db"
PRACTICE_KEY = "practice-key.txt"
"""What lies in a data folder and is known to both upper wings."""

BUCKETS = tuple(1024 * size for size in (2, 4, 8, 16, 32))
"""Payloads are padded to one of these sizes, so that a record's length says next to nothing."""

FRAME_ROOM = 1024
"""What a stored frame has beyond its payload: age's own overhead varies, the frame must not."""

TABLES = (
    "CREATE TABLE IF NOT EXISTS responses "
    "(key BLOB PRIMARY KEY, frame BLOB NOT NULL, mark BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS texts "
    "(key BLOB PRIMARY KEY, frame BLOB NOT NULL, mark BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS tombstones (key BLOB PRIMARY KEY, mark BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS studies (fingerprint TEXT PRIMARY KEY, canonical TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS house (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS signers (public_key BLOB NOT NULL, sealed_to BLOB NOT NULL, sealed_key BLOB NOT NULL, "
    "signature BLOB NOT NULL, PRIMARY KEY (public_key, sealed_to)) STRICT, WITHOUT ROWID",
)
"""Every table with a row a person is keyed by a salted hash and has no rowid: no order is kept."""

DURATIONS = {0: "under 2 minutes", 2: "2 to 5 minutes", 5: "5 to 10 minutes", 10: "over 10 minutes"}
"""How long it took, as a band: from that many minutes on."""

MISSING_SUFFIX = "_missing"
MISSING_WORDS = {NOT_SURE: "not sure", PREFER_NOT: "prefer not to say", NOT_ASKED: "not asked", None: "skipped"}
"""Kinds of missing as words, where a column holds numbers of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of the opened answers.

    `code` holds a choice's code, `tick` 0 or 1 (or the code of a refusal), `number` a whole number with a
    `…_missing` word beside it, `word` a word. `scale` is the codes in order, where there is an order.
    """

    name: str
    kind: Literal["code", "tick", "number", "word"]
    question: str | None
    roles: tuple[str, ...]
    text: Wording
    choices: tuple[Choice, ...] = ()
    scale: tuple[int, ...] = ()


def columns(study: Study) -> tuple[Column, ...]:
    """Every column of the answers table, facts first, then questions in the order written."""
    return (*_facts(study), *(column for each in study.questions() for column in columns_of(each)))


def columns_of(question: Question) -> tuple[Column, ...]:
    """The columns that one question fills; its own words have none here (they lie apart)."""
    common: dict[str, Any] = {"question": question.id, "roles": question.roles}
    match question:
        case Rating(scale=scale, off_scale=off_scale, refusals=refusals):
            return (
                Column(
                    name=question.id,
                    kind="code",
                    text=question.text,
                    choices=(*scale, *off_scale, *refusals),
                    scale=tuple(choice.code for choice in scale),
                    **common,
                ),
            )
        case ChooseOne(choices=choices, refusals=refusals):
            return (Column(name=question.id, kind="code", text=question.text, choices=(*choices, *refusals), **common),)
        case ChooseMany(choices=choices, refusals=refusals):
            return tuple(
                Column(
                    name=f"{question.id}_{choice.code}",
                    kind="tick",
                    text={role: f"{question.text[role]} {choice.label[role]}" for role in question.text},
                    choices=refusals,
                    **common,
                )
                for choice in choices
            )
        case Number(refusals=refusals):
            return (Column(name=question.id, kind="number", text=question.text, choices=refusals, **common),)
        case Grid(rows=rows, scale=scale, refusals=refusals):
            return tuple(
                Column(
                    name=row.id,
                    kind="code",
                    text={role: f"{question.text[role]} {row.text[role]}" for role in question.text},
                    choices=(*scale, *refusals),
                    scale=tuple(choice.code for choice in scale),
                    **common,
                )
                for row in rows
            )
        case Text() | Note():
            return ()
        case _:
            assert_never(question)


def _facts(study: Study) -> tuple[Column, ...]:
    roles = tuple(role.id for role in study.roles)

    def fact(name: str, kind: Literal["code", "tick", "number", "word"], words: str) -> Column:
        return Column(name=name, kind=kind, question=None, roles=roles, text=dict.fromkeys(roles, words))

    words = study.words
    found = [fact("role", "word", words["fact_role"])]
    if len(study.languages) > 1:
        found.append(fact("language", "word", words["fact_language"]))
        found.append(fact("other_language", "word", words["fact_other_language"]))
    if study.either_order:
        found.append(fact("came_first", "word", words["fact_order"]))
    found += [fact(f"flip_{id}", "tick", words["fact_flip"]) for id in flipped(study)]
    if study.story:
        found += [fact(factor.id, "word", words["fact_story"]) for factor in study.story.factors]
    if study.privacy.month:
        found.append(fact("month", "word", words["fact_month"]))
    found.append(fact("duration", "word", words["fact_duration"]))
    found.append(fact("automatic", "tick", words["fact_automatic"]))
    kept = [tick for tick in study.consent if tick.kept_with == "answers"]
    found += [fact(tick.id, "tick", words["fact_tick"].format(tick=tick.text)) for tick in kept]
    return tuple(found)


@lru_cache(maxsize=64)
def flipped(study: Study) -> tuple[str, ...]:
    """The questions that decide a flip of their own; others follow them."""
    return tuple(each.id for each in study.questions() if isinstance(each, Rating) and each.flip == each.id)


def duration(minutes: int) -> str:
    """The band of a number of minutes; a clock that went back is the first one."""
    return DURATIONS[max(edge for edge in DURATIONS if edge <= max(minutes, 0))]


def table_columns(study: Study) -> dict[str, type]:
    """Every column of the opened table with its type, the words beside numbers included."""
    types: dict[str, type] = {}
    for column in columns(study):
        types[column.name] = str if column.kind == "word" else int
        if column.kind == "number":
            types[column.name + MISSING_SUFFIX] = str
    return types


def payload(study: Study, kind: str, facts: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    """What is sealed of one sent questionnaire. A column that is left out was not asked."""
    return {**facts, **answers, **_origin(study, kind)}


def text_payload(
    study: Study, kind: str, role: str, ticks: Mapping[str, int], texts: Mapping[str, str]
) -> dict[str, Any]:
    """What is sealed of somebody's own words: the role and the tick that allows quoting, no more."""
    return {**ticks, "role": role, "texts": dict(texts), **_origin(study, kind)}


def _origin(study: Study, kind: str) -> dict[str, Any]:
    """What a record says of itself; nothing that anybody answered can stand over it."""
    return {"format": FORMAT, "fingerprint": study.fingerprint, "kind": kind}


def to_bytes(record: Mapping[str, Any]) -> bytes:
    """A payload as JSON, padded with spaces to the next bucket. Raises ValueError if none is large enough."""
    raw = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    size = next((bucket for bucket in BUCKETS if len(raw) <= bucket), None)
    if size is None:
        raise ValueError(f"a response of {len(raw)} bytes is larger than {BUCKETS[-1]}")
    return raw.ljust(size)


def from_bytes(raw: bytes) -> dict[str, Any]:
    """The payload again. Raises ValueError if it is not one of ours."""
    record = json.loads(raw)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise ValueError("is not a record of this format")
    return record


def to_frame(sealed: bytes, payload_size: int) -> bytes:
    """Sealed bytes in a frame whose size hangs on the payload’s bucket alone. Raises ValueError if they do not fit."""
    size = payload_size + FRAME_ROOM
    if len(sealed) + 4 > size:
        raise ValueError(f"{len(sealed)} sealed bytes are too many for a frame of {size}")
    return (len(sealed).to_bytes(4) + sealed).ljust(size, b"\0")


def from_frame(frame: bytes) -> bytes:
    """The sealed bytes again. Raises ValueError for a frame that cannot be one of ours."""
    size = int.from_bytes(frame[:4])
    if len(frame) - FRAME_ROOM not in BUCKETS or not 0 < size <= len(frame) - 4:
        raise ValueError("is not a frame of this format")
    return frame[4 : 4 + size]


def row_of(columns: Sequence[Column]) -> Callable[[Mapping[str, Any]], dict[str, int | str | None]]:
    """What makes a record one row of the answers table: each column's value, kinds of missing kept apart."""
    asked = [column for column in columns if column.question is not None]
    numbers = [column.name for column in asked if column.kind == "number"]
    ticks = [_ticked(column) for column in asked if column.kind == "tick"]
    apart = {*numbers, *(name for name, *_ in ticks)}
    usual = {each.name: NOT_ASKED if each.question is not None else None for each in columns if each.name not in apart}

    def row(record: Mapping[str, Any]) -> dict[str, int | str | None]:
        answer = record.get
        filled: dict[str, int | str | None] = {name: answer(name, missing) for name, missing in usual.items()}
        for name in numbers:
            filled[name], filled[name + MISSING_SUFFIX] = _number(answer(name, MISSING_WORDS[NOT_ASKED]))
        for name, question, code, refusals in ticks:
            given = answer(question, NOT_ASKED)
            if isinstance(given, list):
                given = next((each for each in refusals if each in given), int(code in given))
            filled[name] = given
        return filled

    return row


def _number(answer: int | str | None) -> tuple[int | None, str | None]:
    """Kinds of missing travel as words beside a number, so that 97 and 99 may be somebody's answer."""
    if answer is None:
        return None, MISSING_WORDS[None]
    return (None, answer) if isinstance(answer, str) else (answer, None)


def _ticked(column: Column) -> tuple[str, str, int, tuple[int, ...]]:
    """A column of one choice of several: its name, its question, its code, and the codes of those who refuse."""
    code = int(column.name.removeprefix(f"{column.question}_"))
    return column.name, str(column.question), code, tuple(choice.code for choice in column.choices)
