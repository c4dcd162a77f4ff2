"""How long what is kept lasts: the last day on which codes delete, and on which answers are kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Literal

from instruments.reader import Faulty, from_canonical

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
