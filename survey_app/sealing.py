"""Sealing on arrival: age encryption to the researchers' public keys. From then on this server cannot read it."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage

from instruments import keyfile, records
from instruments.approval import RECIPIENTS, digest
from instruments.doors import Environment, WrongUse
from instruments.reader.section import Problems, Section
from instruments.written import Unreadable, read_yaml

Recipient = pyrage.x25519.Recipient


def seal(payload: Mapping[str, Any], recipients: Sequence[Recipient]) -> bytes:
    """A payload, padded, sealed and framed: nobody can read it here, and its length says next to nothing."""
    padded = records.to_bytes(payload)
    return records.to_frame(pyrage.encrypt(padded, list(recipients)), len(padded))


FEWEST = 2  # recipients of live answers: one lost key must not lose them
MOST = 6  # so that what age adds, some hundred bytes for each, always fits the room of a frame
FILE = {
    "answers": "public age keys that answers are sealed to, two to six",
    "texts": "those that people's own words are sealed to; without them the same",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """Whom a survey seals to: answers, and people's own words."""

    answers: tuple[Recipient, ...]
    texts: tuple[Recipient, ...]


def recipients_of(folder: Path) -> tuple[Recipients, str]:
    """Whom recipients.yaml of a study folder names, and the hash of that very file. Raises WrongUse."""
    path = folder / RECIPIENTS
    if not path.exists():
        raise WrongUse(f"There is no {RECIPIENTS}: whom answers are sealed to.")
    before = digest(path)
    try:
        at = read_yaml(path, RECIPIENTS)
    except Unreadable as error:
        raise WrongUse(str(error.problem)) from error
    problems = Problems()
    section = Section(at, FILE, problems, RECIPIENTS)
    named: dict[str, list[Recipient]] = {"answers": [], "texts": []}
    for key, keys in named.items():
        for each in section.items(key, needed=key == "answers"):
            if str(each.value) in map(str, keys):
                problems.add(each, f"“{each.value}” is named twice")
            try:
                keys.append(Recipient.from_str(str(each.value)))
            except pyrage.RecipientError:
                problems.add(each, f"“{each.value}” is no public age key (age1…)")
            if len(keys) == MOST + 1:
                problems.add(each, f"{key} are sealed to at most {MOST} keys")
    if problems.found:
        raise WrongUse("\n".join(str(each) for each in sorted(problems.found)))
    answers = tuple(named["answers"])
    if before is None or digest(path) != before:
        raise WrongUse(f"{RECIPIENTS} changed while it was read; start again.")
    return Recipients(answers=answers, texts=tuple(named["texts"]) or answers), before


def introduction(recipients: Recipients) -> tuple[bytes, Callable[[bytes], bytes]]:
    """How a short secret is left for everybody who will read, and a hash of who they are."""
    everybody = sorted({str(each): each for each in (*recipients.answers, *recipients.texts)}.items())
    known = hashlib.blake2b("".join(name for name, _ in everybody).encode(), digest_size=16).digest()
    return known, lambda secret: pyrage.encrypt(secret, [each for _, each in everybody])


def new_key(path: Path, what: str, passphrase: str | None = None) -> Recipient:
    """Write a new private key (0600, never over an existing file) and return its public half.

    With a passphrase the file is an age file that only it opens, as `age --passphrase` writes them.
    """
    identity = pyrage.x25519.Identity.generate()
    recipient = identity.to_public()
    content = f"# {what}\n# public key: {recipient}\n{identity}\n".encode()
    if passphrase is not None:
        content = pyrage.passphrase.encrypt(content, passphrase)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise WrongUse(f"{path} exists already. A key is never written over; choose another name.") from None
    except OSError as error:
        raise Environment(f"{path} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink()
        raise Environment(f"{path} cannot be written: {error.strerror}. Nothing half-written is left.") from error
    return recipient


def public_half(path: Path) -> Recipient:
    """The public half of the practice key in a file. Raises WrongUse if there is none."""
    found = _identity(_content(path))
    if found is None:
        raise WrongUse(f"{path} holds no age key. Move it away, and a new one is made at the next start.")
    return found.to_public()


def proven(path: Path, ask: Callable[[], str]) -> Recipient:
    """The public half of a key file that has just opened a fresh challenge; `ask` says its passphrase.

    Raises WrongUse where there is no whole key, or another passphrase.
    """
    content = _content(path)
    sealed = keyfile.protected(content)
    if sealed is not None:
        try:
            content = pyrage.passphrase.decrypt(sealed, ask())
        except pyrage.DecryptError as error:
            raise WrongUse(f"The passphrase does not open {path}, or the file is damaged.") from error
    found = _identity(content)
    if found is None:
        raise WrongUse(f"{path} holds no whole age key: a line that begins with AGE-SECRET-KEY-.")
    challenge = secrets.token_bytes(32)
    if pyrage.decrypt(pyrage.encrypt(challenge, [found.to_public()]), [found]) != challenge:
        raise WrongUse(f"{path} does not open what is sealed to it.")
    return found.to_public()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Environment(f"{path} cannot be read: {error.strerror}.") from error


def _identity(content: bytes) -> pyrage.x25519.Identity | None:
    key = keyfile.private_key(content)
    try:
        return pyrage.x25519.Identity.from_str(key) if key is not None else None
    except pyrage.IdentityError:
        return None
