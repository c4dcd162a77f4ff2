"""Every address of the golden list, asked for by somebody who stands where it is answered in the usual way."""

from __future__ import annotations

import hashlib
import http.client
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from conftest import FORM, STUDY, Scripted, Server

from instruments.reader import read
from instruments.walker import Browser, Sent
from survey_app import clock
from survey_app.codes import code
from survey_app.drafts import Draft, DraftKeys, Receipt, to_cookie, usually
from survey_app.showing import ICON, SCRIPT, STYLE

ROUTES = tuple((Path(__file__).parent / "routes.txt").read_text().splitlines())
READ = tuple(route for route in ROUTES if route.startswith("GET "))
POSTED = tuple(route for route in ROUTES if route.startswith("POST "))
PAGE = 2  # the first page of questions
TOKEN = "the token of a draft"
SENT = code(b"somebody sent it")
AGREED = ("device", "key-facts", "main-points", "p/1")
ANSWERING = ("break", "check", "check/<int:number>", "delete", "found", "leave", "p/<int:number>", "send")


def study(folder: Path, more: str = "") -> Path:
    """A copy of the bundled study in which every address leads somewhere."""
    shutil.copytree(STUDY["off_hours"], folder)
    head = folder / "study.yaml"
    text = head.read_text().replace("\nleave_to: null", "\nleave_to: https://weather.example.org/")
    head.write_text(f"{text}\neligibility: [Are you 18 or older?]\n{more}")
    return folder


def path_of(route: str) -> str:
    """The address of a route as a browser asks for it."""
    path = route.split(" ")[1].replace("<language>", "en").replace("<int:number>", str(PAGE))
    return {"/CONTENT.css": STYLE.address, "/CONTENT.js": SCRIPT.address, "/CONTENT.svg": ICON.address}.get(path, path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back: every header of it, also one that came twice."""

    status: int
    headers: tuple[tuple[str, str], ...]
    words: str

    @property
    def cookie(self) -> str | None:
        """What it makes of the cookie."""
        return dict(self.headers).get("Set-Cookie")


class Everywhere:
    """Somebody who can be anywhere in a survey at once: with no draft, one just begun, one under way, or a receipt."""

    def __init__(self, server: Server, origin: str | None = None) -> None:
        """`origin` is the public address, where it is another one."""
        self.server, self.study, self.origin = server, read(server.study), origin or server.origin
        self.keys = DraftKeys(server.data / "draft-keys", usually(self.study))
        self.name = "__Host-s" if self.origin.startswith("https:") else "s"

    def cookie(self, route: str) -> str | None:
        """The cookie of somebody who stands there; None where nobody needs one."""
        behind, now = route.split(" ")[1].removeprefix("/<language>").lstrip("/"), clock.minute()
        draft = {"study": self.study.fingerprint[:16], "begun": now, "seen": now, "token": TOKEN}
        what = (
            Receipt(code=SENT, seen=now)
            if behind == "sent"
            else Draft(**draft, role=self.study.roles[0].id, chosen=1)
            if behind in ANSWERING
            else Draft(**draft)
            if behind in AGREED
            else None
        )
        return what and to_cookie(what, self.keys, clock.today())

    def sent(self, route: str) -> Sent:
        """What the form sends there, filled in."""
        token = ("_token", TOKEN)
        match route.split(" ")[1].removeprefix("/<language>"):
            case "/agree":
                return [(tick.id, "1") for tick in self.study.consent]
            case "/can-take-part":
                return [("e1", "yes")]
            case "/device":
                return [token, ("device", "own")]
            case "/key-facts":
                return [token, ("understood", "2")]
            case "/p/1":
                return [token, ("role", "1")]
            case "/sent":
                return [("code", "show")]
            case "/withdraw":
                return [("code", SENT)]
            case "/p/<int:number>" | "/check/<int:number>":
                browser = Browser(self.server.origin)
                browser.cookies[self.name] = self.cookie(route)
                page = browser.get(path_of(route))
                return [*page.form.kept(), *Scripted()(page, page.form)]
            case _:
                return [token]

    def asks(self, route: str, **headers: str) -> Reply:
        """Ask as somebody who stands there, from our own page."""
        if route in READ:
            return self.sends(route, None, **headers)
        ours = {"Origin": self.origin, "Sec_Fetch_Site": "same-origin"}
        return self.sends(route, self.sent(route), **{**ours, **headers})

    def sends(self, route: str, sent: Sent | None, **headers: str) -> Reply:
        """The same with another form, or from elsewhere."""
        body = None if sent is None else urlencode(sent).encode()
        while True:
            minute, cookie = clock.minute(), self.cookie(route)
            held = {} if cookie is None else {"Cookie": f"{self.name}={cookie}"}
            reply = asked(self.server, route.split(" ")[0], path_of(route), body, **held, **headers)
            if minute == clock.minute():  # else the draft was renewed on the way
                return reply


def asked(
    server: Server,
    method: str,
    path: str,
    body: bytes | Iterable[bytes] | None = None,
    *,
    source: str = "127.0.0.1",
    **headers: str,
) -> Reply:
    """One request from an address of this machine, and the whole reply."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        sent.setdefault("Content-Type", FORM)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20, source_address=(source, 0))
    try:
        connection.request(method, path, body, sent)
        reply = connection.getresponse()
        words = reply.read().decode("utf-8", "replace")
        return Reply(status=reply.status, headers=tuple(reply.getheaders()), words=words)
    finally:
        connection.close()


def bytes_of(folder: Path) -> str:
    """Every name and every byte of a folder, as one hash; but for the journal of a write that is under way."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-journal")):
        whole.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return whole.hexdigest()
