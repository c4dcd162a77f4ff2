"""Leaving at once in a real Chromium: by keyboard alone, on a narrow and on a zoomed screen, with scripts and without."""

from __future__ import annotations

import pytest
from browsing import RING, answer, back, needs_chromium, nothing_shows, press, start, sync_api
from conftest import PROOF

pytestmark = needs_chromium

NEUTRAL = "https://example.org/"
SCREENS = {
    "320 px": {"viewport": {"width": 320, "height": 640}, "has_touch": True},
    "400 %": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4},  # of 1280 × 1024
}
IN_SIGHT = """
(() => { const box = document.activeElement.getBoundingClientRect()
  return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight && box.height >= 44 })()
"""
WAYS = [
    (screen, scripts) for screen in SCREENS for scripts in (True, False) if PROOF or scripts == (screen == "320 px")
]
AT_LEAVE = "document.activeElement.id == 'leave'"
SKIPS_TO_IT = "document.activeElement.getAttribute('href') == '#leave'"
WITH_SCRIPTS_ONLY = '<form id="away"><button type="button" id="leave" onclick="location=\'/away\'">'
"""A way out as many sites have it: the control."""


def visitor(chromium, screen: str, scripts: bool):
    """A page in a browser of its own; the neutral page is answered here."""
    page = chromium.new_context(java_script_enabled=scripts, **SCREENS[screen]).new_page()
    page.route(NEUTRAL + "**", lambda route: route.fulfill(body="the neutral page"))
    return page


def to_own_words(page) -> None:
    """To the question that is answered in one's own words; only somebody whose mood is not the first is asked it."""
    while page.query_selector("main textarea") is None:
        if moods := page.query_selector_all("main input[name=mood]"):
            moods[1].check()
            press(page, "main form button")
        else:
            answer(page, 0)


def to_leave(page, key: str) -> int:
    """Press a key until “Leave this page fast” has the focus; how often it took. It is ringed and in sight then."""
    for presses in range(1, 60):
        page.keyboard.press(key)
        if page.evaluate(AT_LEAVE):
            assert page.evaluate(RING), f"no ring on it at {page.url}"
            assert page.evaluate(IN_SIGHT), f"not in sight at {page.url}"
            return presses
    raise AssertionError(f"no way to it by {key} from {page.url}")


def away(page) -> bool:
    """Whether Enter leads to the neutral page, with nothing kept and nothing behind Back."""
    page.keyboard.press("Enter")
    try:
        page.wait_for_url(NEUTRAL, timeout=5000)
    except sync_api.TimeoutError:
        return False
    assert page.context.cookies() == []
    for _ in range(3):
        back(page)
        assert nothing_shows(page), page.url
    return True


@pytest.mark.slow
@pytest.mark.parametrize(("screen", "scripts"), WAYS)
def test_the_way_out_is_three_keys_away_on_every_page(chromium, serve, screen, scripts):
    """From the second page to the check: two links that skip, then it, always there; Enter leaves with everything gone."""
    page = visitor(chromium, screen, scripts)
    start(page, serve("every_kind").origin)
    seen = 0
    while not page.url.endswith("/check"):
        assert to_leave(page, "Tab") <= 3
        seen += 1
        answer(page, 0)
    assert seen > 5
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate(SKIPS_TO_IT)
    page.keyboard.press("Enter")
    assert page.evaluate(AT_LEAVE)
    assert page.evaluate(IN_SIGHT)
    assert not nothing_shows(page), "the control: before the end it shows"
    assert away(page)


@pytest.mark.slow
@pytest.mark.parametrize(("screen", "scripts"), WAYS)
def test_out_of_the_middle_of_a_sentence(chromium, serve, screen, scripts):
    """Whoever is writing gets out with Shift and Tab, then Enter; what was written is gone."""
    page = visitor(chromium, screen, scripts)
    start(page, serve("every_kind").origin)
    to_own_words(page)
    page.fill("main textarea", "nobody is to see this")
    to_leave(page, "Shift+Tab")
    assert away(page)


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
def test_control_a_way_out_that_needs_a_script_is_none_without(chromium, serve, scripts):
    """The same keys on a page whose button is moved by a script: with scripts they leave, without they stay."""
    page = visitor(chromium, "320 px", scripts)
    origin = serve("every_kind").origin

    def changed(route):
        reply = route.fetch()
        shown = reply.text().replace('<form class="logout" id="away" method="post" action="/leave"><button id="leave">', WITH_SCRIPTS_ONLY)  # fmt: skip
        headers = {name: value for name, value in reply.headers.items() if name != "content-security-policy"}
        route.fulfill(status=reply.status, headers=headers, body=shown)

    start(page, origin)
    to_own_words(page)
    page.route(f"{origin}/en/p/*", changed)
    page.reload()
    assert page.get_attribute("#leave", "type") == "button"
    to_leave(page, "Tab")
    assert away(page) is scripts
