"""Nothing asks anybody else: every command of the three doors runs where there is no network, and tries to reach none."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from conftest import BUNDLED, STUDY
from test_opening import filled

from analysis.__main__ import door as analysis  # before the host's, which keeps statistics from being loaded
from instruments.__main__ import door as instruments
from instruments.reader import read
from instruments.records import PRACTICE_KEY
from survey_app import clock
from survey_app.__main__ import door as survey_app
from survey_app.codes import code

HERE = Path(__file__).parent.parent
DOORS = {"instruments": instruments, "survey_app": survey_app, "analysis": analysis}
ALONE = ("unshare", "--net", "--map-root-user")
WITH_ITSELF = (
    *ALONE,
    "sh",
    "-c",
    'ip link set lo up && exec "$@"',
    "sh",
)  # the addresses of this machine, and no others
ASKING = "import socket; socket.create_connection(('192.0.2.1', 80), 2)"
IN_SECRET = """
import contextlib, socket, urllib.request
with contextlib.suppress(OSError):
    urllib.request.urlopen('http://updates.example/')
"""
NOTHING, LISTENS, ITSELF = "nothing", "listens", "itself"
"""What a command may do: ask nobody, wait on this machine to be asked, ask what it has started on this machine."""

WATCHING = '''
"""Every address that a program asks for is noted; what it may not ask it is denied."""
import os, sys
from ipaddress import ip_address

MAY = {"nothing": (), "listens": ("bind", "getaddrinfo", "getnameinfo")}
MAY["itself"] = (*MAY["listens"], "connect")
ASKED = {"bind": 1, "connect": 1, "sendto": 1, "sendmsg": 1, "getnameinfo": 0, "getaddrinfo": 0, "gethostbyname": 0, "gethostbyaddr": 0}

def watching(event, told):
    module, _, what = event.partition(".")
    if module != "socket" or what not in ASKED:
        return
    address = told[ASKED[what]]
    host = address[0] if isinstance(address, tuple) else address
    try:
        harmless = ip_address(host).is_loopback or what == "getaddrinfo"  # only a name has to be asked for
    except ValueError:
        harmless = False
    if not harmless or what not in MAY[os.environ["OFFLINE_MAY"]]:
        with open(os.environ["OFFLINE_NOTES"], "a") as notes:
            notes.write(f"{what} {address}\\n")
        raise PermissionError(1, f"{what} {address}")

sys.addaudithook(watching)
'''


class Step(NamedTuple):
    """A command, what it is given, its exit code, and what it may do."""

    command: str
    given: tuple[str | Path, ...]
    ends: int = 0
    may: str = NOTHING


def board(here: Path) -> list[Step]:
    """What a board and the author of a study run."""
    study = here / "study"
    decided = ("--board", "REC 3", "--reference", "1", "--from", "2026-01-01", "--until", "2036-12-31", "--cap", "50")
    return [
        Step("check", (study,)),
        Step("new", (here / "new",)),
        Step("diff", (study, study)),
        Step("pack", (study, "--out", here / "pack", "--quick")),
        Step("keys", ()),
        Step("approve", (study, *decided)),
    ]


def host(here: Path) -> list[Step]:
    """What a host runs, from the first start to the last day."""
    study, data = ("--study", here / "study"), ("--data", here / "data")
    return [
        Step("", (*study, *data, "--port", "0"), may=LISTENS),
        Step("preview", (*study, "--port", "0"), may=LISTENS),
        Step("doctor", (*study, *data), ends=3),
        Step("status", (*study, *data)),
        Step("pause", ("--because", "a reason", *data)),
        Step("resume", data),
        Step("backup", (*data, "--out", here / "copy.db")),
        Step("withdraw", ("--file", here / "codes", *data)),
        Step("restore", (here / "copy.db", *data)),
        Step("keys new", ("--out", here / "key")),
        Step("keys check", (here / "key",)),
        Step("drill", (*study, "--data", here / "real"), may=ITSELF),
        Step("purge", (*data, "--confirm", clock.today())),
    ]


def researcher(here: Path) -> list[Step]:
    """What a researcher runs, from the rehearsal to the report."""
    data, answers, key = here / "data", here / "answers.db", here / "data" / PRACTICE_KEY
    few = ("--clients", "4", "--workers", "2")
    return [
        Step("power", ("--study", BUNDLED)),
        Step("rehearse", ("--study", here / "study", *few, "--out", here / "rehearsal"), may=ITSELF),
        Step("open", ("--data", data, "--key", key, "--out", answers)),
        Step("lock", (answers,)),
        Step("report", (answers, "--out", here / "report.html")),
        Step("codebook", (answers, "--out", here / "codebook.csv")),
        Step("export", (answers, "--out", here / "export")),
        Step("verify", (answers, "--data", data)),
        Step("compare", (here / "any.csv", "--outcome", "said", "--group", "who", "--first", "a", "--second", "b")),
        Step("table", (here / "any.csv", "--row", "who", "--column", "said")),
    ]


STEPS = {"instruments": board, "survey_app": host, "analysis": researcher}


@pytest.fixture
def here(tmp_path):
    """A folder with a study whose time is over, its answers, codes, and a table of somebody else's."""
    if shutil.which("unshare") is None or subprocess.run([*WITH_ITSELF, "true"], capture_output=True).returncode:
        pytest.skip("SKIPPED LOUDLY: no program can be cut off from the network here")
    shutil.copytree(STUDY["tea"], tmp_path / "study")
    with (tmp_path / "study" / "study.yaml").open("a") as more:
        more.write("privacy: {keep_until: '2026-01-01'}\n")
    sent = [{"tea": 1 + n % 3, "cups": n % 4} for n in range(60)]
    filled(tmp_path / "data", sent, study=read(tmp_path / "study"))
    (tmp_path / "codes").write_text(f"{code(bytes(16))}\n")
    (tmp_path / "any.csv").write_text("who,said\n" + "".join(f"{'ab'[n % 2]},{n % 5}\n" for n in range(60)))
    (tmp_path / "watching").mkdir()
    (tmp_path / "watching" / "sitecustomize.py").write_text(WATCHING)
    return tmp_path


def alone(here: Path, *command: str | Path, may: str = NOTHING) -> subprocess.CompletedProcess[str]:
    """A program without any network but itself, and without even that where it may ask nobody."""
    watched = f"{here / 'watching'}:{HERE}"
    env = {**os.environ, "PYTHONPATH": watched, "OFFLINE_MAY": may, "OFFLINE_NOTES": str(here / "notes")}
    under = ALONE if may == NOTHING else WITH_ITSELF
    program = [*under, sys.executable, *map(str, command)]
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=here, env=env
    ) as process:
        said = ""
        while may == LISTENS and "Ctrl-C" not in said and (line := process.stdout.readline()):
            said += line
        if may == LISTENS:
            time.sleep(0.5)  # it says that it is ready just before it is
            process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=240)
    return subprocess.CompletedProcess(program, process.returncode, said + out, err)


def asked_for(here: Path) -> str:
    """What a program asked for that it may not."""
    notes = here / "notes"
    return notes.read_text() if notes.exists() else ""


def commands(door: click.Command, name: str = "") -> list[str]:
    """Every command behind a door; "" is the door itself where it does something alone."""
    if not isinstance(door, click.Group):
        return [name]
    own = [name] if door.invoke_without_command else []
    return own + [each for key, behind in door.commands.items() for each in commands(behind, f"{name} {key}".strip())]


@pytest.mark.parametrize("name", DOORS)
def test_no_command_is_left_out(name, tmp_path):
    """What is run below is what there is: a new command comes with its step."""
    assert sorted(step.command for step in STEPS[name](tmp_path)) == sorted(commands(DOORS[name]))


def test_control_a_command_without_its_step_is_found(monkeypatch, tmp_path):
    """One more command, in a group of its own."""
    more = click.Group("more", commands=[click.Command("asking")])
    monkeypatch.setitem(analysis.commands, "more", more)

    assert set(commands(analysis)) - {step.command for step in researcher(tmp_path)} == {"more asking"}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", DOORS)
def test_every_command_works_without_a_network(here, name):
    """The same exit code as ever, and nobody is asked: not even in vain, not even for a name."""
    for step in STEPS[name](here):
        done = alone(here, "-m", name, *step.command.split(), *step.given, may=step.may)
        assert done.returncode == step.ends, (step, done.stdout, done.stderr)
        assert asked_for(here) == "", step


def test_control_there_is_no_network(here):
    """What asks somebody else fails there, also without anybody who watches."""
    (here / "watching" / "sitecustomize.py").unlink()
    assert "unreachable" in alone(here, "-c", ASKING).stderr


def test_control_what_asks_in_secret_is_found(here):
    """A program that asks, and says nothing when it fails: it ends well, and what it asked for is noted."""
    assert alone(here, "-c", IN_SECRET, may=ITSELF).returncode == 0
    assert asked_for(here) == "getaddrinfo updates.example\n"


def test_control_who_listens_to_others_or_asks_this_machine_is_found(here):
    """Whoever may only be asked on this machine may not be asked from elsewhere, and may not ask."""
    listening = "import socket; print('Ctrl-C', socket.create_server(('0.0.0.0', 0)))"
    asking = "import socket; print('Ctrl-C', socket.socket().connect_ex(('127.0.0.1', 80)))"
    assert "PermissionError" in alone(here, "-c", listening, may=LISTENS).stderr
    assert "PermissionError" in alone(here, "-c", asking, may=LISTENS).stderr
    assert asked_for(here) == "bind ('0.0.0.0', 0)\nconnect ('127.0.0.1', 80)\n"
