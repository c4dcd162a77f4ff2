"""The drill: kept where all is as it should be, broken where a leak is put in, each leak by its own promise."""

from __future__ import annotations

import json
import re
import shutil
import sys

import pytest
from conftest import STUDY, run

from instruments.reader import read
from survey_app.drill import drill
from survey_app.drill.page import lines, page

LEAKY = """
import os, sys, time
from pathlib import Path
import survey_app.app, survey_app.outermost, survey_app.store as store, survey_app.sealing as sealing
from survey_app.outermost import Outermost
from instruments import records

leak = {leak!r}
where = Path(sys.argv[sys.argv.index("--data") + 1])
real = Outermost.__call__

def watched(self, environ, start_response):
    if leak == "address":
        with (where / "access.log").open("a") as log:
            log.write(environ["REMOTE_ADDR"] + " " + environ.get("HTTP_USER_AGENT", "") + chr(10))
    if leak == "time":
        (where / "last").write_text(str(int(time.time())))
    if leak == "spill":
        (Path(os.environ["TMPDIR"]) / "upload").write_bytes(environ["wsgi.input"].read() if environ["REQUEST_METHOD"] == "POST" and "multipart" in environ.get("CONTENT_TYPE", "") else b"")
    if leak == "error":
        print("Traceback: something", file=sys.stderr)
    if leak == "headers":
        return self.inner(environ, start_response)
    return real(self, environ, start_response)

Outermost.__call__ = watched
if leak == "plain":
    told = sealing.seal
    def seal(payload, recipients):
        with (where / "plain").open("a") as file:
            file.write(str(payload))
        return told(payload, recipients)
    sealing.seal = seal
if leak == "length":
    records.to_frame = lambda sealed, size: len(sealed).to_bytes(4) + sealed
if leak == "order":
    records.TABLES = tuple(table.replace(", WITHOUT ROWID", "") for table in records.TABLES)
if leak == "twice":
    import secrets
    store.row_keys = lambda code, salt: (secrets.token_bytes(32), secrets.token_bytes(32))
if leak == "withdrawn":
    store.Store._delete = lambda self, code: None
if leak == "half-way":
    import survey_app.pages as pages
    carrying = pages.carrying
    pages.carrying = lambda draft, *more: ((where / ("draft" + str(time.monotonic_ns()))).write_text(str(draft)), carrying(draft, *more))[1]
if leak == "unsigned":
    store.Store._sign = lambda self: None
if leak == "signs anything":
    from survey_app.signing import Signer
    mark, sign = Signer.mark, Signer.sign
    def signs(self, execute, survey):
        for table in ("responses", "texts"):
            for key, frame, _ in execute(f"SELECT * FROM {table}").fetchall():
                execute(f"UPDATE {table} SET mark = ? WHERE key = ?", (mark(self, table, key, frame), key))
        sign(self, execute, survey)
    Signer.sign = signs
from survey_app.__main__ import door
door(prog_name="leaky")
"""
LEAKS = {
    "address": "P01",
    "time": "P02",
    "order": "P04",
    "plain": "P06",
    "length": "P07",
    "half-way": "P08",
    "withdrawn": "P09",
    "twice": "P12",
    "headers": "P16",
    "spill": "P20",
    "error": "P25",
    "unsigned": "P26",
    "signs anything": "P26",
}


def drilled(tmp_path, *program):
    folder = STUDY["every_kind"]
    more = {"program": program} if program else {}
    return drill(folder, read(folder), tmp_path / "data", None, lambda words: None, **more)


@pytest.mark.slow
def test_the_installed_survey_keeps_its_promises(tmp_path):
    """Every promise, each by what was looked at; nothing is left, and the real folder is never made."""
    done = drilled(tmp_path)
    assert done.kept, "\n".join(lines(done))
    assert {each.id for each in done.findings} == set(LEAKS.values())
    assert list(tmp_path.iterdir()) == []
    assert any("sealed answers lie here" in line for line in done.learns)


@pytest.mark.slow
@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_breaks_its_promise(tmp_path, leak):
    """The control of each: with this leak put into the program, the drill finds it."""
    done = drilled(tmp_path, sys.executable, "-c", LEAKY.replace("{leak!r}", repr(leak)))
    broken = {each.id for each in done.findings if not each.kept}
    assert LEAKS[leak] in broken, "\n".join(lines(done))


@pytest.mark.slow
def test_a_private_key_beside_the_real_answers_is_found(tmp_path):
    """As in practice: the page says that it must not be so when answers are real."""
    (tmp_path / "data").mkdir()
    key = tmp_path / "data" / "practice-key.txt"
    run("survey_app", "keys", "new", "--out", str(key))
    done = drilled(tmp_path)
    assert [each.id for each in done.findings if not each.kept] == ["P06"]
    assert "private key lies on this machine" in page(done)


@pytest.mark.slow
def test_a_board_can_read_it(tmp_path):
    """A page that stands alone, the same as JSON and as lines; never written over; exit 0."""
    out = tmp_path / "drill.html"
    command = ("survey_app", "drill", "--study", str(STUDY["every_kind"]), "--data", str(tmp_path / "data"))
    told = run(*command, "--out", str(out), "--origin", "https://survey.example.org", "--json")
    assert told.returncode == 0, told.stdout + told.stderr
    found = json.loads(told.stdout)
    assert found["origin"] == "https://survey.example.org"
    html = out.read_text()
    assert not re.search(r"(src|href)=|<script", html), "nothing is fetched from anywhere"
    for each in found["findings"]:
        assert each["promise"] in html
    assert "What a thief would learn" in html
    again = run(*command, "--out", str(out))
    assert again.returncode == 2
    assert "exists already" in again.stderr


SETTINGS = {
    "month": ("privacy: {month: true}", "privacy: {month: false}"),
    "script": ("", "quick_exit_script: true\n"),
    "titles": ("", "discreet_titles: false\n"),
    "exit": ("leave_to: https://example.org/", "leave_to: none"),
}
PAIRS = [
    (),
    ("month", "script", "titles"),
    ("month", "exit"),
    ("script", "exit"),
    ("titles", "exit"),
    ("month", "titles"),
]


@pytest.mark.slow
@pytest.mark.parametrize("other", PAIRS, ids=lambda each: "+".join(each) or "none")
def test_no_setting_of_a_study_takes_a_promise_away(tmp_path, other):
    """Every pair of settings with each of its values, the whole drill each time: there is no switch that traces people."""
    folder = tmp_path / "study"
    shutil.copytree(STUDY["every_kind"], folder)
    text = (folder / "study.yaml").read_text()
    for name in other:
        was, then = SETTINGS[name]
        text = text.replace(was, then) if was else then + text
    (folder / "study.yaml").write_text(text)
    done = drill(folder, read(folder), tmp_path / "data", None, lambda words: None)
    assert done.kept, "\n".join(lines(done))
