"""The report: one file, stamped, the same bytes for the same input, and inert."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from conftest import STUDY
from test_opening import filled, opened

from analysis import locking
from analysis.loading import load
from analysis.report import report
from instruments.reader import read

every_kind = read(STUDY["every_kind"])


def reports(data, audience="team", **more):
    answers = opened(data, **more).path
    table = load(answers)
    lock = replace(locking.lock(answers, table, "2026-11-23"), salt="salt")  # each lock draws its own
    return report(table, lock, audience)


def reported(data, audience="team", **more):
    return reports(data, audience, **more).html


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    people = [
        {"role": "reader", "weather": weather, "mood": 1 + n % 3, "colour": 1 + n % 2, "days": [2], "data": n}
        for weather in ("dry", "wet")
        for n in range(30)
    ]
    folder = tmp_path_factory.mktemp("report") / "data"
    return reported(filled(folder, people, study=every_kind))


def words_of(page: str) -> str:
    """The report without its script."""
    return re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)


def test_practice_is_stamped_everywhere(page):
    """In the title, on the page, in every figure and caption."""
    assert page.count("<title>Practice: ") == 1
    figures = page.count('class="plot"')
    assert page.count('role="group" aria-label="Practice: ') == figures >= 10
    assert page.count('"text":"Practice"') == figures
    tables = len(re.findall(r"<caption>(?!CHERRIES|STROBE|CONSORT)", page))
    assert page.count("<caption>Practice: ") == tables > figures


def test_every_question_has_its_numbers(page):
    """A table for every column, with the kinds of missing apart; 60 people asked."""
    for column in ("mood", "colour", "days_2", "data", "r5"):
        assert f"The numbers (column <code>{column}</code>)" in page
    assert '<th scope="col">Not sure</th><th scope="col">Prefer not to say</th><th scope="col">skipped</th>' in page
    assert '<th scope="col">answered</th><th scope="col">asked</th>' in page


def test_pages_are_spoken_of_where_they_were_counted(tmp_path):
    """Answers that never went through pages have no first lines that count them."""
    path = opened(filled(tmp_path / "data", [{"role": "reader", "mood": 1}] * 12, study=every_kind)).path
    lock = locking.lock(path, load(path), "2026-11-23")
    for totals in ({}, {"opened": 40, "sent": 30}):
        said = report(replace(load(path), totals=totals), lock, "team").html
        assert ("count pages that were opened" in said) == bool(totals)


def test_estimates_come_in_words_before_p(page):
    """First who, then how much, then how sure."""
    text = words_of(page)
    card = text[text.index('id="C1"') :]
    assert card.index("of 100 such pairs") < card.index("95 % interval") < card.index("<i>p</i>")
    assert not re.search(r"\bnan\b", card, re.IGNORECASE)
    assert "equivalence test (TOST)" in card


def test_where_it_comes_from_is_printed(page):
    """Fingerprint, plan hash, data hash, versions, seed."""
    assert every_kind.fingerprint in page
    assert locking.plan_hash(every_kind) in page
    assert "seed" in page


def test_the_same_input_gives_the_same_bytes(tmp_path):
    """Twice the same answers, stored in another order, are one report."""
    people = [{"role": "reader", "mood": 1 + n % 3, "weather": "dry"} for n in range(12)]
    one = reported(filled(tmp_path / "a", people, study=every_kind))
    other = reported(filled(tmp_path / "b", people[::-1], study=every_kind))
    assert one == other


def test_nothing_is_fetched_from_anywhere(page):
    """No foreign address that a browser would load, and no button that sends the data away."""
    assert not re.search(r'(?:src|href)="(?!data:|#)', words_of(page))
    assert not re.search(r"https?:", re.sub(r'href="data:[^"]*"', "", words_of(page)))
    assert '"showSendToCloud":false' in page.replace(" ", "")
    assert "default-src 'none'" in page


def test_words_that_look_like_html_stay_words(tmp_path):
    """A label with a tag in it is shown, never obeyed."""
    import shutil

    folder = tmp_path / "study"
    shutil.copytree(STUDY["every_kind"], folder)
    path = folder / "questionnaire.yaml"
    path.write_text(
        path.read_text().replace("1: red", "1: '<img src=x onerror=alert(1)><a href=\"https://x.example\">'")
    )
    page = reported(filled(tmp_path / "data", [{"role": "reader", "colour": 1}], study=read(folder)))
    assert "<img" not in page
    assert "&lt;a href" in page
    assert "\\u003ca href" not in page, "plotly would make a link of it"


def test_numbers_are_printed_as_they_are():
    """Nothing rounds to “.000” that is nearly 1, a minus is a minus, and names keep their letters."""
    from analysis.report.wording import fraction, p_value, sentence

    assert [p_value(p) for p in (0.0004, 0.01, 0.0123, 0.9997, 1.0)] == [
        "< .001",
        "≤ .01",
        "= .012",
        "> .999",
        "> .999",
    ]
    assert [fraction(value, 3) for value in (0.0444, -0.03, 1.0, -0.0001)] == [".044", "−.030", "1.000", ".000"]
    assert sentence("thinking Alex hurt") == "Thinking Alex hurt"


def test_nobody_is_shown_under_words_that_they_did_not_read(tmp_path):
    """Where the two sides chose between different words, each has a table of its own."""
    from conftest import BUNDLED

    people = [{"role": role, "did": 1, "why": 7} for role in ("client", "worker")] * 6
    page = words_of(reported(filled(tmp_path / "data", people, study=read(BUNDLED))))
    tables = [part for part in page.split('<section class="card">') if "<code>why</code>" in part]
    assert len(tables) == 4, "among the reasons, and among all questions"
    clients, workers = tables[:2]
    assert "They did not care" in clients
    assert "workers" not in clients
    assert "I did not think it mattered" in workers
    assert "clients" not in workers


def test_live_answers_carry_no_stamp_and_real_verdicts(tmp_path):
    """The control of every stamp: where answers are real, nothing says “practice”, and the plan's verdict stands as it is."""
    people = [{"role": "reader", "mood": 1 + n % 3, "weather": ("dry", "wet")[n % 2]} for n in range(240)]
    answers = opened(filled(tmp_path / "data", people, study=every_kind)).path
    table = load(answers)
    lock = locking.lock(answers, table, "2026-11-23")
    page = words_of(report(replace(table, about={**table.about, "kind": "live"}), lock, "public").html)
    assert "Practice" not in page
    assert 'class="stamp"' not in page
    assert "not a test" not in page
    assert re.search(r"<p>(Equivalent|Inconclusive|Supported|Opposite)\.</p>", page)
    pilot = words_of(report(replace(table, about={**table.about, "kind": "live", "pilot": "1"}), lock, "public").html)
    assert "Pilot: not a test. These answers are of a soft launch" in pilot
    assert not re.search(r"<p>(Equivalent|Inconclusive|Supported|Opposite)\.</p>", pilot)
    assert (
        "<title>Pilot: "
        in report(replace(table, about={**table.about, "kind": "live", "pilot": "1"}), lock, "team").html
    )
