"""The pages over HTTP: Back, errors, changes, leaving, refusing. Nothing typed is ever lost."""

from __future__ import annotations

import http.client
import logging
import re
from dataclasses import replace

import pytest
from conftest import STUDY, Scripted, to_page

from analysis.rehearsal.walker import Browser
from instruments.reader import read
from survey_app import clock
from survey_app.app import create_app
from survey_app.codes import code
from survey_app.drafts import Draft, DraftKeys, Receipt, to_cookie
from survey_app.serve import _keep_quiet, open_survey

CANARY = "ANSCANARY"


@pytest.fixture
def server(serve):
    return serve("every_kind")


def on_page(browser: Browser, field: str, person: Scripted):
    """Walk to the page that asks this field."""
    page = browser.get("/")
    while page.form is None or field not in page.form.fields:
        page = browser.press(page, page.form, person(page, page.form)) if page.form else browser.get(page.links[0])
    return page


def raw(server, method: str, path: str, body: bytes | None = None, **headers: str):
    """One request as something else than a browser would send it."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    return response.status, dict(response.getheaders()), response.read().decode()


FORM = "application/x-www-form-urlencoded"


def test_no_cookie_before_consent(server):
    """Looking at the pages leaves nothing on the device."""
    browser = Browser(server.origin)
    for path in ("/", "/en/", "/en/leaving", "/en/agree", "/en/support", "/en/privacy", "/en/withdraw"):
        assert browser.get(path).status == 200
    assert browser.cookies == {}


def test_consent_is_every_required_tick_and_no_other(server):
    """A missing tick shows the page again with the others kept; the optional ones are not asked for."""
    browser = Browser(server.origin)
    page = browser.get("/en/agree")
    again = browser.press(page, page.form, [("may_quote", "1")])
    assert again.status == 422
    assert again.title.startswith("Error: ")
    assert again.form.fields["may_quote"].chosen == ["1"]
    assert browser.press(again, again.form, [("agreed", "1")]).path == "/en/device"


def test_a_mistake_keeps_what_was_typed(server):
    """422, “Error:” in the title, words at the field and in the summary, and the text still there."""
    browser, person = Browser(server.origin), Scripted(days=["2"])
    page = on_page(browser, "because", person)
    wrong = browser.press(page, page.form, [("because", CANARY * 7)])
    assert wrong.status == 422
    assert wrong.title.startswith("Error: ")
    assert wrong.form.fields["because"].value.strip() == CANARY * 7
    assert wrong.html.count("13 letters too long") == 2
    right = browser.press(wrong, wrong.form, [("because", CANARY)])
    assert right.path == "/en/check"
    assert CANARY in right.text


@pytest.mark.parametrize(
    ("field", "sent", "said"),
    [
        ("data", [("data", "many")], "Write a whole number, like 3"),
        ("data", [("data", "3.5")], "Write a whole number, like 3"),
        ("data", [("data", "2,5")], "Write a whole number, like 3"),
        ("data", [("data", "²")], "Write a whole number, like 3"),
        ("data", [("data", "9" * 4000)], "Write a whole number, like 3"),
        ("data", [("data", "3"), ("data-instead", "98")], "Write a number, or tick a box below it, but not both"),
        ("data", [("data", "101")], "Write a number from 0 to 100"),
        ("days", [("days", "1"), ("days", "2")], "Choose “none”, or choose other answers"),
        ("days", [("days", "2"), ("days", "98")], "Choose “Prefer not to say”, or choose other answers"),
        ("mood", [("mood", "55")], "Choose one of the answers on this page"),
        ("colour", [("colour", "x")], "Choose one of the answers on this page"),
    ],
)
def test_what_cannot_be_an_answer_is_said_beside_the_question(server, field, sent, said):
    """In words, with no blame, and nothing is stored."""
    browser = Browser(server.origin)
    page = on_page(browser, field, Scripted(colour="1"))
    wrong = browser.press(page, page.form, sent)
    assert wrong.status == 422
    assert said in wrong.html


@pytest.mark.parametrize(("typed", "shown"), [(" 10 ", "10"), ("007", "7"), ("0", "0"), ("", "Not answered")])
def test_numbers_as_people_write_them(server, typed, shown):
    """Spaces around it are fine, nought is a number, nothing is an answer too."""
    browser, person = Browser(server.origin), Scripted(colour="1", data=typed)
    page = to_page(browser, person, "/check")
    assert re.search(rf"How many\?</dt>\s*<dd translate=\"no\">{shown}</dd>", page.html)


def test_a_number_that_is_refused_says_so(server):
    """“Prefer not to say” stands for the number, and comes back when the page is opened again."""
    browser, person = Browser(server.origin), Scripted(**{"colour": "1", "data-instead": "98"})
    page = to_page(browser, person, "/check")
    change = next(address for address in page.links if address.endswith("#data"))
    assert re.search(r"How many\?</dt>\s*<dd translate=\"no\">Prefer not to say</dd>", page.html)
    again = browser.get(change.split("#")[0])
    assert again.form.fields["data-instead"].chosen == ["98"]
    assert "12" in browser.press(again, again.form, [("data", "12")]).text, "and it can be taken back"


def test_back_shows_the_answer_given(server):
    """Going back is a plain link to the page before, filled in; it changes nothing."""
    browser, person = Browser(server.origin), Scripted(days=["2", "3"])
    page = on_page(browser, "recalled", person)
    while page.form and "days" not in page.form.fields:
        page = browser.get(re.search(r'class="back" href="([^"]+)"', page.html)[1])
    assert page.form.fields["days"].chosen == ["2", "3"]


def test_a_change_returns_to_the_check_and_asks_first_what_it_opened(server):
    """Change a gate: the question behind it is asked, then the check again; closed gates drop answers."""
    browser, person = Browser(server.origin), Scripted(colour="3", data="12")
    check = to_page(browser, person, "/check")
    assert "How many?" not in check.text
    change = next(address for address in check.links if address.endswith("#colour")).split("#")[0]
    page = browser.get(change)
    opened = browser.press(page, page.form, [("colour", "1")])
    assert "data" in opened.form.fields
    back = browser.press(opened, opened.form, [("data", "12")])
    assert back.path == "/en/check"
    assert "How many?" in back.text
    page = browser.get(change)
    assert "How many?" not in browser.press(page, page.form, [("colour", "3")]).text


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


def test_a_foreign_page_cannot_delete_a_draft_or_send_it(server):
    """Another origin gets the way out without the deletion, and nothing else."""
    browser = Browser(server.origin)
    check = to_page(browser, Scripted(), "/check")
    cookie = f"s={browser.cookies['s']}"
    foreign = {"Cookie": cookie, "Origin": "https://elsewhere.example", "Content_Type": FORM}
    assert "Set-Cookie" not in raw(server, "POST", "/leave", b"", **foreign)[1]
    token = check.form.kept()[0][1].encode()
    assert raw(server, "POST", "/en/send", b"_token=" + token, **foreign)[0] == 410
    assert (
        raw(
            server,
            "POST",
            "/en/send",
            b"_token=" + token,
            Cookie=cookie,
            Content_Type=FORM,
            Sec_Fetch_Site="cross-site",
        )[0]
        == 410
    )
    assert raw(server, "POST", "/en/send", b"_token=wrong", Cookie=cookie, Content_Type=FORM)[0] == 410
    assert raw(server, "POST", "/en/send", b"_token=" + token, Cookie=cookie, Content_Type=FORM)[0] == 303, (
        "the control"
    )


def test_the_code_deletes_and_cannot_read(server):
    """Shown when asked for, typed on another day in another browser: the answer is the same for any code."""
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


def test_a_page_that_is_no_longer_on_the_way_leads_back_to_it(server):
    """After a change, an old address goes to the nearest open page or the check; nothing says that answers are gone."""
    browser = Browser(server.origin)
    to_page(browser, Scripted(), "/check")
    assert browser.get("/en/p/99").path == "/en/check"
    assert browser.get("/en/p/0").path == "/en/check"


def test_using_a_code_leaves_a_draft_alone(server):
    """Somebody who deletes earlier answers in the middle of new ones keeps the new ones."""
    browser = Browser(server.origin)
    page = on_page(browser, "recalled", Scripted())
    withdraw = browser.get("/en/withdraw")
    browser.press(withdraw, withdraw.form, [("code", code(bytes(16)))])
    assert browser.get(page.path).status == 200


def test_another_role_is_asked_anew(serve):
    """What a drinker said about their tea is never sent as a maker's answer; the check page offers the change."""
    browser = Browser(serve("tea").origin)
    check = to_page(browser, Scripted(role="1", tea="3"), "/check")
    assert "I drink it" in check.text
    page = browser.get("/en/p/1")
    browser.press(page, page.form, [("role", "2")])
    assert re.search(
        r"Is the tea I make good\?</dt>\s*<dd translate=\"no\">Not answered</dd>", browser.get("/en/check").html
    )


def test_there_is_no_way_back_before_the_first_question(server):
    """With one role there is no page before; with several it is the role."""
    browser = Browser(server.origin)
    page = browser.get("/en/agree")
    device = browser.press(page, page.form, [("agreed", "1")])
    first = browser.press(device, device.form, [])
    assert first.path == "/en/p/2"
    assert 'class="back"' not in first.html


def cookie_of(server, **changed) -> str:
    """A draft as this server would seal it, with some things changed."""
    keys = DraftKeys(server.data / "draft-keys")
    mark = read(STUDY["every_kind"]).fingerprint[:16]
    draft = Draft(study=mark, begun=clock.minute(), seen=clock.minute(), role="reader")
    return f"s={to_cookie(replace(draft, **changed), keys, clock.today())}"


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
    keys = DraftKeys(server.data / "draft-keys")
    kept = Receipt(code=code(bytes(16)), seen=clock.minute() - minutes, show=True)
    page = raw(server, "GET", "/en/sent", Cookie=f"s={to_cookie(kept, keys, clock.today())}")[2]
    assert (code(bytes(16))[:4] in page) == shown


def test_a_foreign_page_deletes_withdraws_and_shows_nothing(server):
    """Every post that changes something comes from our own page; the control is the same post from there."""
    browser = Browser(server.origin)
    check = to_page(browser, Scripted(), "/check")
    cookie = f"s={browser.cookies['s']}"
    foreign = {"Cookie": cookie, "Origin": "https://elsewhere.example", "Content_Type": FORM}
    assert "Set-Cookie" not in raw(server, "POST", "/en/delete", b"", **foreign)[1]
    assert raw(server, "POST", "/en/withdraw", b"code=" + code(bytes(16)).encode(), **foreign)[0] == 410
    browser.press(check, check.form, [])
    receipt = {**foreign, "Cookie": f"s={browser.cookies['s']}"}
    assert "Set-Cookie" not in raw(server, "POST", "/en/sent", b"code=show", **receipt)[1]
    assert "Set-Cookie" in raw(server, "POST", "/en/sent", b"code=show", Cookie=receipt["Cookie"], Content_Type=FORM)[1]


def test_free_text_is_not_remembered_or_sent_to_a_spelling_service(server):
    """autocomplete and spellcheck are off where people write."""
    page = on_page(Browser(server.origin), "because", Scripted(days=["2"]))
    assert re.search(r'<textarea id="because"[^>]* autocomplete="off" spellcheck="false"', page.html)
    assert page.html.count('autocomplete="off"') >= 2


def test_an_error_inside_says_only_its_class_and_its_place(tmp_path, monkeypatch, capsys):
    """What was typed is neither in the page nor in the log, whatever breaks."""
    survey = open_survey(read(STUDY["every_kind"]), tmp_path / "data", "practice", None)
    app = create_app(survey)

    def breaks(*_):
        raise RuntimeError(CANARY)

    monkeypatch.setattr("survey_app.pages.survey", breaks)
    reply = app.test_client().get("/en/")
    survey.store.close()
    said = capsys.readouterr()
    assert reply.status_code == 500
    assert "Something went wrong on our side" in reply.text
    assert CANARY not in reply.text + said.out + said.err
    assert re.search(r"^survey: RuntimeError at test_pages.py:\d+$", said.err, re.MULTILINE)


def test_the_server_itself_logs_no_address(capsys):
    """Waitress's own lines carry the peer: only level, or class, and code location are written."""
    _keep_quiet()
    log = logging.getLogger("waitress")
    log.warning("from %s", "203.0.113.77")
    try:
        raise ValueError("203.0.113.77")
    except ValueError:
        log.exception("uncaptured exception at 203.0.113.77")
    said = capsys.readouterr().err
    assert "203.0.113" not in said
    assert re.search(r"^survey: ValueError at test_pages:\d+$", said, re.MULTILINE)


def test_a_foreign_page_starts_nothing(server):
    """Consent comes from our own page; a strange token is no server error."""
    foreign = raw(server, "POST", "/en/agree", b"agreed=1", Origin="https://elsewhere.example", Content_Type=FORM)
    assert foreign[0] == 410
    assert "Set-Cookie" not in foreign[1]
    browser = Browser(server.origin)
    to_page(browser, Scripted(), "/check")
    cookie = f"s={browser.cookies['s']}"
    assert raw(server, "POST", "/en/send", "_token=é".encode(), Cookie=cookie, Content_Type=FORM)[0] == 410


def test_a_bookmark_without_a_draft_is_answered_kindly(server):
    """No loop, no bare error; a way to start again and the support lines."""
    page = Browser(server.origin).get("/en/p/4")
    assert page.status == 410
    assert page.heading == "We do not have your answers here"
    assert "Somebody" in page.text


@pytest.mark.parametrize(
    ("path", "method", "body", "kind", "status"),
    [
        ("/nowhere", "GET", None, None, 404),
        ("/xx/agree", "GET", None, None, 404),
        ("/en/send", "GET", None, None, 405),
        ("/en/agree", "POST", b'{"agreed": 1}', "application/json", 415),
        ("/en/agree", "POST", b"--x--", "multipart/form-data; boundary=x", 415),
        ("/en/agree", "POST", b"a=" + b"x" * (128 * 1024), FORM, 413),
        ("/en/agree", "POST", b"&".join(b"a%d=1" % n for n in range(600)), FORM, 413),
    ],
)
def test_every_refusal_has_a_page_of_its_own(server, path, method, body, kind, status):
    """Words and support lines instead of a bare code; every header is there."""
    got, headers, html = raw(server, method, path, body, **({"Content_Type": kind} if kind else {}))
    assert got == status
    if status != 413 or "<h1>" in html:  # the server itself refuses what is far too large
        assert "<h1>" in html
        assert headers["Cache-Control"] == "no-store"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_every_page_carries_the_headers_and_no_others(server):
    """One golden set, on pages, redirects, errors and the style sheet."""
    golden = {
        "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy", "Permissions-Policy", "Cache-Control", "Content-Type", "Content-Length",
        "Content-Language", "Date",
    }  # fmt: skip
    style = re.search(r'href="(/\w+\.css)"', raw(server, "GET", "/en/")[2])[1]
    for path in ("/en/", "/en/agree", "/nowhere", style):
        assert set(raw(server, "GET", path)[1]) == golden, path
    assert "immutable" in raw(server, "GET", style)[1]["Cache-Control"]


def test_query_strings_prefill_nothing_and_are_not_looked_at(server):
    """A link cannot tick a box."""
    assert " checked" not in raw(server, "GET", "/en/agree?agreed=1&may_quote=1")[2]


def test_addresses_and_agents_are_stored_and_logged_nowhere(server):
    """The canaries of a whole journey with troubles on the way are in no file and in no line of the log."""
    marks = {
        "X-Forwarded-For": "203.0.113.77",
        "Forwarded": "for=203.0.113.77",
        "User-Agent": "UACANARY/9",
        "Referer": "http://RFCANARY/",
    }
    browser = Browser(server.origin, marks)
    check = to_page(browser, Scripted(because=CANARY, days=["2"]), "/check")
    browser.press(check, check.form, [])
    raw(server, "GET", "/nowhere?QCANARY", **{name.replace("-", "_"): value for name, value in marks.items()})
    raw(server, "POST", "/en/agree", b"x" * 200_000, Content_Type=FORM)
    import socket

    with socket.create_connection(("127.0.0.1", server.port)) as rude:
        rude.sendall(b"GET http://[::1/ HTTP/1.1\r\n\r\n")
        rude.recv(1000)
    with socket.create_connection(("127.0.0.1", server.port)) as rude:
        rude.sendall(b"NOT HTTP AT ALL\r\n\r\n")
        rude.recv(1000)
    server.stop()
    haystack = (
        b"".join(path.read_bytes() for path in server.data.iterdir()) + server.log.split("Ctrl-C stops.")[1].encode()
    )
    for mark in (b"203.0.113.77", b"UACANARY", b"QCANARY", b"RFCANARY", CANARY.encode(), b"127.0.0.1"):
        assert mark not in haystack, mark


def test_reading_changes_no_byte_of_the_data(server):
    """A crawl of every page that can be read leaves the data as they were."""
    browser = Browser(server.origin)
    check = to_page(browser, Scripted(), "/check")
    before = {path.name: path.read_bytes() for path in server.data.iterdir()}
    for address in set(check.links) | {
        "/",
        "/en/",
        "/en/sent",
        "/en/withdraw",
        "/en/privacy",
        "/away",
    }:
        browser.get(address.split("#")[0])
    assert {path.name: path.read_bytes() for path in server.data.iterdir()} == before
