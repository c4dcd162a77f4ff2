"""The store: once, whole, without order and without time; each protection with its control."""

from __future__ import annotations

import secrets
import sqlite3
import stat
import threading
from datetime import UTC, datetime

import pytest
from conftest import STUDY
from scipy.stats import spearmanr

from instruments.doors import Environment, Refused
from instruments.reader import read
from instruments.records import SURVEY_FILE
from survey_app import flushing, room
from survey_app.codes import code
from survey_app.signing import NAME
from survey_app.store import Store

tea = read(STUDY["tea"])
FRAME = bytes(3072)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "data", tea, "practice")
    yield made
    made.close()


def new_code() -> str:
    return code(secrets.token_bytes(16))


def rows(store: Store, table: str) -> list[tuple]:
    with sqlite3.connect(store.path) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


def test_pressed_twice_is_sent_once(store):
    """Double click, retry, two tabs: one row, and the first one sent stands."""
    mine = new_code()
    assert store.send(mine, FRAME, FRAME) == "stored"
    assert store.send(mine, b"x" * 3072, None) == "already"
    assert [frame for _, frame, _ in rows(store, "responses")] == [FRAME]
    assert len(rows(store, "texts")) == 1
    assert dict(rows(store, "totals")) == {"sent": 1}


def test_a_hundred_fingers_at_once(store):
    """Twenty codes, each sent five times in parallel: twenty rows."""
    codes = [new_code() for _ in range(20)]
    threads = [threading.Thread(target=store.send, args=(each, FRAME, None)) for each in codes * 5]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.count() == 20


def test_withdrawn_is_gone_and_stays_gone(store):
    """Both rows go, a kept draft cannot bring them back, twice is the same, others stay byte for byte."""
    mine, other = new_code(), new_code()
    store.send(other, FRAME, FRAME)
    before = rows(store, "responses")
    store.send(mine, b"y" * 3072, b"y" * 3072)
    store.withdraw(mine)
    store.withdraw(mine)
    assert store.send(mine, FRAME, FRAME) == "withdrawn"
    assert rows(store, "responses") == before
    assert len(rows(store, "texts")) == 1


def test_withdrawn_bytes_leave_the_file(store):
    """After a withdrawal and a flush, no byte of the row is in any file."""
    mine, mark = new_code(), secrets.token_bytes(64)
    store.send(mine, mark * 48, None)
    store.flush()
    assert mark in store.path.read_bytes(), "the control: while it is stored, it can be found"
    store.withdraw(mine)
    store.flush()
    assert all(mark not in path.read_bytes() for path in store.folder.iterdir())


FEW = 8


def arrivals_in_order(folder, flushing: bool) -> int:
    """In how many of five small stores the rows lie in the file just as they came.

    Few rows show an order that many rows hide: keys are random, but a page is filled from its end.
    """
    found = 0
    for number in range(5):
        store = Store(folder / f"{flushing}{number}", tea, "practice")
        store.flusher.stop()
        frames = [secrets.token_bytes(64).ljust(3072, b"\0") for _ in range(FEW)]
        for frame in frames:
            store.send(new_code(), frame, None)
        if flushing:
            store.flush()
        raw = store.path.read_bytes()
        places = [raw.index(frame[:40]) for frame in frames]
        found += abs(spearmanr(range(FEW), places).statistic) > 0.999
        store.connection.close()
    return found


def test_order_at_rest_reveals_nothing(tmp_path):
    """After a flush, where a row lies says nothing about when it came."""
    assert arrivals_in_order(tmp_path, flushing=True) == 0


def test_control_without_the_flush_the_file_is_a_log_of_arrival(tmp_path):
    """The same rows without VACUUM lie exactly in the order in which they came: the test above can fail."""
    assert arrivals_in_order(tmp_path, flushing=False) == 5


def test_a_large_store_keeps_no_order_either(store):
    """300 rows: the rank correlation of place and arrival is near nothing."""
    store.flusher.stop()
    frames = [secrets.token_bytes(64).ljust(3072, b"\0") for _ in range(300)]
    for frame in frames:
        store.send(new_code(), frame, None)
    store.flush()
    raw = store.path.read_bytes()
    assert abs(spearmanr(range(300), [raw.index(frame[:40]) for frame in frames]).statistic) < 0.2


def test_closing_leaves_a_flushed_file(tmp_path):
    """A host who stops the survey just after a Send leaves no order and no time behind."""
    store = Store(tmp_path / "data", tea, "practice")
    store.flusher.stop()
    frames = [secrets.token_bytes(64).ljust(3072, b"\0") for _ in range(FEW)]
    for frame in frames:
        store.send(new_code(), frame, None)
    store.close()
    raw = store.path.read_bytes()
    assert abs(spearmanr(range(FEW), [raw.index(frame[:40]) for frame in frames]).statistic) < 0.999
    assert datetime.fromtimestamp(store.path.stat().st_mtime, UTC).hour == 0


def test_parallel_sends_count_nothing_twice(store):
    """Totals may lose a few in a crash; they never gain any."""
    for _ in range(200):
        store.tally("opened")
    threads = [
        threading.Thread(target=lambda: [store.send(new_code(), FRAME, None) for _ in range(25)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dict(rows(store, "totals")) == {"opened": 200, "sent": 100}


def test_a_flush_that_fails_does_not_end_flushing(tmp_path, monkeypatch, capsys):
    """A refused change of time, a full disk: one short line, and the next round tries again."""
    monkeypatch.setattr(flushing, "SECONDS_TO_FLUSH", 0.1)
    store = Store(tmp_path / "data", tea, "practice")
    tries = threading.Semaphore(0)

    def refused(self):
        tries.release()
        raise PermissionError("/secret/path")

    monkeypatch.setattr(Store, "flush", refused)
    store.send(new_code(), FRAME, None)
    assert tries.acquire(timeout=10)
    assert tries.acquire(timeout=10), "it tried again"
    store.close()
    said = capsys.readouterr().err
    assert "PermissionError at flush" in said
    assert "/secret/path" not in said


def test_the_file_says_no_time(store):
    """After a flush the data file and its folder carry the first of the month, and nobody else may read it."""
    store.send(new_code(), FRAME, None)
    store.flusher.stop()
    store.flush()
    for path in (store.path, store.folder):
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        assert (changed.day, changed.hour, changed.minute, changed.second) == (1, 0, 0, 0)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_a_send_is_flushed_soon_and_never_in_the_request(tmp_path, monkeypatch):
    """The background thread rewrites the file within its time."""
    monkeypatch.setattr(flushing, "SECONDS_TO_FLUSH", 0.2)
    flushed = threading.Event()
    real = Store.flush
    monkeypatch.setattr(Store, "flush", lambda self: (real(self), flushed.set())[0])
    store = Store(tmp_path / "data", tea, "practice")
    assert flushed.is_set(), "once at the start: a crash may have left an unflushed file"
    flushed.clear()
    store.send(new_code(), FRAME, None)
    assert flushed.wait(10)
    store.close()


def test_the_safe_settings_are_on(store):
    """Rollback journal, full sync, deleted pages overwritten, pages that a usual record does not overflow."""
    told = {
        name: store.connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "secure_delete", "page_size", "temp_store")
    }
    assert told == {"journal_mode": "delete", "synchronous": 3, "secure_delete": 1, "page_size": 32768, "temp_store": 2}


def test_kinds_of_records_are_never_mixed(tmp_path):
    """A folder with practice records takes no made-up ones."""
    Store(tmp_path, tea, "practice").close()
    with pytest.raises(Refused, match="never mixed"):
        Store(tmp_path, tea, "made-up")


def test_a_folder_that_cannot_be_used_says_so(tmp_path):
    """A file where the folder should be, or something that is no database: one sentence, nothing lost."""
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Environment, match="cannot be used"):
        Store(tmp_path / "file", tea, "practice")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / SURVEY_FILE).write_text("this is no database, it is a letter " * 40)
    with pytest.raises(Environment, match="cannot be used"):
        Store(tmp_path / "broken", tea, "practice")


def test_a_failing_disk_keeps_nothing_and_recovers(store, monkeypatch):
    """If the transaction fails, no partial row is there, and the next Send works without a restart."""
    mine = new_code()
    other = sqlite3.connect(store.path, timeout=0)
    store.connection.execute("PRAGMA busy_timeout = 50")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError):
        store.send(mine, FRAME, FRAME)
    other.rollback()
    other.close()
    assert store.count() == 0
    assert store.send(mine, FRAME, FRAME) == "stored"


def test_totals_are_written_with_a_send_and_never_alone(store):
    """Opening a page changes no file: a time of change would be a time of visit."""
    store.flusher.stop()
    store.flush()
    before = store.path.read_bytes()
    store.tally("opened")
    store.tally("opened")
    assert store.path.read_bytes() == before
    store.send(new_code(), FRAME, None)
    assert dict(rows(store, "totals")) == {"opened": 2, "sent": 1}
    assert sorted(path.name for path in store.folder.iterdir()) == sorted([SURVEY_FILE, NAME, room.NAME])
