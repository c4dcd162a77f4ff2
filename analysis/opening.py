"""Open: sealed records and the private key become `answers.db`, plain typed tables that read well anywhere.

Rows lie in the order of their own content: no order of arrival, no order of keys, and the same records
give the same file.
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage
from sqlite_utils import Database

from instruments import VERSION, records
from instruments.doors import Environment, WrongUse
from instruments.model import NOT_ASKED, Study, Text
from instruments.reader import Faulty, from_canonical

from .reading import reading

PROTECTED = b"age-encryption.org/v1"  # how a key file begins that a passphrase protects
WHICH_KEY = "Give the file that `keys new` wrote; in practice it is practice-key.txt in the data folder."

Progress = Callable[[Sequence[bytes], str], Iterator[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What came of opening: how many records, how many could not be opened, and where they are now."""

    path: Path
    kind: str
    answers: int
    texts: int
    unopened: int
    fingerprint: str


def open_answers(
    data: Path,
    key: Path,
    text_key: Path,
    out: Path,
    fingerprint: str | None,
    progress: Progress,
    passphrase: Callable[[Path], str] = lambda path: "",
) -> Opened:
    """Open everything in a data folder. The old file stays in place until the new one is whole.

    `passphrase` is asked for a key file that is protected by one.
    """
    sealed = _sealed(data)
    identity = _identity(key, passphrase)
    text_identity = identity if text_key == key else _identity(text_key, passphrase)
    payloads, broken = _opened(progress(sealed.responses, "opening answers"), identity, key)
    texts, broken_texts = _opened(progress(sealed.texts, "opening texts"), text_identity, text_key)
    study = _one_study(sealed, payloads, fingerprint)
    payloads = [each for each in payloads if each["fingerprint"] == study.fingerprint]
    texts = [each for each in texts if each["fingerprint"] == study.fingerprint]
    wrong_kind = [each for each in (*payloads, *texts) if each["kind"] != sealed.kind]
    if wrong_kind:
        raise WrongUse(
            f"{len(wrong_kind)} records in {data} are not {sealed.kind} ones; kinds of records are never mixed."
        )
    unopened = broken + broken_texts
    rows = (records.row(study, each) for each in payloads)
    write_answers(out, study, sealed.kind, rows, texts, sealed.totals, unopened, pilot=sealed.pilot)
    return Opened(
        path=out,
        kind=sealed.kind,
        answers=len(payloads),
        texts=len(texts),
        unopened=unopened,
        fingerprint=study.fingerprint,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealed:
    """What the survey's file holds: still sealed, and the studies as they were served."""

    kind: str
    responses: list[bytes]
    texts: list[bytes]
    studies: Mapping[str, str]  # fingerprint → canonical JSON
    totals: list[dict[str, Any]]
    pilot: bool


def _sealed(data: Path, *, frames: bool = True) -> _Sealed:
    """Read the survey's file, and change nothing. Frames come in the order of salted hashes, which writing loses."""
    path, every = data / records.SURVEY_FILE, "SELECT frame FROM {} ORDER BY key"
    missing = f"There is no {path.name} in {data}. Is this the survey's data folder?"
    with reading(path, "a survey's file", missing) as connection:
        house = dict(connection.execute("SELECT name, value FROM house"))
        if int(house["format"]) != records.FORMAT:
            raise WrongUse(f"{path} has format {int(house['format'])}; this version reads format {records.FORMAT}.")
        return _Sealed(
            kind=house["kind"].decode(),
            pilot=house.get("pilot") == b"1",
            responses=[row[0] for row in connection.execute(every.format("responses"))] if frames else [],
            texts=[row[0] for row in connection.execute(every.format("texts"))] if frames else [],
            studies=dict(connection.execute("SELECT fingerprint, canonical FROM studies ORDER BY fingerprint")),
            totals=[
                {"name": name, "count": count}
                for name, count in connection.execute("SELECT name, count FROM totals ORDER BY name")
            ],
        )


def kind_of(data: Path) -> str:
    """What the answers of a data folder are: practice, made-up or live. Raises WrongUse, Environment."""
    return _sealed(data, frames=False).kind


def stored(data: Path) -> int:
    """How many sealed answers lie in a data folder. Raises WrongUse, Environment."""
    return len(_sealed(data).responses)


def _identity(path: Path, passphrase: Callable[[Path], str]) -> pyrage.x25519.Identity:
    try:
        content = path.read_bytes()
        if content.startswith(PROTECTED):
            content = pyrage.passphrase.decrypt(content, passphrase(path))
        lines = content.decode().splitlines()
    except pyrage.DecryptError as error:
        raise WrongUse(f"The passphrase does not open {path}, or the file is damaged.") from error
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise WrongUse(f"The key file {path} cannot be read ({why}). {WHICH_KEY}") from error
    for line in lines:
        if line.strip().startswith("AGE-SECRET-KEY-"):
            try:
                return pyrage.x25519.Identity.from_str(line.strip())
            except pyrage.IdentityError:
                raise WrongUse(f"The key in {path} is damaged: it is not a whole age key.") from None
    raise WrongUse(f"{path} holds no private key. It has a line that begins with AGE-SECRET-KEY-. {WHICH_KEY}")


def _opened(frames: Iterator[bytes], identity: pyrage.x25519.Identity, key: Path) -> tuple[list[dict[str, Any]], int]:
    """The payloads that this key opens, and how many frames are not what was sealed."""
    payloads: list[dict[str, Any]] = []
    reasons: Counter[str] = Counter()
    for frame in frames:
        try:
            payloads.append(records.from_bytes(pyrage.decrypt(records.from_frame(frame), [identity])))
        except pyrage.DecryptError as error:
            reasons["key" if "No matching keys" in str(error) else "broken"] += 1
        except ValueError:
            reasons["broken"] += 1
    if reasons["key"] and not payloads:
        raise WrongUse(
            f"The key in {key} opens none of the {reasons.total()} records: they are sealed to another key. {WHICH_KEY}"
        )
    return payloads, reasons.total()


def _one_study(sealed: _Sealed, payloads: list[dict[str, Any]], wanted: str | None) -> Study:
    """The study of these records. Answers to different versions are never mixed."""
    counted = Counter(str(each["fingerprint"]) for each in payloads)
    marks = [mark for mark in counted if mark.startswith(wanted)] if wanted else list(counted)
    if wanted and not marks:
        raise WrongUse(f"No record has the fingerprint {wanted}; there are {_listed(counted)}.")
    if len(marks) > 1:
        raise WrongUse(
            f"The records belong to {len(marks)} versions of the study: {_listed(counted)}. "
            "They are never mixed; choose one with --fingerprint."
        )
    mark = marks[0] if marks else list(sealed.studies)[-1]
    canonical = sealed.studies.get(mark)
    if canonical is None:
        raise WrongUse(f"The study with fingerprint {mark[:12]} was never served from this folder.")
    try:
        return from_canonical(canonical)
    except Faulty as error:
        raise WrongUse(f"The study {mark[:12]} was written for another version of this tool:\n{error}") from error


def _listed(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{mark[:12]} ({count})" for mark, count in sorted(counted.items())) or "no records at all"


def write_answers(
    out: Path,
    study: Study,
    kind: str,
    rows: Iterator[dict[str, Any]],
    texts: Sequence[dict[str, Any]],
    totals: Sequence[dict[str, Any]] = (),
    unopened: int = 0,
    *,
    pilot: bool = False,
) -> None:
    """A whole answers.db, or none: rows and texts, what the study is, and where they come from. Raises Environment."""
    fresh = out.with_name(out.name + ".partial")
    try:
        fresh.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_CREAT | os.O_WRONLY, 0o600))  # opened answers are for the team alone
        with Database(fresh) as database:
            write_table(database, study, rows, texts)
            about = {
                "fingerprint": study.fingerprint,
                "kind": kind,
                "pilot": str(int(pilot)),
                "answers": str(database.table("answers").count),
                "unopened": str(unopened),
                "tool": VERSION,
            }
            database.table("about").insert_all([{"name": name, "value": about[name]} for name in about], pk="name")
            database.table("totals").create({"name": str, "count": int}, pk="name")
            database.table("totals").insert_all(totals)
        fresh.replace(out)
    except (OSError, sqlite3.Error) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        message = f"{out} cannot be written ({why}). Nothing half-written is left; name another place with --out."
        raise Environment(message) from error
    finally:
        fresh.unlink(missing_ok=True)  # gone already where it is whole


def write_table(
    database: Database, study: Study, rows: Iterator[dict[str, Any]], texts: Sequence[dict[str, Any]]
) -> None:
    """Everything that an answers.db holds of people and of the study: rows and texts, codebook, labels, views."""
    columns = records.columns(study)
    _codebook(database, study, columns)
    _in_order_of_content(database, "answers", records.table_columns(study), rows)
    ticks = {tick.id: int for tick in study.consent if tick.kept_with == "text"}
    text_types: dict[str, type] = {"question": str, "role": str, **ticks, "text": str}
    said = (
        {"question": question, "role": each["role"], **{tick: each.get(tick, 0) for tick in ticks}, "text": text}
        for each in texts
        for question, text in each["texts"].items()
    )
    _in_order_of_content(database, "texts", text_types, said)
    database.table("texts").add_foreign_key("question", "codebook", "name")
    database.table("texts").enable_fts(["text"], tokenize="porter")  # reads well in Datasette and the command line
    database.table("study").insert({"fingerprint": study.fingerprint, "canonical": study.canonical}, pk="fingerprint")
    labels = [
        {"column": column.name, "role": role, "code": choice.code, "label": choice.label[role]}
        for column in columns
        for choice in column.choices
        for role in column.roles
    ]
    database.table("choices").create(
        {"column": str, "role": str, "code": int, "label": str},
        pk=("column", "role", "code"),
        foreign_keys=[("column", "codebook", "name")],
    )
    database.table("choices").insert_all(labels)
    database.create_view("answers_in_words", _view(columns))


def _codebook(database: Database, study: Study, columns: Sequence[records.Column]) -> None:
    """What every column means, and every question that people answered in their own words."""
    described = [
        {
            "name": column.name,
            "kind": column.kind,
            "question": column.question,
            "asked_of": ", ".join(column.roles),
            "text": " / ".join(dict.fromkeys(column.text.values())),
        }
        for column in columns
    ]
    described += [
        {
            "name": each.id,
            "kind": "text",
            "question": each.id,
            "asked_of": ", ".join(each.roles),
            "text": " / ".join(dict.fromkeys(each.text.values())),
        }
        for each in study.questions()
        if isinstance(each, Text)
    ]
    database.table("codebook").insert_all(described, pk="name")


def _in_order_of_content(
    database: Database, name: str, types: Mapping[str, type], rows: Iterator[dict[str, Any]]
) -> None:
    """Write the rows sorted by all that they hold, so that nothing of how they came is left."""
    staging = database.table(f"{name}_as_read")
    staging.create(dict(types))
    staging.insert_all(rows)
    database.table(name).create(dict(types))
    names = ", ".join(f'"{each}"' for each in types)
    database.execute(f'INSERT INTO "{name}" SELECT {names} FROM "{name}_as_read" ORDER BY {names}')
    staging.drop()
    database.vacuum()


def _view(columns: Sequence[records.Column]) -> str:
    """The answers in words, for reading in any SQLite tool: labels for codes, and each kind of missing by name."""
    shown = []
    for column in columns:
        name = f'"{column.name}"'
        if column.kind == "word" or (column.question is None and column.kind != "tick"):
            shown.append(name)
        elif column.kind == "number":
            shown.append(f'COALESCE({name}, "{column.name}{records.MISSING_SUFFIX}") AS {name}')
        else:
            ticked = "WHEN 1 THEN 'ticked' WHEN 0 THEN 'not ticked' " if column.kind == "tick" else ""
            label = (
                f"(SELECT label FROM choices WHERE \"column\" = '{column.name}' "
                f"AND role = answers.role AND code = answers.{name})"
            )
            not_asked, skipped = records.MISSING_WORDS[NOT_ASKED], records.MISSING_WORDS[None]
            missing = f"WHEN {NOT_ASKED} THEN '{not_asked}' ELSE COALESCE({label}, '{skipped}') END"
            shown.append(f"CASE {name} {ticked}{missing} AS {name}")
    return f"SELECT {', '.join(shown)} FROM answers"
