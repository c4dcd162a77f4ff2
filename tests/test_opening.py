"""Opening: everything that was sealed, nothing that was changed, and no order of arrival."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import stat
import subprocess
import sys

import pyrage
import pytest
from conftest import STUDY, run
from scipy.stats import spearmanr
from sqlite_utils import Database

from analysis import unsealing
from analysis.opening import open_answers
from instruments import records
from instruments.doors import WrongUse
from instruments.reader import read
from instruments.records import PRACTICE_KEY, SURVEY_FILE
from survey_app import sealing
from survey_app.codes import code
from survey_app.serve import open_survey

tea = read(STUDY["tea"])


def quietly(things, label="", length=None):
    return iter(things)


def filled(folder, sent, kind="practice", study=tea):
    """A data folder with these answers, sealed and stored as Send does it."""
    survey = open_survey({"en": study}, folder, kind, None)["en"]
    for answers in sent:
        payload = records.payload(study, kind, {"role": "drinker", "duration": records.duration(0)}, answers)
        survey.store.send(code(secrets.token_bytes(16)), sealing.seal(payload, survey.recipients.answers), None)
    survey.store.close()
    return folder


@pytest.fixture
def data(tmp_path):
    return filled(tmp_path / "data", [{"tea": 1 + n % 3, "cups": n} for n in range(40)])


def opened(data, **more):
    key = data / PRACTICE_KEY
    return open_answers(data, key, key, more.get("out", data / "answers.db"), more.get("fingerprint"), quietly)


def test_everything_sealed_is_opened(data):
    """40 in, 40 out, with types, labels, the study, and a view in words; for the team's eyes only."""
    told = opened(data)
    assert (told.answers, told.unopened, told.kind) == (40, 0, "practice")
    database = Database(told.path)
    assert sorted(row["cups"] for row in database["answers"].rows) == list(range(40))
    assert database["answers"].columns_dict["cups"] is int
    assert {row["tea"] for row in database["answers_in_words"].rows} == {"no", "so so", "yes"}
    assert next(database["study"].rows)["fingerprint"] == tea.fingerprint
    assert {"answers", "texts", "codebook", "choices", "study", "about", "totals"} <= set(database.table_names())
    assert stat.S_IMODE(told.path.stat().st_mode) == 0o600


def test_the_same_records_give_the_same_rows_whatever_their_order(data):
    """Rows lie in the order of their content: arrival and keys leave no trace."""
    rows = list(Database(opened(data).path)["answers"].rows)
    cups = [row["cups"] for row in rows]
    assert abs(spearmanr(range(40), cups).statistic) < 0.5
    assert rows == sorted(rows, key=lambda row: (row["role"], row["duration"], row["tea"], row["cups"]))


def test_an_independent_program_opens_the_records(data):
    """The seal is plain age: the age command itself opens it."""
    if shutil.which("age") is None:
        pytest.skip("SKIPPED LOUDLY: there is no `age` command here")
    frame = sqlite3.connect(data / "survey.db").execute("SELECT frame FROM responses").fetchone()[0]
    told = subprocess.run(
        ["age", "-d", "-i", str(data / PRACTICE_KEY)], input=records.from_frame(frame), capture_output=True, check=True
    )
    assert records.from_bytes(told.stdout)["fingerprint"] == tea.fingerprint


def test_a_changed_record_is_named_and_the_others_are_opened(data):
    """One flipped bit: exit 1, the rest is there, nothing is deleted."""
    connection = sqlite3.connect(data / "survey.db")
    key, frame = connection.execute("SELECT key, frame FROM responses").fetchone()
    broken = bytearray(frame)
    broken[1200] ^= 1
    connection.execute("UPDATE responses SET frame = ? WHERE key = ?", (bytes(broken), key))
    connection.commit()
    connection.close()
    told = run("analysis", "open", "--data", str(data), "--key", str(data / PRACTICE_KEY))
    assert told.returncode == 1
    assert "1 record changed after being stored" in told.stderr
    assert "Traceback" not in told.stderr
    assert Database(data / "answers.db")["answers"].count == 39
    assert sqlite3.connect(data / "survey.db").execute("SELECT count(*) FROM responses").fetchone()[0] == 40


def test_a_wrong_key_opens_nothing_and_says_so(data, tmp_path):
    """Another key, a damaged one, no key at all: exit 2, one sentence, no half-written file."""
    (tmp_path / "other.txt").write_text(str(pyrage.x25519.Identity.generate()))
    (tmp_path / "damaged.txt").write_text("AGE-SECRET-KEY-1QQQ")
    (tmp_path / "empty.txt").write_text("nothing")
    for name, said in (
        ("other.txt", "opens none of the 40 records"),
        ("damaged.txt", "is damaged"),
        ("empty.txt", "holds no private key"),
        ("missing.txt", "cannot be read"),
    ):
        told = run("analysis", "open", "--data", str(data), "--key", str(tmp_path / name))
        assert told.returncode == 2, name
        assert said in told.stderr
        assert "Traceback" not in told.stderr
    assert not list(data.glob("answers.db*"))


def test_two_versions_of_a_study_are_never_mixed(data, tmp_path):
    """After a change of the study, one version is chosen by its fingerprint."""
    folder = tmp_path / "changed"
    shutil.copytree(STUDY["tea"], folder)
    (folder / "study.yaml").write_text((folder / "study.yaml").read_text().replace("Tea or coffee", "Tea"))
    changed = read(folder)
    filled(data, [{"tea": 1}], study=changed)
    with pytest.raises(WrongUse, match="2 versions"):
        opened(data)
    assert opened(data, fingerprint=changed.fingerprint[:10]).answers == 1
    with pytest.raises(WrongUse, match="No record has the fingerprint"):
        opened(data, fingerprint="abc123")


def test_no_answers_yet_is_an_empty_table_and_nothing_to_lock(tmp_path):
    """A folder that nobody has answered into opens; the lock waits for somebody."""
    data = filled(tmp_path / "data", [])
    told = opened(data)
    assert told.answers == 0
    refused = run("analysis", "lock", str(told.path))
    assert refused.returncode == 2
    assert "nothing to lock" in refused.stderr


def test_the_view_says_every_kind_of_missing_in_words(tmp_path):
    """Labels, and “skipped”, “not asked”, “Prefer not to say” by name, for choices, ticks and numbers alike."""
    study = read(STUDY["every_kind"])
    people = [
        {"role": "reader", "mood": 98, "days": [2], "data": 97},
        {"role": "reader", "mood": None, "days": [98], "data": "not sure"},
        {"role": "reader", "mood": 1, "days": None, "data": None},
    ]
    database = Database(opened(filled(tmp_path / "data", people, study=study)).path)
    rows = {row["mood"]: row for row in database["answers_in_words"].rows}
    assert set(rows) == {"Prefer not to say", "skipped", "low"}
    first, second, third = rows["Prefer not to say"], rows["skipped"], rows["low"]
    assert (first["days_2"], second["days_2"], third["days_2"]) == ("ticked", "Prefer not to say", "skipped")
    assert (first["data"], second["data"], third["data"]) == (97, "not sure", "skipped")
    assert first["colour"] == "not asked"


@pytest.mark.slow
def test_nothing_is_reported_before_the_lock_nor_after_a_change(data, tmp_path):
    """Exit 3 without a lock; a lock holds the data to the last answer; a locked file is never replaced."""
    answers = str(opened(data).path)
    report = ("analysis", "report", answers, "--out", str(tmp_path / "r.html"))
    assert run(*report).returncode == 3
    assert run("analysis", "lock", answers).returncode == 0
    assert run("analysis", "lock", answers).returncode == 0, "twice is once"
    assert run(*report).returncode == 0
    assert run(*report).returncode == 2, "never written over without --force"
    again = run("analysis", "open", "--data", str(data), "--key", str(data / PRACTICE_KEY), "--force")
    assert again.returncode == 3
    connection = sqlite3.connect(answers)
    connection.execute("UPDATE answers SET cups = 41 WHERE cups = 1")
    connection.commit()
    connection.close()
    changed = run(*report, "--force")
    assert changed.returncode == 1
    assert "not the ones that were locked" in changed.stderr


def test_answers_under_another_studys_fingerprint_are_refused(data):
    """The file says one version, the study in it is another: exit 2, in words, nothing written."""
    from pathlib import Path

    path = opened(data).path
    Database(path)["about"].update("fingerprint", {"value": "f" * 64})
    for command in (("lock", str(path)), ("codebook", str(path), "--out", str(Path(data) / "c.html"))):
        told = run("analysis", *command)
        assert told.returncode == 2
        assert "says fingerprint ffffffffffff, its study has" in told.stderr
    assert not (Path(data) / "c.html").exists()


def test_made_up_and_practice_are_never_mixed(data):
    """A record that claims another kind is refused."""
    survey = open_survey({"en": tea}, data, "practice", None)["en"]
    payload = records.payload(tea, "live", {"role": "drinker"}, {"tea": 1})
    survey.store.send(code(secrets.token_bytes(16)), sealing.seal(payload, survey.recipients.answers), None)
    survey.store.close()
    with pytest.raises(WrongUse, match="never mixed"):
        opened(data)


def test_after_a_crash_in_the_middle_of_a_write_it_opens_what_was_committed(data):
    """A journal is left behind: `open` writes nothing into the survey's file, and reads what was whole."""
    program = (
        "import os, sqlite3, sys\n"
        "own = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "own.execute('PRAGMA cache_size = 1')\n"
        "own.execute('BEGIN IMMEDIATE')\n"
        "own.execute('DELETE FROM responses')\n"
        "own.execute('CREATE TABLE half (x)')\n"
        "own.executemany('INSERT INTO half VALUES (?)', [(os.urandom(3000),) for _ in range(400)])\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(data / SURVEY_FILE)], check=False)
    journal = data / f"{SURVEY_FILE}-journal"
    assert journal.stat().st_size > 0, "the control: a half-done write was left"
    with pytest.raises(sqlite3.OperationalError):
        sqlite3.connect(f"file:{data / SURVEY_FILE}?mode=ro", uri=True).execute("SELECT 1 FROM house").fetchone()
    before = (data / SURVEY_FILE).read_bytes(), journal.read_bytes()
    assert opened(data).answers == 40
    assert ((data / SURVEY_FILE).read_bytes(), journal.read_bytes()) == before


def test_many_records_are_opened_on_every_core_and_all_of_them(data, monkeypatch):
    """More than one process gets: the same rows as one process gives, in the same order."""
    filled(data, [{"tea": 1, "cups": n} for n in range(40, 700)])
    alone = list(Database(opened(data, out=data / "alone.db").path)["answers"].rows)
    monkeypatch.setattr(unsealing, "FEW", 10)
    monkeypatch.setattr(unsealing, "AT_ONCE", 32)
    monkeypatch.setattr(unsealing, "cores", lambda: 2)
    assert list(Database(opened(data, out=data / "together.db").path)["answers"].rows) == alone
    assert len(alone) == 700
