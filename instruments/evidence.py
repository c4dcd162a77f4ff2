"""What proves that stored rows are the ones that were sent: a mark on each row, and a signed list of them all.

The survey writes both, the analysis checks both. The mark is a keyed hash: whoever has only the public keys that
answers are sealed to can make a row, but not its mark. The list is sorted and signed as a whole: no chain of hashes,
which would be a log of arrival and would forbid to delete.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

KEY, MARK, LEAF, SECRET = 32, 16, 48, 32  # bytes: where a row lies, its mark, what is listed of it, a key of marks
TOMBSTONES = "tombstones"
SEALED_TABLES = ("responses", "texts")
"""The tables with a sealed row a person; each of their rows carries a mark."""


def mark(secret: bytes, table: str, key: bytes, frame: bytes) -> bytes:
    """The mark of a row, by BLAKE2b with a key (RFC 7693, section 2.5): of its table, its place and its frame."""
    return hashlib.blake2b(key + frame, key=secret, person=table.encode(), digest_size=MARK).digest()


def leaf(table: str, key: bytes, frame: bytes, mark: bytes) -> bytes:
    """What the signed list says of a row: where it lies, and a hash that anybody can work out."""
    return key + hashlib.blake2b(key + frame + mark, person=table.encode(), digest_size=LEAF - KEY).digest()


def listed(survey: bytes, leaves: Iterable[bytes]) -> tuple[bytes, bytes]:
    """The sorted list, and the words that are signed: of this survey, so many rows, these and no others."""
    together = b"".join(sorted(leaves))
    return together, words(survey, len(together) // LEAF, digest(together))


def digest(together: bytes) -> bytes:
    """The hash of a sorted list: it stands for the list where the rows themselves are not."""
    return hashlib.blake2b(together, digest_size=64).digest()


def words(survey: bytes, rows: int, digest: bytes) -> bytes:
    """What is signed."""
    return b"survey %s has %d rows: %s" % (survey.hex().encode(), rows, digest.hex().encode())


def endorsement(survey: bytes, public_key: bytes, sealed_to: bytes, sealed_key: bytes) -> bytes:
    """What a survey signs of the key of some marks: that rows with these marks are its own, or of whom it followed."""
    return b"marks of survey %s: %s %s %s" % tuple(
        each.hex().encode() for each in (survey, public_key, sealed_to, sealed_key)
    )


def split(together: bytes) -> dict[bytes, bytes]:
    """Where each listed row lies → what the list says of it."""
    every = (together[at : at + LEAF] for at in range(0, len(together), LEAF))
    return {each[:KEY]: each for each in every}


def grave(key: bytes, mark: bytes) -> bytes:
    """What the signed list says of a row that was withdrawn."""
    return leaf(TOMBSTONES, key, b"", mark)
