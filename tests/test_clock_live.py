"""A clock that jumps while a survey is live: a draft outlives the year before, and ten years on nothing is collected."""

from __future__ import annotations

import re
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import Scripted, Server, to_page
from test_clock import needs_faketime, shifted
from test_live import Participant, approved, clean_home, serving, study  # noqa: F401

from instruments.records import SURVEY_FILE
from survey_app import clock

pytestmark = [needs_faketime, pytest.mark.slow]
MORE_PAGES = 40


def years_on(years: int) -> str:
    return str(date.fromisoformat(clock.today()) + timedelta(days=366 * years))


@pytest.fixture
def open_for_two_years(study):  # noqa: F811
    """An approved study whose last days all lie where the clock of a test decides; codes delete for twelve years."""
    folder, _ = study
    head = folder / "study.yaml"
    head.write_text(re.sub(r"privacy: .*", f"privacy: {{withdraw_until: '{years_on(12)}', keep_until: '{years_on(13)}'}}", head.read_text()))  # fmt: skip
    approved(folder, days=("--from", clock.today(), "--until", years_on(2)))
    return folder


class OffClock:
    """A live survey whose clock can be set while it runs."""

    def __init__(self, serve, folder: Path, tmp_path: Path, *program: str) -> None:
        self.off = tmp_path / "off"
        self.off.write_text("+0")
        more = {"program": program} if program else {}
        self.server: Server = serving(serve, folder, **more, **shifted(self.off))

    def jumps(self, by: str) -> None:
        self.off.write_text(by)

    def stored(self) -> int:
        with sqlite3.connect(self.server.data / SURVEY_FILE, timeout=20) as own:
            return own.execute("SELECT count(*) FROM responses").fetchone()[0]


def half_way(server: Server):
    """Somebody who has answered a page, and where they are."""
    browser = Participant(server)
    return browser, to_page(browser, Scripted(), "/p/2")


def going_on(browser: Participant, page):
    """To the receipt, or to whatever page has no way on."""
    for _ in range(MORE_PAGES):
        if page.path.endswith("/sent") or page.status >= 400:
            break
        page = browser.press(page, page.form, Scripted()(page, page.form)) if page.form else browser.get(page.links[0])
    return page


def test_back_a_year_in_a_live_survey_loses_nobody(serve, open_for_two_years, tmp_path):
    """Newcomers read that it is closed; whoever was half-way sends; what was sent is there; set right, it goes on."""
    here = OffClock(serve, open_for_two_years, tmp_path)
    to_page(Participant(here.server), Scripted(), "/sent")
    browser, page = half_way(here.server)
    here.jumps("-1y")
    newcomer = Participant(here.server).get("/")
    sent = going_on(browser, page)
    while_wrong = here.stored()
    here.jumps("+0")
    after = to_page(Participant(here.server), Scripted(), "/sent")
    here.server.stop()

    assert "LIVE" in here.server.log
    assert newcomer.heading == "This survey is closed"
    assert "Somebody" in newcomer.html, "with the support lines"
    assert sent.path.endswith("/sent")
    assert while_wrong == 2
    assert (after.status, here.stored()) == (200, 3)
    assert "Error" not in here.server.log


def test_ten_years_on_a_live_survey_is_closed_in_words_and_takes_nothing(serve, open_for_two_years, tmp_path):
    """Half-way, at the check, new: all read that it is closed, nothing is stored; set right, what was sent is there."""
    here = OffClock(serve, open_for_two_years, tmp_path)
    to_page(Participant(here.server), Scripted(), "/sent")
    browser, page = half_way(here.server)
    ready = Participant(here.server)
    check = to_page(ready, Scripted(), "/check")
    here.jumps("+10y")
    told = [
        going_on(browser, page),
        ready.press(check, check.form, []),
        Participant(here.server).get("/"),
        Participant(here.server).get("/en/agree"),
    ]
    while_wrong = here.stored()
    here.jumps("+0")
    after = to_page(Participant(here.server), Scripted(), "/sent")
    here.server.stop()

    assert "LIVE" in here.server.log
    assert {each.heading for each in told} == {"This survey is closed"}
    assert [each.status for each in told[:2]] == [410, 410]
    assert while_wrong == 1
    assert (after.status, here.stored()) == (200, 2)
    assert "Error" not in here.server.log


WITHOUT = {
    "a draft ends however far the clock is off": """
from survey_app.drafts import Draft
alive = Draft.alive
Draft.alive = lambda self, now: alive(self, max(now, 2 * self.seen - now))
""",
    "the window is never looked at": """
from survey_app.live import Gate
Gate.in_the_way = lambda self, today, sent: self.settled
""",
}
DOOR = "from survey_app.__main__ import door\ndoor(prog_name='survey')"


def test_control_where_a_clock_that_went_back_ends_a_draft_it_is_lost(serve, open_for_two_years, tmp_path):
    """Without that protection the same person is told that the answers are gone, and nothing more is stored."""
    program = WITHOUT["a draft ends however far the clock is off"] + DOOR
    here = OffClock(serve, open_for_two_years, tmp_path, "-c", program)
    browser, page = half_way(here.server)
    here.jumps("-1y")

    assert going_on(browser, page).status == 410
    assert here.stored() == 0


def test_control_without_the_window_answers_are_collected_ten_years_on(serve, open_for_two_years, tmp_path):
    """Without the days of the approval and of the support lines, newcomers are taken and stored."""
    here = OffClock(serve, open_for_two_years, tmp_path, "-c", WITHOUT["the window is never looked at"] + DOOR)
    here.jumps("+10y")

    assert to_page(Participant(here.server), Scripted(), "/sent").status == 200
    assert here.stored() == 1
