"""In a real Chromium: the survey without JavaScript, and the report as a reader opens it from disk."""

from __future__ import annotations

import shutil

import pytest
from conftest import STUDY

from analysis.rehearsal.running import rehearsal

sync_api = pytest.importorskip("playwright.sync_api", reason="SKIPPED LOUDLY: playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="SKIPPED LOUDLY: axe is not installed")
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="SKIPPED LOUDLY: there is no Chromium here (apt-get install chromium)"),
]


@pytest.fixture(scope="module")
def playwright():
    with sync_api.sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def chromium(playwright):
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def with_back_cache(playwright):
    """Chromium as people have it: playwright alone would switch the back-forward cache off."""
    keep = ["--disable-back-forward-cache"]
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, ignore_default_args=keep)
    yield browser
    browser.close()


def faults(page) -> list[str]:
    """What axe finds on the page."""
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:120]}"
        for each in axe.Axe().run(page, options=RULES).response["violations"]
    ]


def press(page, what: str) -> None:
    """Press it, and wait for the page it leads to: a click alone returns while the old page is still going."""
    with page.expect_navigation():
        page.click(what)


def start(page, server) -> None:
    """To the consent page."""
    page.goto(server.origin)
    press(page, "main a.button")
    press(page, "main form button")


def answer(page, role: int) -> None:
    """Fill in one page as a participant who answers everything with the first choice."""
    names = []
    for box in page.query_selector_all("main input[type=radio], main input[type=checkbox]"):
        name = box.get_attribute("name")
        if name == "role":
            if len(names) == role:
                box.check()
            names.append(name)
        elif name == "understood" or name not in names:
            names.append(name)
            box.check()
    press(page, "main form button")


@pytest.mark.parametrize(("role", "scheme", "width"), [(0, "light", 320), (1, "dark", 1280)])
def test_every_page_of_the_survey_is_free_of_faults(chromium, serve, role, scheme, width):
    """Both sides, from the first page to the receipt: axe finds nothing, no sideways scroll, one h1, no foreign request."""
    server = serve("off_hours")
    context = chromium.new_context(viewport={"width": width, "height": 640}, color_scheme=scheme)
    page = context.new_page()
    requested, said = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(server.origin)
    seen = set()
    for _ in range(80):
        assert faults(page) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
        assert page.locator("h1").count() == 1, page.url
        if page.query_selector("main form button") is None:
            press(page, "main a.button")
        elif page.url.endswith("/check"):
            press(page, "form[action$='/send'] button")
        elif page.url.endswith("/sent"):
            break
        else:
            if page.url.endswith("/agree") and page.url not in seen:
                press(page, "main form button")  # an error page is a page too
                seen.add(page.url)
                assert faults(page) == []
            answer(page, role)
    assert page.url.endswith("/sent")
    assert all(url.startswith((server.origin, "data:")) for url in requested)
    assert [line for line in said if "Content Security Policy" in line] == []
    context.close()


def nothing_shows(page) -> bool:
    """No box is ticked, nothing is written, and no answer is said back."""
    written = page.evaluate("[...document.querySelectorAll('input[type=text], textarea')].some(each => each.value)")
    return not written and page.query_selector("main input:checked") is None and page.query_selector("dd") is None


def back(page) -> None:
    """Press Back; a page that comes out of the back-forward cache never “loads”, so only the change is waited for."""
    page.go_back(wait_until="commit")
    page.wait_for_timeout(300)


def test_control_an_ordinary_link_leaves_the_filled_page_behind_back(with_back_cache, serve):
    """Chromium keeps even a no-store page: without what our endings do, Back restores it as it was."""
    server = serve("every_kind")
    context = with_back_cache.new_context()
    page = context.new_page()
    start(page, server)
    while not page.url.endswith("/check"):
        answer(page, 0)
    page.evaluate("addEventListener('pageshow', shown => { window.restored = shown.persisted })")
    press(page, "footer a[href$=privacy]")
    back(page)
    assert page.evaluate("window.restored") is True
    assert not nothing_shows(page)
    context.close()


ENDINGS = {
    "leave": "#leave",
    "send": "form[action$='/send'] button",
    "delete": "form[action$='/delete'] button",
}


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_back_shows_nothing_after_any_ending(with_back_cache, serve, ending, scripts):
    """From the first page to the check, then an end: every press of Back finds no answer, with scripts and without."""
    server = serve("every_kind")
    context = with_back_cache.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.route("https://example.org/**", lambda route: route.fulfill(body="the neutral page"))
    start(page, server)
    while not page.url.endswith("/check"):
        answer(page, 0)
    assert not nothing_shows(page), "the control: before the end it shows"
    page.click(ENDINGS[ending])
    page.wait_for_url(
        "**/sent" if ending == "send" else "**/deleted" if ending == "delete" else "https://example.org/**"
    )
    for _ in range(5):
        back(page)
        assert nothing_shows(page), page.url
    context.close()


@pytest.mark.parametrize(("path", "filling"), [("/en/withdraw", "#code"), ("/en/agree", "#agreed")])
def test_back_after_leaving_a_page_without_a_draft_shows_nothing(with_back_cache, serve, path, filling):
    """A typed code, a ticked consent: gone too, though there was no cookie yet."""
    server = serve("every_kind")
    context = with_back_cache.new_context()
    page = context.new_page()
    page.route("https://example.org/**", lambda route: route.fulfill(body="the neutral page"))
    page.goto(server.origin + path)
    if filling == "#code":
        page.fill(filling, "ABCD EFGH")
    else:
        page.check(filling)
    page.click("#leave")
    page.wait_for_url("https://example.org/**")
    back(page)
    assert nothing_shows(page), page.url
    context.close()


def test_the_report_opens_from_disk_and_asks_nobody_for_anything(chromium, tmp_path):
    """Figures drawn, no request, no console error, no button that shares, axe finds nothing, no sideways scroll."""
    written = rehearsal(STUDY["off_hours"], tmp_path / "r", (14, 8), 3, lambda things, label: iter(things))
    context = chromium.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()
    requested, said = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(written.as_uri())
    page.wait_for_function("document.querySelectorAll('.plotly-graph-div .main-svg').length > 20")
    assert [url for url in requested if not url.startswith(("file:", "data:", "blob:"))] == []
    assert said == []
    assert page.locator(".modebar-btn, [data-title*=hare]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(page) == []
    context.close()
