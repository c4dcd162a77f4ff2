"""What must end ends: after the last day for deleting no code leads anywhere, here or in a copy."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from test_live import ORIGIN, clean_home, study  # noqa: F401
from test_store import FRAME, new_code, rows

from instruments.doors import Refused
from instruments.reader import read, read_in_every_language
from instruments.records import SURVEY_FILE
from survey_app import clock, flushing, keeping, live
from survey_app.app import create_app
from survey_app.codes import row_keys
from survey_app.looking import HALF_MADE
from survey_app.serve import open_survey
from survey_app.store import Store

LAST, AFTER = "2037-01-31", "2037-02-01"


@pytest.fixture
def kept(study, tmp_path):  # noqa: F811
    """A live store with one row, a copy of it, and the code of the row."""
    folder, _ = study
    store = Store(tmp_path / "data", read(folder), "live")
    code = new_code()
    assert store.send(code, FRAME, FRAME) == "stored"
    copy = keeping.backup(tmp_path / "data", None)
    yield store, code, copy
    store.close()


def salt_of(path):
    with sqlite3.connect(path) as read_only:
        return read_only.execute("SELECT value FROM house WHERE name = 'salt'").fetchone()[0]


def test_on_the_last_day_a_code_still_deletes(kept, monkeypatch):
    """The control: until then the salt stays, and the code leads to its rows."""
    store, code, copy = kept
    monkeypatch.setattr(clock, "today", lambda: LAST)
    store.flush()
    assert len(salt_of(store.path)) == 32
    assert row_keys(code, salt_of(copy))[0] in [row[0] for row in rows(store, "responses")]
    store.withdraw(code)
    assert store.count() == 0


def test_after_it_no_code_leads_to_a_row_here_or_in_a_copy(kept, monkeypatch):
    """The salt is gone from the file, its side files and our copies; rows stay; codes and late sends do nothing."""
    store, code, copy = kept
    salt = store.salt
    monkeypatch.setattr(clock, "today", lambda: AFTER)
    store.flush()
    for path in (store.path, copy):
        assert salt_of(path) == b""
        assert salt not in path.read_bytes()
    store.withdraw(code)
    assert store.count() == 1
    with pytest.raises(sqlite3.OperationalError):
        store.send(new_code(), FRAME, None)  # not sent, and said so: the draft is kept
    assert store.count() == 1
    with pytest.raises(Refused, match="last day for deleting is over"):
        keeping.withdraw(store.folder, keeping.Codes(good=(code,), bad=()))
    again = Store(store.folder, None, "live")
    assert again.salt == b"", "a restart makes no new one"
    again.close()


def test_what_a_crash_left_among_the_copies_stops_nothing(kept, monkeypatch, capsys):
    """A half-made copy goes, a file that is none is named, a folder is left alone; the salt is erased everywhere."""
    store, _, copy = kept
    salt, folder = store.salt, copy.parent
    (folder / f"2036-12.db{HALF_MADE}").write_bytes(b"begun" + salt)
    (folder / "empty.db").touch()
    (folder / "letter.txt").write_text("no database")
    (folder / "older").mkdir()
    monkeypatch.setattr(clock, "today", lambda: AFTER)
    store.flush()
    assert salt_of(store.path) == salt_of(copy) == b""
    assert not [path for path in folder.iterdir() if path.is_file() and salt in path.read_bytes()]
    assert {path.name for path in folder.iterdir()} == {copy.name, "empty.db", "letter.txt", "older"}
    assert capsys.readouterr().err.count("is no copy") == 2


def test_a_survey_that_nobody_visits_looks_at_the_calendar(study, tmp_path, monkeypatch):  # noqa: F811
    """Nothing happens for hours: the salt goes all the same."""
    monkeypatch.setattr(flushing, "SECONDS_TO_LOOK", 0.05)
    gone = threading.Event()
    store = Store(tmp_path / "data", read(study[0]), "live")
    forget = store._forget_codes
    monkeypatch.setattr(store, "_forget_codes", lambda: (forget(), gone.set())[0])
    assert not gone.wait(0.5), "the control: nothing is due yet"
    monkeypatch.setattr(clock, "today", lambda: AFTER)
    assert gone.wait(10)
    store.close()
    assert salt_of(store.path) == b""


def test_practice_keeps_its_codes(study, tmp_path, monkeypatch):  # noqa: F811
    """A rehearsal of an old study can still delete."""
    store = Store(tmp_path / "practice", read(study[0]), "practice")
    monkeypatch.setattr(clock, "today", lambda: AFTER)
    store.flush()
    assert len(salt_of(store.path)) == 32
    store.close()


def test_a_copy_from_before_comes_back_without_its_salt(kept, monkeypatch, tmp_path):
    """A copy that lay elsewhere still has its salt: brought back, only its rows come, or it is forgotten at once."""
    store, _, copy = kept
    elsewhere = tmp_path / "elsewhere.db"
    elsewhere.write_bytes(copy.read_bytes())
    monkeypatch.setattr(clock, "today", lambda: AFTER)
    store.flush()
    keeping.restore(elsewhere, store.folder)
    assert salt_of(store.path) == b""
    keeping.restore(elsewhere, tmp_path / "new")
    assert salt_of(tmp_path / "new" / SURVEY_FILE) == b""


def test_after_the_last_day_for_deleting_the_page_says_that_it_is_over(study, tmp_path, monkeypatch):  # noqa: F811
    """No box that leads nowhere: the page says since when; the day before, the box is there."""
    folder, _ = study
    studies = read_in_every_language(folder)
    kind, gate = live.kind_of(folder, studies["en"], tmp_path / "data", ORIGIN, clock.today())
    surveys = open_survey(studies, tmp_path / "data", kind, ORIGIN, gate)
    client = create_app(surveys).test_client()
    assert "Your code" in client.get("/en/withdraw").text
    monkeypatch.setattr(clock, "today", lambda: "2037-02-01")
    for answer in (client.get("/en/withdraw"), client.post("/en/withdraw", data={"code": "x"})):
        assert "could be deleted until 2037-01-31" in answer.text
        assert "Your code" not in answer.text
    surveys["en"].store.close()
