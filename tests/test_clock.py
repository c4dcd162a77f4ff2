"""Time: none that is exact lies anywhere, and a clock that jumps loses nobody's answers; with a shifted clock."""

from __future__ import annotations

import ast
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from conftest import STUDY, Scripted, run, to_page
from test_store import FRAME, new_code

from instruments.reader import read
from instruments.records import PRACTICE_KEY, SURVEY_FILE
from instruments.walker import Browser
from survey_app import clock, drafts, signing
from survey_app.haystack import traces, ways_of_writing, ways_of_writing_a_moment
from survey_app.store import Store

LIBRARY = next(iter(sorted(Path("/usr/lib").rglob("faketime/libfaketimeMT.so.1"))), None)
needs_faketime = pytest.mark.skipif(LIBRARY is None, reason="SKIPPED LOUDLY: there is no libfaketime here")
BEGAN = datetime(2031, 3, 17, 11, 22, 33, tzinfo=UTC)
MINUTES = 2  # that the whole journey may take
OUR_CLOCK = Path(clock.__file__)


def shifted(said: str | Path) -> dict[str, str]:
    """The environment of a program whose clock is another one: a moment, or a file that says how far it is off."""
    own = {"LD_PRELOAD": str(LIBRARY), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1", "TZ": "UTC"}
    return own | ({"FAKETIME_TIMESTAMP_FILE": str(said)} if isinstance(said, Path) else {"FAKETIME": said})


def moments() -> dict[str, list[tuple[str, bytes]]]:
    """Every second of the journey in every way of writing it, and its minutes and days in words."""
    first, wanted = int(BEGAN.timestamp()), {}
    for second in range(first, first + 60 * MINUTES):
        wanted[f"second {second - first}"] = list(ways_of_writing_a_moment(second))
    for minute in range(MINUTES):
        words = f"11:{22 + minute}"
        wanted[words] = [("text", words.encode())]
        wanted[f"minute {minute}"] = list(ways_of_writing(str(first // 60 + minute)))
    return wanted


@pytest.mark.slow
@needs_faketime
def test_no_exact_time_is_stored(serve, tmp_path):
    """A whole journey on a known day: no second, no minute of it in any file, log, or opened answer."""
    server = serve("every_kind", **shifted(f"@{BEGAN:%Y-%m-%d %H:%M:%S}"))
    to_page(Browser(server.origin), Scripted(), "/sent")
    server.stop()
    assert not traces(moments(), [server.data])
    log = tmp_path / "log"
    log.write_text(server.log)
    out = tmp_path / "opened" / "answers.db"
    out.parent.mkdir()
    told = run(
        "analysis", "open", "--data", str(server.data), "--key", str(server.data / PRACTICE_KEY), "--out", str(out)
    )
    assert told.returncode == 0, told.stderr
    assert not traces(moments(), [log, out.parent])
    day = {"day": list(ways_of_writing(f"{BEGAN:%Y-%m-%d}"))}
    assert {Path(each.place).name for each in traces(day, [server.data, out.parent])} == {"draft-keys"}, (
        "whose names are days"
    )
    times = {path.stat().st_mtime for path in [server.data, *server.data.iterdir()] if path.name != PRACTICE_KEY}
    assert times == {datetime(2031, 3, 1, tzinfo=UTC).timestamp()}


LATER = BEGAN.timestamp() + 65.25  # within the second minute of the journey
COLUMNS = {
    "seconds": ("INTEGER", int(LATER)),
    "thousandths": ("INTEGER", int(1000 * LATER)),
    "millionths": ("INTEGER", int(10**6 * LATER)),
    "floating": ("REAL", LATER),
    "floating and whole": ("REAL", float(int(LATER))),
    "words": ("TEXT", "2031-03-17 11:23:38"),
    "Julian day": ("REAL", LATER / 86_400 + 2440587.5),
    "minutes": ("INTEGER", int(LATER) // 60),
}
CONTENTS = {
    "log": b"2031-03-17T11:23:01 POST /send",
    "compact": b"20310317T112338",
    "minute": b"seen %d" % (LATER // 60),
    "packed": struct.pack("<q", int(LATER)),
    "packed thousandths": struct.pack(">q", int(1000 * LATER)),
    "packed floating": struct.pack("<d", LATER),
    "hexadecimal": b"id-%x-1" % int(LATER),
}


def test_control_a_time_that_is_stored_is_found(tmp_path):
    """What the test above would find: a column of a table, whatever SQLite makes of it, packed numbers, and words."""
    for name, (kind, value) in COLUMNS.items():
        with closing(sqlite3.connect(tmp_path / name)) as own, own:
            own.execute(f"CREATE TABLE sent (key BLOB PRIMARY KEY, at {kind}, frame BLOB) WITHOUT ROWID")
            own.execute("INSERT INTO sent VALUES (randomblob(32), ?, randomblob(3072))", (value,))
    for name, content in CONTENTS.items():
        (tmp_path / name).write_bytes(content)

    assert {Path(each.place).name for each in traces(moments(), [tmp_path])} == {*COLUMNS, *CONTENTS}


@needs_faketime
def test_a_clock_that_goes_back_a_year_ends_nobody(serve, tmp_path):
    """Half-way through, the year before: the draft is still alive, and it is sent once."""
    off = tmp_path / "off"
    off.write_text("+0")
    server = serve("every_kind", **shifted(off))
    browser = Browser(server.origin)
    page = to_page(browser, Scripted(), "/p/4")
    off.write_text("-1y")
    for _ in range(60):
        if page.path.endswith("/sent"):
            break
        form = page.form
        page = browser.press(page, form, Scripted()(page, form)) if form else browser.get(page.links[0])
    assert page.path.endswith("/sent")
    server.stop()
    with sqlite3.connect(server.data / SURVEY_FILE) as own:
        assert own.execute("SELECT count(*) FROM responses").fetchone() == (1,)


@pytest.mark.slow
@needs_faketime
def test_a_clock_that_jumps_ten_years_ahead_says_so_kindly_and_takes_the_next(serve, tmp_path):
    """Drafts are over, in words and without an error; what was sent is there; back in time, the next is taken."""
    off = tmp_path / "off"
    off.write_text("+0")
    server = serve("every_kind", **shifted(off))
    to_page(Browser(server.origin), Scripted(), "/sent")
    browser = Browser(server.origin)
    page = to_page(browser, Scripted(), "/p/4")
    off.write_text("+10y")
    gone = browser.press(page, page.form, Scripted()(page, page.form))
    assert gone.status == 410
    to_page(Browser(server.origin), Scripted(), "/sent")
    off.write_text("+0")
    to_page(Browser(server.origin), Scripted(), "/sent")
    server.stop()
    assert "Error" not in server.log
    with sqlite3.connect(server.data / SURVEY_FILE) as own:
        assert own.execute("SELECT count(*) FROM responses").fetchone() == (3,)


@needs_faketime
def test_nothing_is_purged_because_a_clock_is_wrong(tmp_path):
    """Ten years ahead the time is over, but who types today's day deletes nothing. The control: the clock's own day does."""
    study, data = tmp_path / "study", tmp_path / "data"
    shutil.copytree(STUDY["tea"], study)
    until = date.today() + timedelta(days=700)
    (study / "study.yaml").write_text((study / "study.yaml").read_text() + f"privacy: {{keep_until: '{until}'}}\n")
    store = Store(data, read(study), "practice")
    store.send(new_code(), FRAME, FRAME)
    store.close()

    def purging(typed: str) -> int:
        command = [sys.executable, "-m", "survey_app", "purge", "--data", str(data)]
        ahead = {**os.environ, **shifted("+10y")}
        return subprocess.run(command, env=ahead, input=f"{typed}\n", capture_output=True, text=True).returncode

    def kept() -> int:
        with sqlite3.connect(data / SURVEY_FILE) as own:
            return own.execute("SELECT count(*) FROM responses").fetchone()[0]

    assert purging(clock.today()) == 3
    assert kept() == 1
    ahead = subprocess.run(["date", "-u", "+%F"], env={**os.environ, **shifted("+10y")}, capture_output=True, text=True)
    assert purging(ahead.stdout.strip()) == 0
    assert kept() == 0


def reads_a_clock(path: Path) -> set[str]:
    """The names of clock reads in a file: what gives an exact moment."""
    exact = {"time", "time_ns", "now", "utcnow", "today", "uuid1", "uuid6", "uuid7", "localtime", "gmtime", "ctime"}
    owners = {"time", "datetime", "date", "uuid"}
    return {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if node.value.id in owners and node.attr in exact
    }


def test_one_module_reads_the_clock():
    """In the whole wing; and the control: the check sees that module."""
    wing = OUR_CLOCK.parent
    readers = {str(path.relative_to(wing)) for path in wing.rglob("*.py") if reads_a_clock(path)}
    assert readers == {"clock.py"}


def test_no_file_of_the_data_folder_tells_when_it_was_written(tmp_path):
    """Whatever lies there after a start and a send carries the first of the month."""
    store = Store(tmp_path / "data", read(STUDY["tea"]), "practice")
    drafts.DraftKeys(tmp_path / "data" / "draft-keys", b"").of(clock.today())
    store.send(new_code(), FRAME, FRAME)
    store.close()
    there = {path.name: path.stat().st_mtime for path in (tmp_path / "data").iterdir()}
    assert {signing.NAME, "draft-keys", SURVEY_FILE} <= set(there)
    assert set(there.values()) == {clock.start_of_month()}
