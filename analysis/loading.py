"""Loading: an answers.db becomes the table, columns at a time, with the hash that the lock holds it to."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from instruments.doors import WrongUse
from instruments.model import NOT_ASKED, NOT_SURE, Study
from instruments.reader import Faulty, from_canonical, with_plan
from instruments.records import MISSING_SUFFIX, MISSING_WORDS, Column, columns

from .reading import reading_answers
from .table import ABSENT, REFUSED, SKIPPED, UNKNOWN, Said, Table, Values

COMMA, UNIT = ",", "\x1f"  # between numbers, between words
AT_ONCE = 24  # columns in one pass over the file


def load(path: Path) -> Table:
    """Read an answers.db. Raises WrongUse or Environment in words."""
    with reading_answers(path) as connection:
        about = dict(connection.execute("SELECT name, value FROM about"))
        totals = dict(connection.execute("SELECT name, count FROM totals"))
        canonical = connection.execute("SELECT canonical FROM study").fetchone()[0]
        n = int(connection.execute("SELECT count(*) FROM answers").fetchone()[0])
        written = _as_written(connection) if n else {}
        texts = _texts(connection)
        data_hash = _hash(written, texts)
    study = _study(path, canonical, about)
    by_name = {column.name: column for column in columns(study)}
    values = {name: _values(column, written, n) for name, column in by_name.items()}
    table = Table(
        study=study,
        about=about,
        totals=totals,
        n=n,
        columns=by_name,
        values=values,
        missing={
            name: _words(written.get(name + MISSING_SUFFIX), n)
            for name, column in by_name.items()
            if column.kind == "number"
        },
        texts=texts,
        data_hash=data_hash,
        levels={name: levels(by_name[name], values[name]) for name in values},
    )
    return table.planned()


def replanned(table: Table, path: Path) -> Table:
    """The same answers under another plan.yaml. Raises WrongUse with every problem of the plan."""
    try:
        study = with_plan(table.study, path)
    except Faulty as error:
        raise WrongUse(f"The plan cannot be used:\n{error}") from error
    return replace(table, study=study).planned()


def _study(path: Path, canonical: str, about: Mapping[str, str]) -> Study:
    try:
        study = from_canonical(canonical)
    except Faulty as error:
        raise WrongUse(f"The study in {path} was written for another version of this tool:\n{error}") from error
    if study.fingerprint != about.get("fingerprint"):
        said, has = about.get("fingerprint", "?")[:12], study.fingerprint[:12]
        raise WrongUse(f"{path} says fingerprint {said}, its study has {has}.")
    return study


def _as_written(connection: sqlite3.Connection) -> dict[str, str]:
    """Each column's values in the order of the rows, as one text: far quicker than a Python object a value."""
    found: dict[str, str] = {}
    about = [(row[1], row[2]) for row in connection.execute("PRAGMA table_info(answers)")]
    for start in range(0, len(about), AT_ONCE):
        here = about[start : start + AT_ONCE]
        joined = ", ".join(
            f"group_concat(ifnull(\"{name}\", {SKIPPED}), '{COMMA}')"
            if kind == "INTEGER"
            else f"group_concat(ifnull(\"{name}\", ''), char({ord(UNIT)}))"
            for name, kind in here
        )
        texts = connection.execute(f"SELECT {joined} FROM answers").fetchone()
        found |= {name: text for (name, _), text in zip(here, texts, strict=True)}
    return found


def _texts(connection: sqlite3.Connection) -> tuple[Said, ...]:
    """Everybody's own words, in the order of their content."""
    cursor = connection.execute("SELECT * FROM texts")
    names = [each[0] for each in cursor.description]
    rows = (dict(zip(names, row, strict=True)) for row in cursor)
    own = ("question", "role", "text")
    return tuple(
        Said(row["question"], row["role"], {key: row[key] for key in row if key not in own}, row["text"])
        for row in rows
    )


def _hash(written: Mapping[str, str], texts: tuple[Said, ...]) -> str:
    """SHA-256 over every answer and text, in the order in which they lie (that of their content)."""
    digest = hashlib.sha256()
    for name in sorted(written):
        digest.update(f"{name}\n{written[name]}\n".encode())
    for said in texts:
        row = [said.question, said.role, sorted(said.ticks.items()), said.words]
        digest.update(json.dumps(row, ensure_ascii=False).encode())
    return digest.hexdigest()


def _values(column: Column, written: Mapping[str, str], n: int) -> Values:
    if column.kind == "word":
        return _words(written.get(column.name), n)
    values = _numbers(written.get(column.name), n)
    if column.kind == "number":
        why = _words(written.get(column.name + MISSING_SUFFIX), n)
        values[why != ""] = REFUSED
        values[why == MISSING_WORDS[None]] = SKIPPED
        values[why == MISSING_WORDS[NOT_ASKED]] = ABSENT
        return values
    values[values == NOT_ASKED] = ABSENT
    return values


def _numbers(text: str | None, n: int) -> Values:
    found: Any = np.fromstring(text or "", sep=COMMA, dtype=np.int32)
    return _whole(found, n)


def _words(text: str | None, n: int) -> Values:
    return _whole(np.array(text.split(UNIT) if text is not None else [], dtype=str), n)


def _whole(found: Values, n: int) -> Values:
    if len(found) != n:
        raise sqlite3.DataError(f"a column has {len(found)} values for {n} people")
    return found


def levels(column: Column, values: Values) -> tuple[float, ...]:
    """The steps of a column in their order; of a number those that somebody gave."""
    if column.kind == "tick":
        return (0, 1)
    if column.kind == "number":
        return tuple(int(value) for value in np.unique(values) if value > UNKNOWN)
    return column.scale or tuple(choice.code for choice in column.choices if choice.code < NOT_SURE)
