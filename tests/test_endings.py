"""The ways out and the times that end: Send, Delete, leave, break, code, receipt."""

from __future__ import annotations

import re

import pytest
from conftest import FORM, Scripted, cookie_of, keys_of, on_page, raw, to_page

from instruments.walker import Browser
from survey_app import clock
from survey_app.codes import code
from survey_app.drafts import Receipt, to_cookie


def test_delete_throws_everything_away(server):
    """Nobody has seen it: the cookie goes, nothing is stored, Back finds nothing."""
    browser = Browser(server.origin)
    check = to_page(browser, Scripted(), "/check")
    form = next(form for form in check.forms if form.action.endswith("/delete"))
    gone = browser.press(check, form, [])
    assert gone.heading == "Your answers are deleted"
    assert browser.cookies == {}
    assert browser.get("/en/check").status == 410


def test_leave_replaces_the_draft_then_deletes_it(server):
    """POST, junk in the cookie, our own empty page, no cookie, on to the neutral page; all without a script."""
    browser = Browser(server.origin)
    to_page(browser, Scripted(), "/check")
    cookie = browser.cookies["s"]
    status, headers, _ = raw(server, "POST", "/leave", b"", Cookie=f"s={cookie}", Content_Type=FORM)
    assert (status, headers["Location"]) == (303, "/away")
    replaced = re.match(r"s=([^;]+); HttpOnly; Path=/; SameSite=Strict", headers["Set-Cookie"])
    assert replaced
    assert replaced[1] != cookie
    status, headers, html = raw(server, "GET", "/away", Cookie=f"s={replaced[1]}")
    assert headers["Refresh"] == "0; url=https://example.org/"
    assert "Max-Age=0" in headers["Set-Cookie"]
    assert "survey" not in html.lower()
    assert raw(server, "GET", "/en/check", Cookie=f"s={replaced[1]}")[0] == 410


def test_the_code_deletes_and_cannot_read(serve):
    """Shown when asked for, typed on another day in another browser: the answer is the same for any code."""
    server = serve("every_kind")
    browser = Browser(server.origin)
    check = to_page(browser, Scripted(), "/check")
    sent = browser.press(check, check.form, [])
    shown = browser.press(sent, sent.form, [], button=1)
    code = re.search(r'class="code"[^>]*>([^<]+)<', shown.html)[1]
    assert "Your code" in shown.text
    assert code.replace(" ", "") not in shown.url

    other = Browser(server.origin)
    page = other.get("/en/withdraw")
    first = other.press(page, page.form, [("code", code.lower())])
    second = other.press(page, page.form, [("code", code)])
    assert first.text == second.text
    wrong = other.press(page, page.form, [("code", code[:-1] + ("A" if code[-1] != "A" else "B"))])
    assert (wrong.status, "One letter or number is wrong" in wrong.text) == (422, True)
    bare = code.replace(" ", "")
    for each in (sent, shown, first, second, wrong):
        assert bare not in each.url.upper() + re.search("<title>(.*?)</title>", each.html)[1].replace(" ", "").upper()
    server.stop()
    assert bare not in server.log.replace(" ", "").upper()


def test_after_send_there_is_nothing_to_see(server):
    """The draft is gone from the cookie; pages behind it say that all is sent."""
    browser = Browser(server.origin)
    check = to_page(browser, Scripted(), "/check")
    browser.press(check, check.form, [])
    again = browser.get("/en/check")
    assert (again.status, again.heading) == (410, "Your answers are already sent")
    assert browser.get("/en/sent").heading == "Your answers are sent"


def test_the_receipt_is_for_those_who_sent(server):
    """In the middle of the survey nothing says “sent”; without anything on the device it cannot be said."""
    browser = Browser(server.origin)
    on_page(browser, "recalled", Scripted())
    assert browser.get("/en/sent").path == "/en/check"
    assert "cannot show" in Browser(server.origin).get("/en/sent").heading


def test_starting_again_throws_nothing_away_unasked(server):
    """Answers on the device are said to be there; they stay until somebody deletes them."""
    browser = Browser(server.origin)
    page = on_page(browser, "recalled", Scripted(colour="2"))
    found = browser.get("/en/agree")
    assert found.heading == "There are answers on this device"
    assert browser.post("/en/agree", [("agreed", "1")]).heading == found.heading
    assert browser.get(found.links[0]).path == page.path
    form = next(form for form in found.forms if form.action.endswith("/delete"))
    browser.press(found, form, [])
    assert browser.get("/en/agree").heading == "Do you agree to take part?"


def test_using_a_code_leaves_a_draft_alone(server):
    """Somebody who deletes earlier answers in the middle of new ones keeps the new ones."""
    browser = Browser(server.origin)
    page = on_page(browser, "recalled", Scripted())
    withdraw = browser.get("/en/withdraw")
    browser.press(withdraw, withdraw.form, [("code", code(bytes(16)))])
    assert browser.get(page.path).status == 200


@pytest.mark.parametrize(
    ("minutes", "own", "status"), [(29, False, 200), (32, False, 410), (32, True, 200), (24 * 60 + 2, True, 410)]
)
def test_a_draft_ends_with_its_time(server, minutes, own, status):
    """Half an hour without a page on a shared device, a day on an own one."""
    Browser(server.origin).get("/en/check")
    cookie = cookie_of(server, seen=clock.minute() - minutes, own_device=own)
    assert raw(server, "GET", "/en/check", Cookie=cookie)[0] == status


def test_a_draft_of_another_version_of_the_study_is_not_gone_on_with(server):
    """What was asked then is not what is asked now."""
    assert raw(server, "GET", "/en/check", Cookie=cookie_of(server, study="0" * 16))[0] == 410


@pytest.mark.parametrize(("minutes", "shown"), [(14, True), (17, False)])
def test_a_receipt_ends_after_a_quarter_of_an_hour(server, minutes, shown):
    """Then the code cannot be shown any more."""
    keys = keys_of(server)
    kept = Receipt(code=code(bytes(16)), seen=clock.minute() - minutes, show=True)
    page = raw(server, "GET", "/en/sent", Cookie=f"s={to_cookie(kept, keys, clock.today())}")[2]
    assert (code(bytes(16))[:4] in page) == shown


@pytest.mark.parametrize(
    ("device", "age", "said"),
    [("own", "Max-Age=86400", "24 hours"), ("shared", None, "30 minutes"), (None, None, "30 minutes")],
)
def test_whose_device_it_is_decides_how_long_answers_wait(server, device, age, said):
    """An own device keeps them a day; a shared one, or no answer, until the browser closes; the break page says so."""
    browser = Browser(server.origin)
    page = browser.get("/en/agree")
    page = browser.press(page, page.form, [("agreed", "1")])
    body = f"_token={page.form.kept()[0][1]}" + (f"&device={device}" if device else "")
    cookie = f"s={browser.cookies['s']}"
    _, headers, _ = raw(server, "POST", "/en/device", body.encode(), Cookie=cookie, Content_Type=FORM)
    kept = headers.get("Set-Cookie", cookie)  # a cookie that would say the same is not sent again
    assert ("Max-Age" in kept) == (age is not None)
    assert age is None or age in kept
    assert said in raw(server, "GET", "/en/break", Cookie=kept.split(";")[0])[2]


def test_a_break_leads_back_to_where_it_began(server):
    """Going on goes on; deleting is offered too."""
    browser = Browser(server.origin)
    page = on_page(browser, "recalled", Scripted())
    assert "/en/break" in page.html
    pause = browser.get("/en/break")
    assert browser.get(pause.links[0]).path == page.path
    assert any(form.action.endswith("/delete") for form in pause.forms)
