"""The pages over HTTP: consent, questions, Back, mistakes, changes. Nothing typed is ever lost."""

from __future__ import annotations

import re

import pytest
from conftest import CANARY, Scripted, on_page, to_page

from instruments.walker import Browser


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


def test_nought_is_an_answer_too(server):
    """A choice with the code 0 comes back ticked."""
    browser = Browser(server.origin)
    page = on_page(browser, "colour", Scripted())
    browser.press(page, page.form, [("colour", "0")])
    assert browser.get(page.path).form.fields["colour"].chosen == ["0"]


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


def test_a_page_that_is_no_longer_on_the_way_leads_back_to_it(server):
    """After a change, an old address goes to the nearest open page or the check; nothing says that answers are gone."""
    browser = Browser(server.origin)
    to_page(browser, Scripted(), "/check")
    assert browser.get("/en/p/99").path == "/en/check"
    assert browser.get("/en/p/0").path == "/en/check"


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


def test_a_bookmark_without_a_draft_is_answered_kindly(server):
    """No loop, no bare error; a way to start again and the support lines."""
    page = Browser(server.origin).get("/en/p/4")
    assert page.status == 410
    assert page.heading == "We do not have your answers here"
    assert "Somebody" in page.text
