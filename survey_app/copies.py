"""What a copy brings back: its rows, but for what was withdrawn since, and never those of another survey."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from instruments import evidence
from instruments.doors import Refused

GONE = "key IN (SELECT key FROM main.tombstones)"
TAKEN_BACK = (
    "INSERT INTO main.tombstones SELECT * FROM copy.tombstones WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO main.studies SELECT * FROM copy.studies WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO main.signers SELECT * FROM copy.signers WHERE true ON CONFLICT DO NOTHING",
    "INSERT INTO main.totals SELECT * FROM copy.totals WHERE true "
    "ON CONFLICT (name) DO UPDATE SET count = max(count, excluded.count)",
)
"""What a copy brings back beside its rows: what was withdrawn, studies, who signed, the higher of two totals."""


def brought_back(execute: Callable[..., sqlite3.Cursor], path: Path) -> tuple[int, int]:
    """From the attached copy into the store: how many rows came, how many stay deleted. Raises Refused."""
    _same_survey(execute, path)
    for statement in TAKEN_BACK:
        execute(statement)
    came, gone = 0, 0
    for table in evidence.SEALED_TABLES:
        execute(f"DELETE FROM main.{table} WHERE {GONE}")
        gone += int(execute(f"SELECT count(*) FROM copy.{table} WHERE {GONE}").fetchone()[0])
        rows = f"SELECT * FROM copy.{table} WHERE NOT {GONE}"
        came += execute(f"INSERT INTO main.{table} {rows} ON CONFLICT DO NOTHING").rowcount
    return came, gone


def _same_survey(execute: Callable[..., sqlite3.Cursor], path: Path) -> None:
    """Refuses a copy whose codes would lead elsewhere, or whose records are of another kind."""
    for name in ("survey", "kind"):
        ask = "SELECT value FROM {}.house WHERE name = ?"
        if execute(ask.format("main"), (name,)).fetchone() != execute(ask.format("copy"), (name,)).fetchone():
            raise Refused(
                f"{path} is a copy of another survey, or from before this one was purged; nothing was changed."
            )
