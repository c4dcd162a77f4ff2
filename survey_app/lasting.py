"""How long what is kept lasts: the last day on which codes delete, and on which answers are kept."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Literal

from instruments.reader import Faulty, from_canonical

from . import clock
from .looking import HALF_MADE

Which = Literal["withdraw_until", "keep_until"]
FORGET = "UPDATE house SET value = x'' WHERE name = 'salt'"


def last_day(studies: Iterable[str], which: Which) -> str | None:
    """The latest such day of the studies, as canonical JSON; None where one of them names no day."""
    days: list[str | None] = []
    for canonical in studies:
        try:
            days.append(getattr(from_canonical(canonical).privacy, which))
        except (Faulty, ValueError, KeyError, TypeError):  # also one that somebody has damaged
            days.append(None)
    return None if None in days or not days else max(str(day) for day in days)


def forget_codes(execute: Callable[[str], sqlite3.Cursor]) -> None:
    """Without the salt no code leads to a row any more, and no row to a code."""
    execute(FORGET)


def forget_codes_in_copies(folder: Path, opened: Callable[[Path], sqlite3.Connection]) -> None:
    """The same in every copy of a folder. Whatever else lies there is left alone, and said.

    Raises sqlite3.OperationalError where one of them cannot be reached now: it is to be tried again.
    """
    for path in sorted(path for path in folder.glob("*") if path.is_file()):
        if path.name.endswith(HALF_MADE):
            path.unlink()  # a crash has left it; it leads nowhere, but the salt may lie in it
        elif path.exists() and not _forgotten_in(path, opened):
            print("survey: a file among the copies is no copy; delete it", file=sys.stderr)


def _forgotten_in(path: Path, opened: Callable[[Path], sqlite3.Connection]) -> bool:
    """Have the codes been forgotten in this file? No where it is no copy."""
    try:
        with closing(opened(path)) as copy:
            if not copy.execute("SELECT 1 FROM sqlite_master WHERE name = 'house'").fetchone():
                return False
            forget_codes(copy.execute)
            copy.execute("VACUUM")
        clock.say_the_month_alone(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False
    return True
