"""Keys: made, protected, proven before they are needed; the one loss that nothing mends is said."""

from __future__ import annotations

import html
import re
import shutil
import stat
import subprocess
import sys

import pyrage
import pytest
from conftest import STUDY, Scripted, run, to_page
from test_troubles import said_well

from analysis import unsealing
from analysis.opening import open_answers
from instruments.doors import WrongUse
from instruments.walker import Browser
from survey_app import sealing

WORDS = "correct horse battery staple"


def typing(*command: str, lines: str):
    """A door with somebody at the keyboard."""
    return subprocess.run([sys.executable, "-m", *command], input=lines, capture_output=True, text=True, timeout=240)


def test_a_key_is_for_one_person_and_says_what_it_is(tmp_path):
    """0600, never written over, the public half printed, the loss said."""
    path = tmp_path / "key.txt"
    made = run("survey_app", "keys", "new", "--out", str(path))
    assert made.returncode == 0
    assert made.stdout.startswith("age1")
    assert "lost for good" in made.stderr
    assert "keys check" in made.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said_well(run("survey_app", "keys", "new", "--out", str(path)), 2, "exists already")
    checked = run("survey_app", "keys", "check", str(path))
    assert (checked.returncode, checked.stdout) == (0, made.stdout)


def test_a_damaged_key_is_found_before_it_is_needed(tmp_path):
    """A cut line, another file, no file: each in words; the whole key is the control."""
    path = tmp_path / "key.txt"
    run("survey_app", "keys", "new", "--out", str(path))
    whole = path.read_text()
    for text in (
        whole[:-9],
        whole.replace("AGE-SECRET-KEY-1Q", "AGE-SECRET-KEY-1").replace("AGE-SECRET", "AGE_SECRET"),
        "nothing",
    ):
        path.write_text(text)
        said_well(run("survey_app", "keys", "check", str(path)), 2, "holds no whole age key")
    said_well(run("survey_app", "keys", "check", str(tmp_path / "none")), 4, "cannot be read")
    path.write_text(whole)
    assert run("survey_app", "keys", "check", str(path)).returncode == 0


def test_a_study_names_the_key_or_does_not(tmp_path):
    """For answers, for own words, or for nothing: exit 1."""
    folder = tmp_path / "study"
    shutil.copytree(STUDY["tea"], folder)
    names = [sealing.new_key(tmp_path / f"key{n}.txt", "a key") for n in range(3)]
    (folder / "recipients.yaml").write_text(f"answers: [{names[0]}, {names[1]}]\ntexts: [{names[1]}]\n")
    said = [run("survey_app", "keys", "check", str(tmp_path / f"key{n}.txt"), "--study", str(folder)) for n in range(3)]
    assert [each.returncode for each in said] == [0, 0, 1]
    assert "named for answers in" in said[0].stdout
    assert "named for answers and texts in" in said[1].stdout
    assert "does not name it" in said[2].stderr


@pytest.mark.slow
def test_a_protected_key_opens_with_its_passphrase_alone(tmp_path, serve):
    """Nothing of the key is in the file; `age` reads it; `open` asks, and refuses another passphrase."""
    path = tmp_path / "key.txt"
    made = typing("survey_app", "keys", "new", "--out", str(path), "--passphrase", lines=f"{WORDS}\n{WORDS}\n")
    assert made.returncode == 0, made.stderr
    assert b"AGE-SECRET-KEY" not in path.read_bytes()
    assert b"AGE-SECRET-KEY" in pyrage.passphrase.decrypt(path.read_bytes(), WORDS)
    assert typing("survey_app", "keys", "check", str(path), lines=f"{WORDS}\n").stdout == made.stdout
    said_well(typing("survey_app", "keys", "check", str(path), lines="wrong\n"), 2, "passphrase does not open")
    server = serve("tea")
    to_page(Browser(server.origin), Scripted(), "/sent")
    server.stop()
    plain = (server.data / "practice-key.txt").read_bytes()
    path.write_bytes(pyrage.passphrase.encrypt(plain, WORDS))
    out = tmp_path / "answers.db"
    opened = typing(
        "analysis", "open", "--data", str(server.data), "--key", str(path), "--out", str(out), lines=f"{WORDS}\n"
    )
    assert opened.returncode == 0, opened.stderr
    assert out.exists()
    with pytest.raises(WrongUse, match="passphrase does not open"):
        open_answers(server.data, path, path, tmp_path / "no.db", None, lambda each, *_: iter(each), lambda _: "wrong")
    assert not (tmp_path / "no.db").exists()


def typed_off(sheet, folder):
    """What somebody types who has nothing but the sheet: small letters, other line ends."""
    boxes = re.findall(r"<pre[^>]*>(.*?)</pre>", sheet.read_text(), re.DOTALL)
    path = folder / "typed.txt"
    path.write_text(html.unescape(boxes[1]).replace(" ", "  ").replace("\n", "\r\n"))
    return path


def test_a_printed_sheet_brings_a_key_back(tmp_path):
    """Typed in with other spaces and in small letters it opens; with one wrong letter it does not."""
    sheet = tmp_path / "sheet.html"
    made = run("survey_app", "keys", "new", "--out", str(tmp_path / "key.txt"), "--sheet", str(sheet))
    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    assert "delete it: it holds the key" in made.stderr
    typed = typed_off(sheet, tmp_path)
    typed.write_text(typed.read_text().lower())
    assert run("survey_app", "keys", "check", str(typed)).stdout == made.stdout
    letters = typed.read_text()
    typed.write_text(letters[:60] + ("q" if letters[60] != "q" else "p") + letters[61:])
    said_well(run("survey_app", "keys", "check", str(typed)), 2, "holds no whole age key")
    again = run("survey_app", "keys", "new", "--out", str(tmp_path / "other.txt"), "--sheet", str(sheet))
    said_well(again, 2, "exists already")
    assert not (tmp_path / "other.txt").exists()


@pytest.mark.slow
def test_a_printed_sheet_of_a_protected_key_still_needs_the_passphrase(tmp_path):
    """Nothing of the key stands on it in the clear."""
    sheet, key = tmp_path / "sheet.html", tmp_path / "key.txt"
    made = typing("survey_app", "keys", "new", "--out", str(key), "--sheet", str(sheet), "--passphrase", lines=f"{WORDS}\n{WORDS}\n")  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert "AGE-SECRET-KEY" not in sheet.read_text()
    typed = typed_off(sheet, tmp_path)
    assert typing("survey_app", "keys", "check", str(typed), lines=f"{WORDS}\n").stdout == made.stdout
    opened = [unsealing.identity(path, lambda _: WORDS) for path in (typed, key)]
    assert str(opened[0]) == str(opened[1])
    said_well(typing("survey_app", "keys", "check", str(typed), lines="wrong\n"), 2, "passphrase does not open")
