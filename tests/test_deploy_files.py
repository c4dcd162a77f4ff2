"""The unit and the container that are shipped: read as the programs read them for which they are written."""

from __future__ import annotations

import configparser
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "survey_app" / "deploy"
UNIT, CONTAINER = (DEPLOY / "offhours.service").read_text(), (DEPLOY / "Containerfile").read_text()


def test_the_unit_asks_for_every_protection():
    """What the README promises of the unit stands in it."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(DEPLOY / "offhours.service")
    service = unit["Service"]
    wanted = {"LimitCORE": "0", "MemorySwapMax": "0", "UMask": "0077", "StandardError": "null", "StandardOutput": "null", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "StateDirectoryMode": "0700"}  # fmt: skip
    assert {name: service[name] for name in wanted} == wanted
    assert "-m survey_app" in service["ExecStart"]


def said_by_systemd(unit: str, folder: Path) -> list[str]:
    """What systemd finds in a unit; the program of the survey is not there on this machine, another one is."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("SKIPPED LOUDLY: there is no systemd-analyze here (apt-get install systemd)")
    path = folder / "offhours.service"
    path.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", unit, flags=re.MULTILINE))
    told = subprocess.run(["systemd-analyze", "--man=no", "verify", str(path)], capture_output=True, text=True)
    return [line for line in told.stderr.splitlines() if path.name in line]


def test_systemd_takes_every_line_of_the_unit(tmp_path):
    """It ignores what it does not know, and the protection with it: it says so here, and says nothing."""
    assert said_by_systemd(UNIT, tmp_path) == []


@pytest.mark.parametrize(
    ("written", "slip"),
    [
        ("ProtectHome=yes", "ProtectHome=yess"),
        ("UMask=0077", "UMaks=0077"),
        ("SystemCallFilter=@system-service", "SystemCallFilter=@sytem-service"),
    ],
)
def test_control_a_protection_that_is_misspelt_is_named(tmp_path, written, slip):
    """With one slip of the pen systemd would start the survey all the same, without that protection."""
    assert written in UNIT
    assert len(said_by_systemd(UNIT.replace(written, slip), tmp_path)) == 1


def test_the_container_is_small_and_runs_as_nobody():
    """From a slim Debian, pinned by hash, not as root, nothing but two wings; never an installer at its start."""
    lines = [line for line in (DEPLOY / "Containerfile").read_text().splitlines() if line and not line.startswith("#")]
    assert re.match(r"FROM docker.io/library/python:3\.\d+-slim-bookworm$", lines[0])
    text = "\n".join(lines)
    assert "--require-hashes" in text
    assert [line.split()[1] for line in lines if line.startswith("COPY")] == [
        "requirements-survey.txt",
        "instruments",
        "survey_app",
    ]
    assert text.index("USER 10001") < text.index("CMD [")
    assert not re.search(r"^ADD|:latest|sudo|curl|wget|EXPOSE 22", text, re.MULTILINE)


KNOWN = {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"}  # fmt: skip
LISTS = ("CMD", "ENTRYPOINT")


def instructions(text: str) -> list[tuple[str, str]]:
    """Each instruction with what follows it: lines that end in a backslash go on, comments between them do not count."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    whole = lines.replace("\\\n", " ").splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.strip().partition(" ") for line in whole) if name]


def is_a_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


def faults(text: str) -> list[str]:
    """A few rules of ours, no linter: what would not build, run as root, come from elsewhere, or fail unseen."""
    found, read = [], instructions(text)
    names = [name for name, _ in read]
    found += [f"{name} is no instruction" for name in names if name not in KNOWN]
    if names[:1] != ["FROM"] or names.count("FROM") != 1:
        found.append("it comes from one image")
    users = [rest for name, rest in read if name == "USER"]
    if not users or users[-1].split(":")[0] in ("root", "0"):
        found.append("it runs as root")
    for name, rest in read:
        words = [word for word in rest.split() if not word.startswith("--")]
        if name == "ADD" and re.search(r"\w+://|^git@", rest):
            found.append(f"{rest} comes from elsewhere")
        if name in ("ADD", "COPY"):
            found += [f"there is no {word}" for word in words[:-1] if "://" not in word and not (ROOT / word).exists()]
        if name == "RUN" and re.search(r"(?<!\|)\|(?!\|)", rest) and "pipefail" not in rest:
            found.append("what fails before a pipe fails unseen")
        if name in LISTS and not is_a_list(rest):
            found.append(f"{name} goes through a shell, which keeps the signal to stop")
    return found


def test_the_container_breaks_none_of_a_few_rules():
    """Known instructions, one image, not root, nothing from elsewhere, files that there are, no failure unseen."""
    assert instructions(CONTAINER)[0][0] == "FROM"
    assert faults(CONTAINER) == []


@pytest.mark.parametrize(
    ("written", "slip", "says"),
    [
        ("WORKDIR ", "WORKDIRS ", "WORKDIRS is no instruction"),
        ("USER 10001", "USER 10001\nFROM docker.io/library/python:3.11", "it comes from one image"),
        ("USER 10001", "USER 10001\nUSER root", "it runs as root"),
        ("USER 10001\n", "", "it runs as root"),
        ("COPY instruments ", "COPY instrument ", "there is no instrument"),
        ("COPY instruments ", "ADD https://a.example/b ", "https://a.example/b ./instruments comes from elsewhere"),
        ("RUN pip", "RUN cat list | \\\n# what comes\n pip", "what fails before a pipe fails unseen"),
        ('CMD ["python", "-m", "survey_app"]', "CMD python -m survey_app", "CMD goes through a shell, which keeps the signal to stop"),
    ],
)  # fmt: skip
def test_control_each_of_these_rules_is_seen_to_be_broken(written, slip, says):
    """The shipped file with one slip: that very rule, and no other."""
    assert written in CONTAINER
    assert faults(CONTAINER.replace(written, slip)) == [says]


def hadolint(text: str) -> int:
    """The exit of a linter for such files, beside our Python, where the pinned packages put it, or anywhere."""
    program = shutil.which("hadolint", path=f"{Path(sys.executable).parent}") or shutil.which("hadolint")
    if program is None:
        pytest.skip("SKIPPED LOUDLY: there is no hadolint here (make test installs it)")
    return subprocess.run([program, "--no-color", "-"], input=text, text=True, capture_output=True).returncode


def test_a_linter_finds_nothing_in_the_container():
    """Not a word; the control: it finds an image that is not pinned."""
    assert hadolint(CONTAINER) == 0
    assert hadolint(re.sub(r"^FROM .*", "FROM docker.io/library/python:latest", CONTAINER, flags=re.MULTILINE)) == 1
