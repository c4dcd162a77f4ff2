"""The report and the codebook in a real Chromium, as a reader opens them from disk."""

from __future__ import annotations

import re

import pytest
from browsing import faults, needs_chromium
from conftest import BUNDLED, STUDY
from test_hiding import random_people
from test_opening import filled, opened

from analysis import codebook, locking
from analysis.loading import load
from analysis.report import report
from instruments.reader import read

pytestmark = [*needs_chromium, pytest.mark.slow]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A folder with the report for both audiences and the codebook, of 90 people."""
    folder = tmp_path_factory.mktemp("report")
    study = read(BUNDLED)
    path = opened(filled(folder / "data", random_people(study, 60, 30, 4), study=study)).path
    table = load(path)
    lock = locking.lock(path, table, "2026-11-23")
    for name in ("public", "team"):
        (folder / f"{name}.html").write_text(report(table, lock, name).html)
    tiny = read(STUDY["every_kind"])
    people = [
        {"role": "reader", "mood": 1 + n % 3, "colour": 1 + n % 2, "weather": ("dry", "wet")[n % 2]} for n in range(60)
    ]
    path = opened(filled(folder / "tiny", people, study=tiny)).path
    small = load(path)
    (folder / "small.html").write_text(report(small, locking.lock(path, small, "2026-11-23"), "public").html)
    (folder / "codebook.html").write_text(codebook.as_html(table, "public"))
    return folder


def watched(context):
    """A page, and what it asked for and complained of."""
    page = context.new_page()
    requested, said = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    return page, requested, said


def drawn(page):
    """Wait until every figure is drawn."""
    page.wait_for_selector(".plot:not(.js-plotly-plot)", state="detached")
    return page.locator(".plot:has(.main-svg)").count()


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        ("small", 320, "light"),
        ("public", 320, "light"),
        ("team", 1000, "dark"),
    ],
)
def test_the_report_opens_from_disk_and_asks_nobody_for_anything(chromium, pages, name, width, scheme):
    """Figures drawn, no request, no console error, no button that shares, axe finds nothing, no sideways scroll."""
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, requested, said = watched(context)
    page.goto((pages / f"{name}.html").as_uri())
    assert drawn(page) == page.locator(".plot").count() > (3 if name == "small" else 60)
    assert [url for url in requested if not url.startswith(("file:", "data:", "blob:"))] == []
    assert said == []
    assert page.locator(".modebar-btn, [data-title*=hare]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(page) == []
    context.close()


def test_every_figure_and_table_says_that_it_is_practice(chromium, pages):
    """In the picture itself, its name for screen readers, and the caption of its table."""
    page, _, _ = watched(chromium.new_context())
    page.goto((pages / "public.html").as_uri())
    figures = drawn(page)
    assert page.locator('.plot[aria-label^="Practice: "]').count() == figures
    assert page.locator(".plot:has(.annotation-text:text-is('Practice'))").count() == figures
    captions = page.locator("caption").all_text_contents()
    assert all(each.startswith(("Practice: ", "CHERRIES", "STROBE", "CONSORT")) for each in captions)
    page.context.close()


def test_without_scripts_every_figure_is_a_still_picture_with_its_numbers(chromium, pages):
    """Real text, the same stamp, tables open."""
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 800})
    page, requested, _ = watched(context)
    page.goto((pages / "public.html").as_uri())
    stills = page.locator("noscript svg[role=img]")
    assert stills.count() == page.locator(".plot").count() > 60
    assert page.locator("noscript svg[aria-label^='Practice: ']").count() == stills.count()
    assert page.locator(".plot >> visible=true").count() == 0
    assert page.locator("details:not([open])").count() == 0
    assert [url for url in requested if not url.startswith(("file:", "data:"))] == []
    context.close()


def test_on_paper_every_table_is_open_and_every_figure_drawn(chromium, pages):
    """Printing at once, before the page has drawn by itself."""
    page, _, _ = watched(chromium.new_context())
    page.goto((pages / "public.html").as_uri())
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".plot:not(.js-plotly-plot)").count() == 0
    assert page.locator("details:not([open])").count() == 0
    written = page.pdf(format="A4")
    assert len(re.findall(rb"/Type\s*/Page\b", written)) > 10
    page.context.close()


def test_links_within_the_page_lead_somewhere(chromium, pages):
    """Contents, findings, and the numbers as CSV, which are the page's own."""
    page, _, _ = watched(chromium.new_context())
    page.goto((pages / "public.html").as_uri())
    for link in page.locator("a[href^='#']").all():
        assert page.locator(link.get_attribute("href")).count() == 1
    first = page.locator("a[download$='.csv']").first.get_attribute("href")
    assert first.startswith("data:text/csv")
    page.context.close()


def test_the_codebook_opens_from_disk(chromium, pages):
    """Readable on a phone, no request, axe finds nothing."""
    context = chromium.new_context(viewport={"width": 320, "height": 800})
    page, requested, said = watched(context)
    page.goto((pages / "codebook.html").as_uri())
    assert [url for url in requested if not url.startswith(("file:", "data:"))] == []
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults(page) == []
    context.close()
