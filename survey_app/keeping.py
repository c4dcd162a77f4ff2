"""What a host keeps and lets go: pausing, codes that were sent to the team, copies, the end of retention."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from instruments import records
from instruments.approval import approval_of
from instruments.doors import Environment, Refused, WrongUse

from . import clock, codes
from .lasting import last_day
from .looking import COPIES, HALF_MADE, PAUSED, cannot_write, kind_in, sent_in, signer_in, studies_in, tidied_in
from .store import BESIDE, Store

TENS = 10  # what a host may know of how many have sent: to the nearest ten


def pause(folder: Path, because: str | None) -> None:
    """Take no newcomers, for a reason that the team reads; None takes them again. Raises WrongUse, Environment."""
    if not (folder / records.SURVEY_FILE).exists():
        raise WrongUse(f"There is no survey in {folder}; say --data with the folder that it runs on.")
    note = folder / PAUSED
    try:
        if because is None:
            note.unlink(missing_ok=True)
        else:
            note.touch(mode=0o600)
            note.write_text(because, encoding="utf-8")
            clock.say_the_month_alone(note)
        clock.say_the_month_alone(folder)
    except OSError as error:
        raise Environment(cannot_write(folder, error)) from error


@contextmanager
def kept(folder: Path) -> Iterator[Store]:
    """The store of a data folder, as it is. Raises WrongUse where there is none, Environment."""
    kind = kind_in(folder)
    if kind is None:
        raise WrongUse(f"There is no survey in {folder}; say --data with the folder that it runs on.")
    store = Store(folder, None, kind)
    try:
        yield store
    except sqlite3.Error as error:
        raise Environment(cannot_write(folder, error)) from error
    finally:
        store.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """Codes from a file: those that can be one, and the lines that cannot."""

    good: tuple[str, ...]
    bad: tuple[int, ...]  # line numbers, never what stands there


def codes_in(path: Path) -> Codes:
    """One code a line; empty lines and those that begin with # are left out. Raises WrongUse."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"{path} cannot be read as text.") from error
    good, bad = [], []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                good.append(codes.typed(line))
            except codes.WrongCode:
                bad.append(number)
    return Codes(good=tuple(good), bad=tuple(bad))


def withdraw(folder: Path, every: Codes) -> None:
    """Delete what the codes lead to; whether one of them led anywhere nobody learns. Raises WrongUse, Environment."""
    with kept(folder) as store:
        if not store.salt:
            raise Refused(f"The last day for deleting is over; no code leads to an answer in {folder} any more.")
        for code in every.good:
            store.withdraw(code)


def backup(folder: Path, out: Path | None) -> Path:
    """A copy of the sealed answers, never of the draft keys. Raises WrongUse, Environment."""
    path = out or folder / COPIES / f"{clock.month()}.db"
    if path.exists() and out is not None:
        raise WrongUse(f"{path} exists already; name another file with --out.")
    fresh = path.with_name(path.name + HALF_MADE)
    with kept(folder) as store:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            store.copy(fresh)
            fresh.replace(path)
        except OSError as error:
            raise Environment(f"{path} cannot be written ({error.strerror}). Nothing half-written is left.") from error
        finally:
            fresh.unlink(missing_ok=True)
    return path


def restore(path: Path, folder: Path) -> tuple[int, int]:
    """Bring a copy back: how many rows came, how many were left out since they were withdrawn.

    Into an empty data folder the copy goes whole. Raises WrongUse, Refused, Environment.
    """
    if kind_of_copy(path) is None:
        raise WrongUse(f"{path} is no copy of a survey.")
    try:
        if kind_in(folder) is None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = folder / f"{records.SURVEY_FILE}{HALF_MADE}"
            shutil.copyfile(path, fresh)
            fresh.chmod(0o600)
            fresh.replace(folder / records.SURVEY_FILE)
    except OSError as error:
        raise Environment(cannot_write(folder, error)) from error
    with kept(folder) as store:
        return store.take_back(path.resolve())


def kind_of_copy(path: Path) -> str | None:
    """What kind of records a copy holds, or None where it is none."""
    if not path.is_file():
        return None
    try:
        with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True) as read:
            found = read.execute("SELECT value FROM house WHERE name = 'kind'").fetchone()
    except sqlite3.Error:
        return None
    return found[0].decode() if found else None


def purge(folder: Path, *, only_look: bool) -> tuple[int, list[Path]]:
    """Delete everything once its time is over: how many rows, and which copies in the data folder.

    Doing it again after a crash finishes it. Raises Refused before that day, WrongUse, Environment.
    """
    with kept(folder) as store:
        until = last_day(store.studies(), "keep_until")
        if until is None:
            raise Refused("No study file says until when answers are kept (privacy.keep_until); nothing was deleted.")
        if clock.today() <= until:
            raise Refused(f"Answers are kept until {until}; today is {clock.today()}. Nothing was deleted.")
        copies = sorted(path for path in (folder / COPIES).glob("*") if path.is_file())
        count = store.count()
        if not only_look:
            store.empty()
            for path in copies:
                path.unlink()
    if not only_look:  # when the store has let go: it signs and takes ballast on a last time
        for left in BESIDE:
            (folder / left).unlink(missing_ok=True)
        clock.say_the_month_alone(folder)
    return count, copies


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What a host may know without the key: to the nearest ten, and to the month."""

    kind: str
    sent_about: int
    paused: str | None
    last_written: str  # the month of the last flush
    tidied: bool  # has it followed whatever was sent or withdrawn last?
    free_megabytes: int
    copies: int
    days_left: int | None  # of the approval of the study that is named; None without one
    codes_delete_until: str | None
    kept_until: str | None
    signed_by: str | None


def status(folder: Path, study: Path) -> Status:
    """How a survey stands. Changes nothing. Raises WrongUse, Environment."""
    kind = kind_in(folder)
    if kind is None:
        raise WrongUse(f"There is no survey in {folder}; say --data with the folder that it runs on.")
    note, served, approval = folder / PAUSED, studies_in(folder), approval_of(study)
    return Status(
        kind=kind,
        sent_about=round(sent_in(folder) / TENS) * TENS,
        paused=note.read_text(encoding="utf-8", errors="replace") if note.exists() else None,
        last_written=clock.month_of((folder / records.SURVEY_FILE).stat().st_mtime),
        tidied=tidied_in(folder),
        free_megabytes=shutil.disk_usage(folder).free // 2**20,
        copies=len(list((folder / COPIES).glob("*.db"))),
        days_left=None if approval is None else clock.days_until(approval.ends),
        codes_delete_until=last_day(served, "withdraw_until"),
        kept_until=last_day(served, "keep_until"),
        signed_by=signer_in(folder),
    )
