"""One answer from the study folder to the report, on real parts: two people, a server that is killed, Send twice."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from conftest import STUDY, Scripted, Server, run

from instruments.model import ChooseMany, Number, Text
from instruments.reader import read
from instruments.walker import Browser

CANARY = "ANSCANARY somebody's own words"
ROLES = {"off_hours": (("client", "1"), ("worker", "2")), "tea": (("drinker", "1"), ("maker", "2"))}


def everything_in(folder: Path) -> bytes:
    """Every byte of every file."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def journey(server: Server, person: Scripted, text_field: str) -> None:
    """Answer everything; the server is killed now and then; Send is pressed twice."""
    browser, page, pages = Browser(server.origin), None, 0
    page, kills = browser.get("/"), 0
    while not page.path.endswith("/check"):
        pages += 1
        if pages % 5 == 0:
            server.kill()
            server.start()
            kills += 1
        if page.form is None:
            page = browser.get(page.links[0])
        else:
            page = browser.press(page, page.form, person(page, page.form))
        assert page.status == 200, page.html
    assert kills, "the server was killed on the way"
    assert person.sent[text_field] == [CANARY]
    assert CANARY.encode() not in everything_in(server.data), "nothing is kept before Send"
    before = dict(browser.cookies)
    first = browser.press(page, page.form, [])
    browser.cookies = before  # the press of an impatient finger: the same cookie again
    second = browser.press(page, page.form, [])
    assert first.path.endswith("/sent")
    assert second.path.endswith("/sent")
    browser.close()


@pytest.mark.parametrize("name", [pytest.param("off_hours", marks=pytest.mark.slow), "tea"])
def test_two_people_arrive_in_the_report(name, serve, tmp_path):
    """What two people answered is what `open` gives, row for row, and the report counts both."""
    study, server = read(STUDY[name]), serve(name)
    text_field = next(each.id for each in study.questions() if isinstance(each, Text))
    people = {}
    for role, choice in ROLES[name]:
        special = {text_field: CANARY, "role": choice, "understood": "2", "cups": "3", "tea": "2"}
        people[role] = Scripted(**special, with_client=["2", "3"], v_why="98", hurt="4")
        journey(server, people[role], text_field)
    server.stop()

    assert CANARY.encode() not in everything_in(server.data), "nothing is readable after Send"
    assert "127.0.0" not in server.log.replace(f"http://127.0.0.1:{server.port}/", "")
    key = server.data / "practice-key.txt"
    opened = run("analysis", "open", "--data", str(server.data), "--key", str(key), "--out", str(tmp_path / "a.db"))
    assert opened.returncode == 0, opened.stderr

    database = sqlite3.connect(tmp_path / "a.db")
    database.row_factory = sqlite3.Row
    rows = {row["role"]: row for row in database.execute("SELECT * FROM answers")}
    assert sorted(rows) == sorted(role for role, _ in ROLES[name])
    assert database.execute("SELECT count(*) FROM answers").fetchone()[0] == 2
    assert [row["text"] for row in database.execute("SELECT text FROM texts")] == [CANARY, CANARY]
    for role, person in people.items():
        for question in study.questions():
            answers_are_kept(question, person, rows[role], role)

    assert run("analysis", "lock", str(tmp_path / "a.db")).returncode == 0
    reported = run("analysis", "report", str(tmp_path / "a.db"), "--out", str(tmp_path / "r.html"))
    assert reported.returncode == 0, reported.stderr
    html = (tmp_path / "r.html").read_text()
    assert study.fingerprint in html
    assert "Practice: these answers were given while practising." in html
    for role in study.roles:
        assert f'<tr><th scope="row">{role.name}</th><td class="hid">' in html, "one person is a small number"


def answers_are_kept(question, person, row, role):
    """Every answer under its column; what was not asked says so."""
    from instruments.records import columns_of

    for column in columns_of(question):
        field = question.id if isinstance(question, ChooseMany) else column.name
        if field not in person.sent:
            assert row[column.name] == 99 or (
                isinstance(question, Number) and row[f"{column.name}_missing"] == "not asked"
            )
        elif isinstance(question, ChooseMany):
            assert row[column.name] == int(column.name.rsplit("_", 1)[1] in person.sent[field])
        else:
            said = person.sent[field]
            assert row[column.name] == (int(said[0]) if said else None), (column.name, role)


def test_another_study_is_another_folder_not_other_code():
    """No name that the bundled study gives to a role, question, column or factor stands in the code."""
    study = read(STUDY["off_hours"])
    names = {each.id for each in study.questions()} | {each.name for each in study.plan.derived}
    names |= {factor.id for factor in study.story.factors} | {tick.id for tick in study.consent}
    everyday = {
        "when",
        "first",
        "place",
        "after",
        "before",
        "why",
        "want",
        "age",
        "length",
        "views",
        "country",
        "match",
    }
    everyday |= {"seen", "area", "trust", "service", "guide", "did", "saw", "met", "feel", "talk", "expect", "rapport"}
    root = Path(__file__).parent.parent
    for wing in ("instruments", "survey_app", "analysis"):
        for path in [*(root / wing).rglob("*.py"), *(root / wing).rglob("*.html")]:
            code = path.read_text()
            for name in names - everyday:
                assert f'"{name}"' not in code, f"{path} knows “{name}” of the bundled study"
            for word in (r"Robin\b", "Alex", "social worker", "hurt", "prior talk"):
                assert not re.search(word, code), f"{path} knows “{word}” of the bundled study"
