"""The withdrawal code: it can delete, never read. Derived from the draft's secret, shown only if asked for.

16 letters and numbers of Crockford's base 32 (no I L O U): 75 bits and a check character (Luhn mod 32).
The rows lie under salted hashes of the code, so that the code leads to them and they do not lead to it.
"""

from __future__ import annotations

import hashlib

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


class WrongCode(Exception):
    """What a participant typed cannot be a code; `reason` is the id of the words that say why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def code(secret: bytes) -> str:
    """The code of a secret, without spaces."""
    number = int.from_bytes(hashlib.blake2b(b"code", key=secret, digest_size=16).digest()) >> (128 - 75)
    letters = "".join(LETTERS[(number >> shift) & 31] for shift in range(70, -1, -5))
    return letters + _check(letters)


def in_groups(code: str) -> str:
    """The code as it is shown: four groups of four."""
    return " ".join(code[start : start + 4] for start in range(0, LENGTH, 4))


def typed(text: str) -> str:
    """The code that somebody typed or pasted. Raises WrongCode if it cannot be one."""
    letters = "".join(each for each in text.upper() if each.isalnum()).translate(_MISREAD)
    if len(letters) != LENGTH or any(each not in LETTERS for each in letters):
        raise WrongCode("code_shape")
    if _check(letters[:-1]) != letters[-1]:
        raise WrongCode("code_check")
    return letters


def row_keys(code: str, salt: bytes) -> tuple[bytes, bytes]:
    """Where the answers lie, and where the text lies: two hashes that only the code joins."""
    return (
        hashlib.blake2b(code.encode(), key=salt, person=b"answers", digest_size=32).digest(),
        hashlib.blake2b(code.encode(), key=salt, person=b"text", digest_size=32).digest(),
    )


def _check(letters: str) -> str:
    """Luhn mod 32: finds every single wrong letter and nearly every swap of two neighbours."""
    total = 0
    for place, letter in enumerate(reversed(letters)):
        value = LETTERS.index(letter) * (2 - place % 2)
        total += value // 32 + value % 32
    return LETTERS[-total % 32]
