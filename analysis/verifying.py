"""Verify: is what was approved what was stored, opened and locked? One line a check: good, wrong or not looked at."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from instruments.doors import WrongUse

from . import locking
from .loading import load
from .opening import Bar, open_answers
from .proving import Proof, Watch, says
from .sealed import sealed_in
from .table import Table
from .unsealing import signed

FEWEST_LETTERS = 16  # of a public key: fewer could be hit by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check, and what came of it."""

    came: Literal["good", "wrong", "not looked at"]
    words: str


def verified(
    path: Path,
    data: Path | None,
    keys: tuple[Path, Path] | None,
    signer: str | None,
    bar: Bar,
    passphrase: Callable[[Path], str],
) -> Iterator[Check]:
    """Every check of an answers.db; with the survey's folder also of what is stored, with the keys by opening it anew.

    Raises WrongUse, Environment where something cannot be read at all.
    """
    table = load(path)  # refuses where study and fingerprint differ
    about = table.about
    yield _check(True, f"The study in it is the one that was served: fingerprint {table.study.fingerprint}.")
    yield _check(
        about.get("answers") == str(table.n), f"{about.get('answers')} answers were opened, {table.n} are there."
    )
    yield from _lock(path, table)
    yield from _as_opened(about)
    if signer is not None:
        named = json.loads(about.get("proof", "{}")).get("signer", "")
        good = len(signer) >= FEWEST_LETTERS and named.startswith(signer.lower())
        yield _check(good, f"It is the signature that you were told of: {signer}.")
    if data is None:
        yield Check(came="not looked at", words="What is stored now (--data, the survey's folder).")
        return
    yield from _as_stored(data, about)
    if keys is None:
        yield Check(came="not looked at", words="Do the stored records open to these very answers (--key)?")
        return
    yield _opened_anew(data, keys, table, bar, passphrase)


def _check(good: bool, words: str) -> Check:
    return Check(came="good" if good else "wrong", words=words)


def _lock(path: Path, table: Table) -> Iterator[Check]:
    lock = locking.read_lock(path)
    if lock is None:
        yield Check(came="not looked at", words="Whether anything changed since it was locked: it is not locked.")
        return
    yield _check(lock.data_hash == table.data_hash, f"The answers are those that were locked on {lock.locked_on}.")
    yield _check(lock.plan_hash == locking.plan_hash(table.study), "The plan is the one that was locked.")


def _as_opened(about: Mapping[str, str]) -> Iterator[Check]:
    """What was found when the records were opened, and the signature that stood under their list."""
    if "signed" not in about:
        yield _check(about.get("kind") == "made-up", "It says whose signature the records were opened under.")
        return
    proof, under = Proof(**json.loads(about["proof"])), json.loads(about["signed"])
    good = signed(bytes.fromhex(proof.signer), under["words"].encode(), bytes.fromhex(under["signature"]))
    yield _check(good, f"The list of records was signed by {proof.signer}.")
    for line in says(proof):
        yield Check(came="wrong", words=f"When it was opened: {line}")
    unopened = int(about.get("unopened", "0"))
    yield _check(unopened == 0, f"{unopened} records could not be opened.")


def _as_stored(data: Path, about: Mapping[str, str]) -> Iterator[Check]:
    """What is stored now, beside its signed list; anybody can look, no key is needed."""
    with sealed_in(data) as sealed:
        watch = Watch(sealed, ())
        for table in ("responses", "texts"):
            for row in sealed.rows(table):
                watch.look(table, row)
        proof = watch.found()
    before: dict[str, Any] = json.loads(about.get("proof", "{}"))
    yield _check(proof.signer == before.get("signer", proof.signer), f"{data} is signed by {proof.signer}.")
    for line in says(proof):
        yield Check(came="wrong", words=line)
    if proof.sound:
        yield Check(came="good", words=f"{proof.rows} stored rows are those of the signed list.")


def _opened_anew(
    data: Path, keys: tuple[Path, Path], table: Table, bar: Bar, passphrase: Callable[[Path], str]
) -> Check:
    """The records, opened once more beside the answers."""
    with tempfile.TemporaryDirectory() as folder:
        again = Path(folder) / "made-up-answers.db"
        try:
            open_answers(data, *keys, again, table.study.fingerprint, bar, passphrase)
            fresh = load(again)
        except WrongUse as error:
            return Check(came="wrong", words=error.format_message())
    if fresh.data_hash == table.data_hash:
        return Check(came="good", words=f"The stored records open to these {table.n} answers, and to nothing else.")
    words = (
        f"The stored records open to {fresh.n} answers, and not to these {table.n}: withdrawn, sent or changed since."
    )
    return Check(came="wrong", words=words)
