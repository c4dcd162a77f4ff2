"""The store: sealed rows under salted hashes, without order, without time. Nothing else writes to it.

A handful of verbs: send, withdraw, flush, count, tally. Every table with a row a person has no rowid, a
flush rewrites the whole file, and the file's own times are the first of the month.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from sqlite_utils import Database

from instruments import records
from instruments.doors import Environment, Refused
from instruments.model import Study

from . import clock
from .codes import row_keys
from .flushing import SECONDS_TO_WAIT, Flusher

PAUSED = "paused.txt"
PAGE_SIZE = 32768  # at 4 KiB records overflow, and overflow pages are a log of arrival until VACUUM

GONE = "key IN (SELECT key FROM main.tombstones)"
TAKEN_BACK = (
    "INSERT INTO main.tombstones SELECT key FROM copy.tombstones WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO main.studies SELECT * FROM copy.studies WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO main.totals SELECT * FROM copy.totals WHERE true "
    "ON CONFLICT (name) DO UPDATE SET count = max(count, excluded.count)",
)
"""What a copy brings back beside its rows: what was withdrawn, the studies, the higher of two totals."""

Sent = Literal["stored", "already", "withdrawn"]


class Store:
    """One SQLite file in the data folder, one write at a time."""

    def __init__(self, folder: Path, study: Study | None, kind: str, *, pilot: bool = False) -> None:
        """Open or make the store; without a study, as it is. Raises Environment, Refused where kinds would mix."""
        self.folder, self.path = folder, folder / records.SURVEY_FILE
        self.lock, self.counting = threading.Lock(), threading.Lock()
        self.waiting: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()  # totals in the transaction that is open
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.connection = _connect(self.path)
            self.database = Database(self.connection)
            for table in records.TABLES:
                self.database.execute(table)
            self.salt = self._house("salt", secrets.token_bytes(32))
            stored_kind = self._house("kind", kind.encode()).decode()
            stored_format = int(self._house("format", str(records.FORMAT).encode()))
            if stored_format != records.FORMAT:
                raise Environment(f"{self.path} has format {stored_format}; this version writes {records.FORMAT}.")
            if stored_kind != kind:
                raise Refused(
                    f"{self.path} holds {stored_kind} records, this run would add {kind} ones; they are never mixed. "
                    "Name another folder with --data."
                )
            if study is not None and self._house("pilot", str(int(pilot)).encode()) != str(int(pilot)).encode():
                was, now = ("no pilot", "a pilot") if pilot else ("a pilot", "no pilot")
                raise Refused(f"{self.path} holds answers of {was}, this run would add {now}'s. Name another --data.")
            if study is not None:
                kept = (study.fingerprint, study.canonical)
                self.database.execute("INSERT INTO studies VALUES (?, ?) ON CONFLICT DO NOTHING", kept)
            self.sent = _sent(self.connection.execute)
            self.flush()
        except (OSError, sqlite3.Error) as error:
            raise Environment(cannot_write(folder, error)) from error
        self.flusher = Flusher(lambda: self.flush())

    def send(self, code: str, frame: bytes, text_frame: bytes | None) -> Sent:
        """Keep one sealed response, once, whatever is pressed twice. Raises sqlite3.Error if it is not kept."""
        key, text_key = row_keys(code, self.salt)
        with self._writing() as execute:
            if execute("SELECT 1 FROM tombstones WHERE key = ?", (key,)).fetchone():
                return "withdrawn"
            added = execute("INSERT INTO responses VALUES (?, ?) ON CONFLICT DO NOTHING", (key, frame)).rowcount
            if added and text_frame is not None:
                execute("INSERT INTO texts VALUES (?, ?) ON CONFLICT DO NOTHING", (text_key, text_frame))
            if added:
                self._add_totals(execute)
                self.sent = _sent(execute)
        self.flusher.soon()
        return "stored" if added else "already"

    def withdraw(self, code: str) -> None:
        """Delete what the code leads to, and remember that it is gone. The same for a code nobody used."""
        key, text_key = row_keys(code, self.salt)
        with self._writing() as execute:
            execute("DELETE FROM responses WHERE key = ?", (key,))
            execute("DELETE FROM texts WHERE key = ?", (text_key,))
            for gone in (key, text_key):  # both: neither may come back from a copy
                execute("INSERT INTO tombstones VALUES (?) ON CONFLICT DO NOTHING", (gone,))
        self.flusher.soon()

    def copy(self, path: Path) -> None:
        """A whole copy in a new file, in key order, as sealed as this one. Raises sqlite3.Error, OSError."""
        self.flush()
        with self.lock:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            self.connection.execute("VACUUM INTO ?", (str(path),))
        os.utime(path, (clock.start_of_month(), clock.start_of_month()))

    def take_back(self, path: Path) -> tuple[int, int]:
        """Bring rows of a copy back, but for what was withdrawn since: how many, and how many were left out.

        Doing it twice leaves what doing it once left. Raises Refused for a copy of another survey, sqlite3.Error.
        """
        with self.lock:
            self.connection.execute("ATTACH ? AS copy", (f"file:{quote(str(path))}?mode=ro",))
        try:
            with self._writing() as execute:
                _same_survey(execute, path)
                for statement in TAKEN_BACK:
                    execute(statement)
                came, gone = 0, 0
                for table in ("responses", "texts"):
                    execute(f"DELETE FROM main.{table} WHERE {GONE}")
                    gone += int(execute(f"SELECT count(*) FROM copy.{table} WHERE {GONE}").fetchone()[0])
                    rows = f"SELECT * FROM copy.{table} WHERE NOT {GONE}"
                    came += execute(f"INSERT INTO main.{table} {rows} ON CONFLICT DO NOTHING").rowcount
        finally:
            with self.lock:
                self.connection.execute("DETACH copy")
        self.flusher.soon()
        return came, gone

    def empty(self) -> None:
        """Delete everything that anybody sent, what was withdrawn and the salt: nothing leads to anybody any more."""
        with self._writing() as execute:
            for table in ("responses", "texts", "tombstones", "totals"):
                execute(f"DELETE FROM {table}")
            self.salt = secrets.token_bytes(32)
            execute("UPDATE house SET value = ? WHERE name = 'salt'", (self.salt,))
        self.flush()

    def studies(self) -> list[str]:
        """The canonical JSON of every study that was served from here."""
        with self.lock:
            return [row[0] for row in self.connection.execute("SELECT canonical FROM studies ORDER BY fingerprint")]

    def flush(self) -> None:
        """Rewrite the file in key order, and take its times back to the first of the month."""
        with self.lock:
            self.connection.execute("VACUUM")
            for path in (self.path, self.folder):
                os.utime(path, (clock.start_of_month(), clock.start_of_month()))

    def count(self) -> int:
        """How many responses are kept."""
        with self.lock:
            return int(self.connection.execute("SELECT count(*) FROM responses").fetchone()[0])

    def recount(self) -> None:
        """Look how many were ever sent, also by another process on the same folder."""
        with self.lock:
            self.sent = _sent(self.connection.execute)

    def tally(self, name: str) -> None:
        """Count something that happened, in memory: it is written with the next Send, never by itself."""
        with self.counting:  # not the writer's lock: nobody waits for a flush to see a page
            self.waiting[name] += 1

    def paused(self) -> str | None:
        """Why no new participants are taken, or None. Those who have begun may finish. It waits for no lock."""
        try:
            return (self.folder / PAUSED).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def close(self) -> None:
        """Flush a last time and let go."""
        self.flusher.stop()
        try:
            self.flush()
        except (sqlite3.Error, OSError) as error:
            print(f"survey: {type(error).__name__} at the last flush", file=sys.stderr)
        self.connection.close()

    def _add_totals(self, execute: Callable[..., sqlite3.Cursor]) -> None:
        """Write what was counted since the last Send."""
        with self.counting:
            self.taken, self.waiting = self.waiting, Counter()
        for name, count in (self.taken + Counter(sent=1)).items():
            execute(
                "INSERT INTO totals VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET count = count + excluded.count",
                (name, count),
            )

    @contextmanager
    def _writing(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """One transaction, whole or not at all, with nobody else writing; totals count only if it is whole."""
        with self.lock:
            execute = self.connection.execute
            execute("BEGIN IMMEDIATE")
            try:
                yield execute
                execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    execute("ROLLBACK")
                with self.counting:
                    self.waiting += self.taken
                raise
            finally:
                self.taken = Counter()

    def _house(self, name: str, value: bytes) -> bytes:
        self.database.execute("INSERT INTO house VALUES (?, ?) ON CONFLICT DO NOTHING", (name, value))
        kept: bytes = self.database.table("house").get(name)["value"]
        return kept


def _same_survey(execute: Callable[..., sqlite3.Cursor], path: Path) -> None:
    """Refuses a copy whose codes would lead elsewhere, or whose records are of another kind."""
    for name in ("salt", "kind"):
        ask = "SELECT value FROM {}.house WHERE name = ?"
        if execute(ask.format("main"), (name,)).fetchone() != execute(ask.format("copy"), (name,)).fetchone():
            raise Refused(f"{path} is a copy of another survey (its {name} differs); nothing was changed.")


def kind_in(folder: Path) -> str | None:
    """What kind of records a data folder holds, or None where there is no survey in it. Raises Environment."""
    with _looked_into(folder) as execute:
        found = execute("SELECT value FROM house WHERE name = 'kind'").fetchone() if execute else None
    return found[0].decode() if found else None


def pilot_in(folder: Path) -> bool | None:
    """Does a data folder hold answers of a pilot? None where there is no survey in it. Raises Environment."""
    with _looked_into(folder) as execute:
        found = execute("SELECT value FROM house WHERE name = 'pilot'").fetchone() if execute else None
    return bool(found[0] == b"1") if found else None


def sent_in(folder: Path) -> int:
    """How many questionnaires were ever sent to a data folder. Raises Environment."""
    with _looked_into(folder) as execute:
        return _sent(execute) if execute else 0


@contextmanager
def _looked_into(folder: Path) -> Iterator[Callable[..., sqlite3.Cursor] | None]:
    """The survey's file to read, or None where there is none. What a crash left half-done is undone first."""
    path = folder / records.SURVEY_FILE
    if not path.exists():
        yield None
        return
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=SECONDS_TO_WAIT)) as read:
            begun = read.execute("SELECT 1 FROM sqlite_master WHERE name = 'totals'").fetchone()
            yield read.execute if begun else None  # a crash at the very first start leaves an empty file
    except sqlite3.Error as error:
        raise Environment(cannot_write(folder, error)) from error


def _sent(execute: Callable[..., sqlite3.Cursor]) -> int:
    """How many questionnaires have ever been sent, those that were withdrawn included."""
    found = execute("SELECT count FROM totals WHERE name = 'sent'").fetchone()
    return int(found[0]) if found else 0


def _connect(path: Path) -> sqlite3.Connection:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(handle)
    address = f"file:{quote(str(path))}"  # as an address, so that a copy can be looked into without writing
    connection = sqlite3.connect(
        address, timeout=SECONDS_TO_WAIT, isolation_level=None, check_same_thread=False, uri=True
    )
    for pragma in (
        f"page_size = {PAGE_SIZE}",
        "journal_mode = DELETE",
        "synchronous = EXTRA",
        "fullfsync = ON",
        "secure_delete = ON",
        "temp_store = MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def cannot_write(folder: Path, error: OSError | sqlite3.Error) -> str:
    """What is wrong with a data folder, and what to do about it."""
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        mend = "Move it away or put a backup in its place."
        return f"{folder.resolve() / records.SURVEY_FILE} cannot be used: {error}. Nothing was changed. {mend}"
    why = error.strerror if isinstance(error, OSError) else str(error)
    return (
        f"The data folder {folder.resolve()} cannot be used: {why}. Nothing was lost; check its permissions and disk."
    )
