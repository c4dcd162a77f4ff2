"""The walker: a browser without JavaScript that reads HTML, honours cookies, and follows the forms it finds.

It knows nothing of any study: what it can answer it learns from the page, as a participant does.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from instruments.doors import is_loopback

MOST_REDIRECTS = 5
MOST_PAGES = 200

Sent = list[tuple[str, str]]


@dataclass(slots=True)
class Field:
    """One thing to fill in: its name, its kind, and for choices the codes on offer."""

    name: str
    kind: str  # radio, checkbox, text, textarea, hidden
    offered: list[str] = field(default_factory=list)
    value: str = ""
    chosen: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Form:
    """A form as HTML tells it."""

    action: str
    in_main: bool
    fields: dict[str, Field] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)  # name, value

    def kept(self) -> Sent:
        """What goes back unchanged: hidden fields."""
        return [(each.name, each.value) for each in self.fields.values() if each.kind == "hidden"]


@dataclass(slots=True)
class Page:
    """A page as a participant meets it."""

    status: int
    url: str
    headers: list[tuple[str, str]]
    html: str
    title: str = ""
    heading: str = ""
    text: str = ""
    ribbon: str = ""  # what stands over every page that is not the real thing
    code: str = ""  # the code to withdraw with, where it is shown
    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)  # those inside <main>

    @property
    def path(self) -> str:
        """The path of its address."""
        return urlsplit(self.url).path

    @property
    def form(self) -> Form | None:
        """The form that leads on: the first one in <main>."""
        return next((form for form in self.forms if form.in_main), None)


class Browser:
    """One participant's browser: cookies, redirects, nothing else."""

    def __init__(
        self,
        origin: str,
        headers: dict[str, str] | None = None,
        *,
        public: str | None = None,
        source: str | None = None,
    ) -> None:
        """`public` is the address that its own posts come from, where it is another one; `source` its own address."""
        parts = urlsplit(origin)
        if not is_loopback(parts.hostname or ""):
            raise ValueError(f"{origin} is not on this machine; made-up people answer rehearsals only")
        self.origin, self.headers = origin.rstrip("/"), headers or {}
        self.host, self.port = str(parts.hostname), parts.port or 80
        self.public, self.source = public or self.origin, (source, 0) if source else None
        self.cookies: dict[str, str] = {}
        self.connection: http.client.HTTPConnection | None = None

    def get(self, address: str) -> Page:
        """Follow a link."""
        return self._navigate("GET", address, None)

    def post(self, address: str, sent: Sent) -> Page:
        """Send a form, and follow where it leads."""
        return self._navigate("POST", address, urlencode(sent))

    def press(self, page: Page, form: Form, sent: Sent, button: int = 0) -> Page:
        """Press a button of a form that is filled in."""
        pressed = [form.buttons[button]] if form.buttons and form.buttons[button][0] else []
        return self.post(urljoin(page.url, form.action or page.url), [*form.kept(), *sent, *pressed])

    def _navigate(self, method: str, address: str, body: str | None) -> Page:
        url = urljoin(self.origin + "/", address)
        for _ in range(MOST_REDIRECTS):
            page = self._request(method, url, body)
            if page.status not in (301, 302, 303):
                return page
            url = urljoin(url, dict(page.headers)["location"])
            method, body = "GET", None
        raise ValueError(f"too many redirects at {url}")

    def _request(self, method: str, url: str, body: str | None) -> Page:
        parts = urlsplit(url)
        headers = {"Accept-Language": "en", **self.headers}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.public}
        try:
            status, received, content = self._exchange(method, parts.path or "/", body, headers)
        except (http.client.HTTPException, ConnectionError):  # an idle connection that the server has closed
            self.close()
            status, received, content = self._exchange(method, parts.path or "/", body, headers)
        for name, value in received:
            if name == "set-cookie":
                self._take(value)
        page = Page(status=status, url=url, headers=received, html=content.decode("utf-8", "replace"))
        _Reader(page).feed(page.html)
        return page

    def _exchange(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=30, source_address=self.source)
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        return response.status, [(name.lower(), value) for name, value in response.getheaders()], response.read()

    def _take(self, cookie: str) -> None:
        pair, *attributes = cookie.split(";")
        name, _, value = pair.partition("=")
        if any(each.strip().lower() == "max-age=0" for each in attributes) or not value:
            self.cookies.pop(name.strip(), None)
        else:
            self.cookies[name.strip()] = value

    def close(self) -> None:
        """Let go of the connection."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


Answering = Callable[[Page, Form], Sent]
"""What one participant sends for the form of a page."""


def onward(browser: Browser, page: Page, answering: Answering) -> Page | None:
    """The page that follows: by its form if it has one, else by its first link; None where it has neither."""
    if page.form is not None:
        return browser.press(page, page.form, answering(page, page.form))
    if page.status == 200 and page.links:
        return browser.get(urljoin(page.url, page.links[0]))
    return None


def walk(browser: Browser, answering: Answering) -> Page:
    """From the front door to the receipt, or to whatever page has no way on."""
    page = browser.get("/")
    for _ in range(MOST_PAGES):
        following = None if page.path.endswith("/sent") else onward(browser, page, answering)
        if following is None or following.status >= 500:
            return following or page
        page = following
    raise ValueError(f"still at {page.path} after {MOST_PAGES} pages")


class _Reader(HTMLParser):
    """Fills a page from its HTML."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self.form: Form | None = None
        self.in_main = False
        self.words: list[str] = []
        self.collecting: dict[str, list[str]] = {}
        self.area: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, fields and links as they come."""
        given = {name: value or "" for name, value in attrs}
        match tag:
            case "main":
                self.in_main = True
            case "form":
                self.form = Form(given.get("action", ""), self.in_main)
                self.page.forms.append(self.form)
            case "input" | "textarea" if self.form is not None and "hidden" not in given:  # no participant sees it
                self._field(tag, given)
            case "button" if self.form is not None:
                self.form.buttons.append((given.get("name", ""), given.get("value", "")))
            case "a" if self.in_main and given.get("href", "").startswith("/"):
                self.page.links.append(given["href"])
            case "title" | "h1":
                self.collecting[tag] = []
            case "p" if given.get("class") in ("ribbon", "code"):
                self.collecting[given["class"]] = []

    def handle_endtag(self, tag: str) -> None:
        """Close what was open."""
        said = self._said(tag)
        match tag:
            case "main":
                self.in_main = False
                self.page.text = " ".join(" ".join(self.words).split())
            case "form":
                self.form = None
            case "title":
                self.page.title = said
            case "h1":
                self.page.heading = said
            case "p":
                for name in ("ribbon", "code"):
                    setattr(self.page, name, self._said(name) or getattr(self.page, name))
            case "textarea":
                self.area = None

    def _said(self, name: str) -> str:
        """What was gathered under a name, in one line; it is gathered no longer."""
        return " ".join("".join(self.collecting.pop(name, [])).split())

    def handle_data(self, data: str) -> None:
        """Gather words."""
        if self.area is not None:
            self.area.value += data
        elif self.in_main:
            self.words.append(data)
        for words in self.collecting.values():
            words.append(data)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        assert self.form is not None
        kind = "textarea" if tag == "textarea" else given.get("type", "text")
        name = given.get("name", "")
        here = self.form.fields.setdefault(name, Field(name, kind, value=given.get("value", "")))
        if kind in ("radio", "checkbox"):
            here.offered.append(given.get("value", "on"))
            if "checked" in given:
                here.chosen.append(given.get("value", "on"))
        elif kind == "textarea":
            self.area = here
