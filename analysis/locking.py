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
from instruments.doors import Environment, Refused, WrongUse
from instruments.fingerprint import files_of
from instruments.model import Study


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
    made = Lock(
        n=_count(path),
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
            f"{path} is not locked. No group comparison is computed before the lock: python -m analysis lock {path}"
        )
    if kept.data_hash != data_hash(path) or kept.fingerprint != study.fingerprint:
        raise WrongUse(f"The answers in {path} are not the ones that were locked on {kept.locked_on}; open them anew.")
    return kept


def read_lock(path: Path) -> Lock | None:
    """The lock of a file, or None."""
    if not path.exists():
        raise WrongUse(f"There is no file {path}. Make it with: python -m analysis open")
    try:
        with Database(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            if "lock" not in database.table_names():
                return None
            return Lock(**next(iter(database.table("lock").rows)))
    except sqlite3.Error as error:
        raise Environment(f"{path} is not an answers.db that can be read: {error}.") from error


def data_hash(path: Path) -> str:
    """SHA-256 over every answer and text, in the order in which they lie (that of their content)."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    digest = hashlib.sha256()
    for table in ("answers", "texts"):
        for row in connection.execute(f'SELECT * FROM "{table}"'):
            digest.update(json.dumps(row, ensure_ascii=False).encode())
    connection.close()
    return digest.hexdigest()


def plan_hash(study: Study) -> str:
    """SHA-256 over the plan as written."""
    plan = files_of(study.canonical).get("plan.yaml")
    return hashlib.sha256(json.dumps(plan, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _count(path: Path) -> int:
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    return int(connection.execute("SELECT count(*) FROM answers").fetchone()[0])
