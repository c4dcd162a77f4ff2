"""Languages: offered whole or not at all, one page in one language, and answers that remember which one was read."""

from __future__ import annotations

import re

import pytest
from conftest import Scripted, run, spoken_in, to_page

from instruments.reader import Faulty, read, read_in_every_language
from instruments.records import PRACTICE_KEY
from instruments.walker import Browser
from instruments.words import catalogue, languages
from instruments.words.pseudo import PSEUDO


@pytest.fixture
def folder(tmp_path):
    return spoken_in(["en-XA", "ar-XB"], tmp_path / "study")


def test_every_catalogue_has_the_same_words_and_placeholders():
    """A word that one language lacks would be a hole in a page."""
    for language in languages():
        assert catalogue(language).keys() == catalogue("en").keys()
        for id, words in catalogue(language).items():
            holes = re.compile(r"\{\w+\}")
            assert sorted(holes.findall(words)) == sorted(holes.findall(catalogue("en")[id])), (language, id)


def test_a_study_reads_in_each_of_its_languages(folder):
    """The same study, columns, codes and fingerprint; other words, and all of them."""
    studies = read_in_every_language(folder)
    assert list(studies) == ["en", "en-XA", "ar-XB"]
    assert len({study.fingerprint for study in studies.values()}) == 1
    own, longer = studies["en"], studies["en-XA"]
    assert longer.title == PSEUDO["en-XA"](own.title)
    assert [each.id for each in longer.questions()] == [each.id for each in own.questions()]
    assert all(set(each.text.values()).isdisjoint(own.question(each.id).text.values()) for each in longer.questions())
    assert len(longer.question("again").scale[0].label["reader"]) > len(own.question("again").scale[0].label["reader"])


def test_words_of_a_translation_are_part_of_the_fingerprint(folder):
    """A board that approved the translation approved these words."""
    before = read(folder).fingerprint
    path = folder / "languages" / "en-XA.yaml"
    path.write_text(path.read_text().replace("Évérý", "Ány", 1))
    assert read(folder).fingerprint != before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("  title: ", "  titel: "), "“titel” is not in the study; did you mean “title”?"),
        (("  title: ", "  titel: "), "“title” is not translated: “Every kind of question”"),
        (("status: tested", "status: draft"), "“title” is only draft; a language is offered once it is adjudicated"),
        (("{contact}", "{kontakt}"), "must hold the same {names} as the original"),
        (("on: 2026-11-01", "on: yesterday"), "“yesterday” is not a day; write it like 2026-11-01"),
        (("on: 2026-11-01\n", ""), "a translation needs “on”"),
        (("status: tested", "status: done"), "“done” is not a status of a translation"),
    ],
)
def test_half_a_translation_is_refused_with_its_lines(folder, change, said):
    """Nobody reads half a page in another language; the translator learns what is missing, and where."""
    path = folder / "languages" / "en-XA.yaml"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(Faulty) as caught:
        read(folder)
    assert any(said in str(each) and each.file == "languages/en-XA.yaml" for each in caught.value.problems)


def test_a_language_without_a_file_or_without_interface_words_is_refused(folder):
    """Both are needed, and both are said."""
    (folder / "languages" / "ar-XB.yaml").unlink()
    head = folder / "study.yaml"
    head.write_text(head.read_text().replace("[en,", "[en, tlh,"))
    with pytest.raises(Faulty) as caught:
        read(folder)
    said = str(caught.value)
    assert "there are no interface words in “tlh”" in said
    assert "languages/ar-XB.yaml: cannot be opened" in said


def test_the_first_page_lets_everybody_choose(serve, folder):
    """Each language in its own words and direction; what the browser prefers only orders the list; no cookie."""
    server = serve(folder)
    browser = Browser(server.origin, {"Accept-Language": "ar-XB, en;q=0.5"})
    page = browser.get("/")
    assert page.status == 200
    assert page.links == ["/ar-XB/", "/en/", "/en-XA/"]
    assert browser.cookies == {}
    assert re.search(r'href="/ar-XB/" lang="ar-XB" hreflang="ar-XB" dir="rtl"', page.html)
    first = browser.get("/ar-XB/")
    assert '<html lang="ar-XB" dir="rtl">' in first.html
    assert dict(first.headers)["content-language"] == "ar-XB"
    assert browser.get("/fr/").status == 404


def test_a_switch_on_the_way_keeps_place_and_answers_and_is_remembered(serve, folder, tmp_path):
    """The same page in the other language, filled in; each answer is stored with the language it was given in."""
    server = serve(folder)
    browser, person = Browser(server.origin), Scripted(mood="2")
    page = browser.get("/en/")
    while "mood" not in (page.form.fields if page.form else {}):
        page = browser.press(page, page.form, person(page, page.form)) if page.form else browser.get(page.links[0])
    later = browser.press(page, page.form, [("mood", "2")])
    other = re.search(r'href="(/en-XA/p/\d+)"', page.html)[1]
    switched = browser.get(other)
    assert switched.form.fields["mood"].chosen == ["2"]
    assert "Hôw" in switched.text or "Höw" in switched.text
    assert "How is it?" not in switched.text, "one page, one language"
    back = browser.get(later.path.replace("/en/", "/en-XA/"))
    asked_later = set()
    while not back.path.endswith("/check"):
        asked_later |= set(back.form.fields)
        back = browser.press(back, back.form, person(back, back.form))
    browser.press(back, back.form, [])
    server.stop()
    run("analysis", "open", "--data", str(tmp_path / "data"), "--key", str(tmp_path / "data" / PRACTICE_KEY))
    from sqlite_utils import Database

    row = next(Database(tmp_path / "data" / "answers.db")["answers"].rows)
    assert row["language"] == "en"
    assert row["other_language"].startswith("en-XA: ")
    named = row["other_language"].removeprefix("en-XA: ").split(", ")
    assert set(named) == {each for each in asked_later & set(person.sent) if person.sent[each]}
    assert "mood" not in named


def test_a_study_in_one_language_stores_and_offers_none(server, tmp_path):
    """No list to choose from, no switch, no column."""
    browser = Browser(server.origin)
    page = to_page(browser, Scripted(), "/check")
    assert "hreflang" not in page.html
    assert browser.get("/").heading == "Every kind of question"
    assert "Which answers you gave in another language" not in browser.get("/en/privacy").text


def test_support_and_errors_speak_the_language_of_the_page(serve, folder):
    """A mistake, an end and a page that is not there: all in the language of their address."""
    browser = Browser(serve(folder).origin)
    page = browser.get("/en-XA/agree")
    wrong = browser.press(page, page.form, [])
    assert wrong.title.startswith(catalogue("en-XA")["error_title"])
    assert browser.get("/en-XA/nowhere").heading == catalogue("en-XA")["not_found_heading"]
    assert browser.get("/en-XA/p/3").heading == catalogue("en-XA")["gone_heading"]
