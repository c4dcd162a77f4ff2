"""The README's own commands, run literally, in a clean clone with nothing else installed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TITLES = {"off_hours": "When we meet outside", "tea": "Tea or coffee"}

pytestmark = pytest.mark.slow


def commands() -> list[str]:
    """Every line of every ```sh block, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def serves(command: str, clone: Path, environment: dict[str, str]) -> float:
    """Start it as a newcomer would, wait for the survey, end it with Ctrl-C; seconds until it answered."""
    port = re.search(r"--port (\d+)", command)
    address = f"http://127.0.0.1:{port[1] if port else 8000}/"
    title = TITLES["tea" if "tea" in command else "off_hours"]
    began = time.monotonic()
    server = subprocess.Popen(
        command, shell=True, cwd=clone, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        while time.monotonic() - began < 400:
            assert server.poll() is None, server.communicate()[0]
            try:
                with urllib.request.urlopen(address, timeout=5) as page:
                    assert title in page.read().decode()
                return time.monotonic() - began
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the survey did not answer")
    finally:
        os.killpg(server.pid, signal.SIGINT)
        said = server.communicate(timeout=30)[0]
        assert address in said
        assert "analysis open" in said


def test_a_newcomer_can_run_the_readme(tmp_path, figure):
    """Each command as it stands does what the page says, in a fresh clone with a fresh environment."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OFFHOURS", "VIRTUAL_ENV", "PYTHON", "PYTEST", "MAKE", "MFLAGS"))
    }
    # `make test` as it stands, on a part of the tests: all of them run around this one, in a clean clone too.
    # The gate among them: what `make run` has left in data/ must not stand in the way of the tests that follow it
    environment = {**kept, "CI": "true", "PYTEST_ADDOPTS": "-k 'test_rules or test_gate'"}
    assert commands()[:3] == ["make run", "make test", "make rehearsal"]
    for command in commands():
        if command == "make run" or "-m survey_app" in command:
            first, second = (serves(command, clone, environment) for _ in range(2))
            figure(f"{command}: first {first:.1f} s, second {second:.1f} s")
            continue
        told = subprocess.run(
            command, shell=True, cwd=clone, env=environment, capture_output=True, text=True, timeout=800
        )
        assert told.returncode == 0, f"{command}\n{told.stdout[-3000:]}\n{told.stderr[-3000:]}"
        if command == "make rehearsal":
            assert told.stdout.strip().endswith("data/rehearsal/made-up-report.html")
    assert (clone / "data" / "made-up-report.html").exists()
    tracked = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert tracked.stdout == "", "running it leaves nothing that git would see"
