"""Whoever forges, changes or deletes a stored row is found out by `open` and by `verify`; with controls."""

from __future__ import annotations

import json
import shutil
import sqlite3

import pyrage
import pytest
from conftest import run
from sqlite_utils import Database
from test_opening import filled, opened

from analysis import locking, verifying
from analysis.loading import load
from instruments import evidence, records
from instruments.doors import WrongUse
from instruments.records import PRACTICE_KEY, SURVEY_FILE
from survey_app import keeping, sealing
from survey_app.signing import Signer
from survey_app.store import Store

TEXT = "UPDATE responses SET frame = ? WHERE key = ?"


@pytest.fixture
def data(tmp_path):
    return filled(tmp_path / "data", [{"tea": 1 + n % 3, "cups": n} for n in range(40)])


def changed(data, statement, *values):
    with sqlite3.connect(data / SURVEY_FILE) as own:
        own.execute(statement, values)


def rows_of(data):
    with sqlite3.connect(data / SURVEY_FILE) as own:
        return own.execute("SELECT key, frame, mark FROM responses ORDER BY key").fetchall()


def another(data, cups=77):
    """A frame that opens well, sealed by somebody who knows the public key, as anybody may."""
    study = opened(data, out=data / "known.db").fingerprint
    payload = {"role": "drinker", "duration": "under 2 minutes", "tea": 1, "cups": cups}
    payload |= {"format": records.FORMAT, "fingerprint": study, "kind": "practice"}
    recipient = sealing.public_half(data / PRACTICE_KEY)
    return sealing.seal(payload, [recipient])


def test_what_nobody_touched_is_sound(data):
    """The control of all that follows: 40 rows, signed, nothing to say."""
    proof = opened(data).proof
    assert proof.sound
    assert proof.signed
    assert (proof.rows, proof.since) == (40, 0)


def test_a_forged_row_is_found(data):
    """Sealed to the right key, opening without a fault, and yet never stored by this survey."""
    changed(data, "INSERT INTO responses VALUES (?, ?, ?)", bytes(32), another(data), bytes(16))
    told = opened(data)
    assert told.proof.forged == 1
    assert not told.proof.sound
    assert told.answers == 40, "it is left out"
    changed(data, "DELETE FROM signers")
    blind = opened(data, out=data / "b.db")
    assert (blind.answers, blind.proof.unproven) == (41, 1), "the control: age alone believes it, and that is said"


def test_a_forged_row_does_not_choose_the_study(data):
    """It lies first, and names a study that never ran here, or one that somebody put among those that did."""
    forged = {"format": records.FORMAT, "fingerprint": "F" * 64, "kind": "practice", "role": "drinker"}
    frame = sealing.seal(forged, [sealing.public_half(data / PRACTICE_KEY)])
    changed(data, "INSERT INTO responses VALUES (?, ?, ?)", bytes(32), frame, bytes(16))
    assert opened(data, out=data / "a.db").answers == 40
    changed(data, "INSERT INTO studies VALUES (?, '{}')", "F" * 64)
    told = opened(data, out=data / "b.db")
    assert (told.answers, told.proof.forged) == (40, 1)
    changed(data, "DELETE FROM signers")
    with pytest.raises(WrongUse, match="another version"):  # the control: with nothing to tell by, it is believed
        opened(data, out=data / "c.db")


def test_a_row_exchanged_for_a_valid_one_is_found(data):
    """Another frame in the place of a stored one: it opens, and its mark does not fit."""
    changed(data, TEXT, another(data), rows_of(data)[0][0])
    told = opened(data)
    assert (told.unopened, told.proof.altered, told.answers) == (0, 1, 39)


def test_two_rows_that_change_places_are_found(data):
    """The mark ties a frame to its place: a code must not delete somebody else's answers."""
    (one, first, _), (other, second, _) = rows_of(data)[:2]
    changed(data, TEXT, second, one)
    changed(data, TEXT, first, other)
    assert opened(data).proof.altered == 2


def test_a_deleted_row_is_found_and_a_withdrawn_one_is_not(data):
    """A deletion leaves a gap in the list, a withdrawal leaves a tombstone."""
    key = rows_of(data)[0][0]
    changed(data, "INSERT INTO tombstones VALUES (?, ?)", key, Signer(data).mark("tombstones", key, b""))
    changed(data, "DELETE FROM responses WHERE key IN (SELECT key FROM tombstones)")
    assert opened(data, out=data / "a.db").proof.sound, "the control: withdrawn, and signed before that"
    changed(data, "DELETE FROM responses WHERE key = ?", rows_of(data)[0][0])
    assert opened(data, out=data / "b.db").proof.missing == 1


def test_a_list_that_was_changed_with_the_rows_is_found(data):
    """Whoever deletes a row and its line in the list cannot sign what is left."""
    key = rows_of(data)[0][0]
    with sqlite3.connect(data / SURVEY_FILE) as own:
        leaves = own.execute("SELECT value FROM house WHERE name = 'leaves'").fetchone()[0]
    kept = [leaves[at : at + evidence.LEAF] for at in range(0, len(leaves), evidence.LEAF)]
    left = b"".join(each for each in kept if not each.startswith(key))
    changed(data, "DELETE FROM responses WHERE key = ?", key)
    changed(data, "UPDATE house SET value = ? WHERE name = 'leaves'", left)
    proof = opened(data).proof
    assert proof.missing == 0
    assert not proof.signed
    changed(data, "UPDATE house SET value = ? WHERE name = 'leaves'", left[:-1])
    assert not opened(data, out=data / "b.db").proof.signed


def test_rows_that_the_survey_could_not_sign_any_more_are_its_own(data):
    """Killed between a send and its flush: the mark proves the row; with a false mark it is forged."""
    with sqlite3.connect(data / SURVEY_FILE) as own:
        leaves, signature = (
            own.execute("SELECT value FROM house WHERE name = ?", (name,)).fetchone()[0]
            for name in ("leaves", "signature")
        )
    filled(data, [{"tea": 1, "cups": 7}])
    changed(data, "UPDATE house SET value = ? WHERE name = 'leaves'", leaves)
    changed(data, "UPDATE house SET value = ? WHERE name = 'signature'", signature)
    proof = opened(data).proof
    assert proof.sound
    assert (proof.rows, proof.since) == (41, 1)
    changed(data, "UPDATE responses SET mark = ?", bytes(16))
    assert opened(data, out=data / "b.db").proof.forged == 1


def test_a_restored_copy_on_another_machine_is_still_proven(data, tmp_path):
    """The new machine has a key of its own; what the old one stored keeps the old one's marks."""
    new = tmp_path / "new"
    new.mkdir()
    shutil.copy(data / SURVEY_FILE, new / SURVEY_FILE)
    shutil.copy(data / PRACTICE_KEY, new / PRACTICE_KEY)
    filled(new, [{"tea": 1, "cups": 5}])
    told = opened(new)
    assert told.proof.sound
    assert told.proof.signer != opened(data).proof.signer
    assert len(list(Database(new / SURVEY_FILE)["signers"].rows)) == 2


@pytest.mark.slow
def test_open_and_verify_say_it_to_a_person(data):
    """Exit 1, each finding in words, and whose signature it is."""
    answers = str(data / "answers.db")
    first = run("analysis", "open", "--data", str(data), "--key", str(data / PRACTICE_KEY))
    assert first.returncode == 0, first.stderr
    signer = first.stderr.split("signed by ")[1][:64]
    good = run(
        "analysis", "verify", answers, "--data", str(data), "--key", str(data / PRACTICE_KEY), "--signer", signer
    )
    assert good.returncode == 0, good.stdout + good.stderr
    assert "open to these 40 answers" in good.stdout
    assert run("analysis", "verify", answers, "--signer", "0" * 64).returncode == 1
    assert run("analysis", "verify", answers, "--signer", "").returncode == 1
    assert run("analysis", "verify", answers, "--key", str(data / PRACTICE_KEY)).returncode == 2
    changed(data, "DELETE FROM responses WHERE key = ?", rows_of(data)[0][0])
    changed(data, "INSERT INTO responses VALUES (?, ?, ?)", bytes(32), another(data), bytes(16))
    wrong = run("analysis", "verify", answers, "--data", str(data), "--key", str(data / PRACTICE_KEY), "--json")
    assert wrong.returncode == 1
    said = " ".join(each["words"] for each in json.loads(wrong.stdout) if each["came"] == "wrong")
    assert "1 record gone that nobody withdrew" in said
    assert "not to these 40" in said
    told = run("analysis", "open", "--data", str(data), "--key", str(data / PRACTICE_KEY), "--force")
    assert told.returncode == 1
    assert "1 record that this survey never stored" in told.stderr
    assert "1 record gone that nobody withdrew" in told.stderr


def test_verify_finds_what_changed_after_the_lock(data):
    """The study, the answers, the plan: each as it was locked, or named."""
    path = opened(data).path
    locking.lock(path, load(path), "2026-11-23")

    def wrong():
        found = verifying.verified(path, None, None, None, lambda each, *_: each, lambda _: "")
        return [each.words for each in found if each.came == "wrong"]

    assert wrong() == []
    with sqlite3.connect(path) as own:
        own.execute("UPDATE answers SET cups = cups + 1 WHERE rowid = 1")
    assert len(wrong()) == 1
    assert "locked on 2026-11-23" in wrong()[0]
    with sqlite3.connect(path) as own:
        own.execute("UPDATE about SET value = replace(value, 'has 40 rows', 'has 41 rows') WHERE name = 'signed'")
    assert len(wrong()) == 2


def test_the_signing_key_is_for_this_user_alone_says_no_time_and_is_in_no_copy(tmp_path):
    """0600, the first of the month, one for two starts; neither it nor the key of the marks is in the file."""
    store = Store(tmp_path / "data", None, "practice")
    key = tmp_path / "data" / "signing-key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.stat().st_mtime == store.path.stat().st_mtime
    store.copy(tmp_path / "copy.db")
    again = Store(tmp_path / "data", None, "practice")
    assert again.signer.public == store.signer.public
    for raw in (store.path.read_bytes(), (tmp_path / "copy.db").read_bytes()):
        assert store.signer.secret not in raw
        assert bytes(store.signer.key) not in raw
        assert store.signer.public in raw, "the control: this is how it would be found"
    again.close()
    store.close()
    key.write_text("no key")
    said = run("survey_app", "backup", "--data", str(tmp_path / "data"))
    assert said.returncode == 4
    assert "holds no signing key" in said.stderr


def test_a_withdrawn_row_that_somebody_put_back_is_not_opened(data):
    """A tombstone reaches `open` too: the row of a copy that was merged by hand stays out."""
    key = rows_of(data)[0][0]
    changed(data, "INSERT INTO tombstones VALUES (?, ?)", key, Signer(data).mark("tombstones", key, b""))
    told = opened(data)
    assert told.answers == 39
    assert told.proof.sound
    assert len(rows_of(data)) == 40, "the control: it lies there"


def test_a_restart_signs_nothing_that_the_survey_did_not_store(data):
    """Forged, changed, deleted: the next signature does not make them good; a restart without that is the control."""
    filled(data, [])
    assert opened(data, out=data / "a.db").proof.sound
    (one, _, _), (other, _, _) = rows_of(data)[:2]
    changed(data, "INSERT INTO responses VALUES (?, ?, ?)", bytes(32), another(data), bytes(16))
    changed(data, TEXT, another(data), one)
    changed(data, "DELETE FROM responses WHERE key = ?", other)
    for _ in range(2):
        filled(data, [])
    proof = opened(data, out=data / "b.db").proof
    assert (proof.forged, proof.altered, proof.missing) == (1, 1, 1)


def test_a_tampered_copy_is_not_made_good_by_bringing_it_back(data, tmp_path):
    """A row that somebody put into a backup comes back as what it is."""
    copy = keeping.backup(data, tmp_path / "copy.db")
    with sqlite3.connect(copy) as own:
        own.execute("INSERT INTO responses VALUES (?, ?, ?)", (bytes(32), another(data), bytes(16)))
    keeping.restore(copy, data)
    told = opened(data)
    assert (told.proof.forged, told.answers) == (1, 40)


def test_marks_of_somebody_elses_making_are_not_believed(data):
    """Whoever seals a key of marks to the researchers has still not the signature that stands for it."""
    secret = bytes(range(32))
    sealed = pyrage.encrypt(secret, [sealing.public_half(data / PRACTICE_KEY)])
    frame = another(data)
    changed(data, "INSERT INTO signers VALUES (?, ?, ?, ?)", bytes(32), bytes(16), sealed, bytes(64))
    changed(
        data,
        "INSERT INTO responses VALUES (?, ?, ?)",
        bytes(32),
        frame,
        evidence.mark(secret, "responses", bytes(32), frame),
    )
    assert opened(data).proof.forged == 1


def test_answers_that_somebody_hides_or_brings_back_are_found(data):
    """A false tombstone hides a row, a true one that is taken away brings one back: both are seen."""
    key, frame, mark = rows_of(data)[0]
    changed(data, "INSERT INTO tombstones VALUES (?, ?)", key, bytes(16))
    told = opened(data, out=data / "a.db")
    assert (told.answers, told.proof.hidden) == (39, 1)
    changed(data, "DELETE FROM tombstones")
    changed(data, "DELETE FROM responses WHERE key = ?", key)
    changed(data, "INSERT INTO tombstones VALUES (?, ?)", key, Signer(data).mark("tombstones", key, b""))
    filled(data, [])
    assert opened(data, out=data / "b.db").proof.sound
    changed(data, "DELETE FROM tombstones")
    changed(data, "INSERT INTO responses VALUES (?, ?, ?)", key, frame, mark)
    told = opened(data, out=data / "c.db")
    assert (told.answers, told.proof.altered) == (39, 1)


def test_a_study_that_somebody_changed_is_refused(data):
    """Its fingerprint is another one, and no answer is read by it."""
    changed(data, "UPDATE studies SET canonical = replace(canonical, 'so so', 'never')")
    with pytest.raises(WrongUse, match="fingerprint is another one"):
        opened(data)


@pytest.mark.parametrize(
    "odd", [{"cups": 10**30}, {"role": ["a"]}, {"cups": {"x": 1}}, {"fingerprint": ["F"]}, {"nest": [[[]]]}]
)
def test_a_row_of_an_odd_shape_stops_nothing(data, odd):
    """Sealed by somebody else, with what no survey writes: counted, and the others are opened."""
    payload = {"format": records.FORMAT, "fingerprint": "F", "kind": "practice", "role": "drinker", **odd}
    frame = sealing.seal(payload, [sealing.public_half(data / PRACTICE_KEY)])
    changed(data, "INSERT INTO responses VALUES (?, ?, ?)", bytes(32), frame, bytes(16))
    changed(data, "DELETE FROM signers")
    told = opened(data)
    assert (told.answers, told.unopened) == (40, 1)
