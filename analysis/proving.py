"""Proving: are the stored rows the ones that were sent, all of them and no others?"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from instruments import evidence

from .sealed import Row, Sealed
from .unsealing import signed


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What came of it. Everything but `signer`, `rows` and `since` is 0 or true where nobody has touched the file."""

    signer: str  # the survey's public key, in hexadecimal
    signed: bool  # does the signature stand under this list?
    rows: int
    altered: int  # listed, with another content
    forged: int  # not listed, and not stored by this survey
    missing: int  # listed, gone, and withdrawn by nobody
    hidden: int  # said to be withdrawn, and not by this survey
    since: int  # stored by this survey after the list was signed: it was killed before it could sign again
    unproven: int  # not listed, and this key does not open what would tell

    @property
    def sound(self) -> bool:
        """Is everything as it was stored?"""
        return self.signed and not (self.altered or self.forged or self.missing or self.hidden or self.unproven)


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
    yield from many(proof.hidden, "said to be withdrawn that this survey never withdrew: hidden by somebody else.")
    yield from many(proof.unproven, "stored after the list was signed; this key cannot tell by whom.")


class Watch:
    """Looks at rows as they pass, beside the signed list: 49 bytes of memory a row."""

    def __init__(self, sealed: Sealed, secrets: Sequence[bytes]) -> None:
        """`secrets` are the keys of the marks, as far as they could be opened."""
        self.sealed, self.secrets = sealed, secrets
        self.listed = range(0, len(sealed.leaves), evidence.LEAF)
        self.seen = bytearray(len(self.listed))
        self.next = 0  # in the list: rows come in its order
        self.withdrawn = sealed.tombstones()
        self.rows = self.altered = self.forged = self.since = self.unproven = self.hidden = 0

    def look(self, table: str, row: Row) -> bool:
        """One row: may it be opened? Not what was withdrawn, changed, or put there by somebody else."""
        key, frame, mark = row
        at = self._listed_at(key)
        if key in self.withdrawn:  # put back by hand; whether that was withdrawn by the survey is told by `found`
            return False
        self.rows += 1
        if at is not None:
            self.seen[at] = 1
            same = self._leaf(at) == evidence.leaf(table, key, frame, mark)
            self.altered += not same
            return same
        if self._ours(table, key, frame, mark):
            self.since += 1
        elif self.secrets:
            self.forged += 1
        else:
            self.unproven += 1
        return not self.secrets or self._ours(table, key, frame, mark)

    def found(self) -> Proof:
        """What came of it, once every row has passed."""
        seen, hidden, unproven = bytearray(self.seen), 0, self.unproven
        for key, mark in self.withdrawn.items():
            at = self._listed_at(key)
            if at is not None:
                seen[at] = 1
            told = at is not None and self._leaf(at) == evidence.grave(key, mark)
            if not told and not self._ours(evidence.TOMBSTONES, key, b"", mark):
                hidden, unproven = hidden + bool(self.secrets), unproven + (not self.secrets)
        return Proof(
            signer=(self.sealed.signer or b"").hex(),
            signed=self._in_order() and signed(self.sealed.signer, self.words, self.sealed.signature),
            rows=self.rows,
            altered=self.altered,
            forged=self.forged,
            missing=len(seen) - sum(seen),
            hidden=hidden,
            since=self.since,
            unproven=unproven,
        )

    @property
    def words(self) -> bytes:
        """What the survey has signed."""
        return evidence.words(self.sealed.survey, len(self.listed), evidence.digest(self.sealed.leaves))

    def _listed_at(self, key: bytes) -> int | None:
        """The number of a row in the list, or None."""
        leaves, at = self.sealed.leaves, self.next
        if not self._leaf(at).startswith(key):
            at = bisect_left(self.listed, key, key=lambda start: leaves[start : start + evidence.KEY])
        self.next = at + 1
        return at if len(key) == evidence.KEY and self._leaf(at).startswith(key) else None

    def _leaf(self, at: int) -> bytes:
        return self.sealed.leaves[at * evidence.LEAF : (at + 1) * evidence.LEAF]

    def _ours(self, table: str, key: bytes, frame: bytes, mark: bytes) -> bool:
        """Does a mark come from this survey?"""
        return any(evidence.mark(secret, table, key, frame) == mark for secret in self.secrets)

    def _in_order(self) -> bool:
        """Is the list whole and sorted, so that a row is found where it is looked for?"""
        every = [self._leaf(at) for at in range(len(self.listed))]
        return len(self.sealed.leaves) % evidence.LEAF == 0 and every == sorted(every)
