"""What happens where a protection is off: each of these shows the leak that its promise's tests would find."""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3

import pytest
from conftest import FORM, STUDY, raw
from test_store import FRAME, new_code

from instruments import records
from instruments.doors import Refused
from instruments.reader import read
from survey_app import clock, codes, keeping, store
from survey_app.store import Store

tea = read(STUDY["tea"])


def test_without_overwriting_a_withdrawn_row_stays_in_the_file(tmp_path, monkeypatch):
    """P09: secure_delete off and no VACUUM: the sealed bytes are there after the row is gone."""
    real = store._connect

    def careless(path):
        connection = real(path)
        connection.execute("PRAGMA secure_delete = OFF")
        return connection

    monkeypatch.setattr(store, "_connect", careless)
    kept = Store(tmp_path / "data", tea, "practice")
    kept.flusher.stop()
    mine, words = new_code(), secrets.token_bytes(64)
    kept.send(mine, words * 48, None)
    kept.withdraw(mine)
    assert kept.count() == 0
    assert words in kept.path.read_bytes()
    kept.close()


def test_without_a_tombstone_a_kept_draft_comes_back(tmp_path):
    """P11: what was withdrawn is stored again by whoever still has the page."""
    kept = Store(tmp_path / "data", tea, "practice")
    mine = new_code()
    kept.send(mine, FRAME, None)
    kept.withdraw(mine)
    assert kept.send(mine, FRAME, None) == "withdrawn"
    with sqlite3.connect(kept.path) as own:
        own.execute("DELETE FROM tombstones")
    assert kept.send(mine, FRAME, None) == "stored"
    kept.close()


def led_to(known: list[str], kept: Store, salts: list[bytes]) -> set[str]:
    """Which of these codes lead to a row, for a thief who has the file and tries each of them with each of these salts."""
    with sqlite3.connect(kept.path) as own:
        rows = {row[0] for table in ("responses", "texts") for row in own.execute(f"SELECT key FROM {table}")}
    return {each for each in known for salt in salts if rows & set(codes.row_keys(each, salt))}


def test_without_a_salt_a_row_leads_to_its_code(tmp_path, monkeypatch):
    """P11: a list of 2,000 codes, ten of them sent: under bare hashes all ten are found, without our salt none."""
    known = [new_code() for _ in range(2000)]
    sent, guesses = set(known[::200]), [b"", bytes(32), *(secrets.token_bytes(32) for _ in range(4))]

    def filled(name: str) -> Store:
        kept = Store(tmp_path / name, tea, "practice")
        for each in sent:
            kept.send(each, FRAME, FRAME)
        kept.close()
        return kept

    salted = filled("salted")
    monkeypatch.setattr(store, "row_keys", lambda code, salt: codes.row_keys(code, b""))
    bare = filled("bare")

    assert led_to(known, bare, guesses) == sent
    assert led_to(known, salted, guesses) == set()
    assert led_to(known, salted, [salted.salt]) == sent, "whoever has the salt too, for as long as it lies in the file"


def test_without_the_check_a_foreign_page_is_obeyed(serve, monkeypatch):
    """P15: the same post with our own Origin begins; with a foreign one it does not."""
    server = serve("every_kind")
    ours, foreign = server.origin, "https://elsewhere.example"
    began = {
        origin: raw(server, "POST", "/en/agree", b"agreed=1", Content_Type=FORM, Origin=origin)[0]
        for origin in (ours, foreign)
    }
    assert began[ours] == 303
    assert began[foreign] == 410


def test_without_padding_a_length_tells_who_wrote_much():
    """P07: the same answers with a long and a short text are of other lengths before they are padded."""
    payloads = [{"format": records.FORMAT, "texts": {"why": "x" * length}} for length in (3, 900)]
    assert len({len(json.dumps(each)) for each in payloads}) == 2
    assert len({len(records.to_bytes(each)) for each in payloads}) == 1


@pytest.mark.parametrize("days", [0, 1])
def test_before_the_last_day_nothing_is_purged(tmp_path, days, monkeypatch):
    """P27: the same command on the last day refuses; a day later it deletes."""
    text = (STUDY["tea"] / "study.yaml").read_text() + "privacy: {keep_until: '2030-01-01'}\n"
    shutil.copytree(STUDY["tea"], tmp_path / "study")
    (tmp_path / "study" / "study.yaml").write_text(text)
    kept = Store(tmp_path / "data", read(tmp_path / "study"), "practice")
    kept.send(new_code(), FRAME, None)
    kept.close()
    monkeypatch.setattr(clock, "today", lambda: f"2030-01-0{1 + days}")
    if days:
        assert keeping.purge(tmp_path / "data", only_look=False)[0] == 1
    else:
        with pytest.raises(Refused):
            keeping.purge(tmp_path / "data", only_look=False)
