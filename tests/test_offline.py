"""Nothing asks anybody else: every command runs where there is no network at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import STUDY
from test_opening import filled

from instruments.records import PRACTICE_KEY

ALONE = ("unshare", "--net", "--map-root-user")
HERE = Path(__file__).parent.parent
ASKING = "import socket; socket.create_connection(('192.0.2.1', 80), 2)"


def alone(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A program without any network but itself."""
    env = {**os.environ, "PYTHONPATH": str(HERE)}
    return subprocess.run(
        [*ALONE, sys.executable, *command], capture_output=True, text=True, cwd=cwd, env=env, timeout=120
    )


@pytest.fixture
def apart(tmp_path):
    if shutil.which("unshare") is None or subprocess.run([*ALONE, "true"], capture_output=True).returncode:
        pytest.skip("SKIPPED LOUDLY: no program can be cut off from the network here")
    return filled(tmp_path / "data", [{"tea": 1 + n % 3, "cups": n % 4} for n in range(60)])


@pytest.mark.slow
def test_every_command_works_without_a_network(apart, tmp_path):
    """From the check of a study to the report: the same exit code as ever."""
    data, study, answers = str(apart), str(STUDY["tea"]), str(tmp_path / "answers.db")
    for expected, *command in (
        (0, "instruments", "check", study),
        (0, "instruments", "diff", study, study),
        (0, "instruments", "pack", study, "--out", str(tmp_path / "pack"), "--quick"),
        (0, "survey_app", "keys", "new", "--out", str(tmp_path / "key")),
        (0, "survey_app", "keys", "check", str(tmp_path / "key")),
        (3, "survey_app", "doctor", "--study", study, "--data", data),
        (0, "survey_app", "status", "--data", data),
        (0, "survey_app", "backup", "--data", data, "--out", str(tmp_path / "copy.db")),
        (0, "analysis", "open", "--data", data, "--key", f"{data}/{PRACTICE_KEY}", "--out", answers),
        (0, "analysis", "lock", answers),
        (0, "analysis", "report", answers, "--out", str(tmp_path / "report.html")),
        (0, "analysis", "codebook", answers, "--out", str(tmp_path / "codebook.csv")),
        (0, "analysis", "export", answers, "--out", str(tmp_path / "export")),
        (0, "analysis", "verify", answers, "--data", data),
    ):
        done = alone("-m", *command, cwd=tmp_path)
        assert done.returncode == expected, (command, done.stdout, done.stderr)


def test_control_there_is_no_network(apart, tmp_path):
    """What asks somebody else fails there."""
    assert "unreachable" in alone("-c", ASKING, cwd=tmp_path).stderr
