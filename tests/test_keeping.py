"""What a host keeps and lets go: copies, what was withdrawn since, codes that came by letter, the end of retention."""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import stat

import pytest
from conftest import STUDY, run
from test_troubles import said_well

from instruments.reader import read
from instruments.records import SURVEY_FILE
from survey_app import clock, keeping
from survey_app.codes import code, in_groups
from survey_app.store import Store

tea = read(STUDY["tea"])
FRAME = bytes(3072)


@pytest.fixture
def data(tmp_path):
    """A data folder in which three people have answered, with own words; their codes."""
    folder = tmp_path / "data"
    store = Store(folder, tea, "practice")
    mine = [code(secrets.token_bytes(16)) for _ in range(3)]
    for each in mine:
        assert store.send(each, FRAME, FRAME) == "stored"
    store.close()
    return folder, mine


def counts(path):
    """Rows of answers and of own words."""
    with sqlite3.connect(path) as read_only:
        return tuple(read_only.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("responses", "texts"))  # fmt: skip


def everything(folder):
    """All that a store holds, as statements."""
    with sqlite3.connect(folder / SURVEY_FILE) as read_only:
        return list(read_only.iterdump())


def test_withdrawn_since_stays_gone_from_every_copy(data, tmp_path):
    """Copy, withdraw, bring back: answers and own words of the code are absent, the others are there once."""
    folder, mine = data
    copy = keeping.backup(folder, tmp_path / "copy.db")
    assert counts(copy) == (3, 3)
    with keeping.kept(folder) as store:
        store.withdraw(mine[0])
    assert keeping.restore(copy, folder) == (0, 2)
    assert counts(folder / SURVEY_FILE) == (2, 2)
    with sqlite3.connect(folder / SURVEY_FILE) as own:
        own.execute("DELETE FROM responses")
        own.execute("DELETE FROM texts")
    assert keeping.restore(copy, folder) == (4, 2)
    assert keeping.restore(copy, folder) == (0, 2)
    assert counts(folder / SURVEY_FILE) == (2, 2)
    with keeping.kept(folder) as store:
        assert store.send(mine[0], FRAME, FRAME) == "withdrawn"


def test_without_what_was_withdrawn_a_copy_brings_it_back(data, tmp_path):
    """The control: where the tombstones are lost, the copy is whole again."""
    folder, mine = data
    copy = keeping.backup(folder, tmp_path / "copy.db")
    with keeping.kept(folder) as store:
        store.withdraw(mine[0])
    with sqlite3.connect(folder / SURVEY_FILE) as own:
        own.execute("DELETE FROM tombstones")
    assert keeping.restore(copy, folder) == (2, 0)


def test_a_copy_goes_whole_into_an_empty_folder(data, tmp_path):
    """A new machine: everything is there, and goes on being withdrawn by the same codes."""
    folder, mine = data
    copy = keeping.backup(folder, None)
    assert copy == folder / "backups" / f"{clock.month()}.db"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert copy.stat().st_mtime == clock.start_of_month()
    new = tmp_path / "new"
    assert keeping.restore(copy, new) == (0, 0)
    assert counts(new / SURVEY_FILE) == (3, 3)
    with keeping.kept(new) as store:
        store.withdraw(mine[1])
        assert store.count() == 2


def test_a_copy_holds_neither_order_nor_keys_of_drafts(data, tmp_path):
    """Rows in the order of their hashes, no rowid, and nothing of draft-keys."""
    folder, _ = data
    (folder / "draft-keys").write_text("2026-11-23 " + "ab" * 32 + "\n")
    copy = keeping.backup(folder, tmp_path / "copy.db")
    assert b"ab" * 20 not in copy.read_bytes()
    with sqlite3.connect(copy) as read_only:
        keys = [row[0] for row in read_only.execute("SELECT key FROM responses")]
        assert keys == sorted(keys)
        with pytest.raises(sqlite3.OperationalError):
            read_only.execute("SELECT rowid FROM responses")


def test_only_a_copy_of_the_same_survey_is_taken(data, tmp_path):
    """Another salt, or another kind of records: refused, and nothing has changed."""
    folder, _ = data
    other = Store(tmp_path / "other", tea, "practice")
    other.close()
    copy = keeping.backup(tmp_path / "other", tmp_path / "other.db")
    before = everything(folder)
    said_well(run("survey_app", "restore", str(copy), "--data", str(folder)), 3, "another survey")
    assert everything(folder) == before
    (tmp_path / "junk.db").write_text("no database")
    said_well(run("survey_app", "restore", str(tmp_path / "junk.db"), "--data", str(folder)), 2, "no copy of a survey")
    said_well(run("survey_app", "backup", "--data", str(folder), "--out", str(copy)), 2, "exists already")
    said_well(run("survey_app", "backup", "--data", str(tmp_path / "none")), 2, "There is no survey")


def test_codes_that_came_by_letter(data, tmp_path):
    """Each deletes its rows; a wrong one is named by its line alone; nobody learns which of them led anywhere."""
    folder, mine = data
    path = tmp_path / "codes.txt"
    path.write_text(f"# from letters\n{in_groups(mine[0])}\n\nNOT A CODE\n{in_groups(code(secrets.token_bytes(16)))}\n")
    done = run("survey_app", "withdraw", "--file", str(path), "--data", str(folder))
    assert done.returncode == 1
    assert "2 codes" in done.stdout
    assert "line 4" in done.stderr
    assert "NOT A CODE" not in done.stderr + done.stdout
    assert counts(folder / SURVEY_FILE) == (2, 2)
    path.write_text(mine[1])
    assert run("survey_app", "withdraw", "--file", str(path), "--data", str(folder)).returncode == 0
    said_well(
        run("survey_app", "withdraw", "--file", str(tmp_path / "none"), "--data", str(folder)), 2, "cannot be read"
    )


def test_retention_ends(data, tmp_path, monkeypatch):
    """Not before the day of the study file, not without the day typed; then nothing is left, and twice does no harm."""
    folder, _ = data
    said_well(run("survey_app", "purge", "--data", str(folder)), 3, "keep_until")
    kept = tmp_path / "study"
    shutil.copytree(STUDY["tea"], kept)
    (kept / "study.yaml").write_text((kept / "study.yaml").read_text() + "privacy: {keep_until: '2026-01-01'}\n")
    with sqlite3.connect(folder / SURVEY_FILE) as own:
        own.execute("DELETE FROM studies")
    Store(folder, read(kept), "practice").close()
    keeping.backup(folder, None)
    elsewhere = keeping.backup(folder, tmp_path / "elsewhere.db")
    for name in keeping.BESIDE:
        (folder / name).touch()
    before = (folder / SURVEY_FILE).read_bytes()
    looked = run("survey_app", "purge", "--data", str(folder), "--dry-run")
    assert "3 sealed answers and 1 copies" in looked.stdout
    said_well(run("survey_app", "purge", "--data", str(folder), "--confirm", "2026-01-02"), 3, "nothing was deleted")
    assert counts(folder / SURVEY_FILE) == (3, 3)
    for _ in range(2):
        done = run("survey_app", "purge", "--data", str(folder), "--confirm", clock.today())
        assert done.returncode == 0, done.stderr
    after = (folder / SURVEY_FILE).read_bytes()
    assert counts(folder / SURVEY_FILE) == (0, 0)
    assert {path.name for path in folder.iterdir()} == {SURVEY_FILE, "backups"}, "no key, no ballast, no lock"
    assert not list((folder / "backups").glob("*"))
    with sqlite3.connect(tmp_path / "was.db") as old:
        old.deserialize(before)
        keys = [row[0] for row in old.execute("SELECT key FROM responses")]
        salt = old.execute("SELECT value FROM house WHERE name = 'salt'").fetchone()[0]
    assert all(key in before and key not in after for key in keys)
    assert salt not in after
    said_well(run("survey_app", "restore", str(elsewhere), "--data", str(folder)), 3, "from before this one was purged")
    assert counts(folder / SURVEY_FILE) == (0, 0)
    monkeypatch.setattr(clock, "today", lambda: "2025-12-31")
    with pytest.raises(Exception, match="kept until 2026-01-01"):
        keeping.purge(folder, only_look=False)


def test_status_says_no_more_than_a_host_may_know(data):
    """To the nearest ten and to the month; the same as JSON; nothing is changed by asking."""
    folder, _ = data
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    said = json.loads(run("survey_app", "status", "--data", str(folder), "--json").stdout)
    assert said == {"kind": "practice", "sent_about": 0, "paused": None, "last_written": clock.month(), "tidied": True, "copies": 0, "free_megabytes": said["free_megabytes"], "days_left": None, "codes_delete_until": None, "kept_until": None, "signed_by": said["signed_by"]}  # fmt: skip
    assert len(said["signed_by"]) == 64
    assert "sent about" in run("survey_app", "status", "--data", str(folder)).stdout
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    said_well(run("survey_app", "status", "--data", str(folder / "none")), 2, "There is no survey")
    with sqlite3.connect(folder / SURVEY_FILE) as own:
        own.execute("DELETE FROM responses")  # as a survey whose flushes fail: what is there is not what is listed
    assert json.loads(run("survey_app", "status", "--data", str(folder), "--json").stdout)["tidied"] is False
