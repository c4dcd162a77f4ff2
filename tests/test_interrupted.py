"""Ended in the middle, by kill -9: people who have not sent yet leave nothing, and a purge half-way is finished by the next."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import CANARY, PROOF, STUDY, Scripted, on_page, run, to_page

from instruments.reader import read
from instruments.records import SURVEY_FILE
from instruments.walker import Browser
from survey_app import clock, keeping
from survey_app.codes import code, row_keys
from survey_app.haystack import traces, ways_of_writing
from survey_app.store import Store

FRAME = secrets.token_bytes(3072)
OFTEN = 1 if PROOF else 2
STEPS = {
    "pwrite64": range(1, 900, 31 * OFTEN),
    "fdatasync": range(1, 90, 4 * OFTEN),
    "unlink": range(1, 45, 2 * OFTEN),
}
"""Which write, which sync, which deletion it is killed at; it ends where there are no more."""


def test_whoever_has_not_sent_has_left_nothing(serve):
    """Killed while somebody stands before Send: no byte was written since they began, and only their own cookie goes on."""
    server = serve("every_kind")
    browser = Browser(server.origin)
    on_page(browser, "mood", Scripted())
    before = {path.name: path.read_bytes() for path in server.data.iterdir()}
    check = to_page(browser, Scripted(mood="2", because=CANARY), "/check")
    assert CANARY in check.text
    server.kill()
    assert {path.name: path.read_bytes() for path in server.data.iterdir()} == before
    assert traces({"what was written": ways_of_writing(CANARY)}, [server.data]) == []
    assert CANARY not in server.log
    server.start()
    assert Browser(server.origin).get("/en/check").status == 410
    again = browser.get("/en/check")
    assert (again.status, CANARY in again.text) == (200, True), "the control: their cookie does"


@pytest.fixture(scope="module")
def over(tmp_path_factory) -> tuple[Path, list[bytes]]:
    """A folder whose answers are kept no longer, with a copy in it; the keys of its rows."""
    folder = tmp_path_factory.mktemp("over") / "data"
    study = folder.parent / "study"
    shutil.copytree(STUDY["tea"], study)
    with (study / "study.yaml").open("a") as more:
        more.write("privacy: {keep_until: '2026-01-01'}\n")
    store = Store(folder, read(study), "practice")
    codes = [code(secrets.token_bytes(16)) for _ in range(20)]
    for each in codes:
        store.send(each, FRAME, FRAME)
    keys = [key for each in codes for key in row_keys(each, store.salt)]
    store.close()
    shutil.copy(keeping.backup(folder, None), folder / keeping.COPIES / "older.db")
    return folder, keys


def left(folder: Path, keys: list[bytes]) -> tuple[int, int]:
    """How many rows can still be found in the files of the survey, and how many copies."""
    files = b"".join(path.read_bytes() for path in folder.glob(f"{SURVEY_FILE}*"))
    return sum(key in files for key in keys), len(list((folder / keeping.COPIES).glob("*")))


@pytest.mark.slow
@pytest.mark.parametrize("call", STEPS)
def test_a_purge_that_was_killed_is_finished_by_the_next(over, tmp_path, call):
    """Killed at one write, at a later one, and so on: the rows are whole or gone, and the next purge leaves none."""
    if shutil.which("strace") is None:
        pytest.skip("SKIPPED LOUDLY: there is no strace here")
    before, keys = over
    stopped = set()
    for which in STEPS[call]:
        folder = tmp_path / str(which)
        shutil.copytree(before, folder)
        purge = ["survey_app", "purge", "--data", str(folder), "--confirm", clock.today()]
        killed = [
            "strace",
            "-f",
            "-o",
            "/dev/null",
            "-e",
            f"trace={call}",
            "-e",
            f"inject={call}:signal=KILL:when={which}",
        ]
        came = subprocess.run([*killed, sys.executable, "-m", *purge], capture_output=True, timeout=60).returncode
        if came == 0:
            break  # it was done by then
        stopped.add(left(folder, keys))
        again = run(*purge)
        assert again.returncode == 0, again.stderr
        assert left(folder, keys) == (0, 0), f"{call} {which}"
        assert {path.name for path in folder.iterdir()} == {SURVEY_FILE, keeping.COPIES}
        with sqlite3.connect(folder / SURVEY_FILE) as file:
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert len(stopped) > 1, f"the control: it was stopped in more than one place: {stopped}"
