"""Exporting: one row a person as CSV, with scripts that put the words back in R, Stata and SPSS. For the team alone."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from instruments import VERSION
from instruments.doors import Environment, WrongUse
from instruments.model import NOT_ASKED, NOT_SURE, PREFER_NOT
from instruments.records import MISSING_SUFFIX, MISSING_WORDS, Column

from .reading import reading_answers
from .spreadsheet import inert
from .stamps import mark_of
from .table import Table

MISSING = {code: str(MISSING_WORDS[code]) for code in (NOT_SURE, PREFER_NOT, NOT_ASKED)}


def export(path: Path, table: Table, out: Path) -> list[Path]:
    """Write everything into a new folder, whole or not at all; return its files. Raises WrongUse, Environment."""
    if out.exists():
        raise WrongUse(f"{out} exists already; name a folder that does not.")
    fresh = out.with_name(out.name + ".partial")
    mark = mark_of(table.about)
    columns = list(table.columns.values())
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        with reading_answers(path) as connection:
            for name in ("answers", "texts"):
                cursor = connection.execute(f'SELECT * FROM "{name}"')
                _csv(fresh / f"{mark}{name}.csv", [each[0] for each in cursor.description], cursor)
        _csv(fresh / f"{mark}codebook.csv", CODEBOOK, _codebook(columns))
        file = f"{mark}answers.csv"
        for suffix, made in (
            ("R", in_r(columns, file)),
            ("do", in_stata(columns, file)),
            ("sps", in_spss(columns, file)),
        ):
            _write(fresh / f"{mark}answers.{suffix}", made)
        _write(fresh / f"{mark}manifest.json", json.dumps(_manifest(table), indent=1, ensure_ascii=False) + "\n")
        fresh.replace(out)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise Environment(f"{out} cannot be written ({error.strerror}). Nothing half-written is left.") from error
    return sorted(out.iterdir())


CODEBOOK = ("column", "kind", "question", "asked_of", "text", "code", "label", "missing")


def in_r(columns: Sequence[Column], file: str) -> str:
    """Ordered and plain factors; why there is no answer stays in a column beside each."""
    lines = [
        "# Reads the answers with their words. Kinds of missing stand in …_missing columns.",
        f'answers <- read.csv("{file}", encoding = "UTF-8", check.names = FALSE)',
    ]
    for column in columns:
        given, missing = _labels(column)
        if column.kind in ("word", "number") or not given:
            continue
        name = f"answers[[{_r(column.name)}]]"
        if missing:
            kept = f"answers[[{_r(column.name + MISSING_SUFFIX)}]]"
            lines.append(
                f"{kept} <- factor({name}, levels = {_r_codes(missing)}, labels = {_r_words(missing.values())})"
            )
        kind = ", ordered = TRUE" if column.scale else ""
        lines.append(f"{name} <- factor({name}, levels = {_r_codes(given)}, labels = {_r_words(given.values())}{kind})")
        lines.append(f'attr({name}, "label") <- {_r(_text(column))}')
    return "\n".join(lines) + "\n"


def in_stata(columns: Sequence[Column], file: str) -> str:
    """Value labels; 97, 98 and 99 become .a, .b and .c with labels of their own."""
    letters = dict(zip(MISSING, "abc", strict=True))
    beside = "defghijklm"
    lines = [
        "* Reads the answers with their words. .a not sure, .b prefer not to say, .c not asked, . skipped.",
        f'import delimited using "{file}", varnames(1) encoding("UTF-8") case(preserve) clear',
    ]
    for column in columns:
        lines.append(f"label variable {column.name} {_stata(_text(column)[:80])}")
        given, missing = _labels(column)
        if column.kind in ("word", "number") or not given:
            continue
        pairs = " ".join(f"{code} {_stata(label)}" for code, label in given.items())
        own = iter(beside)
        marks = {code: letters.get(code) or next(own) for code in missing}
        kinds = " ".join(f".{marks[code]} {_stata(label)}" for code, label in missing.items())
        codes = " \\ ".join(f"{code}=.{marks[code]}" for code in missing)
        lines += [f"mvdecode {column.name}, mv({codes})"] if codes else []
        lines += [f"label define {column.name} {pairs} {kinds}".rstrip(), f"label values {column.name} {column.name}"]
    return "\n".join(lines) + "\n"


def in_spss(columns: Sequence[Column], file: str) -> str:
    """Value labels, missing values and the level of measurement."""
    lines = [
        "* Reads the answers with their words. 97 not sure, 98 prefer not to say, 99 not asked, empty skipped.",
        f"GET DATA /TYPE=TXT /FILE='{file}' /ENCODING='UTF8' /DELIMITERS=',' /QUALIFIER='\"' /FIRSTCASE=2 /VARIABLES=",
    ]
    for column in columns:
        lines.append(f"  {column.name} {'A40' if column.kind == 'word' else 'F8.0'}")
        lines += [f"  {column.name}{MISSING_SUFFIX} A20"] if column.kind == "number" else []
    lines[-1] += "."
    for column in columns:
        lines.append(f"VARIABLE LABELS {column.name} {_spss(_text(column)[:120])}.")
        given, missing = _labels(column)
        if column.kind in ("word", "number") or not given:
            continue
        pairs = " ".join(f"{code} {_spss(label)}" for code, label in {**given, **missing}.items())
        lines.append(f"VALUE LABELS {column.name} {pairs}.")
        lines += [f"MISSING VALUES {column.name} ({_spss_missing(missing)})."] if missing else []
        lines.append(f"VARIABLE LEVEL {column.name} ({'ORDINAL' if column.scale else 'NOMINAL'}).")
    return "\n".join(lines) + "\n"


def _labels(column: Column) -> tuple[dict[int, str], dict[int, str]]:
    """Codes that are answers, and codes that say why there is none, or stand beside an order."""
    known = {choice.code: " / ".join(dict.fromkeys(choice.label.values())) for choice in column.choices}
    given = {code: label for code, label in known.items() if code < NOT_SURE}
    if column.kind == "tick":
        given = {0: "not ticked", 1: "ticked"}
    missing = {code: label for code, label in known.items() if code >= NOT_SURE}
    if column.scale:  # “it depends” is no step: an ordered variable must not have it on top
        missing |= {code: given.pop(code) for code in list(given) if code not in column.scale}
    if column.question is not None:
        missing[NOT_ASKED] = MISSING[NOT_ASKED]
    return given, dict(sorted(missing.items()))


def _codebook(columns: Iterable[Column]) -> Iterable[tuple[object, ...]]:
    for column in columns:
        about = (column.name, column.kind, column.question or "", ", ".join(column.roles), _text(column))
        given, missing = _labels(column)
        if not (given or missing):
            yield (*about, "", "", "")
        for code, label in given.items():
            yield (*about, code, label, "")
        for code, label in missing.items():
            yield (*about, code, label, "yes")


def _manifest(table: Table) -> dict[str, str]:
    return {
        "study": f"{table.study.id} {table.study.version}",
        "fingerprint": table.study.fingerprint,
        "data_hash": table.data_hash,
        "kind": table.about["kind"],
        "pilot": "yes" if table.about.get("pilot") == "1" else "no",
        "answers": str(table.n),
        "tool": VERSION,
        "for": "the team alone: every row is one person",
    }


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with _private(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([inert(value) for value in row] for row in rows)


def _write(path: Path, text: str) -> None:
    with _private(path) as file:
        file.write(text)


def _private(path: Path) -> TextIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="")


def _text(column: Column) -> str:
    return " / ".join(dict.fromkeys(column.text.values()))


def _r(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


def _r_codes(codes: Iterable[int]) -> str:
    return f"c({', '.join(map(str, codes))})"


def _r_words(labels: Iterable[str]) -> str:
    return f"c({', '.join(map(_r, labels))})"


def _stata(words: str) -> str:
    """In compound quotes, without what a macro would expand."""
    clean = words.replace("`", "'").replace("$", "").replace("\n", " ").replace("\"'", "'")
    return f'`"{clean}"\''


def _spss_missing(missing: dict[int, str]) -> str:
    """SPSS takes three values, or a range and one value; ours above 90 are a range."""
    codes = sorted(missing)
    if len(codes) <= 3:
        return ", ".join(map(str, codes))
    beside = [code for code in codes if code < NOT_SURE]
    if len(beside) < 2:
        return ", ".join([f"{NOT_SURE} THRU {NOT_ASKED}", *map(str, beside)])
    return f"{beside[0]} THRU {NOT_ASKED}"  # what stands beside a scale has higher codes than its steps


def _spss(words: str) -> str:
    clean = words.replace("'", "''").replace("\n", " ")
    return f"'{clean}'"
