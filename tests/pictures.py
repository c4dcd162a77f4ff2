"""The pictures of the README, taken from the real survey and from a rehearsal's report."""

from __future__ import annotations

import tempfile
from pathlib import Path

from browsing import answer, launched, start
from conftest import STUDY, Server
from playwright.sync_api import sync_playwright

from analysis.progress import bar
from analysis.rehearsal.measuring import peopled
from analysis.rehearsal.reading import read_with_model
from analysis.rehearsal.running import rehearsal

ROOT = Path(__file__).parent.parent
QUESTION = ROOT / "survey_app" / "pictures" / "question.png"
CHECK = ROOT / "survey_app" / "pictures" / "check.png"
REPORT = ROOT / "analysis" / "pictures" / "report.png"


def take() -> None:
    """Walk to a rating page on a phone, and in the dark to the check; rehearse and open the report on a desktop."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = launched(playwright)
        server = Server(STUDY["off_hours"], Path(folder) / "data")
        page = chromium.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=1.5)
        start(page, server.origin)
        while page.query_selector("main input[name=want]") is None:
            answer(page, 0)
        page.query_selector_all("main input[type=radio]")[1].check()
        page.evaluate("document.activeElement.blur()")
        page.screenshot(path=QUESTION)
        page = chromium.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=1.5, color_scheme="dark")
        start(page, server.origin)
        while not page.url.endswith("/check"):
            answer(page, 0)
        page.screenshot(path=CHECK)
        server.stop()

        population = peopled(*read_with_model(STUDY["off_hours"]))
        done = rehearsal(STUDY["off_hours"], population, Path(folder) / "r", (400, 200), 1, 4, bar)
        page = chromium.new_page(viewport={"width": 1000, "height": 1000})
        page.goto(done.files[-1].as_uri())
        page.wait_for_selector(".plot:not(.js-plotly-plot)", state="detached")
        page.screenshot(path=REPORT)
        chromium.close()


if __name__ == "__main__":
    for picture in (QUESTION, CHECK, REPORT):
        picture.parent.mkdir(exist_ok=True)
    take()
