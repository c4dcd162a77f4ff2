"""The disk: full, read-only, forbidden, without a journal; and what is on it before anybody is told “sent”."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from conftest import FORM, STUDY, Server, raw, run
from test_faults import Sender, keys_of, stored
from test_troubles import said_well

from instruments.records import SURVEY_FILE
from survey_app import room
from survey_app.codes import code
from survey_app.store import Store

MEBIBYTES = 40
WITHOUT_ROOTS_RIGHTS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")  # fmt: skip
UNSYNCED = """
from survey_app import store
real = store._connect
def unsynced(path):
    connection = real(path)
    connection.execute("PRAGMA synchronous = OFF")
    return connection
store._connect = unsynced
from survey_app.__main__ import door
door(prog_name="unsynced")
"""


@pytest.fixture
def small(tmp_path) -> Iterator[Path]:
    """A file system of its own, of 40 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MEBIBYTES}m", "tmpfs", place], capture_output=True
    ).returncode:
        pytest.skip("SKIPPED LOUDLY: no small file system can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def filled_up(place: Path, but: int = 0) -> Path:
    """Take all the room of a file system, but for so many bytes."""
    filler = place / "filler"
    free = shutil.disk_usage(place).free - but
    with filler.open("ab") as file:
        os.posix_fallocate(file.fileno(), 0, filler.stat().st_size + free)
    return filler


def withdrawing(server: Server, secret: bytes) -> int:
    """Somebody deletes what they sent."""
    body = urlencode({"code": code(secret)}).encode()
    return raw(server, "POST", "/en/withdraw", body, Content_Type=FORM)[0]


def until(true, seconds: float = 15) -> bool:
    """Does it come true in time?"""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if true():
            return True
        time.sleep(0.1)
    return False


def put_in_the_way(journal: Path) -> bool:
    """Make a folder where the journal should be, unless a flush has one there at this moment."""
    try:
        journal.mkdir()
    except FileExistsError:
        return False
    return True


def sound(data: Path) -> bool:
    with sqlite3.connect(data / SURVEY_FILE) as own:
        return own.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_full_disk(serve, small):
    """Under the floor nothing is taken, and it is said; deleting works there, and on a disk without a byte left."""
    server = serve("every_kind", data=small / "data")
    sender, mine, refused = Sender(server), [secrets.token_bytes(16) for _ in range(3)], secrets.token_bytes(16)
    assert [sender.send(each) for each in mine] == [303] * 3
    assert until(lambda: (server.data / room.NAME).exists())
    filler = filled_up(small, but=room.FLOOR // 2)
    assert sender.send(refused) == 503
    assert sender.send(mine[2]) == 303, "what was taken before is not said to be lost"
    assert withdrawing(server, mine[0]) == 200
    filled_up(small)
    assert shutil.disk_usage(small).free == 0
    assert withdrawing(server, mine[1]) == 200
    assert not (server.data / room.NAME).exists(), "the ballast was thrown off"
    assert stored(server.data) == keys_of(server.data, mine[2:])
    filled_up(small)
    assert withdrawing(server, mine[2]) == 503, "the control: without ballast a full disk cannot delete"
    filler.unlink()
    assert sender.send(refused) == 303
    assert withdrawing(server, mine[2]) == 200
    assert stored(server.data) == keys_of(server.data, [refused])
    assert until(lambda: (server.data / room.NAME).exists()), "the ballast is back"
    server.stop()
    assert sound(server.data)


def test_ballast_is_kept_for_a_full_disk(tmp_path):
    """A file that is busy is no reason to throw it off: it would not help."""
    store = Store(tmp_path, None, "practice")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.connection.execute("PRAGMA busy_timeout = 50")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        store.withdraw(code(secrets.token_bytes(16)))
    assert (tmp_path / room.NAME).exists()
    other.close()
    store.close()


def test_read_only_from_one_moment_to_the_next(serve, small):
    """Not sent, and said so; writable again, the next press sends it, without a restart. A start on it says why not."""
    server = serve("every_kind", data=small / "data")
    sender, mine = Sender(server), secrets.token_bytes(16)
    assert sender.send() == 303
    assert until(lambda: not (server.data / f"{SURVEY_FILE}-journal").exists())
    subprocess.run(["mount", "--bind", server.data, server.data], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", server.data], check=True)
    try:
        assert sender.send(mine) == 503
        told = run("survey_app", "--study", str(STUDY["every_kind"]), "--data", str(server.data), "--port", "0")
        said_well(told, 4, "cannot be used")
    finally:
        subprocess.run(["umount", "--lazy", server.data], check=True)
    assert sender.send(mine) == 303
    assert len(stored(server.data)) == 2
    server.stop()
    assert sound(server.data)


@contextmanager
def forbidden(folder: Path) -> Iterator[None]:
    """Nobody may write into a folder any more."""
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(0o700)


def test_a_permission_is_lost(serve):
    """The folder's owner loses the right to write in it: not sent; given back, it goes on."""
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("SKIPPED LOUDLY: nothing here takes root's rights away")
    server = serve("every_kind", under=WITHOUT_ROOTS_RIGHTS if os.geteuid() == 0 else ())
    sender, mine = Sender(server), secrets.token_bytes(16)
    assert sender.send() == 303
    with forbidden(server.data):
        assert sender.send(mine) == 503
    assert sender.send(mine) == 303
    assert len(stored(server.data)) == 2


def test_a_journal_that_cannot_be_made(serve):
    """Something lies where the journal should: no partial row, and it recovers."""
    server = serve("every_kind")
    sender, mine, journal = Sender(server), secrets.token_bytes(16), server.data / f"{SURVEY_FILE}-journal"
    assert sender.send() == 303
    assert until(lambda: put_in_the_way(journal))
    assert sender.send(mine) == 503
    journal.rmdir()
    assert len(stored(server.data)) == 1
    assert sender.send(mine) == 303
    server.stop()
    assert sound(server.data)


def synced_before_the_reply(serve, tmp_path: Path, **more) -> bool:
    """Between a press of Send and its reply: was the file forced to the disk? Read off the system calls."""
    if shutil.which("strace") is None:
        pytest.skip("SKIPPED LOUDLY: there is no strace here")
    trace = tmp_path / "trace"
    calls = "trace=fdatasync,fsync,sendto,recvfrom"
    server = serve("every_kind", under=("strace", "-D", "-f", "-y", "-s", "64", "-e", calls, "-o", str(trace)), **more)
    assert Sender(server).send() == 303
    server.stop()
    lines = trace.read_text(errors="replace").splitlines()
    asked = next(at for at, line in enumerate(lines) if "POST /en/send" in line)
    replied = next(at for at, line in enumerate(lines) if at > asked and "HTTP/1.1 303" in line)
    synced = [line for line in lines[asked:replied] if re.search(rf"(fdatasync|fsync)\(\d+<[^>]*{SURVEY_FILE}>", line)]
    return bool(synced)


def test_it_is_on_the_disk_before_anybody_is_told_so(serve, tmp_path):
    """The file is synced between the request and the reply."""
    assert synced_before_the_reply(serve, tmp_path)


def test_control_without_full_synchronisation_the_reply_comes_first(serve, tmp_path):
    """The same survey with synchronous = OFF: the trace shows that nothing was synced."""
    assert not synced_before_the_reply(serve, tmp_path, program=("-c", UNSYNCED))
