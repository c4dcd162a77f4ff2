"""The survey's own signature: a mark on each row it stores, and its name under the list of all rows.

The key lies in the data folder (0600) and in no copy. Whoever reads the answers gets the key of the marks sealed,
and checks the signature with the public half.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from instruments import evidence
from instruments.doors import Environment

from . import clock

NAME = "signing-key"
Seal = Callable[[bytes], bytes]
SEED = re.compile(rb"[0-9a-f]{64}")


class Signer:
    """Marks rows and signs lists of them, with the key of a data folder that is made at the first start."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError, Environment for a file that holds no key."""
        self.fresh = not (folder / NAME).exists()
        self.key = SigningKey(_kept(folder / NAME))
        self.public = bytes(self.key.verify_key)
        self.secret = hashlib.blake2b(b"marks", key=bytes(self.key), digest_size=32).digest()

    def mark(self, table: str, key: bytes, frame: bytes) -> bytes:
        """The mark of a row."""
        return evidence.mark(self.secret, table, key, frame)

    def sign(self, execute: Callable[..., sqlite3.Cursor], survey: bytes) -> None:
        """Sign the list of all rows (Ed25519, RFC 8032), where it is not the one that is signed already.

        Only what bears our mark, or was listed before, is listed; what was listed and is gone or changed stays so,
        to be missed. A row that was withdrawn stays withdrawn.
        """
        known = dict(execute("SELECT name, value FROM house WHERE name IN ('leaves', 'signature', 'signer')"))
        before = self._trusted(known, survey)
        now = dict(before)
        for table in evidence.SEALED_TABLES:
            for key, frame, mark in execute(f"SELECT key, frame, mark FROM {table}"):
                if key not in before and mark == self.mark(table, key, frame):
                    now[key] = evidence.leaf(table, key, frame, mark)
        for key, mark in execute("SELECT key, mark FROM tombstones"):
            if mark == self.mark(evidence.TOMBSTONES, key, b""):
                now[key] = evidence.grave(key, mark)
        together, words = evidence.listed(survey, now.values())
        made = {"leaves": together, "signature": self.key.sign(words).signature, "signer": self.public}
        if known != made:
            for name, value in made.items():
                execute("INSERT OR REPLACE INTO house VALUES (?, ?)", (name, value))
        if self.fresh:  # on a new machine: what was there when it began is taken over, and said to be
            for *row, _ in execute("SELECT * FROM signers").fetchall():
                self._endorse(execute, survey, row)
            self.fresh = False

    def introduce(self, execute: Callable[..., sqlite3.Cursor], survey: bytes, sealed_to: bytes, seal: Seal) -> None:
        """Leave the key of our marks for those who will read, sealed and signed, once for each such group."""
        who = (self.public, sealed_to)
        if not execute("SELECT 1 FROM signers WHERE public_key = ? AND sealed_to = ?", who).fetchone():
            self._endorse(execute, survey, [*who, seal(self.secret)])

    def _endorse(self, execute: Callable[..., sqlite3.Cursor], survey: bytes, row: list[bytes]) -> None:
        signature = self.key.sign(evidence.endorsement(survey, *row)).signature
        execute("INSERT OR REPLACE INTO signers VALUES (?, ?, ?, ?)", (*row, signature))

    def _trusted(self, known: Mapping[str, bytes], survey: bytes) -> dict[bytes, bytes]:
        """What was listed before, if we signed it, or if we have just followed whoever did."""
        signer = known.get("signer", b"")
        together = known.get("leaves", b"")
        if signer != self.public and not self.fresh:
            return {}
        words = evidence.words(survey, len(together) // evidence.LEAF, evidence.digest(together))
        try:
            VerifyKey(signer).verify(words, known.get("signature", b""))
        except (BadSignatureError, ValueError):
            return {}
        return evidence.split(together)


def _kept(path: Path) -> bytes:
    """The seed of the key; two processes that start at once agree on one."""
    if not path.exists():
        fresh = path.with_name(f"{NAME}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
        clock.say_the_month_alone(path)
    seed = path.read_bytes()
    if not SEED.fullmatch(seed):
        raise Environment(f"{path} holds no signing key. Move it away; a new one is made at the next start.")
    return bytes.fromhex(seed.decode())
