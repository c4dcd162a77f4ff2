"""Errors: whatever breaks in whichever view, nothing of it is in the reply or in the log."""

from __future__ import annotations

import logging
import re
import sqlite3
import sys
from collections.abc import Callable

import pytest
from conftest import CANARY, FORM, STUDY
from everywhere import ROUTES, path_of
from test_guard import every_route

from instruments.reader import read
from survey_app import app
from survey_app.serve import open_survey

ERRORS = (RuntimeError, ValueError, KeyError, OSError, UnicodeError, MemoryError, sqlite3.OperationalError)


def breaking(error: type[Exception]) -> Callable[..., None]:
    """A view that breaks, with the canary in what it says, in why, and in a note beside it."""

    def broken(**_: object) -> None:
        try:
            raise LookupError(CANARY)
        except LookupError as why:
            told = error(CANARY, f"{CANARY}.db")
            told.add_note(CANARY)
            raise told from why

    return broken


@pytest.fixture
def survey(tmp_path):
    """The whole application."""
    here = open_survey({"en": read(STUDY["off_hours"])}, tmp_path / "data", "practice", None)
    made = app.create_app(here)
    yield made
    here["en"].store.close()


def replies(survey, error: type[Exception]) -> dict[str, tuple[int, str]]:
    """Every route with its status and all that came back, while every view breaks."""
    survey.view_functions = dict.fromkeys(survey.view_functions, breaking(error))
    found = {}
    for route in ROUTES:
        kind = FORM if route.startswith("POST") else None
        reply = survey.test_client().open(path_of(route), method=route.split(" ")[0], content_type=kind)
        found[route] = (reply.status_code, f"{reply.headers}{reply.text}")
    return found


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_in_any_view_says_nothing_of_itself(survey, capsys, caplog, error):
    """Every view of every route: our own page, a line with class and place for each, and the canary nowhere."""
    caplog.set_level(logging.DEBUG)
    found = replies(survey, error)
    said = capsys.readouterr()

    assert every_route(survey) == list(found), "no route is left out"
    assert {status for status, _ in found.values()} == {500}
    assert all("Something went wrong on our side" in words for _, words in found.values())
    assert CANARY not in f"{found}{said.out}{said.err}{caplog.text}"
    assert len(re.findall(rf"^survey: {error.__name__} at test_errors.py:\d+$", said.err, re.MULTILINE)) == len(ROUTES)


def test_control_a_log_that_says_what_was_wrong_is_found(survey, capsys, monkeypatch):
    """The same with the words of the error in the log: there is the canary, once for every route."""
    monkeypatch.setattr(app, "note", lambda error: print(f"survey: {error}", file=sys.stderr))
    replies(survey, RuntimeError)

    assert len(re.findall(rf"survey: .*{CANARY}", capsys.readouterr().err)) == len(ROUTES)


def test_control_a_page_that_says_what_was_wrong_is_found(survey, monkeypatch):
    """The same with the words of the error in the page: there is the canary, at every route."""
    monkeypatch.setattr(app, "words_just_typed", lambda: (str(sys.exception()),))

    assert all(CANARY in words for _, words in replies(survey, RuntimeError).values())
