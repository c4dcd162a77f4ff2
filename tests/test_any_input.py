"""Whatever a browser, a person or a machine sends in any order: never a server error, never two rows for one draft."""

from __future__ import annotations

import html
import re
import secrets
import shutil
import tempfile
from pathlib import Path

import pytest
from conftest import STUDY
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from werkzeug.test import Client

from instruments.reader import read
from survey_app import clock
from survey_app.app import create_app
from survey_app.drafts import Draft, to_cookie
from survey_app.outermost import Outermost
from survey_app.serve import open_survey

study = read(STUDY["every_kind"])
FIELDS = [each.id for each in study.questions()] + ["r1", "r5", "data-instead", "_token", "code", "device", "agreed"]
FIELDS += ["_version", "_own", "go", "e1", "e2"]
VALUES = st.one_of(
    st.sampled_from(
        [
            "",
            "1",
            "2",
            "3",
            "9",
            "97",
            "98",
            "99",
            "-1",
            "3.5",
            "own",
            "show",
            "none",
            "clear",
            "skip",
            "yes",
            "no",
            "²",
            "\0",
            "1" * 40,
        ]
    ),
    st.text(max_size=30),
)
PATHS = st.sampled_from(
    [
        *["", "leaving", "agree", "found", "break", "key-facts", "main-points", "device", "check", "sent", "deleted"],
        *["declined", "withdraw", "support", "privacy", "send", "delete", "not-for-you", "p/1", "p/2", "p/5", "p/99"],
        *["check/4", "check/99", "sheet", "can-take-part"],
    ]
)


class AnyBrowser(RuleBasedStateMachine):
    """One browser that does anything, in any order, against the real application."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.survey = open_survey({"en": study}, self.folder, "practice", None)["en"]
        self.survey.store.flusher.stop()
        self.client = Client(Outermost(create_app({"en": self.survey}), https=False))
        self.tokens: list[str] = [""]
        self.drafts: set[str] = set()  # every draft shows its token before it can be sent

    def teardown(self) -> None:
        self.survey.store.connection.close()
        shutil.rmtree(self.folder)

    def seen(self, reply) -> str:
        assert reply.status_code < 500, reply.text
        found = re.findall(r'name="_token" value="([^"]*)"', reply.text)
        self.tokens = [*self.tokens, *found][-6:]
        self.drafts |= set(found)
        return reply.text

    @rule(path=PATHS)
    def looks(self, path) -> None:
        """Opens a page: a link, a bookmark, Back, a guess."""
        self.seen(self.client.get(f"/en/{path}"))

    @rule()
    def agrees(self) -> None:
        """Begins, if nothing has begun."""
        self.seen(self.client.post("/en/agree", data={"agreed": "1"}))
        self.seen(self.client.get("/en/p/2"))

    @rule(path=PATHS, sent=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4), which=st.integers(0, 5))
    def sends_anything(self, path, sent, which) -> None:
        """Posts anything anywhere, with an old token, a new one or none."""
        token = {"_token": self.tokens[which % len(self.tokens)]}
        self.seen(self.client.post(f"/en/{path}", data={**token, **sent}))

    @rule(text=st.text(min_size=51, max_size=90).filter(lambda text: text.strip() == text and len(text.strip()) > 50))
    def writes_too_much(self, text) -> None:
        """What is refused stays in the page."""
        for number in range(2, 20):
            reply = self.client.get(f"/en/p/{number}")
            if 'id="because"' in self.seen(reply):
                answered = self.seen(
                    self.client.post(f"/en/p/{number}", data={"_token": self.tokens[-1], "because": text})
                )
                kept = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", answered, re.DOTALL)
                assert kept
                assert html.unescape(kept[1]).replace("\r\n", "\n") == text.replace("\r\n", "\n")

    @rule(here=st.text("abc", min_size=1, max_size=20), there=st.text("xyz", min_size=1, max_size=20))
    def writes_in_two_windows(self, here, there) -> None:
        """The same page open twice: what the first window said stays, and what the second one said is not lost."""
        for number in range(2, 20):
            html_here = self.seen(self.client.get(f"/en/p/{number}"))
            if 'id="because"' not in html_here:
                continue
            if f">\n{there}</textarea>" in html_here:
                return  # it says so already: nothing changes in the other window
            hidden = dict(re.findall(r'name="(_\w+)" value="([^"]*)"', html_here))
            self.seen(self.client.post(f"/en/p/{number}", data={**hidden, "because": there}))
            page = self.seen(self.client.post(f"/en/p/{number}", data={**hidden, "because": here}))
            kept = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
            assert kept, "an overtaken page is shown again"
            assert {here, there} <= set(kept[1].split("\n"))

    @rule(minutes=st.sampled_from([29, 31, 23 * 60, 25 * 60]), own=st.booleans())
    def comes_back_later(self, minutes, own) -> None:
        """With a draft that is young enough, or is not."""
        draft = Draft(
            study=self.survey.mark,
            begun=0,
            seen=clock.minute() - minutes,
            role="reader",
            own_device=own,
            answers={"mood": 2},
        )
        cookie = to_cookie(draft, self.survey.draft_keys, clock.today())
        later = Client(self.client.application, use_cookies=False)  # ours goes in the header
        alive = minutes <= (24 * 60 if own else 30)
        reply = later.get("/en/check", headers={"Cookie": f"s={cookie}"})
        assert reply.status_code == (200 if alive else 410)
        sent = {"_token": draft.token, "because": "typed in vain", **({"_own": "1"} if own else {})}
        late = later.post("/en/p/9", data=sent, headers={"Cookie": f"s={cookie}"})
        if not alive:
            assert ("typed in vain" in late.text) == own

    @rule()
    def presses_send_twice(self) -> None:
        """Impatience; and the same draft once more, as if the first reply had never come."""
        carried = self.client.get_cookie("s")
        for _ in range(2):
            self.seen(self.client.post("/en/send", data={"_token": self.tokens[-1]}))
        if carried is not None:
            again = Client(self.client.application, use_cookies=False)
            sent = {"_token": self.tokens[-1]}
            self.seen(again.post("/en/send", data=sent, headers={"Cookie": f"s={carried.value}"}))

    @rule(cookie=st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda raw: raw.hex())))
    def carries_a_strange_cookie(self, cookie) -> None:
        """Junk instead of a draft."""
        plain = re.sub(r"[^ -~]|[;,\\\"]", "", cookie)
        self.seen(Client(self.client.application, use_cookies=False).get("/en/check", headers={"Cookie": f"s={plain}"}))

    @rule()
    def leaves(self) -> None:
        """Away at once, from anywhere."""
        self.seen(self.client.post("/leave"))
        self.seen(self.client.get("/away"))

    @invariant()
    def one_row_a_draft_at_most(self) -> None:
        """Nothing is stored that nobody sent, nothing twice."""
        assert self.survey.store.count() <= len(self.drafts)


SHORT = settings(max_examples=40, stateful_step_count=25, deadline=None)


@pytest.mark.slow
def test_any_browser_in_any_order():
    """Forty of them, each doing 25 things."""
    run_state_machine_as_test(AnyBrowser, settings=SHORT)


def _fails(store, code, frame, text_frame):
    raise ValueError("broken on purpose")


def _stores_anew(code, salt):
    return secrets.token_bytes(32), secrets.token_bytes(32)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "instead"), [("survey_app.store.Store.send", _fails), ("survey_app.store.row_keys", _stores_anew)]
)
def test_control_a_survey_that_is_broken_is_found(monkeypatch, name, instead):
    """The same browsers on a survey that stumbles at Send, and on one that stores a draft at each press: found."""
    monkeypatch.setattr(name, instead)
    quick = settings(SHORT, phases=[Phase.generate], max_examples=300, report_multiple_bugs=False, database=None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(AnyBrowser, settings=quick)
