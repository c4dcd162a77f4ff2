"""The draft: everything a participant has answered so far, in one encrypted cookie and nowhere else."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.secret import Aead

from instruments.model import Grid, Study
from instruments.rules import Answer

from . import clock

BUDGET = 3000  # encoded bytes; stock nginx answers 502 a little above
STEPS = (128, 256, 384)  # drafts are padded to steps, so that a length on the wire says little: first these,
STEP = 512  # then whole ones of this
USUAL = (
    b'{"code":"","seen":2,"own_device":false,"show":true}{"study":"","begun":294,"seen":294,"secret":"","token":"",'
    b'"ticks":{},"language":"en","spoken":{},"own":true,"own":false,"role":null,"chosen":null,"answers":{"'
)
"""What stands in every draft."""

TO_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
SPARE = 64  # what a draft that was taken may still grow by: the minute it was seen compresses now so, now so
LARGEST = 32 * 1024 - 2048  # bytes of JSON, so that what fits a cookie also fits a record
LOCK = ".draft-keys-lock"
PRACTICE, LIVE = "draft-keys", "draft-keys-live"  # so that nothing begun in practice can be sent as real
FILES = (LOCK, PRACTICE, LIVE)
MINUTES_ON_OWN_DEVICE = 24 * 60
MINUTES_ON_SHARED_DEVICE = 30
MINUTES_OF_RECEIPT = 15


class TooLong(Exception):
    """The answers no longer fit; carries how many bytes there are too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One person's answers so far. `begun` and `seen` are whole minutes; `secret` is the only identity."""

    study: str  # the first letters of the fingerprint
    begun: int
    seen: int
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    token: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    ticks: Mapping[str, int] = field(default_factory=dict)
    language: str = "en"  # the one it was begun in
    spoken: Mapping[str, str] = field(default_factory=dict)  # column → language, where another one was read
    own_device: bool = False
    role: str | None = None
    chosen: int | None = None  # which answer led to the role
    answers: Mapping[str, Answer] = field(default_factory=dict)

    def answering(self, answers: Mapping[str, Answer]) -> Draft:
        """The draft with exactly these answers."""
        return replace(self, answers=answers)

    def alive(self, now: int) -> bool:
        """Is it younger than its limit? A clock that went back never ends it."""
        return now - self.seen <= (MINUTES_ON_OWN_DEVICE if self.own_device else MINUTES_ON_SHARED_DEVICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What is left after Send, for a quarter of an hour: the code (empty once refused), and whether to show it."""

    code: str
    seen: int
    own_device: bool = False
    show: bool = False

    def alive(self, now: int) -> bool:
        """Can the code still be shown?"""
        return now - self.seen <= MINUTES_OF_RECEIPT


class DraftKeys:
    """The keys of the cookies: a new one each day, yesterday's accepted, older ones erased.

    They lie in one file (0600) that no backup takes, so that a restart keeps drafts.
    """

    def __init__(self, path: Path, usual: bytes) -> None:
        """`usual` is what `usually` says of the study."""
        self.path, self.usual = path, usual
        self.keys: dict[str, bytes] = {}
        self.written = False

    def of(self, today: str) -> list[bytes]:
        """Today's key first, then yesterday's. Where it cannot be written it lies in memory until it can."""
        if today not in self.keys or not self.written:
            try:
                self.keys, self.written = self._turned(today), True
            except OSError:
                yesterday = {day: key for day, key in self.keys.items() if day >= clock.day_before(today)}
                self.keys, self.written = {today: secrets.token_bytes(Aead.KEY_SIZE), **yesterday}, False
        return [self.keys[today], *(key for day, key in self.keys.items() if day != today)]

    def _turned(self, today: str) -> dict[str, bytes]:
        with os.fdopen(os.open(self.path.parent / LOCK, os.O_WRONLY | os.O_CREAT, 0o600), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two processes on one folder must agree on a key
            kept: dict[str, bytes] = {}
            if self.path.exists():
                for line in self.path.read_text(encoding="ascii").splitlines():
                    day, _, key = line.partition(" ")
                    if day >= clock.day_before(today):
                        kept[day] = bytes.fromhex(key)
            kept = {**{day: key for day, key in self.keys.items() if day >= clock.day_before(today)}, **kept}
            kept.setdefault(today, secrets.token_bytes(Aead.KEY_SIZE))
            fresh = self.path.with_suffix(".new")
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.writelines(f"{day} {key.hex()}\n" for day, key in sorted(kept.items()))
            fresh.replace(self.path)
        # when somebody came first today is nobody's business
        clock.say_the_month_alone(self.path, self.path.parent / LOCK, self.path.parent)
        return kept


def usually(study: Study) -> bytes:
    """What a draft of this study is likely to hold, told to the packer beforehand: it saves half of the cookie."""
    columns = [row.id for each in study.questions() if isinstance(each, Grid) for row in each.rows]
    columns += [each.id for each in study.questions() if not isinstance(each, Grid)]
    return "".join(f'"{column}":1,' for column in columns).encode() + USUAL


def to_cookie(what: Draft | Receipt, keys: DraftKeys, today: str, spare: int = 0) -> str:
    """Encrypted, compressed, padded, with so many bytes to spare. Raises TooLong when it passes the budget."""
    raw = TO_JSON.encode(_plain(what)).encode()
    packer = zlib.compressobj(level=6, wbits=-14, memLevel=6, zdict=keys.usual)
    packed = packer.compress(raw) + packer.flush()
    over = max(_encoded(len(packed) + spare) - BUDGET, len(raw) - LARGEST)
    if over > 0:
        raise TooLong(over)
    padded = (len(packed).to_bytes(2) + packed).ljust(_padded(len(packed)), b"\0")
    return base64.urlsafe_b64encode(Aead(keys.of(today)[0]).encrypt(padded)).rstrip(b"=").decode()


def _padded(packed: int) -> int:
    """The bytes that a packed draft is padded to."""
    needed = packed + 2  # its own length stands in front
    return next((step for step in STEPS if needed <= step), -(-needed // STEP) * STEP)


def _encoded(packed: int) -> int:
    """The letters of the cookie that a packed draft makes."""
    return -(-(_padded(packed) + Aead.NONCE_SIZE + Aead.MACBYTES) * 4 // 3)


def from_cookie(cookie: str | None, keys: DraftKeys, today: str) -> Draft | Receipt | None:
    """What the cookie holds, or None for no cookie, junk, or one whose key is gone."""
    if not cookie or len(cookie) > 2 * BUDGET:
        return None
    try:
        sealed = base64.urlsafe_b64decode(cookie.encode() + b"=" * (-len(cookie) % 4))
    except (ValueError, UnicodeEncodeError):
        return None
    for key in keys.of(today):
        try:
            padded = Aead(key).decrypt(sealed)
        except (CryptoError, ValueError):
            continue
        unpacker = zlib.decompressobj(wbits=-14, zdict=keys.usual)
        try:
            return _made(json.loads(unpacker.decompress(padded[2 : 2 + int.from_bytes(padded[:2])])))
        except (zlib.error, ValueError, KeyError, TypeError):  # of another version of the study, or of this program
            return None
    return None


def junk() -> str:
    """What replaces a draft that must be gone: letters of the same shape that nobody can open."""
    return base64.urlsafe_b64encode(secrets.token_bytes(STEP + 40)).rstrip(b"=").decode()


def _plain(what: Draft | Receipt) -> dict[str, Any]:
    if isinstance(what, Receipt):
        return {"code": what.code, "seen": what.seen, "own_device": what.own_device, "show": what.show}
    return {
        "study": what.study,
        "begun": what.begun,
        "seen": what.seen,
        "secret": what.secret.hex(),
        "token": what.token,
        "ticks": dict(what.ticks),
        "language": what.language,
        "spoken": dict(what.spoken),
        "own": what.own_device,
        "role": what.role,
        "chosen": what.chosen,
        "answers": dict(what.answers),
    }


def _made(plain: dict[str, Any]) -> Draft | Receipt:
    if "code" in plain:
        return Receipt(**plain)
    answers = {name: tuple(each) if isinstance(each, list) else each for name, each in plain["answers"].items()}
    return Draft(
        study=plain["study"],
        begun=plain["begun"],
        seen=plain["seen"],
        secret=bytes.fromhex(plain["secret"]),
        token=plain["token"],
        ticks=plain["ticks"],
        language=plain["language"],
        spoken=plain["spoken"],
        own_device=plain["own"],
        role=plain["role"],
        chosen=plain["chosen"],
        answers=answers,
    )
