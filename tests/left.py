"""A survey with certain settings, answered and stopped; and what its folder and its log then say of anybody."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

import pyrage
import yaml
from conftest import STUDY, Scripted, Server, spoken_in, to_page
from pairs import FLAGS, IN_PRIVACY, IN_THE_STUDY, OUT, Row

from instruments import approval, keyfile, records
from instruments.reader import read
from instruments.walker import Browser
from instruments.written import read_yaml
from survey_app import clock
from survey_app.drill.canaries import ADDRESSES, AGENT, ANSWER, PEER, QUERY, TELLING
from survey_app.haystack import traces, ways_of_writing, ways_of_writing_a_moment, ways_of_writing_an_address

PEOPLE = 7
TABLES = {
    "responses": {"key", "frame", "mark"},
    "texts": {"key", "frame", "mark"},
    "tombstones": {"key", "mark"},
    "studies": {"fingerprint", "canonical"},
    "totals": {"name", "count"},
    "house": {"name", "value"},
    "signers": {"public_key", "sealed_to", "sealed_key", "signature"},
}
HOUSE = {"format", "kind", "leaves", "pilot", "salt", "signature", "signer", "survey"}
OF_PEOPLE = ("responses", "texts", "tombstones")
OF_A_RECORD = {"format", "fingerprint", "kind"}


class Away:
    """A study with these settings, served, answered by people who can be recognised, and stopped."""

    def __init__(self, row: Row, tmp_path: Path, *program: str) -> None:
        self.row, self.folder, self.data, self.log = row, tmp_path / "study", tmp_path / "data", tmp_path / "log"
        self.keys = [pyrage.x25519.Identity.generate() for _ in range(4)]
        self._write(tmp_path)
        self.began = int(time.time())
        flags = [word for name in FLAGS if row[name] is not OUT for word in (f"--{name}", row[name])]
        flags += [f"--{row['kind'].replace('_', '-')}"] if row["kind"] in ("practice", "made_up") else []
        server = Server(self.folder, self.data, *flags, **({"program": program} if program else {}))
        try:
            self.sent = [self._somebody(server) for _ in range(PEOPLE)]
            self.deleted = self._deletes(server, *self.sent[-1])
        finally:
            server.stop()
        self.ended = int(time.time())
        self.log.write_text(server.log)

    def _write(self, tmp_path: Path) -> None:
        written = tmp_path / "written"
        shutil.copytree(STUDY["every_kind"], written)
        head = read_yaml(written / "study.yaml", "study.yaml").plain()
        head |= {name: self.row[name] for name in IN_THE_STUDY}
        head["privacy"] = {name: self.row[name] for name in IN_PRIVACY if self.row[name] is not OUT}
        head["support"][0]["lines"][0]["checked_on"] = clock.today()
        text = yaml.safe_dump(
            {name: value for name, value in head.items() if value is not OUT},
            allow_unicode=True,
            default_flow_style=None,
        )
        (written / "study.yaml").write_text(text)
        if self.row["languages"] is OUT:
            written.rename(self.folder)
        else:
            spoken_in(self.row["languages"][1:], self.folder, written)
        public = [str(key.to_public()) for key in self.keys]
        sealed_to = {"answers": public[: self.row["answers"]]} | ({"texts": public[3:]} if self.row["texts"] else {})
        (self.folder / approval.RECIPIENTS).write_text(yaml.safe_dump(sealed_to))
        if self.row["kind"] in ("live", "pilot"):
            decided = approval.Decision(board="REC 3", reference="26/114", begins="2026-01-01", ends="2089-12-31", cap=50, pilot=self.row["kind"] == "pilot")  # fmt: skip
            approval.approve(self.folder, read(self.folder), decided)

    def _somebody(self, server: Server):
        browser = Browser(server.origin, TELLING, public=self.row["origin"], source=PEER)
        return browser, to_page(browser, Scripted(because=ANSWER, days=["2"]), "/sent")

    def _deletes(self, server: Server, browser: Browser, sent) -> int:
        asking = next((form for form in sent.forms if ("code", "show") in form.buttons), None)
        if asking is None:
            return 0
        shown = browser.press(sent, asking, [], button=asking.buttons.index(("code", "show")))
        page = browser.get(shown.path.replace("/sent", "/withdraw"))
        gone = browser.press(page, page.form, [("code", shown.code)])
        return int(gone.status == 200)

    def opened(self) -> list[dict[str, Any]]:
        """Every record, with the keys that lie elsewhere, or beside the data in practice."""
        own = keyfile.private_key((self.data / records.PRACTICE_KEY).read_bytes()) if (self.data / records.PRACTICE_KEY).exists() else None  # fmt: skip
        keys = [*self.keys, *([pyrage.x25519.Identity.from_str(own)] if own else [])]
        return [
            records.from_bytes(pyrage.decrypt(records.from_frame(row[1]), keys))
            for table in OF_PEOPLE[:2]
            for row in self.asked(f"SELECT * FROM {table}")
        ]

    def asked(self, query: str) -> list[tuple]:
        with sqlite3.connect(self.data / records.SURVEY_FILE) as own:
            return own.execute(query).fetchall()


def who(there: Away) -> list[str]:
    """P01: what is found of anybody's address, agent, link or words, in any byte that is left."""
    words = {"agent": AGENT, "link": QUERY, "answer": ANSWER}
    needles = {name: list(ways_of_writing(word)) for name, word in words.items()}
    needles |= {each: list(ways_of_writing_an_address(each)) for each in ADDRESSES}
    return [f"P01 {each.what} in {Path(each.place).name}" for each in traces(needles, [there.data, there.log])]


def when(there: Away) -> list[str]:
    """P02: another column or name than is allowed, a day inside a record, a second in a file, a file's own time."""
    tables = [name for (name,) in there.asked("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = {name: {row[1] for row in there.asked(f"PRAGMA table_info({name})")} for name in tables}
    wrong = [f"P02 the columns of {name}" for name in columns if columns[name] != TABLES.get(name)]
    names = {name for (name,) in there.asked("SELECT name FROM house")}
    wrong += [f"P02 the house says {name}" for name in names - HOUSE]
    allowed = {each.name for each in records.columns(read(there.folder))} | {each.id for each in read(there.folder).questions()}  # fmt: skip
    for record in there.opened():
        wrong += [f"P02 a record says {name}" for name in record if name not in {*allowed, *OF_A_RECORD, "texts", "may_quote"}]  # fmt: skip
        wrong += [f"P02 a record says {each}" for each in re.findall(r"\d{4}-\d\d-\d\d|\d\d:\d\d", str(record))]
    seconds = [way for second in range(there.began, there.ended + 1) for way in ways_of_writing_a_moment(second)]
    minutes = [way for minute in range(there.began // 60, there.ended // 60 + 1) for way in ways_of_writing(str(minute))]  # fmt: skip
    needles = {"a second": seconds, "a minute": minutes}
    wrong += [f"P02 {each.what} in {Path(each.place).name}" for each in traces(needles, [there.data, there.log])]
    files = [there.data, *(path for path in there.data.iterdir() if path.name != records.PRACTICE_KEY)]
    return wrong + [f"P02 {path.name} is dated" for path in files if path.stat().st_mtime != clock.start_of_month()]


def order(there: Away) -> list[str]:
    """P04: a table of people with a rowid, or rows that do not lie in the order of their random keys.

    A page is filled from its end, and so few rows fill one.
    """
    made = dict(there.asked("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    wrong = [f"P04 {name} has a rowid" for name in OF_PEOPLE if "WITHOUT ROWID" not in made[name]]
    raw = (there.data / records.SURVEY_FILE).read_bytes()
    for name in OF_PEOPLE[:2]:
        frames = dict(there.asked(f"SELECT key, frame FROM {name}"))
        places = [raw.index(frames[key][:64]) for key in sorted(frames)]
        wrong += [f"P04 {name} lie in another order"] * (places != sorted(places, reverse=True))
    return wrong
