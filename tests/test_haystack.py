"""The haystack finds a word wherever it lies in a file: across pieces, at the edge of emptiness, in any writing."""

from __future__ import annotations

import base64
import random
import sqlite3
import struct
from contextlib import closing
from datetime import UTC, datetime

import pytest

from survey_app import haystack
from survey_app.haystack import traces, ways_of_writing, ways_of_writing_a_moment, ways_of_writing_an_address

WORD = "ANSCANARY"
MOMENT = int(datetime(2031, 3, 17, 11, 22, 33, tzinfo=UTC).timestamp())


def found_in(folder, content: bytes) -> set[str]:
    """How the word was written where it was found."""
    (folder / "file").write_bytes(content)
    return {each.written for each in traces({"what": ways_of_writing(WORD)}, [folder])}


@pytest.mark.parametrize("before", range(20))
def test_a_word_across_pieces_and_beside_emptiness_is_found(tmp_path, monkeypatch, before):
    """Pieces of eight bytes: wherever the nine letters begin, after zeros, before zeros, alone between other bytes."""
    monkeypatch.setattr(haystack, "AT_A_TIME", 8)
    for filling in (b"\0", b"x"):
        assert found_in(tmp_path, filling * before + WORD.encode() + filling * 40) == {"text", "text in capitals"}
    assert found_in(tmp_path, b"\0" * before + WORD[:-1].encode() + b"\0" * 40) == set(), "the control"


@pytest.mark.parametrize(
    "written",
    [
        WORD.encode().hex().encode(),
        WORD.encode("utf-16-le"),
        WORD.encode("utf-16-be"),
        *(base64.b64encode(b"?" * shift + WORD.encode() + b"???") for shift in range(3)),
    ],
)
def test_a_word_in_another_writing_is_found(tmp_path, written):
    """As hexadecimal, with two bytes a letter, in base64 at each offset."""
    assert found_in(tmp_path, b"before" + written + b"after")


def test_an_address_is_found_packed_and_hashed(tmp_path):
    """What stands in place of an address is as telling as the address."""
    import hashlib
    from ipaddress import ip_address

    for content in (ip_address("2001:db8::77").packed, hashlib.sha256(b"2001:db8::77").hexdigest().encode()):
        (tmp_path / "file").write_bytes(b"\0" * 9 + content + b"\0")
        assert traces({"address": ways_of_writing_an_address("2001:db8::77")}, [tmp_path])


def when(folder, seconds: int = 0) -> bool:
    """Is the moment found, or one that lies so many seconds from it?"""
    return bool(traces({"when": list(ways_of_writing_a_moment(MOMENT + seconds))}, [folder]))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("INTEGER", MOMENT),  # four bytes in the file
        ("INTEGER", 1000 * MOMENT + 999),  # six
        ("INTEGER", 10**6 * MOMENT + 654_321),  # eight
        ("INTEGER", 10**9 * MOMENT + 987_654_321),
        ("REAL", MOMENT),  # four again: SQLite packs whole floating numbers as whole ones
        ("REAL", MOMENT + 0.25),
        ("BLOB", float(MOMENT)),
        ("TEXT", "2031-03-17 11:22:33.123"),
        ("REAL", 2440587.5 + (MOMENT + 0.5) / 86_400),
    ],
)
def test_a_moment_in_a_table_is_found_however_sqlite_packs_it(tmp_path, kind, value):
    """Beside other columns and rows, and in no other hour; the file is only read."""
    with closing(sqlite3.connect(tmp_path / "file.db")) as own, own:
        own.execute(f"CREATE TABLE sent (key BLOB PRIMARY KEY, at {kind}, mark BLOB) WITHOUT ROWID")
        for at in (None, value, None):
            own.execute("INSERT INTO sent VALUES (randomblob(32), ?, randomblob(16))", (at,))
    before = (tmp_path / "file.db").read_bytes()
    assert when(tmp_path)
    assert not when(tmp_path, 3600)
    assert not when(tmp_path, -3600)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("shape", "value"), [("q", MOMENT), ("q", 1000 * MOMENT), ("q", 1000 * MOMENT + 999), ("d", MOMENT), ("d", MOMENT + 0.999)]
)  # fmt: skip
def test_a_packed_moment_is_found_in_any_file(tmp_path, order, shape, value):
    """To a thousandth or a fraction of it, whichever byte comes first."""
    (tmp_path / "file").write_bytes(b"before" + struct.pack(order + shape, value) + b"after")
    assert when(tmp_path)
    assert not when(tmp_path, 3600)


@pytest.mark.parametrize(
    "written", ["2031-03-17T11:22:33Z", "17 March, 20310317T112233", f"at {MOMENT}.5", f"{MOMENT:x}"]
)
def test_a_moment_in_words_is_found(tmp_path, written):
    """As dates are written in logs and names."""
    (tmp_path / "file").write_text(f"x{written}x")
    assert when(tmp_path)
    assert not when(tmp_path, 3600)


def test_no_second_of_a_minute_is_met_by_chance(tmp_path):
    """A megabyte that looks like sealed answers, as a file and as rows of a table."""
    sealed = random.Random(1).randbytes(2**20)
    (tmp_path / "file").write_bytes(sealed)
    with closing(sqlite3.connect(tmp_path / "file.db")) as own, own:
        own.execute("CREATE TABLE sent (frame BLOB)")
        own.executemany("INSERT INTO sent VALUES (?)", [(sealed[at : at + 4096],) for at in range(0, 2**20, 4096)])
    minute = [way for second in range(MOMENT, MOMENT + 60) for way in ways_of_writing_a_moment(second)]
    assert traces({"when": minute}, [tmp_path]) == []
