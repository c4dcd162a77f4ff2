"""What comes from elsewhere and what must not get out: foreign posts, refusals, headers, logs."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from conftest import CANARY, FORM, STUDY, Scripted, on_page, raw, to_page

from instruments.reader import read
from instruments.walker import Browser
from survey_app.app import create_app
from survey_app.codes import code
from survey_app.serve import _keep_quiet, open_survey


def test_no_cookie_before_consent(server):
    """Looking at the pages leaves nothing on the device."""
    browser = Browser(server.origin)
    for path in ("/", "/en/", "/en/leaving", "/en/agree", "/en/support", "/en/privacy", "/en/withdraw"):
        assert browser.get(path).status == 200
    assert browser.cookies == {}


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
    survey = open_survey({"en": read(STUDY["every_kind"])}, tmp_path / "data", "practice", None)["en"]
    app = create_app({"en": survey})

    def breaks(*_):
        raise RuntimeError(CANARY)

    monkeypatch.setattr("survey_app.beginning.survey", breaks)
    reply = app.test_client().get("/en/")
    survey.store.close()
    said = capsys.readouterr()
    assert reply.status_code == 500
    assert "Something went wrong on our side" in reply.text
    assert CANARY not in reply.text + said.out + said.err
    assert re.search(r"^survey: RuntimeError at test_guard.py:\d+$", said.err, re.MULTILINE)


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
    assert re.search(r"^survey: ValueError at test_guard:\d+$", said, re.MULTILINE)


def test_a_foreign_page_starts_nothing(server):
    """Consent comes from our own page; a strange token is no server error."""
    foreign = raw(server, "POST", "/en/agree", b"agreed=1", Origin="https://elsewhere.example", Content_Type=FORM)
    assert foreign[0] == 410
    assert "Set-Cookie" not in foreign[1]
    browser = Browser(server.origin)
    to_page(browser, Scripted(), "/check")
    cookie = f"s={browser.cookies['s']}"
    assert raw(server, "POST", "/en/send", "_token=é".encode(), Cookie=cookie, Content_Type=FORM)[0] == 410


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
    """Golden sets: what a redirect needs, what a file needs beside it, and all of it on every page and error."""
    redirect = {
        "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Cache-Control", "Content-Length",
        "Content-Language", "Date",
    }  # fmt: skip
    file = redirect | {"Content-Type", "Cross-Origin-Resource-Policy"}
    page = file | {"Cross-Origin-Opener-Policy", "Permissions-Policy"}
    first = raw(server, "GET", "/en/")[2]
    style, icon = re.findall(r'href="(/\w+\.(?:css|svg))"', first)
    for path in ("/en/", "/en/agree", "/en/privacy", "/nowhere", "/en/p/3"):
        assert set(raw(server, "GET", path)[1]) == page, path
    for path in (style, icon):
        headers = raw(server, "GET", path)[1]
        assert set(headers) == file | {"Vary"}, path
        assert "immutable" in headers["Cache-Control"]
    headers = raw(server, "POST", "/en/leaving", b"", Content_Type=FORM)[1]
    assert set(headers) == redirect | {"Location"}
    assert headers["Content-Security-Policy"] == "default-src 'none'"
    assert raw(server, "GET", "/en/")[1]["Content-Security-Policy"] == (
        "default-src 'none';style-src 'self';img-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'"
    )


def test_query_strings_prefill_nothing_and_are_not_looked_at(server):
    """A link cannot tick a box."""
    assert " checked" not in raw(server, "GET", "/en/agree?agreed=1&may_quote=1")[2]


def test_reading_changes_no_byte_of_the_data(serve):
    """A crawl of every page that can be read leaves the data as they were."""
    server = serve("every_kind")
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


def every_route(app):
    """Every method and address that an application answers."""
    return sorted(
        f"{method} {re.sub(r'/[0-9a-f]{10}[.]', '/CONTENT.', rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def test_every_address_is_in_the_golden_file(tmp_path):
    """No address comes into being unseen: no login, no administration, no reading by code."""
    from survey_app.serve import studies_in

    surveys = open_survey(studies_in(STUDY["every_kind"]), tmp_path, "practice", None)
    app = create_app(surveys)
    next(iter(surveys.values())).store.close()
    assert every_route(app) == (Path(__file__).parent / "routes.txt").read_text().splitlines()
