"""Traces: whatever goes wrong on the way, no file and no line says who it was, in any way of writing it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address

import pytest
from conftest import CANARY, FORM, Scripted, Server, to_page
from everywhere import Reply, asked

from instruments.walker import Browser
from survey_app.drill.canaries import ADDRESSES, AGENT, COOKIE, PEER, QUERY, TELLING
from survey_app.drill.place import Place
from survey_app.haystack import traces, ways_of_writing, ways_of_writing_an_address
from survey_app.looking import PAUSED

pytestmark = pytest.mark.slow
BREAKING = """
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel

Adjustments.channel_timeout = Adjustments.cleanup_interval = 1  # seconds: nobody waits two minutes for a test

def breaks(name):
    real = getattr(HTTPChannel, name)

    def broken(self, *came):
        self.heard = getattr(self, "heard", b"") + b"".join(came)
        if f"/{name}?".encode() in self.heard:
            raise ValueError(f"{self.addr} {self.heard}")
        return real(self, *came)

    setattr(HTTPChannel, name, broken)

for each in ("received", "service", "handle_write"):
    breaks(each)
MORE
from survey_app.__main__ import door
door(prog_name="breaking")
"""
TALKATIVE = """
import survey_app.serve as serving
serving._keep_quiet = lambda: None
"""
COUNTING = """
import sys
from hashlib import sha256
from pathlib import Path
from survey_app.outermost import Outermost
real, where = Outermost.__call__, Path(sys.argv[sys.argv.index("--data") + 1])

def counting(self, environ, start):
    with (where / "newcomers").open("ab") as seen:
        seen.write(WRITTEN)
    return real(self, environ, start)

Outermost.__call__ = counting
"""
HASHED = 'sha256(environ["REMOTE_ADDR"].encode()).digest()'
PACKED = 'bytes(map(int, environ["REMOTE_ADDR"].split(".")))'
FEW, MANY = "5", 200  # newcomers a minute that are let in, and how many are not
COOKIES = f"other={COOKIE}"
CLASS_AND_PLACE = re.compile(r"survey: \w+ at [\w.]+:\d+")


@pytest.fixture
def watched(serve, tmp_path) -> Callable[..., tuple[Server, Place]]:
    """A survey with folders of its own for everything, run by a program with some more lines."""

    def start(*flags: str, more: str = "") -> tuple[Server, Place]:
        place = Place(tmp_path / "watched")
        own = {"HOME": str(place.home), "TMPDIR": str(place.temporary), "PYTHONDONTWRITEBYTECODE": "1"}
        return serve(
            "every_kind", *flags, data=place.data, program=("-c", BREAKING.replace("MORE", more)), **own
        ), place

    return start


def left(server: Server, place: Place) -> dict[str, set[str]]:
    """What is found of anybody when the survey has stopped: what → in which writings."""
    server.stop()
    place.output.write_text(server.log)
    needles = {word: [*ways_of_writing(word)] for word in (AGENT, QUERY, COOKIE, CANARY)}
    for address in ADDRESSES:  # so little is random here that four bytes are not met by chance
        packed = ip_address(address).packed
        needles[address] = [*ways_of_writing_an_address(address), ("packed", packed), ("packed", packed[::-1])]
    found: dict[str, set[str]] = {}
    for trace in traces(needles, [place.machine]):
        found.setdefault(trace.what, set()).add(trace.written)
    return found


def telling(server: Server, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
    """A request from an address of its own that says all about itself."""
    with_all = {**{name.replace("-", "_"): said for name, said in TELLING.items()}, "Cookie": COOKIES, **headers}
    return asked(server, method, f"{path}?{QUERY}={QUERY}", body, source=PEER, **with_all)


def line_to(server: Server, content: str) -> socket.socket:
    """A connection on which this has been said so far."""
    line = socket.create_connection(("127.0.0.1", server.port), 30, (PEER, 0))
    line.sendall(content.replace("\n", "\r\n").encode())
    return line


def ended(line: socket.socket) -> bool:
    """Has the server ended this connection, without a word, in the time that it gives?"""
    with line:
        try:
            return line.recv(1) == b""
        except ConnectionResetError:
            return True


def walks(server: Server) -> None:
    """A whole journey with words of one's own."""
    browser = Browser(server.origin, TELLING, source=PEER)
    browser.cookies["other"] = COOKIE
    page = to_page(browser, Scripted(because=CANARY, days=["2"]), "/check")
    assert browser.press(page, page.form, []).path.endswith("/sent")


def head(what: str) -> str:
    """The first lines of a request."""
    headers = "".join(f"{name}: {said}\n" for name, said in TELLING.items())
    return f"{what} HTTP/1.1\nHost: survey\n{headers}Cookie: {COOKIES}\nConnection: close\n"


def goes_wrong(server: Server) -> None:
    """A journey, every refusal, a fault of ours, lines that are cut, and errors inside the server's own connections."""
    walks(server)
    body = CANARY.encode()
    assert telling(server, "GET", f"/{QUERY}").status == 404
    assert telling(server, "POST", "/en/agree", body * 20_000).status == 413
    assert telling(server, "POST", "/en/agree", body, Content_Type="multipart/form-data; boundary=x").status == 415
    (server.data / PAUSED).mkdir()
    assert telling(server, "POST", "/en/agree", body).status == 500
    (server.data / PAUSED).rmdir()
    for nonsense in (
        f"GET http://[::1/{QUERY}",
        f"{QUERY} {AGENT}",
        f"POST /{QUERY} HTTP/1.1\nContent-Length: {QUERY}",
    ):
        with line_to(server, f"{nonsense}\n\n") as rude:
            rude.recv(1000)
    post = f"POST /en/agree?{QUERY}"
    cut = [
        line_to(server, ""),
        line_to(server, head(post)),
        line_to(server, f"{head(post)}Content-Type: {FORM}\nContent-Length: 999\n\n{CANARY}"),
        line_to(server, f"{head(f'GET /received?{QUERY}')}\n"),
    ]
    assert all(ended(line) for line in cut)
    broken = [line_to(server, f"{head(f'GET /{name}?{QUERY}')}\n") for name in ("service", "handle_write")]
    assert broken[1].recv(1) == b"H", "it breaks behind the answer"
    while broken[1].recv(10_000):
        pass
    for line in broken:
        line.close()
    assert telling(server, "GET", "/en/").status == 200, "it goes on"


def test_nothing_that_goes_wrong_leaves_a_trace(watched):
    """A fault of ours, lines cut for slowness, errors in the server's own connections: a class and a place, and nobody."""
    server, place = watched()
    goes_wrong(server)

    assert left(server, place) == {}
    said = server.log.split("Ctrl-C stops.")[1].splitlines()[1:]
    assert all(CLASS_AND_PLACE.fullmatch(line) for line in said), said
    counts = {each: sum(each in line for line in said) for each in ("IsADirectoryError", "wasyncore", "ValueError")}
    assert counts == {"IsADirectoryError": 1, "wasyncore": 3, "ValueError": 1}, "one of the three needs no breaking"


def test_control_a_server_that_speaks_as_it_comes_tells_who_it_was(watched):
    """The same with the server's own lines in the log: the address is there, the browser, the link, the cookie."""
    server, place = watched(more=TALKATIVE)
    goes_wrong(server)

    assert {PEER, AGENT, QUERY, COOKIE} <= left(server, place).keys()


@pytest.mark.parametrize(("written", "found"), [(PACKED, "packed"), (HASHED, "sha256")], ids=["packed", "hashed"])
def test_control_an_address_in_another_writing_is_found(watched, written, found):
    """Four bytes of it in a file, or a hash: nothing else is found, and this is."""
    server, place = watched(more=COUNTING.replace("WRITTEN", written))
    walks(server)

    assert left(server, place) == {PEER: {found}}


def flooded(server: Server) -> list[int]:
    """Very many begin at once, from an address of their own, while one person goes from the first page to the last."""
    came: list[int] = []

    def flooding() -> None:
        while came.count(503) < MANY:
            came.append(telling(server, "POST", "/en/agree", f"agreed=1&{CANARY}=1".encode()).status)

    browser = Browser(server.origin, TELLING, source=PEER)
    writing = Scripted(because=CANARY, days=["2"])
    page = to_page(browser, writing, "/p/2")
    threads = [threading.Thread(target=flooding) for _ in range(4)]
    for thread in threads:
        thread.start()
    while not page.path.endswith("/sent"):
        form = page.form
        page = browser.press(page, form, writing(page, form)) if form else browser.get(page.links[0])
    for thread in threads:
        thread.join()
    return came


def test_a_flood_of_newcomers_leaves_no_trace(watched):
    """Held back by the hundred, and nothing that is kept says whom: nobody in any file, line or writing."""
    server, place = watched("--newcomers", FEW)
    came = flooded(server)

    assert came.count(503) >= MANY
    assert left(server, place) == {}


def test_control_a_limit_that_counts_by_address_is_found(watched):
    """The same where each newcomer's address is noted, as a hash alone: it is found."""
    server, place = watched("--newcomers", FEW, more=COUNTING.replace("WRITTEN", HASHED))
    flooded(server)

    assert left(server, place) == {PEER: {"sha256"}}
