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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from sqlite_utils import Database

from instruments import evidence, records
from instruments.doors import Environment, Refused
from instruments.model import Study

from . import clock, drafts, room, signing
from .codes import row_keys
from .copies import brought_back
from .flushing import SECONDS_TO_WAIT, Flusher
from .lasting import forget_codes, forget_codes_in_copies, last_day
from .looking import COPIES, PAUSED, cannot_write, sent
from .signing import Signer

PAGE_SIZE = 32768  # at 4 KiB every record overflows, and overflow pages are a log of arrival until VACUUM; here few do

BESIDE = (*drafts.FILES, signing.NAME, room.NAME, PAUSED, records.PRACTICE_KEY)
"""What else of ours lies in the data folder."""

Sent = Literal["stored", "already", "withdrawn"]


class Store:
    """One SQLite file in the data folder, one write at a time."""

    def __init__(self, folder: Path, study: Study | None, kind: str, *, pilot: bool = False) -> None:
        """Open or make the store; without a study, as it is. Raises Environment, Refused where kinds would mix."""
        self.folder, self.path, self.kind = folder, folder / records.SURVEY_FILE, kind
        self.lock, self.counting = threading.Lock(), threading.Lock()
        self.waiting: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()  # totals in the transaction that is open
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.connection = _connect(self.path)
            self.database = Database(self.connection)
            for table in records.TABLES:
                self.database.execute(table)
            self.signer = Signer(folder)
            self.name = self._house("survey", secrets.token_bytes(16))
            self.salt = self._house("salt", secrets.token_bytes(32))  # empty once nobody can delete any more
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
            self.sent = sent(self.connection.execute)
            self.last = last_day(self.studies(), "withdraw_until") if self.kind == "live" else None
            self.flush()
        except (OSError, sqlite3.Error) as error:
            raise Environment(cannot_write(folder, error)) from error
        self.flusher = Flusher(lambda: self.flush(), lambda: self.deleting_is_over(), self.say_the_month_alone)

    def send(self, code: str, frame: bytes, text_frame: bytes | None) -> Sent:
        """Keep one sealed response, once, whatever is pressed twice. Raises sqlite3.Error if it is not kept.

        After the last day for deleting nothing can be sent either: no hash without its salt.
        """
        if not self.salt:
            raise sqlite3.OperationalError("the last day for deleting is over")
        with self._writing() as execute:
            key, text_key = row_keys(code, self._salt_now(execute))
            if execute("SELECT 1 FROM tombstones WHERE key = ?", (key,)).fetchone():
                return "withdrawn"
            if execute("SELECT 1 FROM responses WHERE key = ?", (key,)).fetchone():
                return "already"
            if room.scarce(self.path):
                raise sqlite3.OperationalError("under the floor of free space")
            added = self._add(execute, "responses", key, frame)
            if added and text_frame is not None:
                self._add(execute, "texts", text_key, text_frame)
            if added:
                self._add_totals(execute)
                self.sent = sent(execute)
        self.flusher.soon()
        return "stored" if added else "already"

    def withdraw(self, code: str) -> None:
        """Delete what the code leads to, and remember that it is gone. The same for a code nobody used."""
        if not self.salt:
            return  # no code leads anywhere any more
        try:
            self._delete(code)
        except sqlite3.Error:
            if not room.scarce(self.path) or not room.throw_off(self.folder):
                raise
            self._delete(code)  # the disk was full
        self.flusher.soon()

    def _salt_now(self, execute: Callable[..., sqlite3.Cursor]) -> bytes:
        """The salt as it stands: another process may have emptied the store, or forgotten the codes."""
        self.salt = execute("SELECT value FROM house WHERE name = 'salt'").fetchone()[0]
        if not self.salt:
            raise sqlite3.OperationalError("the last day for deleting is over")
        return self.salt

    def _delete(self, code: str) -> None:
        with self._writing() as execute:
            key, text_key = row_keys(code, self._salt_now(execute))
            execute("DELETE FROM responses WHERE key = ?", (key,))
            execute("DELETE FROM texts WHERE key = ?", (text_key,))
            for gone in (key, text_key):  # both: neither may come back from a copy
                mark = self.signer.mark(evidence.TOMBSTONES, gone, b"")
                execute("INSERT INTO tombstones VALUES (?, ?) ON CONFLICT DO NOTHING", (gone, mark))

    def copy(self, path: Path) -> None:
        """A whole copy in a new file, in key order, as sealed as this one. Raises sqlite3.Error, OSError."""
        self.flush()
        with self.lock:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            self.connection.execute("VACUUM INTO ?", (str(path),))
        clock.say_the_month_alone(path)

    def take_back(self, path: Path) -> tuple[int, int]:
        """Bring rows of a copy back, but for what was withdrawn since: how many, and how many were left out.

        Doing it twice leaves what doing it once left. Raises Refused for a copy of another survey, sqlite3.Error.
        """
        with self.lock:
            self.connection.execute("ATTACH ? AS copy", (f"file:{quote(str(path))}?mode=ro",))
        try:
            with self._writing() as execute:
                came, gone = brought_back(execute, path)
        finally:
            with self.lock:
                self.connection.execute("DETACH copy")
        self.flusher.soon()
        return came, gone

    def empty(self) -> None:
        """Delete everything that anybody sent, what was withdrawn and the salt: nothing leads to anybody any more."""
        with self._writing() as execute:
            for table in ("responses", "texts", "tombstones", "totals", "signers"):
                execute(f"DELETE FROM {table}")
            self.name, self.salt = secrets.token_bytes(16), secrets.token_bytes(32)
            for what, value in (
                ("survey", self.name),
                ("salt", self.salt),
            ):  # no old copy is one of this survey any more
                execute("UPDATE house SET value = ? WHERE name = ?", (value, what))
            execute("DELETE FROM house WHERE name IN ('leaves', 'signature')")
        self.flush()

    def studies(self) -> list[str]:
        """The canonical JSON of every study that was served from here."""
        with self.lock:
            return [row[0] for row in self.connection.execute("SELECT canonical FROM studies ORDER BY fingerprint")]

    def flush(self) -> None:
        """Sign what is there, rewrite the file in key order, take its times back to the first of the month."""
        self._forget_codes()
        self._sign()
        with self.lock:
            room.take_on(self.folder)
            self.connection.execute("VACUUM")
        self.say_the_month_alone()

    def say_the_month_alone(self) -> None:
        """Take the times of everything here back: a look leaves one too."""
        clock.say_the_month_alone(self.path, self.folder)
        for name in BESIDE:
            with suppress(OSError):  # not there, or put there by somebody else
                clock.say_the_month_alone(self.folder / name)

    def count(self) -> int:
        """How many responses are kept."""
        with self.lock:
            return int(self.connection.execute("SELECT count(*) FROM responses").fetchone()[0])

    def recount(self) -> None:
        """Look how many were ever sent, also by another process on the same folder."""
        with self.lock:
            self.sent = sent(self.connection.execute)

    def tally(self, name: str) -> None:
        """Count something that happened, in memory: it is written with the next Send, never by itself."""
        with self.counting:  # not the writer's lock: nobody waits for a flush to see a page
            self.waiting[name] += 1

    def paused(self) -> str | None:
        """Why no new participants are taken, or None. Those who have begun may finish. It waits for no lock."""
        try:
            return (self.folder / PAUSED).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        except PermissionError:
            return ""  # by somebody whose reasons are not ours to read

    def close(self) -> None:
        """Flush a last time and let go."""
        self.flusher.stop()
        try:
            self.flush()
        except (sqlite3.Error, OSError) as error:
            print(f"survey: {type(error).__name__} at the last flush", file=sys.stderr)
        self.connection.close()

    def introduce(self, sealed_to: bytes, sealed: Callable[[bytes], bytes]) -> None:
        """Leave the key of the marks for those who will read, sealed; `sealed_to` says to whom, once for each."""
        with self._writing() as execute:
            self.signer.introduce(execute, self.name, sealed_to, sealed)

    def _add(self, execute: Callable[..., sqlite3.Cursor], table: str, key: bytes, frame: bytes) -> int:
        """Put a row there with its mark, if its place is free: how many were put."""
        row = (key, frame, self.signer.mark(table, key, frame))
        return execute(f"INSERT INTO {table} VALUES (?, ?, ?) ON CONFLICT DO NOTHING", row).rowcount

    def _sign(self) -> None:
        with self._writing() as execute:
            self.signer.sign(execute, self.name)

    def deleting_is_over(self) -> bool:
        """Is the last day over on which somebody may delete, and the salt still there?"""
        return self.last is not None and bool(self.salt) and clock.today() > self.last

    def _forget_codes(self) -> None:
        """After the last day for deleting no code leads to a row any more: the salt goes, here and in our copies."""
        if not self.deleting_is_over():
            return
        forget_codes_in_copies(self.folder / COPIES, _connect)
        with self._writing() as execute:
            forget_codes(execute)
            self.salt = b""

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
