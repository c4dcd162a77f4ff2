"""The survey's file, read and never changed: sealed rows one after the other, the studies, what proves the rows."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from instruments import records
from instruments.doors import WrongUse

from .reading import reading

Row = tuple[bytes, bytes, bytes]  # where it lies, the frame, its mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A survey's file that is open: rows come in the order of salted hashes, which writing loses."""

    connection: sqlite3.Connection
    kind: str
    pilot: bool
    survey: bytes
    signer: bytes | None
    leaves: bytes
    signature: bytes
    studies: Mapping[str, str]  # fingerprint → canonical JSON
    totals: tuple[tuple[str, int], ...]

    def rows(self, table: str) -> Generator[Row, None, None]:
        """Every row of a table, one at a time: the one SELECT of this wing."""
        yield from self.connection.execute(f"SELECT key, frame, mark FROM {table} ORDER BY key")

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def tombstones(self) -> dict[bytes, bytes]:
        """Where something was withdrawn → the mark of that."""
        return dict(self.connection.execute("SELECT key, mark FROM tombstones"))

    def signers(self) -> list[tuple[bytes, bytes, bytes, bytes]]:
        """Whose marks there are: public key, to whom their key is sealed, that key sealed, and who stands for it."""
        columns = "public_key, sealed_to, sealed_key, signature"
        return list(self.connection.execute(f"SELECT {columns} FROM signers ORDER BY public_key, sealed_to"))


@contextmanager
def sealed_in(data: Path) -> Iterator[Sealed]:
    """The survey's file of a data folder. Raises WrongUse, Environment."""
    path = data / records.SURVEY_FILE
    missing = f"There is no {path.name} in {data}. Is this the survey's data folder?"
    with _as_committed(path) as whole, reading(whole, "a survey's file", missing) as connection:
        house = dict(connection.execute("SELECT name, value FROM house"))
        if int(house["format"]) != records.FORMAT:
            raise WrongUse(f"{path} has format {int(house['format'])}; this version reads format {records.FORMAT}.")
        yield Sealed(
            connection=connection,
            kind=house["kind"].decode("utf-8", "replace"),
            pilot=house.get("pilot") == b"1",
            survey=house["survey"],
            signer=house.get("signer"),
            leaves=house.get("leaves", b""),
            signature=house.get("signature", b""),
            studies=dict(connection.execute("SELECT fingerprint, canonical FROM studies ORDER BY fingerprint")),
            totals=tuple(connection.execute("SELECT name, count FROM totals ORDER BY name")),
        )


def kind_of(data: Path) -> str:
    """What the answers of a data folder are: practice, made-up or live. Raises WrongUse, Environment."""
    with sealed_in(data) as sealed:
        return sealed.kind


def stored(data: Path) -> int:
    """How many sealed answers lie in a data folder. Raises WrongUse, Environment."""
    with sealed_in(data) as sealed:
        return sealed.count("responses")


@contextmanager
def _as_committed(path: Path) -> Iterator[Path]:
    """The file, or where a crash has left a half-done write beside it, a copy in which that is undone."""
    journal = path.with_name(f"{path.name}-journal")
    if not journal.exists() or _readable(path):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:  # sealed as it is; ours alone, and gone afterwards
        copy = Path(folder) / path.name
        shutil.copyfile(path, copy)
        if journal.exists():
            shutil.copyfile(journal, copy.with_name(journal.name))
        undoing = sqlite3.connect(copy)
        try:
            undoing.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.DatabaseError:
            pass  # said in words by whoever reads it
        finally:
            undoing.close()
        yield copy


def _readable(path: Path) -> bool:
    """Can the file be read as it is, without writing?"""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            connection.close()
    except sqlite3.Error:
        return False
    return True
