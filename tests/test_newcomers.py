"""Floods and programs: held back or marked without looking at anybody's address, and no person with them."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from random import Random

import pytest
from conftest import FORM, Scripted, raw, run, to_page
from test_clock import needs_faketime, shifted

from instruments.records import PRACTICE_KEY
from instruments.walker import Browser
from survey_app.automatic import TRAP, looks_automatic
from survey_app.newcomers import Newcomers

FEW = "5"


def test_a_bucket_fills_up_steadily():
    """A minute's worth at once, then one as often as the rate says; 0 is no limit."""
    moment = [0.0]
    bucket = Newcomers(60, lambda: moment[0])
    assert sum(bucket.another() for _ in range(100)) == 60
    moment[0] += 3
    assert [bucket.another() for _ in range(4)] == [True, True, True, False]
    moment[0] += 3600
    assert sum(bucket.another() for _ in range(100)) == 60, "no more than a minute's worth is saved up"
    assert all(Newcomers(0, lambda: 0.0).another() for _ in range(1000))


def agreeing(server) -> tuple[int, str]:
    """Somebody begins."""
    status, _, page = raw(server, "POST", "/en/agree", b"agree=1", Content_Type=FORM)
    return status, page


def test_a_flood_stops_nobody_who_has_begun(serve):
    """While very many begin at once, somebody under way goes on to the end; newcomers read it, with the support lines."""
    server = serve("every_kind", "--newcomers", FEW)
    browser = Browser(server.origin)
    page = to_page(browser, Scripted(), "/p/2")
    done, refused = threading.Event(), []

    def flooding() -> None:
        while not done.is_set():
            refused.append(agreeing(server))

    threads = [threading.Thread(target=flooding) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(60):
            if page.path.endswith("/sent"):
                break
            form = page.form
            page = browser.press(page, form, Scripted()(page, form)) if form else browser.get(page.links[0])
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert page.path.endswith("/sent")
    late = [words for status, words in refused if status == 503]
    assert len(late) > 20
    assert "Very many people are here just now" in late[0]
    assert "112" in late[0] or "support" in late[0]
    assert sum(status != 503 for status, _ in refused) <= 20, "the control: without the bucket all would be let in"


def test_control_without_a_limit_all_are_let_in(serve):
    """The same beginning, a hundred times, and nobody is refused."""
    server = serve("every_kind", "--newcomers", "0")
    assert {agreeing(server)[0] for _ in range(100)} <= {303, 422}


def test_made_up_codes_cannot_fill_the_disk(serve):
    """Each deletion leaves a tombstone; a flood of them is held back too, and said kindly."""
    server = serve("every_kind", "--newcomers", FEW)
    from survey_app.codes import code

    statuses = [
        raw(server, "POST", "/en/withdraw", f"code={code(secrets.token_bytes(16))}".encode(), Content_Type=FORM)[0]
        for _ in range(40)
    ]
    assert statuses.count(200) <= 10
    assert statuses.count(503) >= 30
    with sqlite3.connect(server.data / "survey.db") as own:
        assert own.execute("SELECT count(*) FROM tombstones").fetchone()[0] == 2 * statuses.count(200)


class Naive:
    """A program that fills in every box it finds in the page, and one that only hurries."""

    def __init__(self, chance: Random, fills_all: bool) -> None:
        self.chance, self.fills_all = chance, fills_all

    def __call__(self, page, form):
        sent = []
        for each in form.fields.values():
            if each.kind in ("radio", "checkbox"):
                choices = [value for value in each.offered if not each.name.endswith("-instead")]
                asked = "/p/" in page.path and each.name != "role"  # what comes before is answered so that it goes on
                sent += [(each.name, self.chance.choice(choices) if asked else choices[0])] if choices else []
            elif each.kind != "hidden" and each.name != TRAP:
                sent.append((each.name, "7"))
        if self.fills_all and f'name="{TRAP}"' in page.html:
            sent.append((TRAP, "Buy now"))
        return sent


def flags(server, tmp_path) -> list[int]:
    """What the opened records say of each questionnaire."""
    out = tmp_path / "opened.db"
    done = run(
        "analysis", "open", "--data", str(server.data), "--key", str(server.data / PRACTICE_KEY), "--out", str(out)
    )
    assert done.returncode == 0, done.stderr
    return [row[0] for row in sqlite3.connect(out).execute("SELECT automatic FROM answers")]


@pytest.mark.slow
def test_naive_programs_are_marked_and_none_is_dropped(serve, tmp_path):
    """60 programs answer the bundled study: all are stored, 95 of 100 and more are marked."""
    server, chance = serve("off_hours"), Random(1)
    sent = 0
    for number in range(60):
        page = to_page(Browser(server.origin), Naive(chance, fills_all=number % 2 == 0), "/sent", most=200)
        sent += page.path.endswith("/sent")
    server.stop()
    found = flags(server, tmp_path)
    assert len(found) == sent == 60
    assert sum(found) >= 0.95 * len(found)


WITHOUT = """
import survey_app.automatic as automatic
rule = automatic.looks_automatic
{off}
from survey_app.__main__ import door
door(prog_name="survey")
"""
NO_LEAST_TIME = "automatic.SECONDS_BEFORE = automatic.SECONDS_AN_ANSWER = 0\n"
NO_TRAP = "automatic.looks_automatic = lambda in_the_trap, *more: rule('', *more)\n"


@pytest.mark.slow
@pytest.mark.parametrize(("off", "marked"), [(NO_LEAST_TIME + NO_TRAP, 0), (NO_LEAST_TIME, 6)], ids=["both", "time"])
def test_control_without_the_least_time_hurried_programs_pass(serve, tmp_path, off, marked):
    """The same programs on a survey without it: of twelve only those that fell into the trap are marked; without that, none."""
    server, chance = serve("off_hours", program=("-c", WITHOUT.format(off=off))), Random(1)
    for number in range(12):
        to_page(Browser(server.origin), Naive(chance, fills_all=number % 2 == 0), "/sent", most=200)
    server.stop()
    found = flags(server, tmp_path)

    assert (len(found), sum(found)) == (12, marked)
    assert sum(found) < 0.95 * len(found), "what the test above would find"


@pytest.mark.slow
@needs_faketime
@pytest.mark.parametrize(("off", "marked"), [("", [1, 1]), (NO_TRAP, [0, 0])], ids=["the trap", "control: no trap"])
def test_a_program_that_takes_its_time_is_marked_by_the_trap_alone(serve, tmp_path, off, marked):
    """It fills in every box that stands in the page, as slowly as a person; without the trap nothing tells it from one."""
    server = serve("off_hours", program=("-c", WITHOUT.format(off=off)), **shifted("+0 x600"))
    for _ in range(2):
        to_page(Browser(server.origin), Naive(Random(1), fills_all=True), "/sent", most=200)
    server.stop()

    assert flags(server, tmp_path) == marked


@pytest.mark.slow
@needs_faketime
def test_a_person_who_takes_their_time_is_not_marked(serve, tmp_path):
    """The control: the same pages at a reading pace, on a clock that runs ten minutes a second."""
    server = serve("off_hours", **shifted("+0 x600"))
    for _ in range(3):
        to_page(Browser(server.origin), Scripted(), "/sent", most=200)
    server.stop()
    assert flags(server, tmp_path) == [0, 0, 0]


@pytest.mark.slow
@pytest.mark.browser
@needs_faketime
def test_by_keyboard_and_in_the_tree_of_a_screen_reader_nobody_meets_the_trap(serve, tmp_path, chromium):
    """A whole journey by keyboard alone is not marked; the box is in no tree of names; shown, it would be."""
    from test_browser_survey import by_keyboard

    server = serve("every_kind", **shifted("+0 x60"))
    context = chromium.new_context()
    page = context.new_page()
    page.goto(server.origin)
    trees = []
    for _ in range(80):
        trees.append(page.locator("body").aria_snapshot())
        if page.url.endswith("/sent"):
            break
        by_keyboard(page, 0, forgets=False)
    assert page.url.endswith("/sent")
    assert not any("Leave this box empty" in tree for tree in trees)
    page.set_content('<p><input name="x" aria-label="Leave this box empty"></p>')
    assert "Leave this box empty" in page.locator("body").aria_snapshot(), "the control"
    context.close()
    server.stop()
    assert flags(server, tmp_path) == [0]


def test_the_rule_by_hand():
    """Half a minute and two seconds an answer, in whole minutes: 14 answers are never too fast, 15 at once are."""
    assert not looks_automatic("", 14, 0)
    assert looks_automatic("", 15, 0)
    assert not looks_automatic("", 44, 1)
    assert looks_automatic("", 45, 1)
    assert looks_automatic("x", 0, 60)
    assert looks_automatic("", 40, -500), "a clock that went back is no excuse, and no longer time either"


def test_a_study_of_made_up_people_marks_none_for_their_speed(serve, tmp_path):
    """A rehearsal is meant to be fast."""
    server = serve("off_hours", "--made-up")
    to_page(Browser(server.origin), Scripted(), "/sent", most=200)
    server.stop()
    out = tmp_path / "made-up-opened.db"
    run("analysis", "open", "--data", str(server.data), "--key", str(server.data / PRACTICE_KEY), "--out", str(out))
    assert sqlite3.connect(out).execute("SELECT automatic FROM answers").fetchall() == [(0,)]
