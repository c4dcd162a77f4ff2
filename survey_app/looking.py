"""What can be told of a data folder from outside: its kind, how many have sent, what is wrong with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from instruments import evidence, records
from instruments.doors import Environment

from .flushing import SECONDS_TO_WAIT

PAUSED = "paused.txt"
COPIES = "backups"  # in the data folder, unless another place is named
HALF_MADE = ".partial"  # how the name of a copy ends while it is made


def kind_in(folder: Path) -> str | None:
    """What kind of records a data folder holds, or None where there is no survey in it. Raises Environment."""
    with _looked_into(folder) as execute:
        found = execute("SELECT value FROM house WHERE name = 'kind'").fetchone() if execute else None
    return found[0].decode("utf-8", "replace") if found else None


def pilot_in(folder: Path) -> bool | None:
    """Does a data folder hold answers of a pilot? None where there is no survey in it. Raises Environment."""
    with _looked_into(folder) as execute:
        found = execute("SELECT value FROM house WHERE name = 'pilot'").fetchone() if execute else None
    return bool(found[0] == b"1") if found else None


def codes_forgotten_in(folder: Path) -> bool:
    """Is the last day for deleting over in a data folder, so that no code leads anywhere? Raises Environment."""
    with _looked_into(folder) as execute:
        found = execute("SELECT value FROM house WHERE name = 'salt'").fetchone() if execute else None
    return found is not None and not found[0]


def studies_in(folder: Path) -> list[str]:
    """The canonical JSON of every study that was served from a data folder. Raises Environment."""
    with _looked_into(folder) as execute:
        return [row[0] for row in execute("SELECT canonical FROM studies")] if execute else []


def signer_in(folder: Path) -> str | None:
    """Whose signature stands under the list of records, in hexadecimal; None without one. Raises Environment."""
    with _looked_into(folder) as execute:
        found = execute("SELECT value FROM house WHERE name = 'signer'").fetchone() if execute else None
    return found[0].hex() if found else None


def tidied_in(folder: Path) -> bool:
    """Has everything that was sent or withdrawn been signed and rewritten in key order? Raises Environment."""
    with _looked_into(folder) as execute:
        if execute is None:
            return True
        tables = (*evidence.SEALED_TABLES, evidence.TOMBSTONES)
        rows = sum(execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)
        listed = execute("SELECT length(value) FROM house WHERE name = 'leaves'").fetchone()
    return bool(rows == (listed[0] // evidence.LEAF if listed else 0))


def sent_in(folder: Path) -> int:
    """How many questionnaires were ever sent to a data folder. Raises Environment."""
    with _looked_into(folder) as execute:
        return sent(execute) if execute else 0


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


def sent(execute: Callable[..., sqlite3.Cursor]) -> int:
    """How many questionnaires have ever been sent, those that were withdrawn included."""
    found = execute("SELECT count FROM totals WHERE name = 'sent'").fetchone()
    return int(found[0]) if found else 0


def cannot_write(folder: Path, error: OSError | sqlite3.Error) -> str:
    """What is wrong with a data folder, and what to do about it."""
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
        mend = "Move it away or put a backup in its place."
        return f"{folder.resolve() / records.SURVEY_FILE} cannot be used: {error}. Nothing was changed. {mend}"
    why = error.strerror if isinstance(error, OSError) else str(error)
    return (
        f"The data folder {folder.resolve()} cannot be used: {why}. Nothing was lost; check its permissions and disk."
    )
