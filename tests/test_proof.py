"""What `make promises` and `make proof` say: a test that did not run keeps no promise, and a figure is seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import promises
import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent
TESTS = """
import pytest

def test_here():
    pass

@pytest.mark.parametrize("which", ["this", "that"])
def test_half(which):
    if which == "that":
        pytest.skip("SKIPPED LOUDLY: there is no fish here")

def test_wrong():
    assert False
"""
PROMISED = {
    name: {"promise": "a promise", "mechanism": "as it is", "tests": [f"test_some.py::{test}"], "controls": [f"test_some.py::{other}"]}
    for name, test, other in (("P1", "test_here", "test_here"), ("P2", "test_here", "test_half"), ("P3", "test_half", "test_wrong"))
}  # fmt: skip


@pytest.fixture
def table(tmp_path, monkeypatch, capfd):
    """The table of three promises over four tests: its exit and its words."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_some.py").write_text(TESTS)
    monkeypatch.setattr(promises, "HERE", tmp_path / "tests")
    monkeypatch.setattr(promises, "PROMISES", PROMISED)
    monkeypatch.delenv("CI", raising=False)

    def printed(*said: str) -> tuple[int, str]:
        return promises.main(said), capfd.readouterr().out

    return printed


@pytest.mark.slow
def test_what_was_skipped_is_said_with_its_reason(table):
    """On a newcomer's machine: SKIPPED, what and why, and exit 0."""
    code, words = table("P1", "P2")

    assert "P1  kept" in words
    assert "P2  SKIPPED" in words
    assert "test_some.py::test_half: there is no fish here" in words
    assert words.splitlines()[-1] == "1 kept, 1 SKIPPED"
    assert code == 0


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "flag"), [("true", ()), ("", (promises.ALL_MUST_RUN,))])
def test_where_all_must_run_a_skipped_promise_fails(table, monkeypatch, ci, flag):
    """In CI, and with the flag; the control: a promise whose tests ran does not."""
    monkeypatch.setenv("CI", ci)

    assert table(*flag, "P2")[0] == 3
    assert table(*flag, "P1")[0] == 0


def test_broken_is_worse_than_skipped(table):
    """A failed control breaks its promise, whatever else was skipped."""
    code, words = table()

    assert code == 1
    assert "P3  BROKEN" in words
    assert words.splitlines()[-1] == "1 kept, 1 SKIPPED, 1 BROKEN"


def test_a_file_that_was_skipped_whole_has_skipped_each_of_its_tests(tmp_path):
    """Where what a whole file needs is missing, pytest names the file alone."""
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testcase classname="" name="tests.test_some" time="0"><skipped message="collection skipped">'
        "('/x/test_some.py', 2, 'Skipped: SKIPPED LOUDLY: no fish')</skipped></testcase></testsuites>"
    )
    found = promises.verdicts(report)

    assert promises.of_name("test_some.py::test_here", found) == promises.Came(what="skipped", why="SKIPPED LOUDLY: no fish")  # fmt: skip
    assert promises.of_name("test_other.py::test_here", found).what == "failed", "the control: what is not there at all"


def test_proof_lets_nothing_be_skipped():
    """`make proof` asks for all; `make promises` alone does not."""
    made = {goal: subprocess.run(["make", "-n", goal], cwd=ROOT, capture_output=True, text=True).stdout for goal in ("proof", "promises")}  # fmt: skip
    lines = {
        goal: next(line for line in said.splitlines() if "tests/promises.py" in line) for goal, said in made.items()
    }

    assert promises.ALL_MUST_RUN in lines["proof"]
    assert promises.ALL_MUST_RUN not in lines["promises"]


@pytest.mark.parametrize("processes", ["0", "2"])
def test_a_figure_is_seen_and_a_print_is_not(tmp_path, processes):
    """A test that passes says its figure at the end, from whichever process; what it only prints is lost."""
    (tmp_path / "test_some.py").write_text("def test_it(figure):\n    figure('95 % within 40 ms')\n    print('lost')\n")
    command = [sys.executable, "-m", "pytest", "-q", "-n", processes, "-p", "conftest", str(tmp_path)]
    env = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": "/usr/bin:/bin"}
    told = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)

    assert told.returncode == 0, told.stdout + told.stderr
    assert "test_some.py::test_it: 95 % within 40 ms" in told.stdout
    assert "lost" not in told.stdout
