"""What people write stays words wherever it lands: pages, tables, spreadsheets, reports, a terminal."""

from __future__ import annotations

import csv
import re
import shutil
import sqlite3

import pytest
from browsing import needs_chromium
from conftest import STUDY, Scripted, Server, run

from instruments.records import PRACTICE_KEY
from instruments.walker import Browser

ELSEWHERE = "http://127.0.0.1:9/stolen"
POLYGLOTS = [
    f"<script>alert(1)</script><img src={ELSEWHERE} onerror=alert(1)>",
    f'"><svg onload=alert(1)><iframe src="{ELSEWHERE}"></iframe>',
    f"</textarea></script><style>@import '{ELSEWHERE}'</style>{{{{7*7}}}}${{7*7}}",
    '=HYPERLINK("http://127.0.0.1:9";"see")',
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "-2+3+cmd",
    "\tTAB=1",
    "\x1b]0;owned\x07\x1b[31mred\x1b[0m\x9b2J",
    "'; DROP TABLE answers; --",
    "javascript:alert(1)//\u202egnp.exe",
    "\u0000null \ufeff\u2028line",
]
FORMULA = re.compile(r"^[\t\r ]*[=+\-@]")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Everything that comes of a study in which everybody writes such things, from the form to the last file."""
    folder = tmp_path_factory.mktemp("inert")
    shutil.copytree(STUDY["every_kind"], folder / "study")
    asked = folder / "study" / "questionnaire.yaml"
    always = re.sub(r"longest: 50, show_if: .*\}\}", "longest: 500}", asked.read_text())
    assert always != asked.read_text()
    asked.write_text(always)
    server = Server(folder / "study", folder / "data")
    pages = []
    try:
        for words in POLYGLOTS:
            person, browser = Scripted(), Browser(server.origin)
            page = browser.get("/")
            while not page.path.endswith("/sent") and len(pages) < 60 * len(POLYGLOTS):
                if page.form is None:
                    page = browser.get(page.links[0])
                    continue
                boxes = [each.name for each in page.form.fields.values() if each.kind == "textarea"]
                sent = [each for each in person(page, page.form) if each[0] not in boxes]
                page = browser.press(page, page.form, [*sent, *((box, words) for box in boxes)])
                pages.append(page.html)
            assert page.path.endswith("/sent"), page.path
    finally:
        server.stop()
    answers, key = folder / "answers.db", str(folder / "data" / PRACTICE_KEY)
    told = [
        run("analysis", "open", "--data", str(folder / "data"), "--key", key, "--out", str(answers)),
        run("analysis", "lock", str(answers)),
        run("analysis", "report", str(answers), "--out", str(folder / "report.html"), "--audience", "team"),
        run("analysis", "export", str(answers), "--out", str(folder / "export")),
        run("analysis", "codebook", str(answers), "--out", str(folder / "codebook.html")),
        run("analysis", "verify", str(answers)),
    ]
    assert all(each.returncode == 0 for each in told), [each.stderr for each in told]
    return folder, pages, "".join(each.stdout + each.stderr for each in told)


@pytest.mark.slow
def test_the_words_arrive_and_are_escaped_on_the_way(written):
    """The control: they are stored and opened; in the pages that say them back they are text."""
    folder, pages, _ = written
    kept = {row[0] for row in sqlite3.connect(folder / "answers.db").execute("SELECT text FROM texts")}
    assert len(kept) >= len(POLYGLOTS) - 2
    assert any("<script>alert(1)</script>" in text for text in kept)
    assert any("&lt;script&gt;alert(1)" in page for page in pages)
    assert not any("<script>alert" in page or "<svg onload" in page for page in pages)


@pytest.mark.slow
def test_no_cell_of_a_spreadsheet_is_a_formula(written):
    """Every cell of every CSV that begins like one has an apostrophe before it; and the control: some words do begin so."""
    cells = [
        cell
        for path in written[0].rglob("*.csv")
        for row in csv.reader(path.open(encoding="utf-8-sig", newline=""))
        for cell in row
    ]
    assert any("HYPERLINK" in cell for cell in cells)
    assert [cell for cell in cells if FORMULA.match(cell) and not re.fullmatch(r"-?\d+([.,]\d+)?", cell)] == []
    assert any(FORMULA.match(each) for each in POLYGLOTS)


@pytest.mark.slow
def test_a_terminal_is_not_steered(written):
    """No control character in what the commands say."""
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", written[2])


@pytest.mark.slow
@needs_chromium[0]
@needs_chromium[1]
def test_nothing_runs_and_nothing_is_fetched(written, chromium):
    """The report, the codebook and the pages of the survey; and the control: shown as they are, they do both."""
    folder, pages, _ = written
    context = chromium.new_context()
    page = context.new_page()
    alerts, requests = [], []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: requests.append(request.url))
    for path in (folder / "report.html", folder / "codebook.html"):
        page.goto(path.as_uri())
    for html in pages[-3:]:
        page.set_content(re.sub(r'(href|src)="/[^"]*"', "", html))
    assert alerts == []
    assert [url for url in requests if "stolen" in url or not url.startswith(("file:", "data:", "blob:"))] == []
    page.set_content(POLYGLOTS[0])
    page.wait_for_timeout(500)
    assert alerts
    assert any("stolen" in url for url in requests)
    context.close()
