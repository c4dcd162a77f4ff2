"""The codebook: every column with its words, codes, kinds of missing, n and distribution, as HTML or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from instruments.model import Question, Rating
from instruments.plan import MeanOf
from instruments.records import Column
from instruments.rules import ALWAYS, in_words

from .report.distributions import distributions
from .report.hiding import Name, Published, audience, published, stamped
from .report.quality import reliability
from .report.writing import rendered
from .spreadsheet import inert
from .stamps import BECAUSE, stamp_of
from .table import Table

FIELDS = ("column", "kind", "asked_of", "asked_when", "text", "scale", "reversed", "answer", "n", "stamp")


@dataclass(frozen=True, slots=True)
class Entry:
    """One column: what was asked of whom and when, its scale, and how it was answered, table by table."""

    column: Column
    wordings: tuple[tuple[str, str], ...]
    asked_when: str
    member_of: tuple[str, ...]
    flips: bool
    tables: tuple[Published, ...]


def entries(table: Table, name: Name) -> Iterator[Entry]:
    """Every column in order; facts of a record have no question and no distribution."""
    who = audience(table.study, name)
    told: dict[str, list[Published]] = {}
    stamp = stamp_of(table.about)
    for asked in distributions(table, split=False):  # a codebook may be read before the lock: nothing is compared
        told.setdefault(asked.column, []).append(stamped(published(asked.counted, who), stamp))
    scales = [each for each in table.study.plan.derived if isinstance(each, MeanOf)]
    roles = {role.id: role.name for role in table.study.roles}
    for column in table.columns.values():
        question = table.study.question(column.question) if column.question else None
        yield Entry(
            column=column,
            wordings=tuple((roles[role], column.text[role]) for role in column.roles),
            asked_when=_when(question),
            member_of=tuple(each.means or each.name for each in scales if column.name in each.of),
            flips=isinstance(question, Rating) and question.flip is not None,
            tables=tuple(told.get(column.name, ())),
        )


def _when(question: Question | None) -> str:
    if question is None:
        return ""
    return "always" if question.show_if == ALWAYS else in_words(question.show_if)


def as_html(table: Table, name: Name) -> str:
    """One page, with the same as linked data (schema.org) for catalogues."""
    who = audience(table.study, name)
    values: dict[str, Any] = {
        "study": table.study,
        "stamp": stamp_of(table.about),
        "who": who,
        "n": who.count(table.n),
        "entries": list(entries(table, name)),
        "scales": reliability(table, who),
        "derived": [each for each in table.study.plan.derived if each.means],
        "because": BECAUSE,
        "linked": _linked(table),
    }
    return rendered("codebook.html", values)


def as_csv(table: Table, name: Name) -> str:
    """One row an answer of a group."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(FIELDS)
    stamp = stamp_of(table.about) or ""
    for each in entries(table, name):
        text = " / ".join(dict.fromkeys(words for _, words in each.wordings))
        asked = (each.column.name, each.column.kind, ", ".join(each.column.roles), each.asked_when, text)
        about = (*asked, "; ".join(each.member_of), "in half of the questionnaires" if each.flips else "")
        rows = [
            (f"{group}: {step}", "hidden" if n is None else n)
            for shown in each.tables
            for group, cells in zip(shown.groups, shown.cells, strict=True)
            for step, n in zip(shown.columns, cells, strict=True)
        ]
        writer.writerows([inert(value) for value in (*about, *row, stamp)] for row in rows or [("", "")])
    return file.getvalue()


def _linked(table: Table) -> str:
    described = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": table.study.title,
        "version": table.study.version,
        "identifier": table.study.fingerprint,
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": column.name,
                "description": " / ".join(dict.fromkeys(column.text.values())),
            }
            for column in table.columns.values()
            if column.question is not None
        ],
    }
    return json.dumps(described, ensure_ascii=False).replace("<", "\\u003c").replace("&", "\\u0026")
