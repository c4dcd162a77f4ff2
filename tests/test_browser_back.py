"""What Back shows after an ending: nothing, in a real Chromium with its back-forward cache on, over HTTP and HTTPS."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from browsing import answer, back, launched, needs_chromium, nothing_shows, press, start
from conftest import PROOF, STUDY, Scripted, Server
from encrypted import reached

from instruments.walker import Browser, onward

pytestmark = needs_chromium

KEEP_BACK_CACHE = {"ignore_default_args": ["--disable-back-forward-cache"]}  # playwright alone would switch it off
NEUTRAL = "https://example.org/**"
ENDINGS = {
    "leave": ("#leave", NEUTRAL),
    "send": ("form[action$='/send'] button", "**/sent"),
    "delete": ("form[action$='/delete'] button", "**/deleted"),
}


WAYS = ["http", pytest.param("https", marks=pytest.mark.slow)]
DELETES_ONLY = """
import survey_app.passing as passing
passing.replacing = passing.deleting
from survey_app.__main__ import door
door(prog_name="survey")
"""


@pytest.fixture(scope="module", params=WAYS)
def visited(request, playwright, tmp_path_factory) -> Iterator[tuple]:
    """A Chromium with its back-forward cache on, and the survey it visits."""
    folder, started = tmp_path_factory.mktemp("visited"), []

    def serve(study: str, *flags: str) -> Server:
        started.append(Server(STUDY[study], folder / "data", *flags))
        return started[-1]

    with reached(request.param, serve, folder) as (_, origin, flags):
        browser = launched(playwright, *flags, **KEEP_BACK_CACHE)
        yield browser, origin
        browser.close()
    for server in started:
        server.stop()


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
@pytest.mark.parametrize(
    ("ending", "scripts"),
    [(each, scripts) for each in ENDINGS for scripts in (True, False) if PROOF or scripts == (each != "leave")],
)
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


def one_page_before_the_check(server, origin: str) -> tuple[dict[str, str], str]:
    """The cookies of somebody who has one page left to answer, and where it is."""
    walker = Browser(server.origin, public=origin)
    page = walker.get("/")
    while not page.path.endswith("/check"):
        cookies, last = dict(walker.cookies), page.path
        page = onward(walker, page, Scripted())
    return cookies, last


def restored(browser, origin: str, cookies: dict[str, str], last: str, ending: str) -> bool:
    """They answer that page, end, and press Back: is the check there again, as it was?"""
    context = browser.new_context()
    of_ours = {"url": origin, "httpOnly": True, "secure": origin.startswith("https"), "sameSite": "Strict"}
    context.add_cookies([{"name": name, "value": value, **of_ours} for name, value in cookies.items()])
    page = context.new_page()
    page.route(NEUTRAL, lambda route: route.fulfill(body="the neutral page"))
    page.goto(origin + last)
    answer(page, 0)
    assert page.url.endswith("/check")
    button, then = ENDINGS[ending]
    page.click(button)
    page.wait_for_url(then)
    back(page)
    shows = not nothing_shows(page)
    context.close()
    return shows


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "way"),
    [
        (ending, way)
        for ending in ("delete", "leave")
        for way in ("http", "https")
        if PROOF or (ending, way) == ("leave", "https")
    ],
)
@pytest.mark.parametrize(("program", "leaks"), [((), False), (("-c", DELETES_ONLY), True)], ids=["junk", "control"])
def test_junk_in_the_cookie_keeps_the_filled_page_from_coming_back(
    playwright, serve, tmp_path, way, ending, program, leaks
):
    """Nobody of eight finds the answers again. The control: where the cookie is only deleted, somebody of thirty does.

    Chromium then restores the page often, not always: measured over HTTP nine times in ten, over HTTPS two in five.
    """
    more = {"program": program} if program else {}
    with reached(way, serve, tmp_path, **more) as (server, origin, flags):
        browser = launched(playwright, *flags, **KEEP_BACK_CACHE)
        whose = one_page_before_the_check(server, origin)
        found = any(restored(browser, origin, *whose, ending) for _ in range(30 if leaks else 8))
        browser.close()

    assert found is leaks


@pytest.mark.slow
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
