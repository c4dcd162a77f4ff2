"""The gate while a survey runs: what was true at the start is looked at anew."""

from __future__ import annotations

import shutil
import threading

import pytest
from test_live import ORIGIN, approved, clean_home, run_here, serving, study  # noqa: F401

from instruments.reader import read
from instruments.walker import Browser
from survey_app import clock, live
from survey_app.live import Watched, gate


@pytest.fixture
def watched(study, tmp_path):  # noqa: F811
    """The gate of a running survey, which looks again each time it is asked to."""
    folder, keys = study
    first, looks = gate(folder, read(folder), tmp_path / "data", ORIGIN), threading.Semaphore(0)
    going = threading.Event()
    going.set()

    def again():
        going.wait()  # for good once the test is over: nobody looks through home folders beside all tests to come
        found = gate(folder, read(folder), tmp_path / "data", ORIGIN)
        looks.release()
        return found

    made = Watched(first, again, every=0.02)

    def looked_again():
        for _ in range(3):  # the one that was under way, and two whole ones
            assert looks.acquire(timeout=10)
        while looks.acquire(blocking=False):
            pass
        assert looks.acquire(timeout=10)
        assert looks.acquire(timeout=10)

    yield made, looked_again, folder, keys
    going.clear()


def in_the_way(made):
    return " ".join(made.in_the_way(clock.today(), 0))


def test_a_private_key_that_arrives_closes_it_and_taken_away_opens_it(watched, tmp_path):
    """Within the hour, without a restart; also for those who are under way."""
    made, looked_again, _, keys = watched
    looked_again()
    assert in_the_way(made) == ""
    assert made.sound()
    (tmp_path / "data").mkdir(mode=0o700)
    left = tmp_path / "data" / "left-behind.txt"
    left.write_text(str(keys[0]))
    left.chmod(0o600)
    looked_again()
    assert "A private key lies on this machine" in in_the_way(made)
    assert not made.sound()
    left.unlink()
    looked_again()
    assert in_the_way(made) == ""


def test_an_approval_that_is_taken_back_closes_it(watched):
    """Nobody has to stop the survey for it."""
    made, looked_again, folder, _ = watched
    (folder / "approval.yaml").unlink()
    looked_again()
    assert "Nobody has approved" in in_the_way(made)


def test_other_keys_open_nothing_until_a_new_start(watched):
    """What is sealed to is what was read at the start: approved anew, it stays closed until it reads them."""
    made, looked_again, folder, keys = watched
    (folder / "recipients.yaml").write_text(f"answers: [{keys[0].to_public()}, {keys[2].to_public()}]\n")
    approved(folder, "--recipients")
    looked_again()
    assert "recipients.yaml was changed" in in_the_way(made)


def test_a_look_that_fails_changes_nothing(watched, monkeypatch, capsys):
    """The error is one line, and the next look follows."""
    made, looked_again, folder, _ = watched
    away = folder.rename(folder.with_name("away"))
    deadline = threading.Event()
    for _ in range(200):
        if "at the gate" in capsys.readouterr().err:
            break
        deadline.wait(0.05)
    else:
        pytest.fail("the failure was never said")
    away.rename(folder)
    looked_again()
    assert in_the_way(made) == ""


def test_an_open_folder_is_no_place_for_real_answers(study, serve, tmp_path):  # noqa: F811
    """What the doctor finds of the machine keeps a survey in practice, with the mend; mended, it is live."""
    folder, _ = study
    data = tmp_path / "open"
    data.mkdir(mode=0o755)
    server = serving(serve, folder, data=data)
    assert "Practice" in Browser(server.origin).get("/en/").ribbon
    server.stop()
    assert f"chmod 700 {data}" in server.log
    shutil.rmtree(data)
    data.mkdir(mode=0o700)
    server = serving(serve, folder, data=data)
    assert Browser(server.origin).get("/en/").ribbon == ""
    server.stop()
    assert "LIVE" in server.log
    told = run_here("survey_app", "doctor", "--study", str(folder), "--data", str(data), "--origin", ORIGIN)
    assert "Nothing stands in the way." in told.stdout


def test_the_hour_is_an_hour():
    """Nobody waits for a day."""
    assert live.HOUR == 3600
