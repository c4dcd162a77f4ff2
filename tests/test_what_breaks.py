"""Whatever breaks, and wherever: a page of ours, and one line that says class and place."""

from __future__ import annotations

import os
import re
import time

import pytest
from conftest import STUDY, Scripted, raw, to_page
from test_disk import WITHOUT_ROOTS_RIGHTS, forbidden, until

from instruments.reader import read
from instruments.walker import Browser
from survey_app import plain
from survey_app.app import create_app
from survey_app.looking import tidied_in
from survey_app.serve import open_survey

CANARY = "ANSCANARY-breaks"
OURS = re.compile(r"^survey: \w+ at \w+\.py:\d+$")


@pytest.fixture
def application(tmp_path):
    """The survey, without a server."""
    survey = open_survey({"en": read(STUDY["every_kind"])}, tmp_path / "data", "practice", None)["en"]
    yield create_app({"en": survey})
    survey.store.close()


def breaks(*_):
    raise RuntimeError(CANARY)


@pytest.fixture
def broken(application, monkeypatch, capsys, caplog):
    """A page whose last step breaks: the reply, and what was logged in any way."""
    monkeypatch.setattr("survey_app.app.renewing", breaks)

    def asked():
        reply = application.test_client().get(f"/en/?{CANARY}")
        said = capsys.readouterr()
        return reply, said.out + said.err + caplog.text

    return asked


def test_what_breaks_behind_every_view_is_one_line_too(broken):
    """An error after the page was made: no path, no time, no traceback, nothing of what was in it."""
    reply, logged = broken()
    assert reply.status_code == 500
    assert CANARY not in reply.text + logged
    assert logged
    assert all(OURS.match(line) for line in logged.splitlines())


def test_control_the_usual_logger_would_write_it_down(broken, monkeypatch):
    """With Flask's own way of logging the traceback is there."""
    monkeypatch.setattr(plain.Flask, "logger", plain.flask.Flask.logger)
    _, logged = broken()
    assert "Traceback" in logged
    assert CANARY in logged


@pytest.mark.skipif(os.geteuid() == 0 and not WITHOUT_ROOTS_RIGHTS, reason="SKIPPED LOUDLY: no way to lose rights")
def test_the_first_of_a_day_comes_where_no_key_can_be_written(serve):
    """Support and every page are there, somebody can answer, and the log has nothing but lines of ours."""
    server = serve("every_kind", under=WITHOUT_ROOTS_RIGHTS if os.geteuid() == 0 else ())
    with forbidden(server.data):
        assert raw(server, "GET", "/en/support", Cookie="s=whatever")[0] == 200
        browser = Browser(server.origin)
        page = to_page(browser, Scripted(), "/check")
        not_sent = browser.press(page, page.form, [])
        assert not_sent.status == 503
    assert browser.press(not_sent, not_sent.form, []).path.endswith("/sent")
    server.stop()
    assert not [line for line in server.log.splitlines() if "Error" in line and not OURS.match(line)]
    assert "Traceback" not in server.log


BROKEN = """
import threading
from survey_app import serve, store
real, times = store.Store._sign, []

def breaks(self):
    times.append(1)
    if len(times) == 2:
        raise ValueError("ANSCANARY-breaks from 127.0.0.77")
    real(self)

store.Store._sign = breaks
if not {quiet}:
    serve._say_only_the_place = lambda: None
if {thread}:
    threading.Timer(1, lambda: 1 / 0).start()
from survey_app.__main__ import door
door(prog_name="broken")
"""


def test_a_flush_that_breaks_in_a_way_nobody_foresaw_is_followed_by_another(serve):
    """One line of class and place, and what was sent is signed and rewritten all the same."""
    server = serve("every_kind", program=("-c", BROKEN.format(quiet=True, thread=False)))
    to_page(Browser(server.origin), Scripted(), "/sent")
    assert until(lambda: tidied_in(server.data), 30)
    server.stop()
    assert "survey: ValueError at flush" in server.log
    assert CANARY not in server.log


@pytest.mark.parametrize("quiet", [True, False], ids=["said", "control"])
def test_what_nobody_caught_in_any_thread_is_one_line(serve, quiet):
    """No traceback; the control: without our way of saying it there is one."""
    server = serve("every_kind", program=("-c", BROKEN.format(quiet=quiet, thread=True)))
    time.sleep(2)  # the thread breaks within the first second
    server.stop()
    assert ("Traceback" not in server.log) == quiet
    assert "ZeroDivisionError" in server.log
