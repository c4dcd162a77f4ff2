"""Open: sealed records and the private key become `answers.db`, plain typed tables that read well anywhere.

Rows lie in the order of their own content: no order of arrival, no order of keys, and the same records
give the same file.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyrage
from sqlite_utils import Database

from instruments import VERSION, records
from instruments.doors import Environment, WrongUse
from instruments.model import NOT_ASKED, Study, Text
from instruments.reader import Faulty, from_canonical

from .proving import Proof, Watch
from .sealed import Sealed, sealed_in
from .stopping import Stop, counted
from .unsealing import WHICH_KEY, Payload, identity, secrets_of, unsealed

Bar = Callable[..., Iterator[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What came of opening: how many, how many could not be opened, and whether they are those that were sent."""

    path: Path
    kind: str
    answers: int
    texts: int
    unopened: int
    fingerprint: str
    proof: Proof
    stop: Stop | None


def open_answers(
    data: Path,
    key: Path,
    text_key: Path,
    out: Path,
    fingerprint: str | None,
    bar: Bar,
    passphrase: Callable[[Path], str] = lambda path: "",
) -> Opened:
    """Open everything in a data folder. The old file stays in place until the new one is whole.

    `passphrase` is asked for a key file that is protected by one. Memory does not grow with the answers.
    """
    with sealed_in(data) as sealed:
        own = identity(key, passphrase)
        theirs = own if text_key == key else identity(text_key, passphrase)
        secrets = secrets_of(sealed, (own, theirs))
        watch = Watch(sealed, secrets)
        study = _study(sealed, own, fingerprint, Watch(sealed, secrets))
        answers = _Opening(sealed=sealed, table="responses", key=own, path=key, watch=watch, mark=study.fingerprint)
        texts = _Opening(sealed=sealed, table="texts", key=theirs, path=text_key, watch=watch, mark=study.fingerprint)
        rows = map(records.row_of(records.columns(study)), answers.payloads(bar, "opening answers"))
        totals = [{"name": name, "count": count} for name, count in sealed.totals]
        write_answers(
            out,
            study,
            lambda: _about(answers, texts, fingerprint),
            rows,
            texts.payloads(bar, "opening texts"),
            totals,
        )
        return Opened(
            path=out,
            kind=sealed.kind,
            answers=answers.versions[study.fingerprint],
            texts=texts.versions[study.fingerprint],
            unopened=answers.reasons.total() + texts.reasons.total(),
            fingerprint=study.fingerprint,
            proof=watch.found(),
            stop=counted(out, study),
        )


@dataclass(kw_only=True)
class _Opening:
    """One table while it is opened, and what was met on the way."""

    sealed: Sealed
    table: str
    key: pyrage.x25519.Identity
    path: Path  # of the key
    watch: Watch
    mark: str  # the fingerprint of the study that is opened
    reasons: Counter[str] = field(default_factory=Counter)  # why frames could not be opened
    versions: Counter[str] = field(default_factory=Counter)  # fingerprint → records
    others: int = 0  # records of another kind

    def payloads(self, bar: Bar, label: str) -> Iterator[Payload]:
        """Those of the study, one after the other. Raises WrongUse where the key opens none at all."""
        count = self.sealed.count(self.table)
        for row, payload in bar(unsealed(self.sealed.rows(self.table), count, self.key), label, count):
            if not self.watch.look(self.table, row):
                continue
            if isinstance(payload, str):
                self.reasons[payload] += 1
                continue
            self.versions[str(payload["fingerprint"])] += 1
            if payload["fingerprint"] == self.mark:
                self.others += payload["kind"] != self.sealed.kind
                yield payload
        if self.reasons["key"] and not self.versions:
            raise WrongUse(
                f"The key in {self.path} opens none of the {self.reasons.total()} records: they are sealed to another "
                f"key. {WHICH_KEY}"
            )


def _study(sealed: Sealed, key: pyrage.x25519.Identity, wanted: str | None, watch: Watch) -> Study:
    """The study that is wanted, or that of the first record that opens and was stored here. Raises WrongUse."""
    if wanted:
        marks = [mark for mark in sealed.studies if mark.startswith(wanted)]
    else:
        with closing(sealed.rows("responses")) as rows:
            stored = (row for row in rows if watch.look("responses", row))
            said = (payload["fingerprint"] for _, payload in unsealed(stored, 0, key) if not isinstance(payload, str))
            first = next((mark for mark in said if mark in sealed.studies), None)
        marks = [first] if first else list(sealed.studies)[-1:]
    if not marks:
        served = ", ".join(mark[:12] for mark in sealed.studies)
        raise WrongUse(f"No record has the fingerprint {wanted}; what was served from this folder is {served}.")
    try:
        study = from_canonical(sealed.studies[marks[0]])
    except (Faulty, KeyError, TypeError) as error:
        raise WrongUse(f"The study {marks[0][:12]} was written for another version of this tool:\n{error}") from error
    if study.fingerprint != marks[0]:
        raise WrongUse(f"The study {marks[0][:12]} was changed in the survey's file; its fingerprint is another one.")
    return study


def _about(answers: _Opening, texts: _Opening, wanted: str | None) -> dict[str, str]:
    """What is known of the file once everything has passed. Raises WrongUse where records would be mixed."""
    sealed, watch = answers.sealed, answers.watch
    _one_version(answers.versions, answers.mark, wanted)
    if others := answers.others + texts.others:
        raise WrongUse(f"{others} records are not {sealed.kind} ones; kinds of records are never mixed.")
    return {
        "kind": sealed.kind,
        "pilot": str(int(sealed.pilot)),
        "unopened": str(answers.reasons.total() + texts.reasons.total()),
        "proof": json.dumps(asdict(watch.found())),
        "signed": json.dumps({"words": watch.words.decode(), "signature": sealed.signature.hex()}),
    }


def _one_version(counted: Mapping[str, int], mark: str, wanted: str | None) -> None:
    """Answers to different versions are never mixed: one of them is chosen by its fingerprint. Raises WrongUse."""
    listed = ", ".join(f"{each[:12]} ({count})" for each, count in sorted(counted.items())) or "no records at all"
    if wanted and not counted.get(mark):
        raise WrongUse(f"No record has the fingerprint {wanted}; there are {listed}.")
    if not wanted and len(counted) > 1:
        raise WrongUse(
            f"The records belong to {len(counted)} versions of the study: {listed}. "
            "They are never mixed; choose one with --fingerprint."
        )


def write_answers(
    out: Path,
    study: Study,
    about: Callable[[], Mapping[str, str]],
    rows: Iterable[dict[str, Any]],
    texts: Iterable[dict[str, Any]],
    totals: Sequence[dict[str, Any]] = (),
) -> None:
    """A whole answers.db, or none: rows and texts, what the study is, and where they come from. Raises Environment.

    What is to be said `about` them is asked for when all have been read.
    """
    fresh = out.with_name(out.name + ".partial")
    try:
        fresh.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_CREAT | os.O_WRONLY, 0o600))  # opened answers are for the team alone
        with Database(fresh) as database:
            write_table(database, study, rows, texts)
            answers = str(database.table("answers").count)
            said = {"fingerprint": study.fingerprint, "tool": VERSION, "answers": answers, **about()}
            database.table("about").insert_all([{"name": name, "value": said[name]} for name in said], pk="name")
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
    database: Database, study: Study, rows: Iterable[dict[str, Any]], texts: Iterable[dict[str, Any]]
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
    database.vacuum()  # the rows as they were read lie in free pages until then


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
    database: Database, name: str, types: Mapping[str, type], rows: Iterable[dict[str, Any]]
) -> None:
    """Write the rows sorted by all that they hold, so that nothing of how they came is left."""
    staging = database.table(f"{name}_as_read")
    staging.create(dict(types))
    names = ", ".join(f'"{each}"' for each in types)
    places = ", ".join("?" for _ in types)
    with (
        database.conn
    ):  # one statement for all: insert_all makes one for every dozen rows, at the price of opening them
        statement = f'INSERT INTO "{name}_as_read" ({names}) VALUES ({places})'
        database.conn.executemany(statement, (tuple(map(row.get, types)) for row in rows))
    database.table(name).create(dict(types))
    database.execute(f'INSERT INTO "{name}" SELECT {names} FROM "{name}_as_read" ORDER BY {names}')
    staging.drop()


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
