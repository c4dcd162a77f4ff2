"""The lock: n, data, study and plan are frozen before any group comparison is computed.

It prevents peeking, and it prevents differencing (“the table moved after I saw her fill it in”).
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlite_utils import Database

from instruments import VERSION
from instruments.doors import Environment, Refused, Tampered, WrongUse, command
from instruments.model import Study

from .reading import reading_answers
from .table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What was frozen, and on which day."""

    n: int
    data_hash: str
    salt: str
    fingerprint: str
    plan_hash: str
    locked_on: str
    tool: str

    @property
    def seal(self) -> str:
        """What may be published of the data: their salted hash, which nobody can try small tables against.

        The team can prove it later with salt and data hash.
        """
        return hashlib.sha256(f"{self.salt}{self.data_hash}".encode()).hexdigest()


def lock(path: Path, table: Table, today: str) -> Lock:
    """Freeze an answers.db; doing it twice leaves the first lock.

    Raises WrongUse where nobody answered, Refused while live answers may still be withdrawn.
    """
    kept = read_lock(path)
    if kept is not None:
        return checked(path, table)
    until = table.study.privacy.withdraw_until
    if table.about["kind"] == "live" and (until is None or today <= until):
        day = until or "a day that the study file does not name yet (withdraw_until)"
        raise Refused(f"People may withdraw their answers until {day}; live answers are locked after that.")
    if table.n == 0:
        raise WrongUse(f"There are no answers in {path}: nothing to lock. Open it again when somebody has answered.")
    made = Lock(
        n=table.n,
        data_hash=table.data_hash,
        salt=secrets.token_hex(16),
        fingerprint=table.study.fingerprint,
        plan_hash=plan_hash(table.study),
        locked_on=today,
        tool=VERSION,
    )
    try:
        with Database(path) as database:
            database.table("lock").insert(asdict(made))
    except sqlite3.Error as error:
        raise Environment(f"{path} cannot be written: {error}.") from error
    return made


def checked(path: Path, table: Table) -> Lock:
    """The lock of a file whose data are still what was locked. Raises Refused without one, Tampered if changed."""
    kept = read_lock(path)
    if kept is None:
        raise Refused(
            f"{path} is not locked. No group comparison is computed before the lock: {command('analysis')} lock {path}"
        )
    if kept.data_hash != table.data_hash or kept.fingerprint != table.study.fingerprint:
        raise Tampered(f"The answers in {path} are not the ones that were locked on {kept.locked_on}; open them anew.")
    return kept


def read_lock(path: Path) -> Lock | None:
    """The lock of a file, or None."""
    with reading_answers(path) as connection:
        connection.row_factory = sqlite3.Row
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'lock'").fetchone():
            return None
        return Lock(**dict(connection.execute("SELECT * FROM lock").fetchone()))


def plan_hash(study: Study) -> str:
    """SHA-256 over the plan's own part of the canonical JSON."""
    plan = json.loads(study.canonical)["files"].get("plan.yaml")
    return hashlib.sha256(json.dumps(plan, ensure_ascii=False).encode()).hexdigest()
