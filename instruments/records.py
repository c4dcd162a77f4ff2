"""The shape of what is stored, once: columns, payload ⇄ bytes, tables, format number.

Two wings share this file and nothing else: the survey seals what `payload` makes, the analysis opens it
into the columns named here. Sealing and SQL statements stay upstairs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from .model import (
    NOT_ASKED,
    Choice,
    ChooseMany,
    ChooseOne,
    Grid,
    Note,
    Number,
    Question,
    Rating,
    Study,
    Text,
    Wording,
)
from .rules import Answers

FORMAT = 1
KINDS = ("practice", "made-up", "live")
"""What a record is worth. Kinds are never mixed."""

BUCKETS = tuple(1024 * size for size in (2, 4, 8, 16, 32))
"""Payloads are padded to one of these sizes, so that a record's length says next to nothing."""

FRAME_ROOM = 1024
"""What a stored frame has beyond its payload: age's own overhead varies, the frame must not."""

TABLES = (
    "CREATE TABLE IF NOT EXISTS responses (key BLOB PRIMARY KEY, frame BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS texts (key BLOB PRIMARY KEY, frame BLOB NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS tombstones (key BLOB PRIMARY KEY) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS studies (fingerprint TEXT PRIMARY KEY, canonical TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS house (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID",
)
"""Every table with a row a person is keyed by a salted hash and has no rowid: no order is kept."""

DURATIONS = ("under 2 minutes", "2 to 5 minutes", "5 to 10 minutes", "over 10 minutes")

MISSING_WORDS = {97: "not sure", 98: "prefer not to say", 99: "not asked", None: "skipped"}
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

    found = [fact("role", "word", "The side that the person answered for")]
    if len(study.languages) > 1:
        found.append(fact("language", "word", "The language of the pages"))
    if study.either_order:
        found.append(fact("came_first", "word", "Which of the two parts came first"))
    found += [fact(f"flip_{id}", "tick", f"The steps of {id} were shown reversed") for id in flipped(study)]
    if study.story:
        found += [fact(factor.id, "word", f"The story: {factor.id}") for factor in study.story.factors]
    if study.privacy.month:
        found.append(fact("month", "word", "The month of sending"))
    found.append(fact("duration", "word", "How long it took, as a band"))
    found += [fact(tick.id, "tick", tick.text) for tick in study.consent if tick.kept_with == "answers"]
    return tuple(found)


def flipped(study: Study) -> tuple[str, ...]:
    """The questions that decide a flip of their own; others follow them."""
    return tuple(each.id for each in study.questions() if isinstance(each, Rating) and each.flip == each.id)


def payload(study: Study, kind: str, facts: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    """What is sealed of one sent questionnaire. A column that is left out was not asked."""
    return {"format": FORMAT, "fingerprint": study.fingerprint, "kind": kind, **facts, **answers}


def text_payload(
    study: Study, kind: str, role: str, ticks: Mapping[str, int], texts: Mapping[str, str]
) -> dict[str, Any]:
    """What is sealed of somebody's own words: the role and the tick that allows quoting, no more."""
    return {
        "format": FORMAT,
        "fingerprint": study.fingerprint,
        "kind": kind,
        "role": role,
        **ticks,
        "texts": dict(texts),
    }


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
    """Sealed bytes in a frame whose size depends on the payload's bucket alone."""
    return (len(sealed).to_bytes(4) + sealed).ljust(payload_size + FRAME_ROOM, b"\0")


def from_frame(frame: bytes) -> bytes:
    """The sealed bytes again. Raises ValueError for a frame that cannot be one of ours."""
    size = int.from_bytes(frame[:4])
    if len(frame) - FRAME_ROOM not in BUCKETS or not 0 < size <= len(frame) - 4:
        raise ValueError("is not a frame of this format")
    return frame[4 : 4 + size]


def row(study: Study, record: Mapping[str, Any]) -> dict[str, int | str | None]:
    """One row of the answers table: each column's value, kinds of missing kept apart."""
    filled: dict[str, int | str | None] = {}
    for column in columns(study):
        name = column.name
        if column.question is None:
            filled[name] = record.get(name)
        elif column.kind == "number":
            filled[name], filled[f"{name}_missing"] = _number(record, name)
        elif column.kind == "tick":
            filled[name] = _tick(record.get(column.question, NOT_ASKED), column)
        else:
            filled[name] = record.get(name, NOT_ASKED)
    return filled


def _number(record: Mapping[str, Any], name: str) -> tuple[int | None, str | None]:
    """Kinds of missing travel as words beside a number, so that 97 and 99 may be somebody's answer."""
    answer = record.get(name, MISSING_WORDS[NOT_ASKED])
    if answer is None:
        return None, MISSING_WORDS[None]
    return (None, answer) if isinstance(answer, str) else (answer, None)


def _tick(answer: list[int] | int | None, column: Column) -> int | None:
    if not isinstance(answer, list):
        return answer
    code = int(column.name.removeprefix(f"{column.question}_"))
    refused = [choice.code for choice in column.choices if choice.code in answer]
    return refused[0] if refused else int(code in answer)
