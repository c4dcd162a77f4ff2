"""What an ending leaves in the profile that a real Chromium keeps on the disk: nothing that anybody wrote."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browsing import CHROMIUM, FLAGS, answer, needs_chromium, press, start
from conftest import PROOF
from encrypted import reached
from test_browser_back import ENDINGS, KEEP_BACK_CACHE, NEUTRAL

from survey_app import haystack

pytestmark = needs_chromium
WRITTEN = "ANSCANARY-tell-nobody"


@contextmanager
def with_profile(playwright, folder: Path, *more: str) -> Iterator:
    """A Chromium that keeps a profile on the disk, as everybody's does; closed, so that all is written."""
    browser = playwright.chromium.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=[*FLAGS, *more], **KEEP_BACK_CACHE
    )
    try:
        yield browser.pages[0]
    finally:
        browser.close()


def left_in(profile: Path) -> list[haystack.Trace]:
    """Where in a profile what somebody wrote can be found, in any writing."""
    return haystack.traces({"written": haystack.ways_of_writing(WRITTEN)}, [profile])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "way"),
    [
        (ending, way)
        for ending in sorted(ENDINGS)
        for way in ("http", "https")
        if PROOF or way == "http" or ending == "leave"
    ],
)
def test_nothing_written_is_left_in_the_profile(playwright, serve, tmp_path, way, ending):
    """Words of one's own, said back at the check, then an end: no file of the browser holds them, over HTTPS neither."""
    with (
        reached(way, serve, tmp_path) as (_, origin, flags),
        with_profile(playwright, tmp_path / "profile", *flags) as page,
    ):
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
