"""The report in a real Chromium, as a reader opens it from disk."""

from __future__ import annotations

from browsing import faults, needs_chromium
from conftest import STUDY

from analysis.rehearsal.running import rehearsal

pytestmark = needs_chromium


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
    page.wait_for_selector(".plot:not(.js-plotly-plot)", state="detached")  # every figure is drawn
    assert page.locator(".plot").count() == page.locator(".plot:has(.main-svg)").count() > 20
    assert [url for url in requested if not url.startswith(("file:", "data:", "blob:"))] == []
    assert said == []
    assert page.locator(".modebar-btn, [data-title*=hare]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(page) == []
    context.close()
