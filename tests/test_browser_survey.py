"""The survey in a real Chromium: every page for both sides, on small and zoomed screens, by keyboard, without scripts."""

from __future__ import annotations

import re

import pytest
from browsing import COLOURS, RING, RULES, SMALL_TARGETS, answer, faults, needs_chromium, press, start, sync_api
from conftest import PROOF, spoken_in

pytestmark = needs_chromium

MODES = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 320, "height": 640}, "has_touch": True},
    "zoomed to 400 %": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4},
}
LOOKS = (("light", "none"), ("dark", "none"), ("light", "active"))
"""The desktop is also looked at in the dark and in forced colours, page by page."""

BESIDE = {
    "sheet": "More about this study",
    "privacy": "How we keep this private",
    "support": "Get support",
    "withdraw": "Delete answers you sent",
    "break": "Take a break",
    "found": "There are answers on this device",
    "main-points": "It works like this",
    "nowhere": "There is nothing at this address",
}
ENDINGS = {
    "declined": "Thank you for reading",
    "not-for-you": "Thank you",
    "deleted": "Your answers are deleted",
    "p/7": "We do not have your answers here",
    "device": "Your browser keeps no answers",
}
SOME = ((0, "desktop"), (1, "phone"))  # of them, walked where time is short: in CI


@pytest.mark.slow
@pytest.mark.parametrize(("role", "mode"), [(role, mode) for role in (0, 1) for mode in MODES] if PROOF else SOME)
def test_every_page_of_the_survey_is_free_of_faults(chromium, serve, role, mode):
    """From the first page to the receipt: axe finds nothing, no sideways scroll, one h1, targets that a finger hits."""
    server = serve("off_hours")
    context = chromium.new_context(**MODES[mode])
    page = context.new_page()
    requested, said = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(server.origin)
    wrong_tried, pages = False, 0
    while not page.url.endswith("/sent"):
        fit_to_read(page)
        pages += 1
        if page.query_selector("main form button") is None:
            press(page, "main a.button")
        elif page.url.endswith("/check"):
            for beside, heading in BESIDE.items():
                page.goto(f"{server.origin}/en/{beside}")
                fit_to_read(page)
                assert heading in page.inner_text("h1")
            page.goto(f"{server.origin}/en/check")
            press(page, "form[action$='/send'] button")
        else:
            if page.url.endswith("/agree") and not wrong_tried:
                press(page, "main form button")  # an error page is a page too
                fit_to_read(page)
                wrong_tried = True
            if page.query_selector("textarea"):
                page.fill("textarea", "x" * 700)
                press(page, "main form button")
                fit_to_read(page)
                assert page.title().startswith("Error: ")
                page.fill("textarea", "some words")
            answer(page, role)
    fit_to_read(page)
    press(page, "button[value=show]")
    fit_to_read(page)
    for ending, heading in ENDINGS.items():
        page.goto(f"{server.origin}/en/{ending}")
        fit_to_read(page)
        assert heading in page.inner_text("h1")
    assert pages > 20
    assert all(url.startswith((server.origin, "data:")) for url in requested)
    assert [line for line in said if "Content Security Policy" in line] == []
    context.close()


def fit_to_read(page) -> None:
    for scheme, forced in LOOKS if page.viewport_size == MODES["desktop"]["viewport"] else LOOKS[:1]:
        page.emulate_media(color_scheme=scheme, forced_colors=forced)
        assert page.evaluate("matchMedia('(forced-colors: active)').matches") == (forced == "active")
        assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
        wrong = faults(page, RULES if (scheme, forced) == LOOKS[0] else COLOURS)
        assert wrong == [], f"{page.url} {scheme} {forced}"
    page.emulate_media(color_scheme="light", forced_colors="none")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    assert page.locator("h1").count() == 1, page.url
    assert page.evaluate(SMALL_TARGETS) == [], page.url


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en-XA", "ar-XB"])
def test_longer_words_and_the_other_direction_fit(chromium, serve, tmp_path, language):
    """Two fifths more letters, and right to left: nothing is cut off and nothing scrolls sideways on a small phone."""
    server = serve(spoken_in(["en-XA", "ar-XB"], tmp_path / "study", "off_hours"))
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(server.origin)
    fit_to_read(page)
    start(page, f"{server.origin}/{language}/")
    while not page.url.endswith("/check"):
        fit_to_read(page)
        plain = page.evaluate("document.body.innerText")
        assert not re.search(r"\b(Continue|Back|Leave|Prefer not to say)\b", plain), "a word that no catalogue holds"
        answer(page, 0)
    fit_to_read(page)
    assert page.evaluate("getComputedStyle(document.body).direction") == ("rtl" if language == "ar-XB" else "ltr")
    context.close()


@pytest.mark.parametrize(
    ("study", "role"),
    [
        ("every_kind", 0),
        *(pytest.param("off_hours", role, marks=pytest.mark.slow) for role in ((0, 1) if PROOF else (1,))),
    ],
)
def test_it_is_complete_by_keyboard_alone_and_without_scripts(chromium, serve, study, role):
    """Tab, Space, arrows and Enter lead from the first page to the receipt; where the focus is can always be seen."""
    server = serve(study)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    requested, said = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(server.origin)
    wrong_tried = False
    for _ in range(80):
        if page.url.endswith("/sent"):
            break
        forgets = page.url.endswith("/agree") and not wrong_tried
        by_keyboard(page, role, forgets)
        if forgets:
            wrong_tried = True
            assert page.title().startswith("Error: ")
            assert page.evaluate("document.activeElement.className") == "summary", "the focus is on what is wrong"
    assert page.url.endswith("/sent")
    assert all(url.startswith((server.origin, "data:")) for url in requested)
    assert [line for line in said if "422" not in line] == [], "no violation of the policy, nor anything else"
    context.close()


FOCUSED = """
(() => { const e = document.activeElement, m = e.closest('main')
  return {tag: e.tagName, type: e.type || '', name: e.name || '', main: !!m, value: e.value || '', page: e == document.body} })()
"""


def by_keyboard(page, role: int, forgets: bool) -> None:
    """Fill in and leave one page with Tab, Space and Enter, as the order of the page offers them."""
    done: set[str] = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here["page"]:
            continue  # the browser's own bar
        assert page.evaluate(RING), f"no ring on {here} at {page.url}"
        if not here["main"]:
            continue
        if here["type"] in ("radio", "checkbox") and here["name"] not in done and "-instead" not in here["name"]:
            if not forgets:
                page.keyboard.press("Space")
            for _ in range(role if here["name"] == "role" else 0):
                page.keyboard.press("ArrowDown")
            done.add(here["name"])
        elif here["tag"] == "TEXTAREA" or here["type"] == "text":
            page.keyboard.type("3")
        elif here["type"] == "submit" or (here["tag"] == "A" and page.query_selector("main form button") is None):
            with page.expect_navigation():
                page.keyboard.press("Enter")
            return
    raise AssertionError(f"no way on by keyboard from {page.url}")


def test_style_is_an_extra(chromium, serve):
    """On a browser that loads no style the survey still reads in order and can be sent."""
    server = serve("tea")
    context = chromium.new_context()
    context.route("**/*.css", lambda route: route.abort())
    page = context.new_page()
    start(page, server.origin)
    while not page.url.endswith("/check"):
        answer(page, 0)
    press(page, "form[action$='/send'] button")
    assert page.url.endswith("/sent")
    context.close()


@pytest.mark.slow
def test_control_no_name_leads_anywhere(chromium):
    """The browser of these tests resolves no name: a page that asked for something elsewhere would be seen to fail."""
    page = chromium.new_page()
    with pytest.raises(sync_api.Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("http://localhost/")
    page.close()


WRONG = {
    "image-alt": ("<img src='data:,'>", RULES),
    "color-contrast": ("<p style='color: #999; background: #fff'>Can you read this?</p>", COLOURS),
}


@pytest.mark.parametrize("fault", WRONG)
def test_control_a_page_with_a_fault_is_not_free_of_them(chromium, fault):
    """In every look that the pages above are looked at, what is wrong is found, and by its name."""
    html, rules = WRONG[fault]
    page = chromium.new_page()
    page.set_content(f"<!doctype html><html lang=en><title>A page</title><main><h1>A page</h1>{html}</main></html>")
    for scheme, _ in LOOKS:
        page.emulate_media(color_scheme=scheme)
        assert [line.partition(":")[0] for line in faults(page, rules)] == [fault]
    page.set_content(
        "<main><h1 style='width: 9000px'>Wide</h1><a href='/' style='display: block; height: 9px'>Thin</a>"
    )
    assert page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert page.evaluate(SMALL_TARGETS) != []
    page.close()
