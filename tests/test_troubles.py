"""Bad input: one clear sentence on stderr with what to do, the right exit code, nothing lost, no traceback."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys

import pytest
from conftest import STUDY, run

from instruments.walker import Browser


def said_well(told, code: int, *words: str) -> None:
    """The exit code, the words, and no traceback."""
    assert told.returncode == code, (told.returncode, told.stderr)
    assert "Traceback" not in told.stderr
    for word in words:
        assert word in told.stderr, told.stderr


def serving(*flags: str):
    return run("survey_app", "--study", str(STUDY["tea"]), *flags)


def test_a_study_that_cannot_be_read(tmp_path):
    """Serving it is wrong use, with every problem; checking it is a finding."""
    (tmp_path / "study.yaml").write_text("id: x\ntitel: y\n")
    (tmp_path / "questionnaire.yaml").write_text("parts: [\n")
    said_well(
        run("survey_app", "--study", str(tmp_path), "--data", str(tmp_path / "d")), 2, "questionnaire.yaml:2", "YAML"
    )
    assert run("instruments", "check", str(tmp_path)).returncode == 1
    assert not (tmp_path / "d").exists()


def test_a_port_in_use(tmp_path):
    """The port is named, and another one is offered."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said_well(serving("--data", str(tmp_path), "--port", port), 4, f"Port {port}", "--port")


def test_a_data_folder_that_is_not_writable(tmp_path):
    """The folder is named; as root, a read-only place stands in for a permission."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    where = folder if os.geteuid() else "/proc/data"
    said_well(serving("--data", str(where), "--port", "0"), 4, "cannot be used", str(where))


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (("--host", "0.0.0.0"), 3, ("--origin",)),
        (("--host", "0.0.0.0", "--origin", "https://survey.example.org"), 3, ("--practice",)),
        (("--origin", "survey.example.org"), 2, ("is not an address",)),
        (("--port", "port"), 2, ("--port",)),
        (("--nonsense",), 2, ("--nonsense",)),
        (("--data", "/dev/null/x"), 4, ("cannot be used",)),
    ],
)
def test_wrong_or_unsafe_flags(flags, code, words, tmp_path):
    """2 for wrong use, 3 for what would not be safe, 4 for the environment."""
    given = flags if "--data" in flags else (*flags, "--data", str(tmp_path))
    said_well(serving(*given), code, *words)


def test_flags_can_come_from_the_environment(tmp_path):
    """OFFHOURS_… says the same; flags win."""
    environment = {**os.environ, "OFFHOURS_HOST": "0.0.0.0", "OFFHOURS_DATA": str(tmp_path)}
    command = [sys.executable, "-m", "survey_app", "--study", str(STUDY["tea"])]
    told = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60)
    said_well(told, 3, "--origin")


def test_a_key_is_never_written_over(tmp_path):
    """0600, a public half on stdout, and the second time a refusal."""
    path = tmp_path / "key.txt"
    made = run("survey_app", "keys", "new", "--out", str(path))
    assert made.returncode == 0
    assert made.stdout.startswith("age1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    said_well(run("survey_app", "keys", "new", "--out", str(path)), 2, "never written over")
    assert path.read_bytes() == before
    said_well(run("survey_app", "keys", "new", "--out", "/proc/none/key.txt"), 4, "cannot be written")


@pytest.mark.slow
def test_analysing_what_is_not_there(tmp_path):
    """No data folder, no answers, something else than answers."""
    (tmp_path / "not.db").write_text("a letter, not a database " * 100)
    key = tmp_path / "key.txt"
    said_well(run("analysis", "open", "--data", str(tmp_path), "--key", str(key)), 2, "no survey.db")
    said_well(run("analysis", "lock", str(tmp_path / "a.db")), 2, "no file", "analysis open")
    for command in (("lock",), ("report", "--out", str(tmp_path / "r.html"))):
        told = run("analysis", command[0], str(tmp_path / "not.db"), *command[1:])
        said_well(told, 2, "not an answers.db")
    assert not (tmp_path / "r.html").exists()
    said_well(run("analysis", "lock", str(tmp_path)), 2, "is a folder")
    for out, words in (("r.pdf", "is no .html file"), ("nowhere/r.html", "There is no folder")):
        said_well(run("analysis", "report", str(tmp_path / "not.db"), "--out", str(tmp_path / out)), 2, words)
    said_well(
        run(
            "analysis",
            "compare",
            str(tmp_path / "no.csv"),
            *["--outcome", "v", "--group", "g", "--first", "a", "--second", "b"],
        ),
        2,
        "No such file",
    )


def test_an_interrupted_command_says_130_and_leaves_nothing_half_written(tmp_path):
    """Ctrl-C while a report is being made: the shell's own code, no partial file."""
    import signal
    import subprocess
    import sys
    import time

    from test_opening import filled, opened

    answers = opened(filled(tmp_path / "data", [{"tea": 1}] * 12)).path
    assert run("analysis", "lock", str(answers)).returncode == 0
    working = subprocess.Popen(
        [sys.executable, "-m", "analysis", "report", str(answers), "--out", str(tmp_path / "r.html")],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell may have told us not to hear it
    )
    assert "reading" in working.stderr.readline()
    time.sleep(0.05)
    working.send_signal(signal.SIGINT)
    said = working.communicate(timeout=60)[1]
    assert working.returncode == 130, said
    assert "Traceback" not in said
    assert list(tmp_path.glob("r.*")) == []


def test_a_rehearsal_leaves_other_folders_alone(tmp_path):
    """A folder that holds anything else is not emptied, and other machines are never walked."""
    (tmp_path / "thesis.txt").write_text("mine")
    said_well(run("analysis", "rehearse", "--out", str(tmp_path)), 3, "not a rehearsal")
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    with pytest.raises(ValueError, match="not on this machine"):
        Browser("http://192.0.2.1/")


@pytest.mark.parametrize("door", ["instruments", "survey_app", "analysis"])
def test_every_door_explains_itself(door):
    """--help opens with one sentence and examples; --version says one."""
    told = run(door, "--help")
    assert told.returncode == 0
    assert "Examples:" in told.stdout
    assert run(door, "--version").returncode == 0
    wrong = run(door, "chek")
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr
