"""The lock: n, data, study and plan are frozen before any group comparison is computed.

It prevents peeking, and it prevents differencing (“the table moved after I saw her fill it in”).
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlite_utils import Database

from instruments import VERSION
from instruments.doors import Environment, Refused, WrongUse, command
from instruments.model import Study

from .reading import reading_answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What was frozen, and on which day."""

    n: int
    data_hash: str
    fingerprint: str
    plan_hash: str
    locked_on: str
    tool: str


def lock(path: Path, study: Study, today: str) -> Lock:
    """Freeze an answers.db; doing it twice leaves the first lock."""
    kept = read_lock(path)
    if kept is not None:
        return checked(path, study)
    n = _count(path)
    if n == 0:
        raise WrongUse(f"There are no answers in {path}: nothing to lock. Open it again when somebody has answered.")
    made = Lock(
        n=n,
        data_hash=data_hash(path),
        fingerprint=study.fingerprint,
        plan_hash=plan_hash(study),
        locked_on=today,
        tool=VERSION,
    )
    try:
        with Database(path) as database:
            database.table("lock").insert(asdict(made))
    except sqlite3.Error as error:
        raise Environment(f"{path} cannot be written: {error}.") from error
    return made


def checked(path: Path, study: Study) -> Lock:
    """The lock of a file whose data are still what was locked. Raises Refused without one, WrongUse if changed."""
    kept = read_lock(path)
    if kept is None:
        raise Refused(
            f"{path} is not locked. No group comparison is computed before the lock: {command('analysis')} lock {path}"
        )
    if kept.data_hash != data_hash(path) or kept.fingerprint != study.fingerprint:
        raise WrongUse(f"The answers in {path} are not the ones that were locked on {kept.locked_on}; open them anew.")
    return kept


def read_lock(path: Path) -> Lock | None:
    """The lock of a file, or None."""
    with reading_answers(path) as connection:
        connection.row_factory = sqlite3.Row
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'lock'").fetchone():
            return None
        return Lock(**dict(connection.execute("SELECT * FROM lock").fetchone()))


def data_hash(path: Path) -> str:
    """SHA-256 over every answer and text, in the order in which they lie (that of their content)."""
    digest = hashlib.sha256()
    with reading_answers(path) as connection:
        for table in ("answers", "texts"):
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                digest.update(json.dumps(row, ensure_ascii=False).encode())
    return digest.hexdigest()


def plan_hash(study: Study) -> str:
    """SHA-256 over the plan's own part of the canonical JSON."""
    plan = json.loads(study.canonical)["files"].get("plan.yaml")
    return hashlib.sha256(json.dumps(plan, ensure_ascii=False).encode()).hexdigest()


def _count(path: Path) -> int:
    with reading_answers(path) as connection:
        return int(connection.execute("SELECT count(*) FROM answers").fetchone()[0])
