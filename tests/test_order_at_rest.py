"""Order at rest, read off the file itself: on which page, where on it and on which further pages a row lies, beside when it came."""

from __future__ import annotations

import csv
import random
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import STUDY
from scipy.stats import spearmanr

from analysis.exporting import export
from analysis.loading import load
from analysis.opening import write_answers
from instruments import records
from instruments.reader import read
from survey_app import store
from survey_app.codes import code, row_keys
from survey_app.store import Store

pytestmark = pytest.mark.slow
PEOPLE = 400
WORST, A_LOG = 0.2, 0.99  # rank correlations with arrival: less says nothing, more is a list of who came when
FRONT = 100  # bytes of a row in which its mark lies
FRAMES = {"small": (3072, 3072), "large": (17408, 3072)}  # bytes: answers, own words; the large ones need further pages
tea = read(STUDY["tea"])
Place = tuple[int, ...]
"""Where a row lies: its page, its turn and its first byte on that page, and the pages on which it goes on."""


@dataclass(frozen=True, slots=True)
class Pages:
    """A file of SQLite, read as https://sqlite.org/fileformat.html describes it."""

    raw: bytes

    @property
    def size(self) -> int:
        """Bytes of a page."""
        size = int.from_bytes(self.raw[16:18])
        return 65536 if size == 1 else size

    def rows(self, number: int) -> Iterator[tuple[bytes, Place]]:
        """The rows of the tree under a page, in the tree's own order: what they hold, and where."""
        page = self._page(number)
        inner, by_row_number = page[0] in (2, 5), page[0] in (5, 13)
        assert page[0] in (2, 5, 10, 13), f"page {number} is no page of a tree"
        for turn in range(int.from_bytes(page[3:5])):
            pointer = (12 if inner else 8) + 2 * turn
            first = at = int.from_bytes(page[pointer : pointer + 2])
            if inner:
                yield from self.rows(int.from_bytes(page[at : at + 4]))
                at += 4
            if inner and by_row_number:
                continue  # such a page holds no rows, only the way to them
            length, at = _number(page, at)
            if by_row_number:
                _, at = _number(page, at)
            here = self._here(length, by_row_number)
            held, further = page[at : at + here], ()
            if here < length:
                rest, further = self._further(int.from_bytes(page[at + here : at + here + 4]))
                held += rest
            yield held[:length], (number, turn, first, *further)
        if inner:
            yield from self.rows(int.from_bytes(page[8:12]))

    def _page(self, number: int) -> bytes:
        return self.raw[(number - 1) * self.size : number * self.size]

    def _here(self, length: int, by_row_number: bool) -> int:
        """How much of a row lies on its own page: section 1.6, “Cell Payload Overflow Pages”."""
        usable = self.size - self.raw[20]
        most = usable - 35 if by_row_number else (usable - 12) * 64 // 255 - 23
        least = (usable - 12) * 32 // 255 - 23
        surplus = least + (length - least) % (usable - 4)
        return length if length <= most else surplus if surplus <= most else least

    def _further(self, number: int) -> tuple[bytes, Place]:
        held, numbers = b"", []
        while number:
            page = self._page(number)
            numbers.append(number)
            number, held = int.from_bytes(page[:4]), held + page[4:]
        return held, tuple(numbers)


def _number(page: bytes, at: int) -> tuple[int, int]:
    """A number in one to nine bytes, and where the next thing begins."""
    value = 0
    for each in page[at : at + 8]:
        at, value = at + 1, value << 7 | each & 127
        if each < 128:
            return value, at
    return value << 8 | page[at], at + 1


def rows_in(path: Path, table: str) -> list[tuple[bytes, Place]]:
    with closing(sqlite3.connect(path)) as own:
        root = own.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
    return list(Pages(path.read_bytes()).rows(root))


def order(path: Path, table: str, marks: Sequence[bytes]) -> float:
    """How much any coordinate of their rows tells of the order of these people: the largest rank correlation."""
    lies = [(held[:FRONT], (*place, nth)) for nth, (held, place) in enumerate(rows_in(path, table))]
    places = [next(place for front, place in lies if mark in front) for mark in marks]
    return max(_correlation(coordinate) for coordinate in zip(*places, strict=True))


def _correlation(values: Sequence[int]) -> float:
    return 0 if len(set(values)) == 1 else abs(spearmanr(range(len(values)), values).statistic)


@pytest.fixture(autouse=True)
def the_same_draws(monkeypatch):
    """One in some two thousand runs would be over the limit by chance, and teach us to look away."""
    monkeypatch.setattr(secrets, "token_bytes", random.Random(4).randbytes)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A store before its flush, and the marks of its rows in the order in which they came."""

    store: Store
    marks: dict[str, list[bytes]]

    def orders(self, path: Path | None = None) -> dict[str, float]:
        return {table: order(path or self.store.path, table, marks) for table, marks in self.marks.items()}


@pytest.fixture
def arrive(tmp_path) -> Iterator[Callable[..., Arrived]]:
    """400 people send, and then 400 others delete: arrive(frames of the answers, of the own words)."""
    made: list[Store] = []

    def arrives(answers: int, words: int) -> Arrived:
        made.append(Store(tmp_path / f"data{len(made)}", tea, "practice"))
        here = made[-1]
        here.flusher.stop()
        sent, gone = ([code(secrets.token_bytes(16)) for _ in range(PEOPLE)] for _ in range(2))
        for each in sent:
            here.send(each, *(secrets.token_bytes(64).ljust(size, b"\0") for size in (answers, words)))
        for each in gone:
            here.withdraw(each)
        keys = [row_keys(each, here.salt) for each in sent]
        graves = [row_keys(each, here.salt)[0] for each in gone]
        responses, texts = (list(each) for each in zip(*keys, strict=True))
        return Arrived(here, {"responses": responses, "texts": texts, "tombstones": graves})

    yield arrives
    for each in made:
        each.close()


@pytest.mark.parametrize("size", FRAMES)
def test_the_pages_hold_what_sqlite_reads_in_them(arrive, size):
    """Every row that a SELECT gives is met on the pages, whole and in the same order, before and after the flush."""
    here = arrive(*FRAMES[size])
    for _ in range(2):
        for table in here.marks:
            with closing(sqlite3.connect(here.store.path)) as own:
                told = own.execute(f"SELECT * FROM {table}").fetchall()
            met = [held for held, _ in rows_in(here.store.path, table)]
            assert len(met) == len(told) >= PEOPLE
            assert all(held.endswith(b"".join(row)) for held, row in zip(met, told, strict=True))
        here.store.flush()


@pytest.mark.parametrize("size", FRAMES)
def test_where_a_row_lies_says_nothing_of_when_it_came(arrive, size, tmp_path):
    """400 answers, own words and withdrawals, in the flushed file and in a copy: no coordinate of any row knows the order."""
    here = arrive(*FRAMES[size])
    here.store.flush()
    here.store.copy(tmp_path / "copy.db")

    assert max(here.orders().values()) < WORST
    assert max(here.orders(tmp_path / "copy.db").values()) < WORST


def test_control_small_pages_without_a_flush_are_a_log_of_arrival(arrive, monkeypatch):
    """The same rows on pages of 4 KiB, not rewritten: the further pages are numbered as people came."""
    monkeypatch.setattr(store, "PAGE_SIZE", 4096)
    told = arrive(*FRAMES["small"]).orders()

    assert told["responses"] > A_LOG
    assert told["texts"] > A_LOG


def test_control_large_records_without_a_flush_are_a_log_on_large_pages_too(arrive):
    """Pages of 32 KiB keep a usual record whole, but not one of 17 KiB: until the flush its second page tells."""
    assert arrive(*FRAMES["large"]).orders()["responses"] > A_LOG


def test_control_row_numbers_are_a_log_even_after_the_flush(arrive, monkeypatch):
    """The same tables with SQLite's own row numbers: rewriting the file keeps the order of arrival."""
    monkeypatch.setattr(records, "TABLES", tuple(each.replace(", WITHOUT ROWID", "") for each in records.TABLES))
    here = arrive(*FRAMES["small"])
    here.store.flush()

    assert min(here.orders().values()) > A_LOG


def test_control_a_copy_of_the_file_as_it_lies_keeps_the_order(arrive, tmp_path):
    """Copied byte for byte before the flush, instead of row by row: a stolen backup is a log of arrival."""
    here = arrive(*FRAMES["large"])
    shutil.copy(here.store.path, tmp_path / "copy.db")
    here.store.flush()

    assert here.orders(tmp_path / "copy.db")["responses"] > A_LOG


def opened_in_order_of_arrival(out: Path) -> tuple[Path, dict[str, list[bytes]]]:
    """An answers.db as the analysis writes it, from rows that it reads in the order in which people came."""
    chance = random.Random(5)
    cups, words = chance.sample(range(2**24, 2**31), PEOPLE), [f"w{chance.randbytes(8).hex()}" for _ in range(PEOPLE)]
    rows = ({"role": "drinker", "duration": records.duration(0), "tea": 3, "cups": each} for each in cups)
    texts = ({"role": "drinker", "texts": {"more": each}} for each in words)
    write_answers(out, tea, lambda: {"kind": "practice", "pilot": "0", "unopened": "0"}, rows, texts)
    return out, {"answers": [each.to_bytes(4) for each in cups], "texts": [each.encode() for each in words]}


def places_in_csv(path: Path, column: str) -> dict[str, int]:
    with path.open() as file:
        return {row[column]: place for place, row in enumerate(csv.DictReader(file))}


def exported(path: Path, out: Path, marks: dict[str, list[bytes]]) -> list[float]:
    """What the lines of the exported answers and own words tell of arrival."""
    export(path, load(path), out)
    cups, words = (places_in_csv(out / f"practice-{name}.csv", column) for name, column in (("answers", "cups"), ("texts", "text")))  # fmt: skip
    answers = [cups[str(int.from_bytes(mark))] for mark in marks["answers"]]
    return [_correlation(answers), _correlation([words[mark.decode()] for mark in marks["texts"]])]


def test_opened_answers_and_what_is_exported_keep_no_order_either(tmp_path):
    """Even from rows that are read in the order of arrival: rows lie by what they hold, in the file and in the CSV."""
    path, marks = opened_in_order_of_arrival(tmp_path / "answers.db")

    assert max(order(path, table, each) for table, each in marks.items()) < WORST
    assert max(exported(path, tmp_path / "x", marks)) < WORST


def test_control_opened_answers_that_are_not_sorted_are_a_log_and_so_is_the_export(tmp_path, monkeypatch):
    """The same rows, written as they are read."""
    from analysis import opening

    def as_read(database, name, types, rows):
        database.table(name).create(dict(types))
        database.table(name).insert_all([{each: row.get(each) for each in types} for row in rows])

    monkeypatch.setattr(opening, "_in_order_of_content", as_read)
    path, marks = opened_in_order_of_arrival(tmp_path / "answers.db")

    assert min(order(path, table, each) for table, each in marks.items()) > A_LOG
    assert min(exported(path, tmp_path / "x", marks)) > A_LOG
