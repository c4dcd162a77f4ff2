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
from collections.abc import Callable
from pathlib import Path

from nacl.signing import SigningKey

from instruments import evidence
from instruments.doors import Environment

from . import clock

NAME = "signing-key"
SEED = re.compile(rb"[0-9a-f]{64}")


class Signer:
    """Marks rows and signs lists of them, with the key of a data folder that is made at the first start."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError, Environment for a file that holds no key."""
        self.key = SigningKey(_kept(folder / NAME))
        self.public = bytes(self.key.verify_key)
        self.secret = hashlib.blake2b(b"marks", key=bytes(self.key), digest_size=32).digest()

    def mark(self, table: str, key: bytes, frame: bytes) -> bytes:
        """The mark of a row."""
        return evidence.mark(self.secret, table, key, frame)

    def sign(self, execute: Callable[..., sqlite3.Cursor], survey: bytes) -> None:
        """Sign the list of all rows (Ed25519, RFC 8032), where it is not the one that is signed already."""
        rows = (
            evidence.leaf(table, *row)
            for table in evidence.SEALED_TABLES
            for row in execute(f"SELECT key, frame, mark FROM {table}")
        )
        together, words = evidence.listed(survey, rows)
        made = {"leaves": together, "signature": self.key.sign(words).signature, "signer": self.public}
        if dict(execute("SELECT name, value FROM house WHERE name IN ('leaves', 'signature', 'signer')")) != made:
            for name, value in made.items():
                execute("INSERT OR REPLACE INTO house VALUES (?, ?)", (name, value))


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
        os.utime(path, (clock.start_of_month(), clock.start_of_month()))
    seed = path.read_bytes()
    if not SEED.fullmatch(seed):
        raise Environment(f"{path} holds no signing key. Move it away; a new one is made at the next start.")
    return bytes.fromhex(seed.decode())
