"""What happens when things go as they do with people: two windows, no cookies, an old page, a part nobody wants."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from conftest import FORM, STUDY, Scripted, cookie_of, keys_of, on_page, raw, run, to_page

from instruments.walker import Browser
from survey_app import clock
from survey_app.codes import code, in_groups
from survey_app.drafts import Receipt, to_cookie


def walked(server, field: str, **answers) -> tuple[Browser, object]:
    browser = Browser(server.origin)
    return browser, on_page(browser, field, Scripted(**answers))


# ------------------------------------------------------------------ who can take part, what is offered to read


def test_one_no_is_a_kind_end_and_nothing_is_kept(server):
    """No cookie, no count with a name; a blank is asked for in words."""
    browser = Browser(server.origin)
    page = browser.get("/en/can-take-part")
    blank = browser.press(page, page.form, [("e1", "yes")])
    assert (blank.status, "Choose yes or no" in blank.text) == (422, True)
    assert blank.form.fields["e1"].chosen == ["yes"]
    end = browser.press(page, page.form, [("e1", "yes"), ("e2", "no")])
    assert end.path == "/en/not-for-you"
    assert browser.cookies == {}
    assert browser.press(page, page.form, [("e1", "yes"), ("e2", "yes")]).path == "/en/agree"


def test_the_longer_sheet_is_one_link_away(server):
    """With the facts of the study filled in."""
    page = Browser(server.origin).get("/en/")
    assert "/en/sheet" in page.links
    assert "Somebody runs it. Ask nobody." in Browser(server.origin).get("/en/privacy").text
    assert "More about this study. Ask nobody." in Browser(server.origin).get("/en/sheet").text


def test_a_study_without_a_quick_exit_has_its_ticks_on_the_first_page(serve):
    """Nothing to explain, nothing to press; and where nobody is asked whose device it is, the first question follows."""
    browser = Browser(serve(STUDY["bench"]).origin)
    first = browser.get("/")
    assert "agreed" in first.form.fields
    assert 'action="/leave"' not in first.html
    question = browser.press(first, first.form, [("agreed", "1")])
    assert question.path == "/en/p/2"
    assert 'action="/leave"' not in question.html
    assert "30 minutes" in browser.get("/en/break").text


# ------------------------------------------------------------------ two windows


def test_a_second_window_shows_the_newest_answer_and_keeps_what_was_typed(server):
    """409, both texts in the box, a line that says why; sent once more, it is taken."""
    browser, page = walked(server, "because", days=["2"])
    old = page.form
    assert browser.press(page, old, [("because", "from the other window")]).path == "/en/check"
    overtaken = browser.press(page, old, [("because", "from this window")])
    assert overtaken.status == 409
    assert "You changed this in another window" in overtaken.text
    box = overtaken.form.fields["because"].value.strip()
    assert box == "from the other window\nfrom this window"
    taken = browser.press(overtaken, overtaken.form, [("because", box)])
    assert taken.path == "/en/check"
    assert "from this window" in taken.text


def test_the_control_without_its_mark_the_last_window_wins(server):
    """The mark is what notices: a page that does not carry it silently overwrites."""
    browser, page = walked(server, "because", days=["2"])
    browser.press(page, page.form, [("because", "uno")])
    page.form.fields.pop("_version")
    assert browser.press(page, page.form, [("because", "due")]).path == "/en/check"
    assert "uno" not in browser.get("/en/check").text


def test_the_same_answer_from_two_windows_is_no_trouble(server):
    """A double press is not a change."""
    browser, page = walked(server, "colour")
    first = browser.press(page, page.form, [("colour", "1")])
    again = browser.press(page, page.form, [("colour", "1")])
    assert again.path == first.path


def test_another_role_from_an_old_window_throws_nothing_away(serve):
    """The role decides everything: a window that does not know of the answers cannot delete them."""
    browser = Browser(serve("tea").origin)
    role = on_page(browser, "role", Scripted())
    person, page = Scripted(role="1", tea="3"), role
    while not page.path.endswith("/check"):
        page = browser.press(page, page.form, person(page, page.form))
    old = browser.press(role, role.form, [("role", "2")])
    assert old.status == 409
    assert old.form.fields["role"].chosen == ["1"]
    assert browser.get("/en/check").text == page.text
    meant = browser.get("/en/p/1")
    assert "your answers so far are deleted" in meant.text
    assert browser.press(meant, meant.form, [("role", "2")]).path == "/en/p/2"


# ------------------------------------------------------------------ taking back, skipping


def test_a_choice_without_a_refusal_can_be_taken_back(server):
    """A radio cannot be unpicked; the button after Continue does it, and the page is shown again, empty."""
    browser, page = walked(server, "again")
    assert page.form.buttons == [("", ""), ("go", "clear")]
    browser.press(page, page.form, [("again", "2")])
    cleared = browser.press(page, page.form, [("again", "2")], button=1)
    assert cleared.path == page.path
    assert cleared.form.fields["again"].chosen == []
    assert "clear" not in walked(server, "mood")[1].html, "where “prefer not to say” stands, nothing need be cleared"


def test_a_part_can_be_skipped_as_a_whole(server):
    """Everything in it is left empty, and what comes after it is asked; without the button nothing is skipped."""
    browser, person = Browser(server.origin), Scripted(colour="3")
    page = to_page(browser, person, "/device")
    while not page.form.fields.keys() & {
        "r1",
        "r2",
        "r3",
        "r4",
        "r5",
    }:  # the first sheet of the grid, whatever is on it
        page = browser.press(page, page.form, person(page, page.form))
    assert ("go", "skip") in page.form.buttons
    after = browser.press(page, page.form, [], button=page.form.buttons.index(("go", "skip")))
    assert not {"data", "r1", "r5"} & set(after.form.fields)
    check = browser.get("/en/check")
    assert check.html.count("Not answered") >= 5
    other, plain = walked(server, "mood")
    sneaky = other.post(plain.path, [*plain.form.kept(), ("go", "skip"), ("mood", "3")])
    assert "mood" not in (sneaky.form.fields if sneaky.form else {})
    assert re.search(r"How is it\?</dt>\s*<dd translate=\"no\">high</dd>", other.get("/en/check").html)


def test_support_stands_open_after_the_hard_part_for_everybody(server):
    """On the first page that somebody meets there, whichever it is; folded again on the next."""
    hard = {"data", "r1", "r2", "r3", "r4", "r5"}
    for answers in ({"colour": "1", "data": "3"}, {"colour": "3"}):
        browser, person = Browser(server.origin), Scripted(**answers)
        page, opened = to_page(browser, person, "/device"), []
        while not page.path.endswith("/check"):
            page = browser.press(page, page.form, person(page, page.form))
            fields = page.form.fields.keys() & hard
            opened.append((bool(fields), '<details class="support" open>' in page.html))
        first = opened.index((True, True))
        assert all(not hard for hard, _ in opened[:first]), "nothing of the part came before"
        assert [there for _, there in opened].count(True) == 1


# ------------------------------------------------------------------ no cookies, old pages, errors


def test_a_browser_that_keeps_no_cookies_is_told_so_once(server):
    """Not “your answers are gone”: what to do, another way to take part, and no loop."""
    browser = Browser(server.origin)
    page = browser.get("/en/agree")
    browser._take = lambda cookie: None
    told = browser.press(page, page.form, [("agreed", "1")])
    assert told.status == 410
    assert told.heading == "Your browser keeps no answers"
    assert "On paper, too. Ask nobody." in told.text
    assert browser.get("/en/p/7").heading == "We do not have your answers here"


@pytest.mark.parametrize(("own", "offered"), [(True, True), (False, False)])
def test_what_was_typed_on_an_expired_page_is_offered_back_on_an_own_device_only(server, own, offered):
    """On a shared one the next person could read it."""
    browser, page = walked(server, "because", days=["2"])
    browser.cookies.clear()
    kept = [(name, value) for name, value in page.form.kept() if own or name != "_own"]
    gone = browser.post(page.path, [*kept, ("because", "all that I wrote")])
    assert gone.status == 410
    assert ("all that I wrote" in gone.html) == offered
    foreign = raw(
        server, "POST", page.path, b"_own=1&because=planted", Content_Type=FORM, Origin="https://elsewhere.example"
    )
    assert "planted" not in foreign[2]


def test_the_page_of_an_own_device_says_so_to_itself(server):
    """Which is how an expired page knows whose device it is when the cookie has gone."""
    path = "/en/p/2"
    assert 'name="_own"' in raw(server, "GET", path, Cookie=cookie_of(server, own_device=True))[2]
    assert 'name="_own"' not in raw(server, "GET", path, Cookie=cookie_of(server))[2]


@pytest.mark.parametrize(("own", "again"), [(True, True), (False, False)])
def test_refreshing_the_receipt_shows_the_code_again_on_an_own_device_only(server, own, again):
    """On a shared one it is shown once; then the page says that it was sent."""
    keys = keys_of(server)
    kept = Receipt(code=code(bytes(16)), seen=clock.minute(), own_device=own, show=True)
    browser = Browser(server.origin)
    browser.cookies["s"] = to_cookie(kept, keys, clock.today())
    shown = in_groups(code(bytes(16)))
    assert shown in browser.get("/en/sent").text
    refreshed = browser.get("/en/sent")
    assert (shown in refreshed.text) == again
    assert ("We cannot show the code again" in refreshed.text) != again


def test_a_paused_survey_takes_nobody_new_and_lets_others_finish(serve):
    """At once, without a restart; the reason is for the team and stands on no page."""
    server = serve("every_kind")
    browser = Browser(server.origin)
    check = to_page(browser, Scripted(), "/check")
    data = str(server.data)
    paused = run("survey_app", "pause", "--because", "two people felt worse", "--data", data)
    assert paused.returncode == 0, paused.stderr
    note = (server.data / "paused.txt").stat()
    assert stat.S_IMODE(note.st_mode) == 0o600
    assert note.st_mtime == clock.start_of_month(), "it does not say when"
    newcomer = Browser(server.origin)
    closed = newcomer.get("/en/")
    assert closed.heading == "This survey is closed"
    assert "felt worse" not in closed.html
    assert "Somebody" in closed.text
    assert newcomer.post("/en/agree", [("agreed", "1")]).heading == "This survey is closed"
    assert newcomer.cookies == {}
    assert browser.press(check, check.form, []).path == "/en/sent"
    run("survey_app", "resume", "--data", data)
    assert newcomer.get("/en/").heading == "Every kind of question"


def test_pausing_where_nothing_runs_is_wrong_use(tmp_path: Path):
    """In words, exit 2, and no empty database is left behind."""
    said = run("survey_app", "pause", "--because", "x", "--data", str(tmp_path / "nowhere"))
    assert said.returncode == 2
    assert "There is no survey in" in said.stderr
    assert not (tmp_path / "nowhere").exists()


# ------------------------------------------------------------------ found by attacking it


def test_a_mistake_on_an_old_page_does_not_pass_for_a_new_one(server):
    """An overtaken page with an error is told that it is overtaken; its second try must not overwrite in silence."""
    browser, page = walked(server, "colour")
    browser.press(page, page.form, [("colour", "2"), ("days", "2")])
    told = browser.press(page, page.form, [("days", "1"), ("days", "3")])
    assert told.status == 409
    assert told.form.fields["colour"].chosen == ["2"]
    assert told.form.fields["days"].chosen == ["2"]


def test_a_number_typed_into_an_old_page_is_not_called_kept(server):
    """The newest number stands, and nothing untrue is said of the other."""
    browser, page = walked(server, "data", colour="1")
    browser.press(page, page.form, [("data", "3")])
    told = browser.press(page, page.form, [("data", "7")])
    assert told.status == 409
    assert told.form.fields["data"].value == "3"
    assert "kept too" not in told.text


def test_what_one_role_said_is_not_taken_for_the_other(serve):
    """The same page number asks a maker something else than a drinker."""
    browser = Browser(serve("tea").origin)
    role = on_page(browser, "role", Scripted())
    drinker = browser.press(role, role.form, [("role", "1")])
    again = browser.get("/en/p/1")
    browser.press(again, again.form, [("role", "2")])
    assert browser.press(drinker, drinker.form, [("tea", "3")]).status == 409


def test_nobody_throws_away_somebody_elses_answers(server):
    """One “no”, “I do not agree” or an address typed by hand leave answers alone that are on this device."""
    browser, page = walked(server, "mood")
    browser.press(page, page.form, [("mood", "3")])
    can = browser.get("/en/can-take-part")
    assert browser.press(can, can.form, [("e1", "no")]).path == "/en/not-for-you"
    assert browser.get("/en/declined").heading == "Thank you for reading"
    assert browser.get(page.path).form.fields["mood"].chosen == ["3"]


def test_an_end_without_answers_replaces_the_cookie_and_then_deletes_it(server):
    """Deleting alone would let Back restore a ticked page."""
    cookie = cookie_of(server, role=None)
    status, headers, _ = raw(server, "GET", "/en/declined", Cookie=cookie)
    assert (status, headers["Location"]) == (303, "/en/declined")
    junk = headers["Set-Cookie"].split(";")[0]
    assert junk != cookie
    status, headers, _ = raw(server, "GET", "/en/declined", Cookie=junk)
    assert (status, "Max-Age=0" in headers["Set-Cookie"]) == (200, True)


def test_none_of_these_from_an_old_window_deletes_nothing(serve, tmp_path):
    """And from a page that knows of the answers it replaces the cookie."""
    server = serve("off_hours")
    browser, person = Browser(server.origin), Scripted(understood="2")
    role = on_page(browser, "role", person)
    first = browser.press(role, role.form, [("role", "1")])
    browser.press(first, first.form, person(first, first.form))
    assert browser.press(role, role.form, [("role", "5")]).status == 409
    meant = browser.get("/en/p/1")
    before = browser.cookies["s"]
    assert browser.press(meant, meant.form, [("role", "5")]).path == "/en/not-for-you"
    assert browser.cookies.get("s") != before
    assert browser.get("/en/check").status == 410


def test_none_of_these_is_a_kind_end(serve):
    """Straight from the role question, with nothing answered: thanks, no cookie, nothing kept."""
    browser = Browser(serve("off_hours").origin)
    role = on_page(browser, "role", Scripted(understood="2"))
    end = browser.press(role, role.form, [("role", "5")])
    assert (end.status, end.path, end.heading) == (200, "/en/not-for-you", "Thank you")
    assert browser.cookies == {}


def test_words_on_a_page_that_is_not_asked_any_more_are_shown(server):
    """Another window has closed the gate: nothing typed is lost without a word."""
    browser, page = walked(server, "because", days=["2"], mood="1")
    change = browser.get("/en/check")
    address = next(link for link in change.links if link.endswith("#days")).split("#")[0]
    days = browser.get(address)
    browser.press(days, days.form, [("colour", "1"), ("days", "3")])
    told = browser.press(page, page.form, [("because", "all that I wrote")])
    assert (told.status, told.heading) == (409, "This question is not asked any more")
    assert "all that I wrote" in told.html


def test_whoever_has_begun_finds_the_way_back_while_it_is_paused(serve):
    """Closed is for newcomers."""
    server = serve("every_kind")
    browser, page = walked(server, "mood")
    browser.press(page, page.form, [("mood", "3")])
    run("survey_app", "pause", "--because", "x", "--data", str(server.data))
    assert browser.get("/en/").heading == "There are answers on this device"
    assert Browser(server.origin).get("/en/agree").heading == "This survey is closed"


def test_a_draft_of_another_program_is_no_trouble(server):
    """An old cookie that opens and cannot be read is one that is not there."""
    import base64

    from nacl.secret import Aead

    key = keys_of(server).of(clock.today())[0]
    for inside in (b"\x00\x05abcde" + bytes(121), b"\xff\xff" + bytes(126), b"\x00\x00" + bytes(126)):
        cookie = base64.urlsafe_b64encode(Aead(key).encrypt(inside)).rstrip(b"=").decode()
        for path in ("/en/support", "/en/agree", "/en/p/2"):
            assert raw(server, "GET", path, Cookie=f"s={cookie}")[0] < 500


def test_a_full_draft_never_traps_anybody(serve, tmp_path):
    """Whoever writes leaves room for the answers that are still to come: every later page, Skip and Send work."""
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "study.yaml").write_text("id: wide\ntitle: Wide\nconsent:\n  - {id: agreed, text: Yes.}\n")
    ratings = "\n".join(
        f"      - {{id: r{n}, type: rating, text: Number {n}, choices: {{1: no, 2: yes}}, prefer_not: false}}"
        for n in range(30)
    )
    (folder / "questionnaire.yaml").write_text(
        "parts:\n  - id: words\n    questions:\n"
        + "".join(f"      - {{id: t{n}, type: text, text: Words {n}, longest: 2000}}\n" for n in range(3))
        + f"  - id: ticks\n    can_skip: true\n    questions:\n{ratings}\n"
    )
    import random

    browser, chance = Browser(serve(folder).origin), random.Random(5)
    page = on_page(browser, "t0", Scripted())
    for name in ("t0", "t1", "t2"):
        letters = 2000
        for _ in range(60):
            if name not in page.form.fields:
                break
            text = "".join(chr(chance.randint(0x4E00, 0x9FFF)) for _ in range(letters))
            page, letters = browser.press(page, page.form, [(name, text)]), letters * 9 // 10
            assert page.status in (200, 422)
        assert name not in page.form.fields, "some text must fit, if only none"
    while not page.path.endswith("/check"):
        page = browser.press(page, page.form, [(name, "2") for name in page.form.fields if name.startswith("r")])
        assert page.status == 200, page.text
    assert browser.press(page, page.form, []).path == "/en/sent"


def test_every_page_after_the_code_changes_the_cookie_on_a_shared_device(server):
    """Only a cookie that changes keeps Back from a page; on an own device the code may stay a while."""
    keys = keys_of(server)
    for own in (False, True):
        kept = Receipt(code="", seen=clock.minute(), own_device=own, show=True)
        cookie = f"s={to_cookie(kept, keys, clock.today())}"
        for path in ("/en/", "/en/privacy", "/en/withdraw", "/en/found", "/en/sent"):
            assert ("Set-Cookie" in raw(server, "GET", path, Cookie=cookie)[1]) != own, path
