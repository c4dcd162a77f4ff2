"""A real Chromium for the tests: how it is started, and how a participant moves in it."""

from __future__ import annotations

import shutil

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="SKIPPED LOUDLY: playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="SKIPPED LOUDLY: axe is not installed")
CHROMIUM = shutil.which("chromium")
ADDRESS_BAR = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
"""What it suggests below an address: two pages that each new window makes for itself, two thirds of a test's time."""
AS_PLAYWRIGHT = (
    "AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter",
    "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch",
    "TcpPortRandomizationWin", "ThirdPartyStoragePartitioning",
)  # fmt: skip
"""What playwright switches off, said again: the last such list is the one that holds."""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no name leads anywhere
    f"--disable-features={','.join((*ADDRESS_BAR, *AS_PLAYWRIGHT))}",
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["cat.color"]  # what another scheme of the same page can break

needs_chromium = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="SKIPPED LOUDLY: there is no Chromium here (apt-get install chromium)"),
]

AXE = """
async rules => (await axe.run({runOnly: rules, resultTypes: ['violations']})).violations.map(
  each => `${each.id}: ${each.nodes[0].html.slice(0, 120)}`
)
"""
"""What it finds wrong: the rule, and where it is broken first."""

SMALL_TARGETS = """
[...document.querySelectorAll('a[href], button, summary, input:not([type=hidden]), textarea')].filter(each => {
  const on = each.closest('label.row') || each, box = on.getBoundingClientRect()
  const inline = each.tagName == 'A' && getComputedStyle(each).display == 'inline'
  return each.checkVisibility() && box.left > -99 && !inline && (box.height < 24 || box.width < 24)
}).map(each => each.outerHTML.slice(0, 80))
"""
"""What a finger would miss: targets under 24 × 24 px. A link inside a sentence may be as high as its line."""

RING = """
(() => {
  const here = document.activeElement, on = here.closest('label.row') || here, style = getComputedStyle(on)
  return style.outlineStyle != 'none' && parseFloat(style.outlineWidth) >= 3
})()
"""


def launched(playwright, *more: str, **options):
    """Chromium with our flags."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *more], **options)


def faults(page, rules: list[str] = RULES) -> list[str]:
    """What axe finds on the page, that gets it once."""
    if page.evaluate("typeof axe == 'undefined'"):
        page.evaluate(axe.Axe().axe_script)
    return page.evaluate(AXE, rules)


def press(page, what: str) -> None:
    """Press it, and wait for the page it leads to: a click alone returns while the old page is still going."""
    with page.expect_navigation():
        page.click(what)


def start(page, address: str) -> None:
    """To the consent page."""
    page.goto(address)
    press(page, "main a.button")
    while not page.url.endswith("/agree"):
        answer(page, 0)


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
            if not name.endswith("-instead"):
                box.check()
    press(page, "main form button")


def nothing_shows(page) -> bool:
    """No box is ticked, nothing is written, and no answer is said back."""
    written = page.evaluate("[...document.querySelectorAll('input[type=text], textarea')].some(each => each.value)")
    return not written and page.query_selector("main input:checked") is None and page.query_selector("dd") is None


def back(page) -> None:
    """Press Back; a page that comes out of the back-forward cache never “loads”, so only the change is waited for."""
    page.go_back(wait_until="commit")
    page.wait_for_timeout(300)
