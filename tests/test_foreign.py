"""Foreign requests: no post from elsewhere stores or changes anything, and no reading does. Every route of the golden list."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from everywhere import POSTED, READ, SENT, TOKEN, Everywhere, Reply, asked, bytes_of, path_of, study

from instruments.walker import Sent
from survey_app.serve import open_survey, studies_in

pytestmark = pytest.mark.slow
HARMLESS = {f"POST /<language>/{end}" for end in ("can-take-part", "key-facts", "leaving")}
"""These lead on, and what somebody has said so far stays as it is."""

UNBOUND = {"POST /leave", *(f"POST /<language>/{end}" for end in ("agree", "delete", "sent", "withdraw"))}
"""These carry no token: nobody has a draft yet, or it must work when the draft has expired. All others do."""

CHANGING = set(POSTED) - HARMLESS
FOREIGN = {
    "another origin": {"Origin": "https://elsewhere.example"},
    "an origin that is kept secret": {"Origin": "null"},
    "our name with another port": {"Origin": "http://127.0.0.1:1"},
    "another site": {"Sec_Fetch_Site": "cross-site"},
    "another part of our site": {"Sec_Fetch_Site": "same-site"},
}
WITHOUT = """
import survey_app.passing as passing
passing.PROTECTION = lambda *_: True
from survey_app.__main__ import door
door(prog_name="without")
"""
NOTING = """
import survey_app.endings as endings
real = endings._to_read

def noting(template, **values):
    (endings.survey().store.folder / "read").write_text(template)
    return real(template, **values)

endings._to_read = noting
from survey_app.__main__ import door
door(prog_name="noting")
"""


@pytest.fixture
def person(serve, tmp_path) -> Callable[..., Everywhere]:
    """Somebody everywhere in a survey in which one person has sent answers; with more flags."""

    def stands(**more: object) -> Everywhere:
        folder, data = study(tmp_path / "study"), tmp_path / "data"
        store = open_survey(studies_in(folder), data, "practice", None)["en"].store
        store.send(SENT, bytes(3072), None)
        store.close()
        somebody = Everywhere(serve(folder, data=data, **more))
        somebody.cookie("GET /<language>/check")  # the first cookie of a day makes its key
        return somebody

    return stands


Ask = Callable[[str], Reply]


def changing(person: Everywhere, routes: tuple[str, ...], ask: Ask) -> set[str]:
    """Where asking stores or changes something: a byte of the data, or what the browser holds."""
    found, before = set(), bytes_of(person.server.data)
    for route in routes:
        reply = ask(route)
        after = bytes_of(person.server.data)
        if after != before or (route in POSTED and reply.cookie is not None):
            found.add(route)
        before = after
    return found


def without_token(person: Everywhere, instead: Sent) -> Ask:
    """Asks from our own page, with this in the place of the token."""
    return lambda route: person.sends(
        route, [*instead, *(each for each in person.sent(route) if each[0] != "_token")], Origin=person.origin
    )


def from_elsewhere(person: Everywhere, how: str) -> Ask:
    """Asks with the cookie and the token, from there."""
    return lambda route: person.asks(route, **FOREIGN[how])


def without(protection: str) -> dict[str, tuple[str, str]]:
    """A survey that takes this for given."""
    return {"program": ("-c", WITHOUT.replace("PROTECTION", protection))}


def test_no_post_from_elsewhere_stores_or_changes_anything(person):
    """Every post, with a good cookie and a good token, in every way of coming from another page; then from our own."""
    person = person()

    for how in FOREIGN:
        assert changing(person, POSTED, from_elsewhere(person, how)) == set(), how
    assert changing(person, POSTED, person.asks) == CHANGING, "the control"


def test_no_post_without_its_token_stores_or_changes_anything(person):
    """Every post that goes on with a draft, from our own page but with no token or another one."""
    person = person()

    for instead in ([], [("_token", "")], [("_token", TOKEN[:-1])], [("_token", "é")]):
        ask = without_token(person, instead)
        assert changing(person, tuple(set(POSTED) - UNBOUND), ask) == set(), instead
    assert changing(person, POSTED, without_token(person, [("_token", TOKEN)])) == CHANGING, "the control"


@pytest.mark.parametrize("how", ["another origin", "another site"])
def test_control_where_nobody_asks_whence_a_post_comes_all_are_obeyed(person, how):
    """The check of the origin taken away: every post that changes something does so from elsewhere."""
    person = person(**without("from_our_page"))

    assert changing(person, POSTED, from_elsewhere(person, how)) == CHANGING


def test_control_where_nobody_looks_at_the_token_all_are_obeyed(person):
    """The check of the token taken away: every post that changes something does so with another one."""
    person = person(**without("_token_is"))

    assert changing(person, POSTED, without_token(person, [("_token", "another")])) == CHANGING


def test_no_reading_stores_or_changes_anything(person):
    """Every address that can be read, by somebody who stands there and by somebody who comes from nowhere."""
    person = person()

    assert changing(person, READ, person.asks) == set()
    assert changing(person, READ, lambda route: asked(person.server, "GET", path_of(route))) == set()


def test_control_a_page_that_notes_who_reads_it_is_found(person):
    """Three pages that write a file when they are read: those three are named."""
    person = person(program=("-c", NOTING))

    noting = {f"GET /<language>/{end}" for end in ("privacy", "support", "withdraw")}
    assert changing(person, READ, person.asks) == noting
