"""Unsealing: private keys, and frames that become payloads again, on as many cores as there are."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pyrage
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from instruments import evidence, keyfile, records
from instruments.doors import WrongUse

from .sealed import Row, Sealed

WHICH_KEY = "Give the file that `keys new` wrote; in practice it is practice-key.txt in the data folder."
AT_ONCE, FEW = 250, 1000  # frames that a process gets at a time; so few are opened without another one

LARGEST = 2**63  # what SQLite holds

Payload = dict[str, Any]
Unopened = Literal["key", "broken"]
"""Why a frame could not be opened: it is sealed to other keys, or it is not what was sealed."""


def identity(path: Path, passphrase: Callable[[Path], str]) -> pyrage.x25519.Identity:
    """The private key in a file. Raises WrongUse where there is none, or another passphrase."""
    try:
        content = path.read_bytes()
        sealed = keyfile.protected(content)
        if sealed is not None:
            content = pyrage.passphrase.decrypt(sealed, passphrase(path))
    except pyrage.DecryptError as error:
        raise WrongUse(f"The passphrase does not open {path}, or the file is damaged.") from error
    except OSError as error:
        raise WrongUse(f"The key file {path} cannot be read ({error.strerror}). {WHICH_KEY}") from error
    key = keyfile.private_key(content)
    if key is None:
        raise WrongUse(f"{path} holds no private key. It has a line that begins with {keyfile.BEGINS}. {WHICH_KEY}")
    try:
        return pyrage.x25519.Identity.from_str(key)
    except pyrage.IdentityError:
        raise WrongUse(f"The key in {path} is damaged: it is not a whole age key.") from None


def unsealed(rows: Iterable[Row], count: int, key: pyrage.x25519.Identity) -> Iterator[tuple[Row, Payload | Unopened]]:
    """Each row with its payload, or why there is none. A few hundred frames are in memory at a time, never all."""
    if count <= FEW or cores() == 1:
        for row in rows:
            yield row, _payload(_opened(row[1], key))
        return
    waiting: deque[tuple[list[Row], Future[list[bytes | Unopened]]]] = deque()
    rows = iter(rows)
    with ProcessPoolExecutor(cores(), initializer=_with, initargs=(str(key),)) as pool:
        while True:
            while len(waiting) <= 2 * cores() and (some := list(islice(rows, AT_ONCE))):
                waiting.append((some, pool.submit(_all_opened, [frame for _, frame, _ in some])))
            if not waiting:
                return
            done, opened = waiting.popleft()
            yield from zip(done, map(_payload, opened.result()), strict=True)


def cores() -> int:
    """How many processes can work at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def secrets_of(sealed: Sealed, keys: Iterable[pyrage.x25519.Identity]) -> list[bytes]:
    """The keys of the marks that these private keys open, of those for which the survey's signer stands."""
    found = []
    for public_key, sealed_to, sealed_key, signature in sealed.signers():
        words = evidence.endorsement(sealed.survey, public_key, sealed_to, sealed_key)
        if not signed(sealed.signer, words, signature):
            continue
        try:
            found.append(pyrage.decrypt(sealed_key, list(keys)))
        except pyrage.DecryptError:
            continue
    return [each for each in found if len(each) == evidence.SECRET]


def signed(signer: bytes | None, words: bytes, signature: bytes) -> bool:
    """Does this signature stand under these words (Ed25519, RFC 8032)?"""
    try:
        VerifyKey(signer or b"").verify(words, signature)
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True


def _opened(frame: bytes, key: pyrage.x25519.Identity) -> bytes | Unopened:
    try:
        return pyrage.decrypt(records.from_frame(frame), [key]).rstrip()
    except pyrage.DecryptError as error:
        return "key" if "No matching keys" in str(error) else "broken"
    except ValueError:
        return "broken"


def _payload(opened: bytes | Unopened) -> Payload | Unopened:
    if isinstance(opened, str):
        return opened
    try:
        payload = records.from_bytes(opened)
    except (ValueError, RecursionError):
        return "broken"
    whole = {"fingerprint", "kind"} <= set(payload) and all(map(_plain, payload.values()))
    return payload if whole and isinstance(payload["fingerprint"], str) else "broken"


def _plain(value: object) -> bool:
    """Is it what a survey puts into a record: a word, a number that a table can hold, or a list or table of these?"""
    if isinstance(value, int):  # asked of fifty values of every record: the usual ones come first
        return -LARGEST <= value < LARGEST
    if value is None or isinstance(value, str):
        return True
    if isinstance(value, list):
        return all(isinstance(each, int) and _plain(each) for each in value)
    return isinstance(value, dict) and all(isinstance(each, str) for each in value.values())


_KEY: list[pyrage.x25519.Identity] = []  # of this process, told once when it starts


def _with(key: str) -> None:
    _KEY[:] = [pyrage.x25519.Identity.from_str(key)]


def _all_opened(frames: list[bytes]) -> list[bytes | Unopened]:
    return [_opened(frame, _KEY[0]) for frame in frames]
