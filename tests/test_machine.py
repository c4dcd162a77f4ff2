"""The machine under a survey: what must be mended, what only its host can judge, and no image of the memory."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import STUDY, run

from instruments.reader import read
from survey_app import machine, room
from survey_app.examining import examined
from survey_app.store import Store


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    Store(folder, read(STUDY["tea"]), "practice").close()
    return folder


def root_with(tmp_path, **files):
    """A made-up root of a machine, with these files."""
    root = tmp_path / "root"
    for name, text in {"proc/swaps": "Filename Type\n", "proc/mounts": "/dev/sda1 / ext4 rw 0 0\n", "run/chrony": "", **files}.items():  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_tidy_machine_has_nothing_to_look_at(data, tmp_path):
    """The control of what follows."""
    assert list(machine.in_the_way(data)) == []
    assert list(machine.to_look_at(data, None, root_with(tmp_path))) == []


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"proc/swaps": "Filename Type\n/dev/sda2 partition 1 0 -2\n"}, "swap: /dev/sda2"),
        ({"proc/mounts": "/dev/sda1 / ext4 rw 0 0\nx /tmp btrfs rw 0 0\n"}, "snapshots:"),
        ({"proc/mounts": "overlay / overlay rw 0 0\n"}, "container's own layer"),
        ({"proc/mounts": "/dev/sda1 / ext4 rw,strictatime 0 0\n"}, "access times:"),
        (
            {"proc/sys/kernel/core_pattern": "|/usr/share/apport/apport -p%p\n"},
            "core dumps: /usr/share/apport/apport keeps",
        ),
        ({"var/log/nginx/access.log": "203.0.113.77 - -\n"}, "proxy logs:"),
        ({"var/log/caddy/x.log": "203.0.113.77\n"}, "caddy holds 13 bytes"),
    ],
)
def test_each_thing_is_seen_and_said_with_what_to_do(data, tmp_path, files, words, monkeypatch):
    """One line each; compressed memory and an empty log are none."""
    if "x /tmp" in files.get("proc/mounts", ""):
        files = {"proc/mounts": f"/dev/sda1 / ext4 rw 0 0\nx {tmp_path} btrfs rw 0 0\n"}
    found = list(machine.to_look_at(data, None, root_with(tmp_path, **files)))
    assert len(found) == 1
    assert words in found[0]


def test_compressed_memory_and_empty_logs_are_nothing(data, tmp_path):
    """No line without a reason."""
    root = root_with(tmp_path, **{"proc/swaps": "Filename\n/dev/zram0 partition\n", "var/log/nginx/access.log": ""})
    assert list(machine.to_look_at(data, None, root)) == []


def test_a_clock_that_nothing_keeps_right_is_said(data, tmp_path):
    """And the address is to be tried from elsewhere."""
    root = root_with(tmp_path)
    (root / "run/chrony").unlink()
    found = list(machine.to_look_at(data, "https://survey.example.org", root))
    assert [line.split(":")[0] for line in found] == ["clock", "address"]


def test_open_folders_no_room_and_a_clock_that_is_behind_stand_in_the_way(data, monkeypatch):
    """Each with its mend; taken back, nothing stands there."""
    data.chmod(0o755)
    (data / "backups").mkdir(0o700)
    for path in (copy := data / "backups" / "2026-11.db", data / "survey.db"):
        path.touch()
        path.chmod(0o644)
    found = list(machine.in_the_way(data))
    assert [line.split("chmod ")[1].split()[0] for line in found] == ["700", "600", "600"]
    data.chmod(0o700)
    for path in (copy, data / "survey.db"):
        path.chmod(0o600)
    monkeypatch.setattr(room, "FLOOR", shutil.disk_usage(data).total)
    assert "to spare" in next(machine.in_the_way(data))
    monkeypatch.undo()
    later = datetime(2099, 1, 1, tzinfo=UTC).timestamp()
    os.utime(data / "survey.db", (later, later))
    assert "The clock is behind" in next(machine.in_the_way(data))
    os.utime(data / "survey.db", (0, 0))
    assert list(machine.in_the_way(data)) == []


def test_a_system_that_allows_images_of_the_memory_stands_in_the_way(data, tmp_path, monkeypatch):
    """Tried by a program of its own; where it cannot be forbidden, the doctor says so."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert not machine.leaves_cores()
    monkeypatch.setattr(machine, "HERE", tmp_path)
    (tmp_path / "survey_app").mkdir()
    (tmp_path / "survey_app" / "machine.py").write_text("def leave_no_core():\n    return False\n")
    assert machine.leaves_cores()
    found = examined(STUDY["tea"], read(STUDY["tea"]), data, None)
    assert "core dumps: " in " ".join(found.in_the_way)


@pytest.mark.slow
def test_the_doctor_says_it(data, tmp_path, monkeypatch):
    """In lines and as JSON, beside what the approval needs."""
    monkeypatch.setenv("HOME", str(tmp_path))
    data.chmod(0o755)
    command = ("survey_app", "doctor", "--study", str(STUDY["tea"]), "--data", str(data))
    told = run(*command)
    assert told.returncode == 3
    assert "can be read by others" in told.stdout
    assert set(json.loads(run(*command, "--json").stdout)) == {"fingerprint", "day", "in_the_way", "soon", "look_at"}


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="SKIPPED LOUDLY: there is no prlimit here")
def test_no_image_of_the_memory_can_be_written(serve):
    """Started where cores are allowed, the survey allows itself none; the control: a program beside it does."""
    server = serve("tea", under=("prlimit", "--core=unlimited:unlimited"))
    limits = Path(f"/proc/{server.process.pid}/limits").read_text()
    line = next(each for each in limits.splitlines() if each.startswith("Max core file size"))
    assert line.split()[4:6] == ["0", "0"]
    beside = os.popen("prlimit --core=unlimited:unlimited cat /proc/self/limits").read()
    assert "unlimited" in next(each for each in beside.splitlines() if each.startswith("Max core file size"))
