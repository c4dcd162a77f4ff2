"""The people of a drill: everything about them is known, so that each trace of them can be recognised."""

from __future__ import annotations

import hashlib
import http.client
import secrets
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, urlsplit

from instruments.walker import Browser, Form, Page, Sent, onward

from .. import haystack, plain
from .place import Place

PEER = "127.0.0.77"
ADDRESSES = (PEER, "203.0.113.77", "2001:db8::77")
AGENT, QUERY, COOKIE, ANSWER = "UACANARY/9", "QCANARY", "CKCANARY", "ANSCANARY"
TELLING = {
    "User-Agent": AGENT,
    "X-Forwarded-For": ADDRESSES[1],
    "Forwarded": f'for="{ADDRESSES[1]}"',
    "X-Real-IP": ADDRESSES[1],
    "CF-Connecting-IP": ADDRESSES[2],
    "Referer": f"https://elsewhere.example/{QUERY}",
}
FORGED = b"put there by somebody else......"  # where a row lies that the survey never stored
SENDERS, MOST_PAGES, LINES = 24, 200, 10

Headers = list[tuple[str, str]]


class Crowd:
    """Who came, and what was seen while they were there."""

    def __init__(self, place: Place, address: str, origin: str | None) -> None:
        self.place, self.address, self.origin = place, address, origin
        self.words = [f"{ANSWER}-{secrets.token_hex(4)}" for _ in range(SENDERS + 4)]
        self.arrived: list[bytes] = []  # where each row came to lie, in the order in which they came
        self.answers: list[tuple[str, int, Headers]] = []  # path, status, headers of every reply
        self.statuses: dict[str, int] = {}  # what was tried → the status of its reply, 0 for none
        self.spilled: set[str] = set()  # temporary files that were met
        self.left_half_way = ("", "")  # the data before and after somebody who stopped
        self.rows_of_two_presses = 0
        self.withdrawn_frame = b""
        self.rows_after_withdrawing = 0

    def come(self) -> None:
        """All of them, one after the other. Raises OSError, ValueError where the survey cannot be walked."""
        self._sends()
        self._stops_half_way()
        self._presses_twice()
        self._withdraws()
        self._nonsense()
        self._forges()

    def _sends(self) -> None:
        for word in self.words[:SENDERS]:
            before = self._keys()
            self._walk(word, "/sent")
            self.arrived += list(self._keys() - before)

    def _stops_half_way(self) -> None:
        before = self._fingerprint()
        self._walk(self.words[SENDERS], "/check")
        self.left_half_way = (before, self._fingerprint())

    def _presses_twice(self) -> None:
        before = self._keys()
        browser, check = self._walk(self.words[SENDERS + 1], "/check")
        form = self._form(check, "/send")
        cookies = dict(browser.cookies)
        self._saw(browser.press(check, form, []))
        browser.cookies = cookies  # as if the reply had never arrived
        self._saw(browser.press(check, form, []))
        self.rows_of_two_presses = len(self._keys() - before)

    def _withdraws(self) -> None:
        before = self._keys()
        browser, sent = self._walk(self.words[SENDERS + 2], "/sent")
        new = self._keys() - before
        with closing(sqlite3.connect(self.place.file, timeout=20)) as own:
            for key in new:
                self.withdrawn_frame = own.execute("SELECT frame FROM responses WHERE key = ?", (key,)).fetchone()[0]
        asking = next((form for form in sent.forms if ("code", "show") in form.buttons), None)
        if asking is None:
            return  # this study offers no codes
        shown = browser.press(sent, asking, [], button=asking.buttons.index(("code", "show")))
        withdraw = browser.get(shown.path.replace("/sent", "/withdraw"))
        self._saw(browser.press(withdraw, self._form(withdraw, ""), [("code", shown.code)]))
        self.rows_after_withdrawing = len(self._keys() & new)

    def _forges(self) -> None:
        """A thief who may write puts somebody's record there once more; then one more is sent, and all is signed."""
        with closing(sqlite3.connect(self.place.file, timeout=20)) as own, own:
            frame, mark = own.execute("SELECT frame, mark FROM responses").fetchone()
            own.execute("INSERT INTO responses VALUES (?, ?, ?)", (FORGED, frame, mark))
        self._walk(self.words[-1], "/sent")

    def _walk(self, word: str, ends: str) -> tuple[Browser, Page]:
        """Somebody who takes the first of every choice and writes a word of their own, until the path ends so."""
        headers = {**TELLING, "Cookie2": COOKIE}
        browser = Browser(self.address, headers, public=self.origin, source=PEER)
        browser.cookies["other"] = COOKIE
        page = browser.get("/")
        for _ in range(MOST_PAGES):
            self._saw(page)
            if page.path.endswith(ends):
                return browser, page
            following = onward(browser, page, lambda page, form: _filled(form, word))
            if following is None or following.status >= 500:
                break
            page = following
        raise ValueError(f"the drill came to {page.path} and not to {ends}")

    def _nonsense(self) -> None:
        """What programs send: wrong kinds, too much, unknown places, no HTTP at all, lies about length."""
        form = "application/x-www-form-urlencoded"
        first = f"/?{QUERY}={QUERY}"
        big = b"a=" + b"b" * plain.LARGEST_POST
        many = "&".join(f"f{n}={ANSWER}" for n in range(plain.MOST_FIELDS + 1)).encode()
        language = urlsplit(self.answers[-1][0]).path.split("/")[1] or "en"
        for what, method, path, kind, body in (
            ("a question behind the address", "GET", first, "", b""),
            ("an unknown place", "GET", f"/{QUERY}", "", b""),
            ("another method", "PUT", f"/{language}/send", form, b"a=1"),
            ("an upload", "POST", f"/{language}/send", "multipart/form-data; boundary=x", b"--x--"),
            ("more than 128 KiB", "POST", f"/{language}/send", form, big),
            ("more than 500 fields", "POST", f"/{language}/send", form, many),
        ):
            self.statuses[what] = self._request(method, path, body, {"Content-Type": kind} if kind else {})
        host = f"Host: {urlsplit(self.address).netloc}\r\n"
        post = f"POST /{language}/send HTTP/1.1\r\n{host}Content-Length:"
        for what, raw in (
            ("no HTTP", f"{QUERY} {AGENT}\r\n\r\n"),
            ("a header without an end", f"GET / HTTP/1.1\r\n{host}User-Agent: {AGENT * 200}"),
            ("a wrong length", f"{post} x\r\n\r\n{ANSWER}"),
            (
                "fewer letters than it said",
                f"{post} 999\r\n\r\n{ANSWER}",
            ),
        ):
            self.statuses[what] = self._raw(raw.encode())

    def _request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20, source_address=(PEER, 0))
        try:
            connection.request(method, quote(path, safe="/?="), body or None, {**TELLING, **headers})
            reply = connection.getresponse()
            reply.read()
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
            self._look_for_spills()
        self.answers.append((path.split("?")[0], reply.status, [(n.lower(), v) for n, v in reply.getheaders()]))
        return reply.status

    def _raw(self, content: bytes) -> int:
        parts = urlsplit(self.address)
        try:
            with socket.create_connection((parts.hostname or "", parts.port or 80), 2, (PEER, 0)) as line:
                line.sendall(content)
                said = line.recv(64).split(b" ")
        except OSError:
            return 0
        finally:
            self._look_for_spills()
        return int(said[1]) if len(said) > 1 and said[1].isdigit() else 0

    def _saw(self, page: Page) -> None:
        self.answers.append((page.path, page.status, page.headers))
        self._look_for_spills()

    def _look_for_spills(self) -> None:
        self.spilled |= {path.name for path in self.place.temporary.rglob("*") if path.is_file()}

    def _keys(self) -> set[bytes]:
        with closing(sqlite3.connect(self.place.file, timeout=20)) as own:
            return {row[0] for row in own.execute("SELECT key FROM responses")}

    def _fingerprint(self) -> str:
        """Every row that could be somebody's, whatever a flush does around them; and which files there are."""
        tables = ("responses", "texts", "tombstones")
        with closing(sqlite3.connect(self.place.file, timeout=20)) as own:
            rows = [repr(own.execute(f"SELECT * FROM {table} ORDER BY key").fetchall()) for table in tables]
        files = sorted(path.name for path in self.place.data.iterdir() if not path.name.endswith("-journal"))
        return hashlib.sha256("".join([*rows, *files]).encode()).hexdigest()

    @staticmethod
    def _form(page: Page, ends: str) -> Form:
        return next(form for form in page.forms if form.in_main and form.action.endswith(ends))

    def needles(self) -> dict[str, list[tuple[str, bytes]]]:
        """Everything that must not be found, in every way of writing it."""
        words = {"agent": AGENT, "query": QUERY, "cookie": COOKIE, "answer": ANSWER}
        return {
            **{f"address {each}": list(haystack.ways_of_writing_an_address(each)) for each in ADDRESSES},
            **{what: list(haystack.ways_of_writing(word)) for what, word in words.items()},
        }


def _filled(form: Form, word: str) -> Sent:
    """The first of everything that is offered, and words where there is room; numbers are left open."""
    sent: Sent = []
    for each in form.fields.values():
        if each.kind in ("radio", "checkbox"):
            sent += [(each.name, value) for value in each.offered[:1] if not each.name.endswith("-instead")]
        elif each.kind == "textarea":
            sent.append((each.name, word))
    return sent


def everything(place: Place) -> Iterator[Path]:
    """Every file that a thief of this machine has."""
    yield from haystack.files([place.machine])
