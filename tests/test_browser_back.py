"""What Back shows after an ending: nothing, in a real Chromium with its back-forward cache on, over HTTP and HTTPS."""

from __future__ import annotations

import base64
import hashlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browsing import CHROMIUM, FLAGS, answer, back, launched, needs_chromium, nothing_shows, press, start

from survey_app import haystack

pytestmark = needs_chromium

KEEP_BACK_CACHE = {"ignore_default_args": ["--disable-back-forward-cache"]}  # playwright alone would switch it off
NEUTRAL = "https://example.org/**"
WRITTEN = "ANSCANARY-tell-nobody"
ENDINGS = {
    "leave": ("#leave", NEUTRAL),
    "send": ("form[action$='/send'] button", "**/sent"),
    "delete": ("form[action$='/delete'] button", "**/deleted"),
}


@pytest.fixture(scope="module")
def secured(tmp_path_factory) -> tuple[Path, Path, str]:
    """A certificate that lives as long as the test, and its mark for Chromium."""
    if shutil.which("openssl") is None:
        pytest.skip("SKIPPED LOUDLY: there is no openssl here (apt-get install openssl)")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *made.split(), *more], check=True, capture_output=True)
    pem = subprocess.run(
        ["openssl", "x509", "-in", str(certificate), "-pubkey", "-noout"], check=True, capture_output=True, text=True
    ).stdout
    public = base64.b64decode("".join(pem.strip().splitlines()[1:-1]))
    return key, certificate, base64.b64encode(hashlib.sha256(public).digest()).decode()


@pytest.fixture(params=["http", pytest.param("https", marks=pytest.mark.slow)])
def visited(request, playwright, serve) -> Iterator[tuple]:
    """A Chromium with its back-forward cache on, and the survey it visits."""
    if request.param == "http":
        browser = launched(playwright, **KEEP_BACK_CACHE)
        yield browser, serve("every_kind").origin
        browser.close()
        return
    key, certificate, mark = request.getfixturevalue("secured")
    with socket.create_server(("127.0.0.1", 0)) as outside:
        origin = f"https://127.0.0.1:{outside.getsockname()[1]}"
        inside = serve("every_kind", "--origin", origin).port
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        threading.Thread(target=_passes_on, args=(outside, context, inside), daemon=True).start()
        browser = launched(playwright, f"--ignore-certificate-errors-spki-list={mark}", **KEEP_BACK_CACHE)
        yield browser, origin
        browser.close()


def _passes_on(outside: socket.socket, context: ssl.SSLContext, inside: int) -> None:
    """What a proxy in front of the survey does: take the encryption off."""
    with suppress(OSError):
        while True:
            there, _ = outside.accept()
            threading.Thread(target=_one, args=(context, there, inside), daemon=True).start()


def _one(context: ssl.SSLContext, there: socket.socket, inside: int) -> None:
    with (
        suppress(OSError),
        context.wrap_socket(there, server_side=True) as near,
        socket.create_connection(("127.0.0.1", inside)) as far,
    ):
        back_again = threading.Thread(target=_pour, args=(far, near), daemon=True)
        back_again.start()
        _pour(near, far)


def _pour(source: socket.socket, into: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            into.sendall(data)
    with suppress(OSError):
        into.shutdown(socket.SHUT_WR)


def to_check(page, origin: str) -> None:
    """From the first page to the check."""
    page.route(NEUTRAL, lambda route: route.fulfill(body="the neutral page"))
    start(page, origin)
    while not page.url.endswith("/check"):
        answer(page, 0)


@pytest.mark.slow
def test_control_an_ordinary_link_leaves_the_filled_page_behind_back(visited):
    """Chromium keeps even a no-store page: without what our endings do, Back restores it as it was."""
    browser, origin = visited
    page = browser.new_page()
    to_check(page, origin)
    page.evaluate("addEventListener('pageshow', shown => { window.restored = shown.persisted })")
    press(page, "footer a[href$=privacy]")
    back(page)
    assert page.evaluate("window.restored") is True
    assert not nothing_shows(page)


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_back_shows_nothing_after_any_ending(visited, ending, scripts):
    """From the first page to the check, then an end: every press of Back finds no answer, with scripts and without."""
    browser, origin = visited
    page = browser.new_context(java_script_enabled=scripts).new_page()
    to_check(page, origin)
    assert not nothing_shows(page), "the control: before the end it shows"
    button, then = ENDINGS[ending]
    page.click(button)
    page.wait_for_url(then)
    for _ in range(5):
        back(page)
        assert nothing_shows(page), page.url


@pytest.mark.parametrize(("path", "filling"), [("/en/withdraw", "#code"), ("/en/agree", "#agreed")])
def test_back_after_leaving_a_page_without_a_draft_shows_nothing(visited, path, filling):
    """A typed code, a ticked consent: gone too, though there was no cookie yet."""
    browser, origin = visited
    page = browser.new_page()
    page.route(NEUTRAL, lambda route: route.fulfill(body="the neutral page"))
    page.goto(origin + path)
    if filling == "#code":
        page.fill(filling, "ABCD EFGH")
    else:
        page.check(filling)
    page.click("#leave")
    page.wait_for_url(NEUTRAL)
    back(page)
    assert nothing_shows(page), page.url


@pytest.mark.slow
@pytest.mark.parametrize("device", ["shared", "own"])
def test_back_does_not_show_the_code_again_on_a_shared_device(visited, device):
    """Shown once, then another page, then Back: it says that it was sent. The control is an own device, where it shows."""
    browser, origin = visited
    page = browser.new_page()
    page.goto(origin)
    while not page.url.endswith("/device"):
        press(page, "main a.button") if page.query_selector("main form button") is None else answer(page, 0)
    page.check(f"input[value={device}]")
    press(page, "main form button")
    while not page.url.endswith("/check"):
        answer(page, 0)
    press(page, "form[action$='/send'] button")
    press(page, "button[value=show]")
    assert page.query_selector(".code") is not None
    page.goto(origin + "/en/privacy")
    back(page)
    assert (page.query_selector(".code") is None) == (device == "shared")


@pytest.mark.slow
def test_back_after_none_of_these_shows_nothing(playwright, serve):
    """The kind end of somebody who had already answered."""
    browser = launched(playwright, **KEEP_BACK_CACHE)
    page = browser.new_page()
    origin = serve("off_hours").origin
    start(page, origin)
    while not page.url.endswith("/p/3"):
        answer(page, 0)
    page.check("main input[type=radio]")
    page.goto(origin + "/en/p/1")
    page.check("input[value='5']")
    press(page, "main form button")
    assert page.url.endswith("/not-for-you")
    for _ in range(4):
        back(page)
        assert nothing_shows(page), page.url
    browser.close()


@pytest.mark.slow
def test_the_script_of_a_study_that_wants_it_adds_comfort_only(chromium, serve, tmp_path):
    """Shift three times leaves; pressing “leave” blanks the page at once; the policy allows our own file and no more."""
    from conftest import STUDY

    folder = tmp_path / "study"
    shutil.copytree(STUDY["every_kind"], folder)
    with (folder / "study.yaml").open("a") as head:
        head.write("quick_exit_script: true\n")
    server = serve(folder)
    page = chromium.new_page()
    page.route(NEUTRAL, lambda route: route.fulfill(body="the neutral page"))
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(server.origin + "/en/withdraw")
    page.fill("#code", "ABCD")
    for _ in range(2):
        page.keyboard.press("Shift")
    page.wait_for_timeout(300)
    assert page.url.endswith("/withdraw"), "twice is a slip"
    page.evaluate("addEventListener('submit', () => console.log('blank', document.documentElement.hidden))")
    page.wait_for_timeout(1600)
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url(NEUTRAL)
    assert "blank true" in said, "the page went blank before the answer came"
    back(page)
    assert nothing_shows(page)
    assert [line for line in said if "Content Security" in line] == []
    page.close()


@contextmanager
def with_profile(playwright, folder: Path) -> Iterator:
    """A Chromium that keeps a profile on the disk, as everybody's does; closed, so that all is written."""
    browser = playwright.chromium.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=FLAGS, **KEEP_BACK_CACHE
    )
    try:
        yield browser.pages[0]
    finally:
        browser.close()


def left_in(profile: Path) -> list[haystack.Trace]:
    """Where in a profile what somebody wrote can be found, in any writing."""
    return haystack.traces({"written": haystack.ways_of_writing(WRITTEN)}, [profile])


@pytest.mark.slow
@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_nothing_written_is_left_in_the_profile(playwright, serve, tmp_path, ending):
    """Words of one's own, said back at the check, then an end: no file of the browser holds them."""
    origin = serve("every_kind").origin
    with with_profile(playwright, tmp_path / "profile") as page:
        page.route(NEUTRAL, lambda route: route.fulfill(body="the neutral page"))
        start(page, origin)
        while not page.url.endswith("/check"):
            for box in page.query_selector_all("main textarea"):
                box.fill(WRITTEN)
            if monday := page.query_selector("input[name=days][value='2']"):
                monday.check()  # then it is asked why
                press(page, "main form button")
            else:
                answer(page, 0)
        assert WRITTEN in page.inner_text("main"), "the control: it was there to be kept"
        button, then = ENDINGS[ending]
        page.click(button)
        page.wait_for_url(then)
    assert len(list(haystack.files([tmp_path / "profile"]))) > 20, "the control: there is a profile"
    assert left_in(tmp_path / "profile") == []


class Ordinary(BaseHTTPRequestHandler):
    """A page as most are: it may be kept."""

    def do_GET(self) -> None:
        """Say back what somebody wrote."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(f"<!doctype html><title>a page</title><p>{WRITTEN}".encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.mark.slow
def test_control_a_page_without_no_store_is_left_in_the_profile(playwright, tmp_path):
    """The same words on a page that may be kept lie in the cache afterwards."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ordinary)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with with_profile(playwright, tmp_path / "profile") as page:
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.goto("about:blank")
        page.wait_for_timeout(1000)
    server.shutdown()
    assert left_in(tmp_path / "profile")
