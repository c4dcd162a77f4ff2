"""What every test may use: the studies, and the real survey started as a program."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np  # noqa: F401  before the survey's door, which keeps it out of its own process
import pytest
from hypothesis import settings

from instruments import BUNDLED
from instruments.reader import read
from instruments.reader.languages import addresses
from instruments.walker import Browser, Form, Page, Sent
from instruments.words.pseudo import PSEUDO
from instruments.written import read_yaml
from survey_app import clock
from survey_app.drafts import Draft, DraftKeys, to_cookie, usually

STUDIES = Path(__file__).parent / "studies"
STUDY = {"off_hours": BUNDLED} | {name: STUDIES / name for name in ("tea", "every_kind", "bench")}
SECONDS_TO_START = 20
PROOF = bool(os.environ.get("OFFHOURS_PROOF"))  # make proof: all cases of what CI does with some

settings.register_profile("house", deadline=None)  # no test asserts a time
settings.load_profile("house")

FIGURE = "figure"


@pytest.fixture
def figure(request) -> Callable[[str], None]:
    """Say a figure that no test asserts: figure("95 % within 40 ms"). What a test prints is shown only where it fails."""
    return lambda words: request.node.user_properties.append((FIGURE, words))


def pytest_terminal_summary(terminalreporter) -> None:
    """The figures, behind everything else, whoever ran the tests: they come back from every process."""
    ran = [
        each for came in ("passed", "failed") for each in terminalreporter.stats.get(came, []) if each.when == "call"
    ]
    said = [(each.nodeid, words) for each in ran for name, words in each.user_properties if name == FIGURE]
    if said:
        terminalreporter.section("figures, which no test asserts", sep="-")
    for test, words in said:
        terminalreporter.write_line(f"{test}: {words}")


def free_port() -> int:
    """A port nobody listens on, below those that systems give to connections: none of those takes it before we listen."""
    while True:
        port = random.SystemRandom().randrange(12_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Server:
    """The real survey on a port of its own, that can be killed and started again on the same data."""

    def __init__(
        self,
        study: Path,
        data: Path,
        *flags: str,
        under: tuple[str, ...] = (),
        program: tuple[str, ...] = ("-m", "survey_app"),
        **env: str,
    ) -> None:
        """`under` is a program that runs it, such as strace; `program` what Python is to run; `env` more environment."""
        self.study, self.data, self.flags, self.env = study, data, flags, env
        self.command = (*under, sys.executable, *program)
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.log = ""
        self.start()

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = [*self.command, "--study", str(self.study), "--data", str(self.data)]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), *self.flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **self.env},
        )
        ends = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < ends and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"the survey did not start: {self.process.communicate()[0]}")

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.log += self.process.communicate()[0]

    def stop(self) -> None:
        """End it as a host would, and keep what it said."""
        if self.process.poll() is None:
            self.process.terminate()
            self.log += self.process.communicate(timeout=SECONDS_TO_START)[0]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a survey: serve("tea") or serve(a folder), with more flags."""
    started: list[Server] = []

    def start(study: str | Path, *flags: str, data: Path | None = None, **more: Any) -> Server:
        folder = STUDY[study] if isinstance(study, str) else study
        started.append(Server(folder, data or tmp_path / "data", *flags, **more))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def playwright():
    """Playwright, for as long as a file of tests needs it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright):
    """One Chromium for a file of tests."""
    from browsing import launched

    browser = launched(playwright)
    yield browser
    browser.close()


class Scripted:
    """A participant who gives these answers by field, and to everything else the first that is offered."""

    def __init__(self, **answers: str | list[str] | None) -> None:
        self.answers = answers
        self.sent: dict[str, list[str]] = {}

    def __call__(self, page: Page, form: Form) -> Sent:
        found: Sent = []
        for each in form.fields.values():
            if each.kind == "hidden":
                continue
            said = self.answers.get(each.name, each.offered[:1] if each.kind in ("radio", "checkbox") else None)
            values = [said] if isinstance(said, str) else said or []
            if each.name.endswith("-instead") and each.name not in self.answers:
                values = []
            self.sent[each.name] = values
            found += [(each.name, value) for value in values]
        return found


def to_page(browser: Browser, answering: Scripted, ends: str, most: int = 100) -> Page:
    """Walk until the path ends so."""
    page = browser.get("/")
    for _ in range(most):
        if page.path.endswith(ends):
            return page
        if page.form is not None:
            page = browser.press(page, page.form, answering(page, page.form))
        else:
            page = browser.get(page.links[0])
    raise AssertionError(f"did not reach {ends}, is at {page.path}")


def run(*command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of the doors as a person would."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        timeout=240,  # a bound, not a figure: many run at once
        cwd=cwd or Path(__file__).parent.parent,
    )


def spoken_in(languages: list[str], folder: Path, study: str | Path = "every_kind") -> Path:
    """A copy of a study that is offered in these pseudo-languages too, every string of it translated."""
    shutil.copytree(STUDY[study] if isinstance(study, str) else study, folder)
    (folder / "languages").mkdir()
    source = {name.name: read_yaml(name, name.name) for name in folder.glob("*.yaml")}
    for language in languages:
        words = {address: PSEUDO[language](said) for address, said in addresses(source).items()}
        lines = [f"  {address}: {json.dumps(said, ensure_ascii=False)}" for address, said in words.items()]
        text = "\n".join(["status: tested", "on: 2026-11-01", "words:", *lines, ""])
        (folder / "languages" / f"{language}.yaml").write_text(text)
    head = folder / "study.yaml"
    head.write_text(re.sub(r"^languages:.*\n", "", head.read_text(), flags=re.MULTILINE))
    head.write_text(f"languages: [{', '.join(['en', *languages])}]\n" + head.read_text())
    return folder


FORM = "application/x-www-form-urlencoded"
CANARY = "ANSCANARY"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    """One survey for all tests of a file; whoever stops it, pauses it or looks at its data starts their own."""
    started = Server(STUDY["every_kind"], tmp_path_factory.mktemp("survey") / "data")
    yield started
    started.stop()


def on_page(browser: Browser, field: str, person: Scripted):
    """Walk to the page that asks this field."""
    page = browser.get("/")
    for _ in range(60):
        if page.form is not None and field in page.form.fields:
            return page
        page = browser.press(page, page.form, person(page, page.form)) if page.form else browser.get(page.links[0])
    raise AssertionError(f"{field} is asked nowhere, is at {page.path}")


def raw(server, method: str, path: str, body: bytes | None = None, **headers: str):
    """One request as something else than a browser would send it."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response.status, dict(response.getheaders()), response.read().decode()


def keys_of(server) -> DraftKeys:
    """The keys of this server's cookies."""
    return DraftKeys(server.data / "draft-keys", usually(read(server.study)))


def cookie_of(server, **changed) -> str:
    """A draft as this server would seal it, with some things changed."""
    keys = keys_of(server)
    mark = read(STUDY["every_kind"]).fingerprint[:16]
    draft = Draft(study=mark, begun=clock.minute(), seen=clock.minute(), role="reader")
    return f"s={to_cookie(replace(draft, **changed), keys, clock.today())}"
