"""Send, when the line or the disk fails: what the person is told, what they can do on that page, and what is kept of it."""

from __future__ import annotations

import resource
import socket
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from conftest import CANARY, FORM, STUDY, Scripted, Server, keys_of, raw, to_page
from sqlite_utils import Database
from test_disk import put_in_the_way, until
from test_faults import locked, no_room
from test_opening import opened

from instruments.reader import read
from instruments.records import SURVEY_FILE
from instruments.walker import Browser, Page
from instruments.words import catalogue
from survey_app import clock
from survey_app.codes import code, in_groups
from survey_app.drafts import Draft, to_cookie

only_linux = pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="SKIPPED LOUDLY: only Linux can take the room away")  # fmt: skip
KIND, WORDS = read(STUDY["every_kind"]), catalogue("en")
AT_ONCE = struct.pack("ii", 1, 0)  # closing throws away what was not read, and says so to the other end
ANOTHER_CODE = """
import secrets
from survey_app import codes, survey
real = survey.Survey.send
def another(self, draft, in_the_trap=""):
    code, happened = real(self, draft, in_the_trap)
    return (code if happened == "stored" else codes.code(secrets.token_bytes(16))), happened
survey.Survey.send = another
from survey_app.__main__ import door
door(prog_name="another")
"""
THROWN_AWAY = """
from survey_app import endings
from survey_app.drafts import Draft
real = endings.carrying
endings.carrying = lambda what, *more: endings.replacing(*more) if isinstance(what, Draft) else real(what, *more)
from survey_app.__main__ import door
door(prog_name="thrown_away")
"""


def rows(server: Server) -> int:
    """How many answers are stored, as another process sees it that can only read."""
    with closing(sqlite3.connect(f"file:{server.data / SURVEY_FILE}?mode=ro", uri=True, timeout=20)) as other:
        return int(other.execute("SELECT count(*) FROM responses").fetchone()[0])


@dataclass(frozen=True, slots=True)
class Sending:
    """Somebody who stands before Send, with a secret that is known here."""

    server: Server
    draft: Draft

    @property
    def cookie(self) -> str:
        return to_cookie(self.draft, keys_of(self.server), clock.today())

    def press_and_lose_the_reply(self) -> None:
        """Send, wait until the row is there for others to read, and hang up without having read a word."""
        before, body = rows(self.server), urlencode({"_token": self.draft.token})
        head = f"POST /en/send HTTP/1.1\r\nHost: 127.0.0.1:{self.server.port}\r\nContent-Type: {FORM}\r\nCookie: s={self.cookie}\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", self.server.port)) as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            line.sendall((head + body).encode())
            assert until(lambda: rows(self.server) == before + 1), "it was committed"

    def press(self) -> str:
        """Send from the same page, ask for the code, and read it."""
        browser = Browser(self.server.origin)
        browser.cookies["s"] = self.cookie
        sent = browser.post("/en/send", [("_token", self.draft.token)])
        assert (sent.status, sent.heading) == (200, WORDS["sent_heading"])
        return browser.press(sent, sent.form, [], button=1).code


def somebody(server: Server, *, own_device: bool) -> Sending:
    now = clock.minute()
    return Sending(server, Draft(study=KIND.fingerprint[:16], begun=now, seen=now, role="reader", own_device=own_device))  # fmt: skip


@pytest.mark.parametrize("own_device", [True, False])
def test_a_reply_lost_after_the_commit(serve, own_device):
    """Stored, and nobody was told: each retry shows the code that the first reply would have led to, and it deletes the row."""
    server = serve("every_kind")
    lost, lucky = (somebody(server, own_device=own_device) for _ in range(2))
    lost.press_and_lose_the_reply()
    told, untold = [lucky.press() for _ in range(2)], [lost.press() for _ in range(2)]

    assert told == [in_groups(code(lucky.draft.secret))] * 2, "with the first reply, and once more"
    assert untold == [in_groups(code(lost.draft.secret))] * 2, "with the second reply, and once more"
    assert rows(server) == 2
    assert raw(server, "POST", "/en/withdraw", urlencode({"code": untold[0]}).encode(), Content_Type=FORM)[0] == 200
    assert rows(server) == 1
    assert lucky.press() == told[0], "the one that is left is somebody else's"


def test_control_a_retry_that_shows_another_code_is_found(serve):
    """The same survey with a new code for each retry: it is not the one that was drawn, and deletes nothing."""
    server = serve("every_kind", program=("-c", ANOTHER_CODE))
    lost = somebody(server, own_device=True)
    lost.press_and_lose_the_reply()
    shown = lost.press()

    assert shown != in_groups(code(lost.draft.secret))
    assert raw(server, "POST", "/en/withdraw", urlencode({"code": shown}).encode(), Content_Type=FORM)[0] == 200
    assert rows(server) == 1


@contextmanager
def no_journal(server: Server) -> Iterator[None]:
    """A folder lies where the journal of a transaction would."""
    journal = server.data / f"{SURVEY_FILE}-journal"
    assert until(lambda: put_in_the_way(journal))
    try:
        yield
    finally:
        journal.rmdir()


FAULTS: dict[str, Callable[[Server], AbstractContextManager[None]]] = {
    "no journal": no_journal,
    "no room": no_room,
    "locked": lambda server: locked(server.data),
}


def sent_while(server: Server, fault: str) -> tuple[Browser, Page]:
    """Somebody answers to the end and presses Send while it cannot be kept: their browser, and the page they are on."""
    browser = Browser(server.origin)
    check = to_page(browser, Scripted(mood="2", colour="3", because=CANARY), "/check")
    with FAULTS[fault](server):
        return browser, browser.press(check, check.form, [])


@pytest.mark.parametrize("fault", ["no journal", pytest.param("no room", marks=only_linux), pytest.param("locked", marks=pytest.mark.slow)])  # fmt: skip
def test_the_page_says_that_it_is_not_sent_and_sends_it_when_it_can(serve, fault):
    """503 with “not sent” and “still on this device”; its own button, once the fault is gone, sends every answer, once."""
    server = serve("every_kind")
    browser, page = sent_while(server, fault)

    assert (page.status, page.heading) == (503, WORDS["not_sent_heading"])
    assert page.title.startswith(WORDS["not_sent_title"])
    assert WORDS["not_sent"] in page.text
    assert WORDS["send_again"] in page.text
    assert rows(server) == 0
    sent = browser.press(page, page.form, [])
    assert (sent.status, sent.path, sent.heading) == (200, "/en/sent", WORDS["sent_heading"])
    server.stop()
    database = Database(opened(server.data).path)
    assert [(row["mood"], row["colour"]) for row in database["answers"].rows] == [(2, 3)]
    assert [row["text"] for row in database["texts"].rows] == [CANARY]


def test_control_a_page_that_throws_the_draft_away_is_found(serve):
    """The same page, with junk in the cookie: its button leads to “gone”, and nothing is ever stored."""
    server = serve("every_kind", program=("-c", THROWN_AWAY))
    browser, page = sent_while(server, "no journal")

    assert (page.status, page.heading) == (503, WORDS["not_sent_heading"])
    assert browser.press(page, page.form, []).status == 410
    assert rows(server) == 0
