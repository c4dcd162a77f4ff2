"""Changes between two versions of a study: each kind by its name, graded, with what it does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import docx
import pytest
from conftest import BUNDLED, STUDY, run, spoken_in
from test_troubles import said_well

from instruments.amending import amendment
from instruments.pack.amended import document, marked
from instruments.paper.as_html import as_html
from instruments.reader import read
from instruments.terms import KINDS

CHANGES = [
    ("reworded", "questionnaire.yaml", "Where do you live?", "Where do you live now?", "country"),
    ("reworded", "questionnaire.yaml", "4: Somewhere else}", "4: In another place}", "place"),
    ("recoded", "questionnaire.yaml", "3: Somewhere else}\n        construct", "3: Somewhere else, 4: Nowhere}\n        construct", "country"),
    ("re-routed", "questionnaire.yaml", "show_if: {saw: [1, 2]}", "show_if: {saw: [1]}", "first"),
    ("reworded", "questionnaire.yaml", "5: Stop and talk", "5: Stop for a talk", "the list “acknowledgement”"),
    ("consent", "study.yaml", "I am 18 or older.", "I am 16 or older.", "consent.k_age"),
    ("information", "study.yaml", "You can take a break.", "You can pause.", "information.What will I do?"),
    ("data", "study.yaml", "month: true", "month: false", "privacy.month"),
    ("retention", "study.yaml", "  withdrawal_code: true", "  withdrawal_code: false", "privacy.withdrawal_code"),
    ("support", "study.yaml", "Call your local emergency number.", "Call 112.", "support.Somewhere else"),
    ("plan", "plan.yaml", "gates: {no_test: 10", "gates: {no_test: 12", "gates.no_test"),
    ("plan", "plan.yaml", "planned_n: [[140, 140]]", "planned_n: [[150, 150]]", "H8"),
    ("reworded", "story.yaml", "They meet every two weeks.", "They meet each week.", "text"),
    ("safety", "study.yaml", "public_name: Care survey", "public_name: A survey", "public_name"),
    ("safety", "study.yaml", "leave_to: null", "leave_to: none", "leave_to"),
    ("information", "study.yaml", "incentive: none ", "incentive: a voucher ", "details.incentive"),
    ("recoded", "questionnaire.yaml", 'get_on: {1: Very badly, 2: Badly', "get_on: {1: Badly, 2: Very badly", "the list “get_on”"),
    ("setting", "study.yaml", "version: 1.0.0-draft", "version: 1.0.1", "version"),
]  # fmt: skip


def changed(tmp_path, *edits):
    """The bundled study with some words replaced."""
    folder = tmp_path / "new"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(BUNDLED, folder)
    for file, old, new in edits:
        path = folder / file
        text = path.read_text()
        assert old in text, old
        path.write_text(text.replace(old, new, 1))
    return folder


@pytest.mark.parametrize(("kind", "file", "old", "new", "at"), CHANGES, ids=lambda each: str(each)[:24])
def test_each_kind_of_change_is_named_and_graded(kind, file, old, new, at, tmp_path):
    """One change, one line, at its question or paragraph, graded as the study's own table says."""
    study = read(BUNDLED)
    found = amendment(study, read(changed(tmp_path, (file, old, new))))
    assert {(each.kind, each.at) for each in found.changes} == {(kind, at)}, found.changes
    assert found.grade == ("substantial" if kind in study.substantial else "minor")


def test_questions_that_come_go_and_move(tmp_path):
    """Added, removed, moved: with what it does to the ways and to the table."""
    text = (BUNDLED / "questionnaire.yaml").read_text()
    place = re.search(r"      - id: place\n(?:        .*\n)+", text).group()
    study = read(BUNDLED)
    after = re.search(r"      - id: after\n(?:        .*\n)+", text).group()
    moved = amendment(
        study, read(changed(tmp_path, ("questionnaire.yaml", place, ""), ("questionnaire.yaml", after, after + place)))
    )
    assert [(each.kind, each.at) for each in moved.changes] == [("moved", "place")]
    assert moved.changes[0].now == "behind “after”"
    assert moved.grade == "minor"
    more = place.replace("id: place", "id: weather").replace("Where was it?", "What was the weather?")
    added = amendment(study, read(changed(tmp_path, ("questionnaire.yaml", place, place + more))))
    assert {each.at for each in added.changes} == {"weather"}
    assert "added" in {each.kind for each in added.changes}
    assert added.grade == "substantial"
    assert "the column “weather” is stored now" in added.effects
    assert any("clients, longest route: +1 questions" in line for line in added.effects)
    back = amendment(read(changed(tmp_path, ("questionnaire.yaml", place, place + more))), study)
    assert "removed" in {each.kind for each in back.changes}
    assert "the column “weather” is stored no longer" in back.effects


def test_other_codes_break_the_comparison(tmp_path):
    """What was answered before cannot be laid beside what is answered now, and the board is told so."""
    found = amendment(read(BUNDLED), read(changed(tmp_path, CHANGES[2][1:4])))
    assert any("“country” cannot be compared" in line for line in found.effects)


def test_layout_is_no_change(tmp_path):
    """Comments, the order of keys, a re-checked support line: no change in meaning, exit 0."""
    folder = changed(tmp_path, ("study.yaml", "version: 1.0.0-draft", "# a comment\nversion: 1.0.0-draft"))
    told = run("instruments", "diff", str(BUNDLED), str(folder))
    assert told.returncode == 0
    assert told.stdout.strip().endswith("No change in meaning.")


def test_a_translation_that_changes_is_told_apart(tmp_path):
    """Its own kind, so that a board of another language knows."""
    one = spoken_in(["en-XA"], tmp_path / "one")
    two = spoken_in(["en-XA"], tmp_path / "two")
    path = two / "languages" / "en-XA.yaml"
    lines = path.read_text().splitlines()
    at = next(n for n, line in enumerate(lines) if line.strip().startswith("title:"))
    lines[at] = '  title: "Another title"'
    path.write_text("\n".join(lines) + "\n")
    assert {each.kind for each in amendment(read(one), read(two)).changes} == {"translation"}


@pytest.mark.slow
def test_nothing_that_the_fingerprint_covers_changes_unseen(tmp_path):
    """The law: two fingerprints differ exactly where there is a change, whatever line of the study is touched."""
    study = read(BUNDLED)
    lines = (BUNDLED / "questionnaire.yaml").read_text().splitlines()
    for number in range(60, len(lines), 23):
        words = re.sub(r"(text: .*[a-z])([?.])", r"\1 today\2", lines[number])
        folder = changed(tmp_path)
        (folder / "questionnaire.yaml").write_text("\n".join([*lines[:number], words, *lines[number + 1 :]]) + "\n")
        other = read(folder)
        assert bool(amendment(study, other).changes) == (other.fingerprint != study.fingerprint), words


SWAPS = [
    ("moved", "questionnaire.yaml", '1: "Yes, once", 2: "Yes, 2 or 3 times"', '2: "Yes, 2 or 3 times", 1: "Yes, once"', "the list “met_times”"),
    ("moved", "story.yaml", "      v_hurt: Hurt\n      v_confused: Confused", "      v_confused: Confused\n      v_hurt: Hurt", "story_feel"),
    ("consent", "study.yaml", "  - {id: k_nohelp, text: I know that no one can reply to me or send help.}\n  - {id: k_names, text: \"I will not name any person, place or service.\"}", "  - {id: k_names, text: \"I will not name any person, place or service.\"}\n  - {id: k_nohelp, text: I know that no one can reply to me or send help.}", "consent"),
    ("re-routed", "study.yaml", "  client: clients\n  worker: workers", "  worker: workers\n  client: clients", "roles"),
    ("information", "study.yaml", "max_minutes: 10\n", 'max_minutes: "10"\n', "details.max_minutes"),
    ("recoded", "questionnaire.yaml", "get_on: {1: Very badly, 2: Badly", "get_on: {2: Badly, 1: Very badly", "the list “get_on”"),
    ("information", "study.yaml", "  - text: Saying hello", "  - heading: Who runs it\n    text: Saying hello", "closing.Who runs it (2)"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "file", "old", "new", "at"), SWAPS, ids=lambda each: str(each)[:24])
def test_an_order_that_changes_is_a_change(kind, file, old, new, at, tmp_path):
    """Two answers, rows, ticks or roles that change places are seen, named and graded; so is a number made a word."""
    other = read(changed(tmp_path, (file, old, new)))
    found = amendment(read(BUNDLED), other)
    assert (kind, at) in {(each.kind, each.at) for each in found.changes}, found.changes
    assert other.fingerprint != read(BUNDLED).fingerprint


def test_a_story_told_the_other_way_round_is_another_story(tmp_path):
    """The words of two levels exchanged: recoded, and the board decides; a third level is more ways to tell it."""
    text = (BUNDLED / "story.yaml").read_text()
    none, nod = (re.search(rf"      {level}: (They look.*)\n", text).group(1) for level in ("none", "nod"))
    other = text.replace(none, "@").replace(nod, none).replace("@", nod)
    folder = changed(tmp_path)
    (folder / "story.yaml").write_text(other)
    found = amendment(read(BUNDLED), read(folder))
    assert {each.kind for each in found.changes} == {"recoded"}
    assert found.grade == "substantial"
    (folder / "story.yaml").write_text(
        text.replace(f"      nod: {nod}\n", f"      nod: {nod}\n      wave: They look, and wave.\n")
    )
    found = amendment(read(BUNDLED), read(folder))
    assert {each.kind for each in found.changes} == {"added"}
    assert "the story is told in 12 ways, 8 before" in found.effects


def test_two_changes_hide_no_third(tmp_path):
    """What would collapse into the same words (one entry condition for two, equal headings) is seen beside others."""
    one, two = tmp_path / "one", tmp_path / "two"
    shutil.copytree(STUDY["tea"], one)
    head = (one / "study.yaml").read_text()
    more = "eligibility: [A?, B?]\ninformation:\n  - {heading: Pay (none), text: first}\n  - {heading: Pay (none), text: second}\n"
    (one / "study.yaml").write_text(head + more)
    shutil.copytree(one, two)
    (two / "study.yaml").write_text(
        (head + more).replace("[A?, B?]", '["A?, B?"]').replace("first", "1st").replace("Tea or", "Tea and")
    )
    found = amendment(read(one), read(two))
    assert {(each.kind, each.at) for each in found.changes} == {
        ("consent", "eligibility"),
        ("information", "information.Pay (none)"),
        ("information", "title"),
    }


def test_codes_that_mean_the_opposite_break_the_comparison(tmp_path):
    """Two answers that exchange their codes: said for every column of the list; another order of a list without order is none."""
    turned = ("questionnaire.yaml", "get_on: {1: Very badly, 2: Badly", "get_on: {1: Badly, 2: Very badly")
    found = amendment(read(BUNDLED), read(changed(tmp_path, turned)))
    assert any("“rapport” cannot be compared" in line for line in found.effects)
    nominal = ("questionnaire.yaml", '1: "Yes, once", 2: "Yes, 2 or 3 times"', '2: "Yes, 2 or 3 times", 1: "Yes, once"')
    found = amendment(read(BUNDLED), read(changed(tmp_path, nominal)))
    assert found.effects == ()


def test_a_page_that_is_parted_is_a_change(tmp_path):
    """Two questions that shared a page and now stand alone, in the same order: each says so."""
    folder = tmp_path / "every_kind"
    shutil.copytree(STUDY["every_kind"], folder)
    text = (folder / "questionnaire.yaml").read_text()
    parted = text.replace("          - {id: days", "      - {id: days")
    assert parted != text
    (folder / "questionnaire.yaml").write_text(parted)
    found = amendment(read(STUDY["every_kind"]), read(folder))
    assert {each.what for each in found.changes} == {"page"}, found.changes


def test_a_version_cannot_take_itself_out_of_the_boards_hands(tmp_path):
    """A new table that calls nothing substantial is itself substantial, and the old table still counts."""
    line = re.search(r"  substantial: \[.*\]\n", (BUNDLED / "study.yaml").read_text()).group()
    empty = ("study.yaml", line, "  substantial: [translation]\n")
    assert amendment(read(BUNDLED), read(changed(tmp_path, empty))).grade == "substantial"
    both = amendment(read(BUNDLED), read(changed(tmp_path, empty, CHANGES[5][1:4])))
    assert {each.kind for each in both.changes if each.substantial} == {"setting", "consent"}


def test_the_table_of_the_study_decides(tmp_path):
    """Without a word about it the usual kinds; a kind that is none is refused with the nearest."""
    edits = ("study.yaml", "substantial: [added, removed, recoded, re-routed, consent", "substantial: [reworded")
    folder = changed(tmp_path, edits, CHANGES[0][1:4])
    assert amendment(read(BUNDLED), read(folder)).grade == "substantial"
    assert read(STUDY["tea"]).substantial is None
    wrong = changed(tmp_path, ("study.yaml", "substantial: [added", "substantial: [adde"))
    assert "did you mean “added”" in run("instruments", "check", str(wrong)).stdout
    assert set(read(BUNDLED).substantial) <= set(KINDS)


def test_words_that_came_and_words_that_went():
    """Marked by word, in both wordings."""
    was, now = marked("Where do you live?", "Where did you live?")
    assert [(run.text, run.mark) for run in was] == [("Where ", ""), ("do", "gone"), (" you live?", "")]
    assert [(run.text, run.mark) for run in now] == [("Where ", ""), ("did", "new"), (" you live?", "")]
    gone, new = marked(None, "<b>")
    assert (gone, [(run.text, run.mark) for run in new]) == ("(not there)", [("<b>", "new")])


def test_files_for_the_board_and_json(tmp_path):
    """A page without scripts and a file to mark up; grades by exit code; nothing is written over."""
    folder, out = changed(tmp_path, CHANGES[5][1:4]), tmp_path / "changes"
    told = run("instruments", "diff", str(BUNDLED), str(folder), "--json", "--out", str(out))
    assert told.returncode == 1, told.stderr
    said = json.loads(told.stdout)
    assert said["grade"] == "substantial"
    assert said["changes"][0]["kind"] == "consent"
    html = (out / "changes.html").read_text()
    assert "<del>18</del>" in html
    assert "<ins>16</ins>" in html
    assert "<script" not in html
    cells = [
        run
        for table in docx.Document(out / "changes.docx").tables
        for cell in table._cells
        for line in cell.paragraphs
        for run in line.runs
    ]
    marks = {run.text: (run.bold, run.underline, run.font.strike) for run in cells}
    assert marks["18"] == (None, None, True)
    assert marks["16"] == (True, True, None)
    said_well(run("instruments", "diff", str(BUNDLED), str(folder), "--out", str(out)), 2, "--force")
    same = document(read(BUNDLED), amendment(read(BUNDLED), read(BUNDLED)))
    assert "No change in meaning" in as_html(same)


def test_a_folder_against_a_git_revision_of_it(tmp_path):
    """The same folder as it was; a revision that is none is said."""
    folder = changed(tmp_path)
    git = ["git", "-C", str(folder), "-c", "user.name=n", "-c", "user.email=e"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *command], check=True)
    head = folder / "study.yaml"
    head.write_text(head.read_text().replace("I am 18 or older.", "I am 16 or older."))
    told = run("instruments", "diff", "HEAD", str(folder))
    assert told.returncode == 1, told.stderr
    assert "consent.k_age" in told.stdout
    said_well(run("instruments", "diff", "no-such-revision", str(folder)), 2, "neither a folder nor a git revision")
    said_well(run("instruments", "diff", str(tmp_path), str(folder)), 2, "cannot be read")
