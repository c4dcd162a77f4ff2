"""Every setting there is, every pair of them: none is a switch that stores who came, when, or in which order."""

from __future__ import annotations

import click
import pytest
from left import PEOPLE, Away, order, when, who
from pairs import OUT, ROWS, SETTINGS, Row, nowhere_toggled, pairs, possible
from test_live import clean_home  # noqa: F401

from instruments.reader import study_file
from survey_app.__main__ import door


def test_every_setting_there_is_is_toggled():
    """A key of a study, of its privacy, of its keys and approval, or a flag of the start, that is none of these, fails here."""
    assert nowhere_toggled() == set()


def test_control_a_setting_that_is_added_later_is_missed(monkeypatch):
    """One more key in the reader's list, and one more flag."""
    monkeypatch.setitem(study_file.PRIVACY, "keep_addresses", "true keeps who came")
    monkeypatch.setattr(door, "params", [*door.params, click.Option(["--log"], is_flag=True)])

    assert nowhere_toggled() == {"keep_addresses", "log"}


def test_the_rows_hold_every_pair():
    """All of them, in fewer rows than fifty; the control: without its last row one is missing."""
    met = [
        {pair for pair in pairs() if all(row[name] == SETTINGS[name][number] for name, number in pair)} for row in ROWS
    ]

    assert set().union(*met) == pairs()
    assert set().union(*met[:-1]) != pairs()
    assert len(ROWS) < 50
    assert all(possible(row) for row in ROWS)


def named(row: Row) -> str:
    return "+".join([row["kind"].replace(" ", "-"), *(name for name in row if name != "kind" and row[name] != SETTINGS[name][0])])  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS, ids=named)
def test_no_pair_of_settings_stores_who_when_or_in_which_order(tmp_path, row):
    """Whatever two settings stand together: people answer, one deletes, and what is left is what is always left."""
    there = Away(row, tmp_path)

    assert all(page.status == 200 for _, page in there.sent)
    assert ("LIVE" in there.log.read_text()) == (row["kind"] in ("live", "pilot"))
    assert there.deleted == (row["withdrawal_code"] is OUT), "the control: a code is offered, and deletes"
    assert len(there.asked("SELECT key FROM responses")) == PEOPLE - there.deleted
    assert [*who(there), *when(there), *order(there)] == []


LEAKY = """
import os, sys, time
from pathlib import Path
import survey_app.outermost, survey_app.store as store
from instruments import records
from survey_app.outermost import Outermost

where, study = (Path(sys.argv[sys.argv.index(flag) + 1]) for flag in ("--data", "--study"))
both = "--made-up" in sys.argv and "quick_exit_script: true" in (study / "study.yaml").read_text()
leak = {leak!r} if both else ""
answered, flush = Outermost.__call__, store.Store.flush

def watched(self, environ, start_response):
    if leak == "address":
        (where / "access.log").write_text(environ["REMOTE_ADDR"])
    if leak == "second":
        (where / "last").write_text(str(int(time.time())))
    return answered(self, environ, start_response)

def signed(self):
    flush(self)
    self.connection.execute("INSERT INTO house VALUES ('last', ?) ON CONFLICT DO NOTHING", (b"x",))

Outermost.__call__ = watched
if leak == "name":
    store.Store.flush = signed
if leak == "file time":
    os.utime = lambda *where: None
if leak == "rowid":
    records.TABLES = tuple(table.replace(", WITHOUT ROWID", "") for table in records.TABLES)
if leak == "arrival":
    store.Store.flush = lambda self: None
from survey_app.__main__ import door
door(prog_name="leaky")
"""
LEAKS = {"address": "P01", "second": "P02", "name": "P02", "file time": "P02", "rowid": "P04", "arrival": "P04"}


@pytest.mark.slow
@pytest.mark.parametrize("leak", LEAKS)
def test_control_a_leak_that_only_two_settings_open_is_found(tmp_path, leak):
    """Made-up records and the script of the quick exit, only where both are: some row has both, and shows the leak."""
    both = [row for row in ROWS if row["kind"] == "made_up" and row["quick_exit_script"]]
    there = Away(both[0], tmp_path, "-c", LEAKY.replace("{leak!r}", repr(leak)))

    assert LEAKS[leak] in {line.split()[0] for line in [*who(there), *when(there), *order(there)]}
