"""When somebody came, said by no file: neither the time of a change nor that of a look is finer than a month."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from conftest import STUDY, Scripted, to_page
from test_disk import until
from test_live import Participant, clean_home, serving, study  # noqa: F401
from test_store import FRAME, new_code

from instruments.approval import digest
from instruments.reader import read
from instruments.walker import Browser
from survey_app import clock, flushing, live
from survey_app.store import BESIDE, Store


def finer_than_a_month(*paths: Path) -> list[str]:
    """Files and folders whose times say more than which month it is."""
    found = []
    for path in paths:
        said = path.stat()
        if {clock.day_of(said.st_mtime), clock.day_of(said.st_atime)} - {"01"}:
            found.append(path.name)
    return found


def all_of(folder: Path) -> list[Path]:
    return [folder, *folder.rglob("*")]


def test_whoever_only_looks_leaves_no_time(study, serve):  # noqa: F811
    """A live survey, somebody reads and agrees and sends nothing: no file of the data or the study says when."""
    folder, _ = study
    server = serving(serve, folder)
    to_page(Participant(server), Scripted(), "/sent")
    assert until(lambda: not finer_than_a_month(*all_of(server.data)))
    named = [folder / "recipients.yaml", folder / "approval.yaml"]
    for path in named:  # as if nobody had looked for long: the next look would be noted
        os.utime(path, ns=(0, path.stat().st_mtime_ns))
    before = [path.stat().st_atime for path in named]
    for _ in range(3):
        to_page(Participant(server), Scripted(), "/p/1")
    assert not finer_than_a_month(*all_of(server.data))
    assert [path.stat().st_atime for path in named] == before
    server.kill()
    assert not finer_than_a_month(*all_of(server.data))


def test_a_pause_says_nothing_of_those_who_read_it(serve):
    """The note is looked at for everybody who comes, and its times stay those of the month."""
    server = serve("every_kind")
    note = server.data / "paused.txt"
    note.write_text("two people felt worse")
    clock.say_the_month_alone(note)
    assert "closed" in Browser(server.origin).get("/en/").text
    assert not finer_than_a_month(note)


def test_control_a_look_is_noted_where_the_time_is_only_put_back(tmp_path):
    """With both times on the first of the month, as is usual, the next look writes its own time down."""
    store = Store(tmp_path / "data", read(STUDY["tea"]), "practice")
    store.send(new_code(), FRAME, None)
    store.close()
    start = clock.start_of_month()
    os.utime(store.path, (start, start))
    store.path.read_bytes()
    if store.path.stat().st_atime == start:
        pytest.skip("SKIPPED LOUDLY: this file system notes no looks")
    assert finer_than_a_month(store.path) or clock.today().endswith("-01")


def test_once_an_hour_the_times_are_put_back_though_nothing_happens(tmp_path, monkeypatch):
    """A month turns while nobody comes; whoever looks then is not noted for longer."""
    monkeypatch.setattr(flushing, "SECONDS_TO_LOOK", 0.05)
    store = Store(tmp_path / "data", read(STUDY["tea"]), "practice")
    (tmp_path / "data" / "paused.txt").touch()
    for path in all_of(tmp_path / "data"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    known = [store.folder, store.path, *(path for path in all_of(store.folder) if path.name in BESIDE)]
    assert until(lambda: all(path.stat().st_mtime == clock.start_of_month() for path in known))
    assert not finer_than_a_month(*known)
    store.close()


def test_a_file_that_is_somebody_elses_keeps_nothing_from_being_flushed(tmp_path):
    """What cannot be touched is left as it is."""
    store = Store(tmp_path / "data", read(STUDY["tea"]), "practice")
    (tmp_path / "data" / "paused.txt").symlink_to(tmp_path / "nowhere")
    store.flush()
    assert store.paused() is None
    store.close()


def test_recipients_are_read_again_only_when_they_change(tmp_path):
    """A changed file is seen at once; one that did not change is not opened."""
    path = tmp_path / "recipients.yaml"
    assert live._digest(path) is None
    path.write_text("answers: []\n")
    assert live._digest(path) == digest(path)
    path.write_text("answers: [a]\n")
    assert live._digest(path) == digest(path)
