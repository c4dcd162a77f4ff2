"""Faults on the real app: killed, full, locked, cut off, doubled, damaged. Nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import http.client
import os
import random
import resource
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from conftest import FORM, STUDY, Server, run
from test_troubles import said_well

from instruments.reader import read
from instruments.records import SURVEY_FILE
from survey_app import clock
from survey_app.codes import code, row_keys
from survey_app.drafts import Draft, DraftKeys, to_cookie, usually

KIND = read(STUDY["every_kind"])
ACKNOWLEDGED = int(os.environ.get("OFFHOURS_SOAK", "0")) or 2000
KILLS = 200
PEOPLE = 4


class Sender:
    """Somebody who presses Send until it is acknowledged, however often the line breaks."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.keys = DraftKeys(server.data / "draft-keys", usually(KIND))
        self.tried: list[bytes] = []
        self.acknowledged: list[bytes] = []
        self.statuses: list[int] = []

    def send(self, secret: bytes | None = None, until: float = 30) -> int:
        """One questionnaire; its last status, 0 for none in time."""
        secret = secret or secrets.token_bytes(16)
        draft = Draft(
            study=KIND.fingerprint[:16], begun=clock.minute(), seen=clock.minute(), role="reader", secret=secret
        )
        cookie = f"s={to_cookie(draft, self.keys, clock.today())}"
        self.tried.append(secret)
        ends, status = time.monotonic() + until, 0
        while time.monotonic() < ends:
            try:
                status = self._posted(cookie, draft.token)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            self.statuses.append(status)
            if status == 303:
                self.acknowledged.append(secret)
            return status
        return status

    def _posted(self, cookie: str, token: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            connection.request(
                "POST", "/en/send", urlencode({"_token": token}), {"Cookie": cookie, "Content-Type": FORM}
            )
            return connection.getresponse().status
        finally:
            connection.close()


def stored(data: Path) -> set[bytes]:
    """The keys of every stored row."""
    with sqlite3.connect(f"file:{data / SURVEY_FILE}?mode=rw", uri=True, timeout=20) as read_only:
        return {row[0] for row in read_only.execute("SELECT key FROM responses")}


def keys_of(data: Path, some: list[bytes]) -> set[bytes]:
    """Where these secrets would lie."""
    with sqlite3.connect(f"file:{data / SURVEY_FILE}?mode=rw", uri=True, timeout=20) as read_only:
        salt = read_only.execute("SELECT value FROM house WHERE name = 'salt'").fetchone()[0]
    return {row_keys(code(secret), salt)[0] for secret in some}


@pytest.mark.slow
@pytest.mark.timeout(1500 if ACKNOWLEDGED <= 2000 else 7200)  # each start takes a second or two
def test_killed_at_any_moment(serve, figure):
    """kill -9 at random moments while people send: acknowledged ⊆ stored ⊆ tried, none doubled, and it starts again."""
    server = serve("every_kind")
    senders = [Sender(server) for _ in range(PEOPLE)]
    done = threading.Event()

    def sending(sender: Sender) -> None:
        while not done.is_set():
            sender.send()

    threads = [threading.Thread(target=sending, args=(each,)) for each in senders]
    for thread in threads:
        thread.start()
    chance, kills = random.Random(1), 0

    def so_far() -> int:
        return sum(len(each.acknowledged) for each in senders)

    while kills < KILLS or so_far() < ACKNOWLEDGED:
        enough = so_far() + chance.randrange(2 * ACKNOWLEDGED // KILLS)  # so that every life of it is of another length
        while so_far() < enough:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.02))
        server.kill()
        kills += 1
        server.start()
    done.set()
    for thread in threads:
        thread.join()
    server.stop()
    acknowledged = [secret for each in senders for secret in each.acknowledged]
    tried = [secret for each in senders for secret in each.tried]
    assert len(set(acknowledged)) == len(acknowledged) >= ACKNOWLEDGED
    kept = stored(server.data)
    assert keys_of(server.data, acknowledged) <= kept <= keys_of(server.data, tried)
    figure(f"{kills} kills, {len(acknowledged)} acknowledged, {len(kept)} stored, {len(tried)} tried")


def test_the_control_an_acknowledgement_before_the_commit_is_lost(serve):
    """What the test above would find: a row that is taken out again is missed."""
    server = serve("every_kind")
    sender = Sender(server)
    assert sender.send() == 303
    with sqlite3.connect(server.data / SURVEY_FILE, timeout=20) as own:
        own.execute("DELETE FROM responses")
    assert not keys_of(server.data, sender.acknowledged) <= stored(server.data)


@contextmanager
def no_room(server: Server) -> Iterator[None]:
    """No file of the server can grow: what a full disk is to it."""
    size = (server.data / SURVEY_FILE).stat().st_size
    before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size // 2, before[1]))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="SKIPPED LOUDLY: only Linux can take the room away")
def test_no_room_left(serve):
    """Send says plainly that it is not sent, nothing half-written is left, and it recovers without a restart."""
    server = serve("every_kind")
    sender = Sender(server)
    assert sender.send() == 303
    mine = secrets.token_bytes(16)
    with no_room(server):
        assert sender.send(mine) == 503
    assert len(stored(server.data)) == 1
    assert sender.send(mine) == 303
    assert stored(server.data) == keys_of(server.data, sender.acknowledged)
    with sqlite3.connect(server.data / SURVEY_FILE) as own:
        assert own.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """Another process holds the whole database."""
    program = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1],isolation_level=None); c.execute('BEGIN EXCLUSIVE'); print('held',flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program, str(data / SURVEY_FILE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:  # fmt: skip
        assert other.stdout.readline() == "held\n"
        try:
            yield
        finally:
            other.communicate("\n")


def test_locked_for_a_while_is_waited_for(serve):
    """Three seconds: the person waits, and it is sent once."""
    server = serve("every_kind")
    sender = Sender(server)
    with locked(server.data):
        waiting = threading.Thread(target=sender.send)
        waiting.start()
        time.sleep(3)
        assert waiting.is_alive()
    waiting.join()
    assert sender.statuses == [303]
    assert stored(server.data) == keys_of(server.data, sender.tried)


@pytest.mark.slow
def test_locked_for_longer_is_said(serve):
    """After ten seconds the page says that it is not sent; pressed again later, it is."""
    server = serve("every_kind")
    sender, mine = Sender(server), secrets.token_bytes(16)
    with locked(server.data):
        assert sender.send(mine) == 503
    assert sender.send(mine) == 303
    assert len(stored(server.data)) == 1


def test_a_reply_that_never_arrives(serve):
    """The line breaks right behind the request: the retry finds it stored, once, and shows the receipt."""
    server = serve("every_kind")
    sender = Sender(server)
    for _ in range(20):
        secret = secrets.token_bytes(16)
        draft = Draft(
            study=KIND.fingerprint[:16], begun=clock.minute(), seen=clock.minute(), role="reader", secret=secret
        )
        body = urlencode({"_token": draft.token})
        head = f"POST /en/send HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: {FORM}\r\nCookie: s={to_cookie(draft, sender.keys, clock.today())}\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall((head + body).encode())
        assert sender.send(secret) == 303
    assert stored(server.data) == keys_of(server.data, sender.acknowledged)
    assert len(stored(server.data)) == 20


def test_two_processes_on_one_folder(serve):
    """Both take answers at once; every acknowledged one is there, once."""
    one = serve("every_kind")
    two = serve("every_kind", data=one.data)
    senders = [Sender(one), Sender(two), Sender(one), Sender(two)]
    threads = [threading.Thread(target=lambda each=each: [each.send() for _ in range(25)]) for each in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for each in senders for status in each.statuses} == {303}
    acknowledged = [secret for each in senders for secret in each.acknowledged]
    assert len(acknowledged) == 100
    assert stored(one.data) == keys_of(one.data, acknowledged)


def test_a_damaged_file_is_said_and_a_copy_brings_it_back(serve, tmp_path):
    """Exit 4 with what to do, the damaged file untouched; moved away, the copy is whole again."""
    server = serve("every_kind")
    sender = Sender(server)
    assert sender.send() == 303
    server.stop()
    copy = tmp_path / "copy.db"
    assert run("survey_app", "backup", "--data", str(server.data), "--out", str(copy)).returncode == 0
    path = server.data / SURVEY_FILE
    damaged = b"SQLite format 3\0" + bytes(200) + path.read_bytes()[216:]
    path.write_bytes(damaged)
    told = run("survey_app", "--study", str(STUDY["every_kind"]), "--data", str(server.data), "--port", "0")
    said_well(told, 4, "put a backup in its place")
    assert path.read_bytes() == damaged
    path.rename(tmp_path / "damaged.db")
    said = run("survey_app", "restore", str(copy), "--data", str(server.data))
    assert said.returncode == 0, said.stderr
    assert stored(server.data) == keys_of(server.data, sender.acknowledged)


def test_no_data_folder_any_more(serve):
    """Somebody moves the folder away while it runs: not sent, no crash; put back, it goes on."""
    server = serve("every_kind")
    sender, mine, elsewhere = Sender(server), secrets.token_bytes(16), server.data.with_name("elsewhere")
    assert sender.send() == 303
    server.data.rename(elsewhere)
    status = sender.send(mine)
    if server.data.exists():
        shutil.rmtree(server.data)
    elsewhere.rename(server.data)
    assert status == 503
    assert sender.send(mine) == 303
    assert len(stored(server.data)) == 2
