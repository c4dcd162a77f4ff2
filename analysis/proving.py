"""Proving: are the stored rows the ones that were sent, all of them and no others?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from instruments import evidence

from .sealed import Row, Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of it. Everything but `signer`, `rows` and `since` is 0 or true where nobody has touched the file."""

    signer: str  # the survey's public key, in hexadecimal
    signed: bool  # does the signature stand under this list?
    rows: int
    altered: int  # listed, with another content
    forged: int  # not listed, and not stored by this survey
    missing: int  # listed, gone, and withdrawn by nobody
    since: int  # stored by this survey after the list was signed: it was killed before it could sign again
    unproven: int  # not listed, and this key does not open what would tell

    @property
    def sound(self) -> bool:
        """Is everything as it was stored?"""
        return self.signed and not (self.altered or self.forged or self.missing or self.unproven)


def says(proof: Proof) -> Iterator[str]:
    """Every finding in words; none where all is sound."""

    def many(count: int, words: str) -> Iterator[str]:
        if count:
            yield f"{count} record{'s' if count > 1 else ''} {words}"

    if not proof.signed:
        yield "The list of records is not signed by the survey that it names: it was changed, or damaged."
    yield from many(proof.altered, "changed after being stored.")
    yield from many(proof.forged, "that this survey never stored: put there by somebody else.")
    yield from many(proof.missing, "gone that nobody withdrew.")
    yield from many(proof.unproven, "stored after the list was signed; this key cannot tell by whom.")


class Watch:
    """Looks at rows as they pass, beside the signed list: 49 bytes of memory a row."""

    def __init__(self, sealed: Sealed, secrets: Sequence[bytes]) -> None:
        """`secrets` are the keys of the marks, as far as they could be opened."""
        self.sealed, self.secrets = sealed, secrets
        self.listed = range(0, len(sealed.leaves), evidence.LEAF)
        self.seen = bytearray(len(self.listed))
        self.rows = self.altered = self.forged = self.since = self.unproven = 0

    def look(self, table: str, row: Row) -> None:
        """One row."""
        key, frame, mark = row
        self.rows += 1
        leaves = self.sealed.leaves
        at = bisect_left(self.listed, key, key=lambda start: leaves[start : start + evidence.KEY])
        start = at * evidence.LEAF
        if leaves[start : start + evidence.KEY] == key and len(key) == evidence.KEY:
            self.seen[at] = 1
            self.altered += leaves[start : start + evidence.LEAF] != evidence.leaf(table, key, frame, mark)
        elif any(evidence.mark(secret, table, key, frame) == mark for secret in self.secrets):
            self.since += 1
        elif self.secrets:
            self.forged += 1
        else:
            self.unproven += 1

    @property
    def words(self) -> bytes:
        """What the survey has signed."""
        return evidence.words(self.sealed.survey, len(self.listed), evidence.digest(self.sealed.leaves))

    def _in_order(self) -> bool:
        """Is the list whole and sorted, so that a row is found where it is looked for?"""
        leaves = self.sealed.leaves
        every = [leaves[start : start + evidence.LEAF] for start in self.listed]
        return len(leaves) % evidence.LEAF == 0 and every == sorted(every)

    def found(self) -> Proof:
        """What came of it, once every row has passed."""
        leaves = self.sealed.leaves
        unseen = (start for start, seen in zip(self.listed, self.seen, strict=True) if not seen)
        gone = [leaves[start : start + evidence.KEY] for start in unseen]
        return Proof(
            signer=(self.sealed.signer or b"").hex(),
            signed=self._in_order() and signed(self.sealed.signer, self.words, self.sealed.signature),
            rows=self.rows,
            altered=self.altered,
            forged=self.forged,
            missing=sum(not self.sealed.withdrawn(key) for key in gone),
            since=self.since,
            unproven=self.unproven,
        )


def signed(signer: bytes | None, words: bytes, signature: bytes) -> bool:
    """Does this signature stand under these words (Ed25519, RFC 8032)?"""
    try:
        VerifyKey(signer or b"").verify(words, signature)
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True
