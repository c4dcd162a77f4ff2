"""Practice, live, closed: real answers only while every sentence is true, and nobody is left without words."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyrage
import pytest
from conftest import STUDY, Scripted, run, to_page
from test_troubles import said_well

from instruments import keyfile
from instruments.approval import approval_of, lapsed, standing
from instruments.doors import WrongUse
from instruments.reader import Faulty, read
from instruments.walker import Browser
from survey_app import clock, live
from survey_app.live import gate, private_keys
from survey_app.serve import public_address

ORIGIN = "https://survey.example.org"
DAYS = ("--from", "2026-01-01", "--until", "2036-12-31")
TODAY = "2026-11-23"


@pytest.fixture(autouse=True)
def clean_home(tmp_path, monkeypatch):
    """A home without keys of anybody's own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent.parent))
    monkeypatch.chdir(home)


def run_here(*command):
    """One of the doors, in a working folder without keys."""
    return run(*command, cwd=Path.cwd())


@pytest.fixture
def study(tmp_path):
    """A study that a board has approved, with everything decided."""
    folder = tmp_path / "study"
    shutil.copytree(STUDY["tea"], folder)
    text = (folder / "study.yaml").read_text()
    (folder / "study.yaml").write_text(
        text + "leave_to: https://weather.example.org/\nprivacy: {withdraw_until: '2037-01-31', keep_until: '2040-01-01'}\n"
        "support:\n  - place: Here\n    emergency: Call 112.\n    lines:\n"
        f"      - {{name: Somebody, phone: '123', source_page: 'https://a.example', checked_on: '{clock.today()}', checked_by: me}}\n"
    )  # fmt: skip
    keys = [pyrage.x25519.Identity.generate() for _ in range(3)]
    names = [str(key.to_public()) for key in keys]
    (folder / "recipients.yaml").write_text(f"answers: [{names[0]}, {names[1]}]\ntexts: [{names[2]}]\n")
    approved(folder)
    return folder, keys


def approved(folder, *more, days=DAYS, cap="50"):
    """Approve it as a person would."""
    said = run_here("instruments", "approve", str(folder), "--board", "REC 3", "--reference", "26/114", *days, "--cap", cap, *more)  # fmt: skip
    assert said.returncode == 0, said.stderr
    return said


class Participant(Browser):
    """A browser whose requests come by way of the public address."""

    def __init__(self, server):
        super().__init__(server.origin)

    def _exchange(self, method, path, body, headers):
        own = {"Origin": ORIGIN} if "Origin" in headers else {}
        return super()._exchange(method, path, body, {**headers, **own})


def serving(serve, folder, *flags, **other):
    """The survey behind its public address."""
    return serve(folder, "--origin", ORIGIN, *flags, **other)


def test_everything_true_is_live(study, serve, tmp_path):
    """No ribbon, records that say live, sealed to both keys and own words to the third; no practice key."""
    folder, keys = study
    server = serving(serve, folder)
    page = to_page(Participant(server), Scripted(), "/sent")
    assert page.ribbon == ""
    assert not (server.data / "practice-key.txt").exists()
    server.stop()
    assert "LIVE" in server.log
    for number in (0, 1):
        key = tmp_path / f"key{number}"
        key.write_text(str(keys[number]))
        text_key = tmp_path / "text-key"
        text_key.write_text(str(keys[2]))
        out = tmp_path / f"answers{number}.db"
        done = run_here("analysis", "open", "--data", str(server.data), "--key", str(key), "--text-key", str(text_key), "--out", str(out))  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert dict(sqlite3.connect(out).execute("SELECT name, value FROM about"))["kind"] == "live"


BROKEN = {
    "another study": ("study.yaml", "title: ", "title: New ", "“title”"),
    "another key": ("recipients.yaml", "texts:", "# other\ntexts:", "recipients.yaml is not the one that was approved"),
    "no such file": ("recipients.yaml", None, "", "recipients.yaml"),
    "a folder in its place": ("recipients.yaml", None, "folder", "recipients.yaml"),
    "nobody has approved it any more": ("approval.yaml", None, "", "Nobody has approved"),
    "an approval that cannot be read": ("approval.yaml", "board:", "bord:", "did you mean"),
    "too early": ("approval.yaml", "2026-01-01", "2035-01-01", "begins on 2035-01-01"),
    "too late": ("approval.yaml", "2036-12-31", "2026-01-02", "ended on 2026-01-02"),
    "all have answered": ("approval.yaml", "cap: 50", "cap: 0", "as many as the board allows"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_sentence_that_is_not_true_closes_it(name, study, serve):
    """Once live, never practice again: newcomers read that it is closed, with the support lines; the host reads why."""
    folder, _ = study
    server = serving(serve, folder)
    to_page(Participant(server), Scripted(), "/sent")
    server.stop()
    file, old, new, says = BROKEN[name]
    text = (folder / file).read_text()
    if old is None:
        (folder / file).unlink()
        if new:
            (folder / file).mkdir()
    else:
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))
    server.start()
    page = Participant(server).get("/")
    assert page.heading == "This survey is closed"
    assert "Somebody" in page.html
    assert page.ribbon == ""
    assert Participant(server).get("/en/agree").heading == "This survey is closed"
    server.stop()
    assert says in server.log.split("closed      ", 1)[-1], server.log
    if (folder / file).is_dir():
        (folder / file).rmdir()
    (folder / file).write_text(text)
    assert Participant(server).get("/").heading != "This survey is closed" if server.process.poll() is None else True
    server.start()
    assert Participant(server).get("/").heading != "This survey is closed"


def test_the_control_of_all_that(study, serve):
    """Without an approval the same folder practises: the ribbon stands on every page, and nothing is live."""
    folder, _ = study
    (folder / "approval.yaml").unlink()
    server = serving(serve, folder)
    assert "Practice" in Participant(server).get("/").ribbon
    server.stop()
    assert "LIVE" not in server.log


def test_kinds_of_records_are_never_mixed(study, serve, tmp_path):
    """Practice records keep a folder from going live, and live ones from practice; what is not yet live says why."""
    folder, _ = study
    practised = serving(serve, folder, "--practice")
    to_page(Participant(practised), Scripted(), "/sent")
    practised.stop()
    assert "LIVE" not in practised.log
    unasked = serving(serve, folder)  # on the same data: the key of the practice is in the way, and is named
    Participant(unasked).get("/")  # it answers once it has said what is in the way
    unasked.stop()
    assert "practice-key.txt. Take it away." in unasked.log
    (practised.data / "practice-key.txt").unlink()
    mixed = run_here(
        "survey_app", "--study", str(folder), "--data", str(practised.data), "--origin", ORIGIN, "--port", "0"
    )
    said_well(mixed, 3, "practice")
    live = serving(serve, folder, data=tmp_path / "other")
    live.stop()
    said_well(run_here("survey_app", "--study", str(folder), "--data", str(live.data), "--origin", ORIGIN, "--practice", "--port", "0"), 3, "live")  # fmt: skip


def test_whoever_began_in_time_may_send_for_a_day(study):
    """After the last day a draft of that day is still taken, an older one is not; never to keys that were not approved."""
    from survey_app.app import create_app
    from survey_app.drafts import to_cookie
    from survey_app.serve import open_survey, studies_in

    folder, _ = study
    studies = studies_in(folder)
    first = next(iter(studies.values()))
    found = gate(folder, first, folder.parent / "data", ORIGIN)
    assert found.in_the_way(clock.today(), 0) == ()
    surveys = open_survey(studies, folder.parent / "data", "live", ORIGIN, found)
    here = next(iter(surveys.values()))
    ended = replace(here, gate=replace(found, approval=replace(found.approval, ends="2026-01-02")))
    other = replace(ended, gate=replace(ended.gate, settled=("recipients.yaml is not the one that was approved.",)))

    def status(where, hours):
        from test_drafts import draft

        begun = clock.minute() - 60 * hours
        made = replace(
            draft(), study=here.mark, begun=begun, seen=clock.minute(), role=first.roles[0].id, own_device=True
        )
        client = create_app({"en": where}).test_client()
        client.set_cookie(where.cookie, to_cookie(made, here.draft_keys, clock.today()), domain="localhost")
        return client.get("/en/check", base_url="https://localhost").status_code

    assert status(here, 23) == status(here, 30) == 200
    assert (status(ended, 23), status(ended, 25)) == (200, 410)
    assert status(other, 1) == 410
    here.store.close()


def test_the_very_days(study):
    """The first and the last day are inside, the days beside them are not; ninety days are fresh, ninety-one are not."""
    folder, _ = study
    here = read(folder)
    approval = replace(approval_of(folder), begins="2026-11-23", ends="2026-12-24")
    checked = date.fromisoformat(clock.today())
    for day, words in (("2026-11-22", "begins on"), ("2026-11-23", ""), ("2026-12-24", ""), ("2026-12-25", "ended on")):
        told = " ".join(each for each in lapsed(here, approval, day) if "approval" in each)
        assert (words in told) if words else told == ""
    open_ended = replace(approval, begins="2020-01-01", ends="2099-01-01")
    assert list(lapsed(here, open_ended, str(checked + timedelta(days=90)))) == []
    assert "over 90 days ago" in " ".join(lapsed(here, open_ended, str(checked + timedelta(days=91))))
    assert "today is" in " ".join(lapsed(here, open_ended, str(checked - timedelta(days=1))))


@pytest.mark.slow
def test_own_words_are_sealed_to_their_own_key(study, serve, tmp_path):
    """Whoever has a key of the answers alone reads no text, and the other way round."""
    folder, keys = study
    server = serving(serve, folder)
    to_page(Participant(server), Scripted(more="words of my own"), "/sent")
    server.stop()
    paths = []
    for number, key in enumerate(keys):
        paths.append(tmp_path / f"key{number}")
        paths[-1].write_text(str(key))
    answers, _, texts = paths
    command = ("analysis", "open", "--data", str(server.data))
    wrong = run_here(*command, "--key", str(answers), "--text-key", str(answers), "--out", str(tmp_path / "a.db"))
    said_well(wrong, 2, "opens none of the")
    wrong = run_here(*command, "--key", str(texts), "--text-key", str(texts), "--out", str(tmp_path / "b.db"))
    said_well(wrong, 2, "opens none of the")
    right = run_here(*command, "--key", str(answers), "--text-key", str(texts), "--out", str(tmp_path / "c.db"))
    assert right.returncode == 0, right.stderr
    assert sqlite3.connect(tmp_path / "c.db").execute("SELECT text FROM texts").fetchall() == [("words of my own",)]


def test_a_change_of_one_comma_is_named(study):
    """By its very question, from the JSON that was kept; in a label as in a rule."""
    folder, _ = study
    text = (folder / "questionnaire.yaml").read_text()
    (folder / "questionnaire.yaml").write_text(text.replace("Is my tea good?", '"Is my tea, good?"'))
    assert text != (folder / "questionnaire.yaml").read_text()
    changed = read(folder)
    told = " ".join(standing(folder, changed, approval_of(folder), TODAY))
    assert "“tea” (text.drinker, reworded)" in told
    shutil.rmtree(folder / "approved")
    assert "is not kept" in " ".join(standing(folder, changed, approval_of(folder), TODAY))


def test_a_damaged_copy_of_what_was_approved_is_said(study):
    """Cut, changed, or another study: it stands in the way in words, and never breaks a survey that looks."""
    folder, _ = study
    approval = approval_of(folder)
    kept = next((folder / "approved").glob("*.json"))
    whole = kept.read_text()
    text = (folder / "study.yaml").read_text()
    (folder / "study.yaml").write_text(text.replace("Tea or", "Tea and"))
    assert "“title”" in " ".join(standing(folder, read(folder), approval, TODAY))
    for damaged in (whole[:50], whole.replace("Tea", "Ink"), "{}", "null"):
        kept.write_text(damaged)
        assert "its JSON" in " ".join(standing(folder, read(folder), approval, TODAY))
    kept.write_bytes(b"\xff\xfe")
    assert "its JSON" in " ".join(standing(folder, read(folder), approval, TODAY))


def test_stale_support_and_undecided_points_stand_in_the_way(study):
    """A support line that was checked 91 days ago, one that is empty, a day that nobody has decided."""
    folder, _ = study
    approval = approval_of(folder)
    assert list(standing(folder, read(folder), approval, clock.today())) == []
    later = "2028-01-01"
    assert "over 90 days ago" in " ".join(standing(folder, read(folder), approval, later))
    for old, new, says in (
        ("name: Somebody", "name: null", "no name"),
        (f"checked_on: '{clock.today()}'", "checked_on: '2099-01-01'", "was checked on 2099-01-01; today is"),
        (f"checked_on: '{clock.today()}'", "checked_on: last week", "is not a day"),
        ("withdraw_until: '2037-01-31', ", "", "withdraw_until has no day"),
        ("leave_to: https://weather.example.org/\n", "", "leave_to"),
    ):
        text = (folder / "study.yaml").read_text()
        (folder / "study.yaml").write_text(text.replace(old, new))
        try:
            told = " ".join(standing(folder, read(folder), approval, clock.today()))
        except Faulty as error:
            told = str(error)
        assert says in told
        (folder / "study.yaml").write_text(text)


def test_a_private_key_on_this_machine_is_found(study, tmp_path, monkeypatch):
    """In the data, the study, the home or the working folder; a public key is none."""
    folder, keys = study
    room = tmp_path / "room"
    (room / "deep").mkdir(parents=True)
    assert private_keys(room) == private_keys(folder) == ([], True)
    path = room / "deep" / "notes.txt"
    sheet = "\n".join(keyfile.printed(f"{keys[0]}\n".encode()))
    for content in (
        f"my key: {keys[0]}\n".encode(),
        str(keys[0]).lower().encode(),
        str(keys[0]).encode("utf-16"),
        sheet.encode(),
        sheet.replace("\n", "<br>\n").encode(),
    ):
        path.write_bytes(content)
        assert private_keys(room) == ([path], True)
    prose = "AGE-SECRET-KEY-1 is how a private key begins, and whoever reads on finds words and no key at all in this"
    path.write_text(f"{keys[0].to_public()}\n{prose}")
    (room / "round").symlink_to(room)
    os.mkfifo(room / "pipe")
    assert private_keys(room) == ([], True)
    monkeypatch.setattr(live, "MOST_FILES", 0)
    assert private_keys(room)[1] is False
    for where in ("home", "study", "data"):
        place = {"home": tmp_path / "home", "study": folder, "data": tmp_path / "data"}[where]
        place.mkdir(exist_ok=True)
        monkeypatch.setattr(live, "MOST_FILES", 50_000)
        (place / "k\x1b[31m.txt").write_text(str(keys[0]))
        told = [each for each in gate(folder, read(folder), tmp_path / "data", ORIGIN).settled if "private key" in each]
        assert len(told) == 1, where
        assert "\x1b" not in told[0]
        (place / "k\x1b[31m.txt").unlink()


def test_the_keys_are_those_that_were_read_at_the_start(study, serve, tmp_path):
    """A file that is put in its place while it runs changes neither whom answers are sealed to nor whether it is open."""
    folder, _ = study
    server = serving(serve, folder)
    to_page(Participant(server), Scripted(), "/sent")
    server.stop()
    approved_file = (folder / "recipients.yaml").read_text()
    others = [str(pyrage.x25519.Identity.generate().to_public()) for _ in range(2)]
    (folder / "recipients.yaml").write_text(f"answers: [{others[0]}, {others[1]}]\n")
    server.start()
    assert Participant(server).get("/").heading == "This survey is closed"
    (folder / "recipients.yaml").write_text(approved_file)
    assert Participant(server).get("/").heading == "This survey is closed", "it holds the keys that it has read"


def test_the_cap_counts_whoever_has_ever_sent(study, serve):
    """At the cap newcomers read that it is closed; also where another process sent the last one, or one was withdrawn."""
    folder, _ = study
    approved(folder, cap="2")
    one = serving(serve, folder)
    two = serving(serve, folder, data=one.data)
    to_page(Participant(one), Scripted(), "/sent")
    assert Participant(one).get("/").heading != "This survey is closed"
    to_page(Participant(one), Scripted(), "/sent")
    assert Participant(one).get("/").heading == "This survey is closed"
    other = Participant(two)
    page = other.get("/en/agree")
    assert page.form is not None, "it does not know yet"
    page = other.press(page, page.form, Scripted()(page, page.form))
    assert page.heading == "This survey is closed"


def test_nothing_begun_in_practice_is_sent_as_real(study):
    """In the very folder of the practice, its records taken away: the practice draft is nobody's, a live one is somebody's."""
    from test_drafts import draft

    from survey_app.drafts import from_cookie, to_cookie
    from survey_app.serve import open_survey, studies_in

    folder, _ = study
    studies, data = studies_in(folder), folder.parent / "data"
    first = next(iter(studies.values()))
    practice = next(iter(open_survey(studies, data, "practice", ORIGIN).values()))
    begun = to_cookie(draft(), practice.draft_keys, clock.today())
    practice.store.close()
    for name in ("survey.db", "practice-key.txt"):
        (data / name).unlink()
    here = next(iter(open_survey(studies, data, "live", ORIGIN, gate(folder, first, data, ORIGIN)).values()))
    assert from_cookie(begun, practice.draft_keys, clock.today()) is not None
    assert from_cookie(begun, here.draft_keys, clock.today()) is None
    assert from_cookie(to_cookie(draft(), here.draft_keys, clock.today()), here.draft_keys, clock.today()) is not None
    here.store.close()


def test_nobody_sends_again_as_another_side_once_it_is_closed(study):
    """A draft of the last day finishes what it began, and begins nothing else."""
    from survey_app.app import create_app
    from survey_app.drafts import to_cookie
    from survey_app.serve import open_survey, studies_in

    folder, _ = study
    studies = studies_in(folder)
    first = next(iter(studies.values()))
    found = gate(folder, first, folder.parent / "data", ORIGIN)
    here = next(iter(open_survey(studies, folder.parent / "data", "live", ORIGIN, found).values()))
    ended = replace(here, gate=replace(found, approval=replace(found.approval, ends="2026-01-02")))
    from test_drafts import draft

    made = replace(draft(), study=here.mark, begun=clock.minute(), seen=clock.minute(), role="drinker", chosen=1)
    for survey, status in ((here, 303), (ended, 410)):
        client = create_app({"en": survey}).test_client()
        client.set_cookie(survey.cookie, to_cookie(made, here.draft_keys, clock.today()), domain="localhost")
        sent = client.post("/en/p/1", data={"_token": made.token, "role": "2"}, base_url="https://localhost")
        assert sent.status_code == status
    here.store.close()


def test_pilot_and_main_answers_are_never_in_one_folder(study, serve):
    """A folder that began as the one is refused to the other, and the doctor says so before."""
    folder, _ = study
    server = serving(serve, folder)
    to_page(Participant(server), Scripted(), "/sent")
    server.stop()
    approved(folder, "--pilot")
    said_well(run_here("survey_app", "--study", str(folder), "--data", str(server.data), "--origin", ORIGIN, "--port", "0"), 3, "pilot")  # fmt: skip
    told = run_here("survey_app", "doctor", "--study", str(folder), "--data", str(server.data), "--origin", ORIGIN)
    assert "need a folder of their own" in told.stdout


def test_an_empty_file_of_a_crash_at_the_first_start_is_begun_again(study, serve, tmp_path):
    """Nothing was in it; it starts."""
    data = tmp_path / "begun"
    data.mkdir()
    (data / "survey.db").touch()
    server = serving(serve, study[0], data=data)
    assert to_page(Participant(server), Scripted(), "/sent").path.endswith("/sent")


@pytest.mark.parametrize("origin", ["https://", "https://[", "https://x/path", "https://?x", "https://a b", "https://x:99999", "https://me@x", "ftp://x"])  # fmt: skip
def test_what_is_no_public_address(origin):
    """It is refused in words; the next test hears them."""
    with pytest.raises(WrongUse, match="is not an address"):
        public_address(origin)


@pytest.mark.parametrize("command", ["doctor", "serve"])
def test_the_start_and_the_doctor_say_so(command, study, tmp_path):
    """The same sentence, exit 2."""
    where = ("--study", str(study[0]), "--data", str(tmp_path / "data"), "--origin", "https://x/path")
    more = ("doctor",) if command == "doctor" else ("--port", "0")
    said_well(run_here("survey_app", *more, *where), 2, "is not an address")


def test_the_doctor_says_what_is_missing(study, tmp_path):
    """Every sentence, exit 3; with none of them, 0; what lapses soon is said before it does."""
    folder, _ = study
    command = ("survey_app", "doctor", "--study", str(folder), "--data", str(tmp_path / "data"))
    fine = run_here(*command, "--origin", ORIGIN, "--json")
    found = json.loads(fine.stdout)
    assert (fine.returncode, found["in_the_way"]) == (0, []), fine.stdout
    without = run_here(*command)
    assert without.returncode == 3
    assert "https://" in without.stdout
    bare = run_here("survey_app", "doctor", "--study", str(STUDY["tea"]), "--data", str(tmp_path / "data"))
    assert bare.returncode == 3
    for words in ("Nobody has approved", "support lines", "recipients.yaml"):
        assert words in bare.stdout
    soon = list(gate(folder, read(folder), tmp_path / "data", ORIGIN).soon("2036-12-25"))
    assert soon == ["In 6 days the approval lapses (2036-12-31)."]


def test_recipients_are_read_as_strictly_as_the_rest(study, tmp_path):
    """One key alone, no key at all, a word that is none: each is said."""
    folder, keys = study
    one, seven = str(keys[0].to_public()), [str(pyrage.x25519.Identity.generate().to_public()) for _ in range(7)]
    for text, says in (
        (f"answers: [{one}]\n", "names 1 key"),
        ("answers: [age1nobody]\n", "is no public age key"),
        (f"answers: [{one}, {one}]\n", "is named twice"),
        (f"answers: [{', '.join(seven)}]\n", "at most 6 keys"),
        (f"answer: [{one}]\n", "did you mean “answers”"),
        ("", "recipients.yaml"),
    ):
        (folder / "recipients.yaml").write_text(text)
        assert says in " ".join(gate(folder, read(folder), tmp_path / "data", ORIGIN).settled), text


@pytest.mark.slow
def test_a_pilot_is_not_a_test_in_any_report(study, serve, tmp_path):
    """The approval's `--pilot` reaches every page of the report, by way of the stored answers alone."""
    folder, keys = study
    approved(folder, "--pilot")
    server = serving(serve, folder)
    to_page(Participant(server), Scripted(), "/sent")
    server.stop()
    key, out = tmp_path / "key", tmp_path / "answers.db"
    key.write_text(f"{keys[0]}")
    (tmp_path / "text").write_text(f"{keys[2]}")
    done = run_here("analysis", "open", "--data", str(server.data), "--key", str(key), "--text-key", str(tmp_path / "text"), "--out", str(out))  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert dict(sqlite3.connect(out).execute("SELECT name, value FROM about"))["pilot"] == "1"
    done = run_here("analysis", "codebook", str(out), "--out", str(tmp_path / "codebook.html"))
    assert done.returncode == 0, done.stderr
    assert "Pilot: not a test." in (tmp_path / "codebook.html").read_text()


def test_wrong_approvals_are_refused(study):
    """A day that is none, an end before its beginning, a last day to delete that comes too early, a study with errors."""
    folder, _ = study
    before = (folder / "approval.yaml").read_bytes()
    command = ("instruments", "approve", str(folder), "--board", "b", "--reference", "r", "--cap", "9")
    nobody = ("instruments", "approve", str(folder), "--board", " ", "--reference", "", "--cap", "9", *DAYS)
    said_well(run_here(*nobody), 2, "names its board")
    said_well(run_here(*command, "--from", "soon", "--until", "2026-12-31"), 2, "“soon” is no day")
    said_well(run_here(*command, "--from", "2026-12-31", "--until", "2026-12-01"), 2, "lies before")
    said_well(run_here(*command, "--from", "2026-12-31", "--until", "2037-12-01"), 2, "delete until 2037-01-31")
    said_well(run_here(*command[:-1], "0", "--from", "2026-01-01", "--until", "2026-12-01"), 2, "cap")
    (folder / "questionnaire.yaml").write_text("parts: []\n")
    said_well(run_here(*command, "--from", "2026-01-01", "--until", "2026-12-01"), 2, "errors")
    assert (folder / "approval.yaml").read_bytes() == before
    (folder / "approval.yaml").write_text("board: b\nuntill: x\n")
    with pytest.raises(Exception, match="did you mean “until”"):
        approval_of(folder)


def test_a_researcher_leaves(study, serve, tmp_path):
    """Other recipients close the survey at once; a recorded step opens it again, and answers go to the new keys alone."""
    folder, keys = study
    server = serving(serve, folder)
    to_page(Participant(server), Scripted(), "/sent")
    stays, comes = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    before = (folder / "recipients.yaml").read_text()
    (folder / "recipients.yaml").write_text(f"answers: [{stays.to_public()}, {comes.to_public()}]\n")
    assert "This survey is closed" in Participant(server).get("/en/").text
    server.stop()
    server = serving(serve, folder)
    assert "This survey is closed" in Participant(server).get("/en/").text
    server.stop()
    said_well(run_here("instruments", "approve", str(folder), "--recipients"), 2, "--reference")
    done = run_here("instruments", "approve", str(folder), "--recipients", "--reference", "26/114-a")
    assert done.returncode == 0, done.stderr
    assert "26/114-a" in (folder / "approval.yaml").read_text()
    said_well(
        run_here("instruments", "approve", str(folder), "--recipients", "--reference", "x"), 2, "approved one already"
    )
    server = serving(serve, folder)
    to_page(Participant(server), Scripted(), "/sent")
    server.stop()
    for key, opens in ((keys[0], 1), (comes, 1)):
        path = tmp_path / "key"
        path.write_text(str(key))
        out = tmp_path / "opened.db"
        done = run_here(
            "analysis", "open", "--data", str(server.data), "--key", str(path), "--out", str(out), "--force"
        )
        assert f"{opens} answers" in done.stderr, "each key opens what was sealed while it was named"
        assert "could not be opened" in done.stderr
        assert "never stored" not in done.stderr
    (folder / "recipients.yaml").write_text(before)
    study_file = folder / "study.yaml"
    study_file.write_text(study_file.read_text().replace("title: ", "title: New "))
    said_well(
        run_here("instruments", "approve", str(folder), "--recipients", "--reference", "x"), 2, "study changed too"
    )
    (folder / "approval.yaml").unlink()
    said_well(
        run_here("instruments", "approve", str(folder), "--recipients", "--reference", "x"), 2, "Nobody has approved"
    )


def test_an_approval_names_everything(study):
    """Without one of its facts a decision is refused, in words."""
    folder, _ = study
    said_well(
        run_here("instruments", "approve", str(folder), "--board", "REC"), 2, "--reference, --from, --until and --cap"
    )
