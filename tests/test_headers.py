"""Headers: a golden file says what every kind of answer carries, each value to the letter; no answer more, no header more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from everywhere import ROUTES, TOKEN, Everywhere, Reply, asked, study
from test_faults import no_room

from survey_app.looking import PAUSED
from survey_app.plain import LARGEST_POST, MOST_FIELDS

FOLLOWING = ("Content-Encoding", "Content-Length", "Date", "Location", "Set-Cookie")
"""What these say follows the answer: that they are there is in the golden file, their value is not."""

GOLDEN = Path(__file__).parent / "headers.txt"
POLICY = "Content-Security-Policy"
SCRIPT = "quick_exit_script: true\n"
PUBLIC = ("--origin", "https://survey.example.org")
WAYS = {"over http": ((), ""), "over https": (PUBLIC, ""), "over https, with the script": (PUBLIC, SCRIPT)}
FEW = "5"  # newcomers a minute
OVERTAKEN = "POST /<language>/p/<int:number>"
REFUSED = re.compile(r"^(?!.*the server itself).* [45]\d\d$")  # what never reaches us has no policy of ours

LOOSE = """
from survey_app.outermost import Outermost
real = Outermost.__call__

def loose(self, environ, start):
    return real(self, environ, lambda status, headers: start(status, [HEADERS]))

Outermost.__call__ = loose
from survey_app.__main__ import door
door(prog_name="loose")
"""
LOOSE_ON_ERRORS = {
    "gone": 'each for each in headers if each[0] != "Content-Security-Policy" or status[0] not in "45"',
    "wide": '(name, said.replace("src \'self\'", "src *") if status[0] in "45" else said) for name, said in headers',
}
LOOSE_ELSEWHERE = {
    " 303": 'each for each in headers if each[0] != "X-Content-Type-Options" or status[0] != "3"',
    "CONTENT": '*headers, *([] if ("Cache-Control", "no-store") in headers else [("Server", "survey")])',
}


def every_answer(person: Everywhere) -> Iterator[tuple[str, Reply]]:
    """What was asked, and what came: every route as usual, everything that is refused, everything that breaks."""
    server = person.server
    for route in ROUTES:
        yield route, person.asks(route)
    for route in ("GET /<language>/", "GET /CONTENT.css"):
        yield f"{route}, packed", person.asks(route, Accept_Encoding="gzip")
    for what, method, path, body, headers in (
        ("HEAD", "HEAD", "/en/", None, {}),
        ("OPTIONS", "OPTIONS", "/en/", None, {}),
        ("another method", "PUT", "/en/agree", b"", {}),
        ("an address that can only be posted to", "GET", "/en/send", None, {}),
        ("an address that is none", "GET", "/nowhere", None, {}),
        ("a language that is none", "GET", "/xx/agree", None, {}),
        ("a page without a draft", "GET", "/en/p/2", None, {}),
        ("Send without a draft", "POST", "/en/send", b"", {}),
        ("another kind of form", "POST", "/en/agree", b"{}", {"Content_Type": "application/json"}),
        ("an upload", "POST", "/en/agree", b"--x--", {"Content_Type": "multipart/form-data; boundary=x"}),
        ("too many bytes", "POST", "/en/agree", b"a" * (LARGEST_POST + 1), {}),
        ("too many fields", "POST", "/en/agree", b"a&" * MOST_FIELDS + b"a", {}),
        ("ticks that are missing", "POST", "/en/agree", b"", {}),
        ("a code that is none", "POST", "/en/withdraw", b"code=x", {}),
        ("bytes that the server itself refuses", "POST", "/en/agree", b"", {"Content_Length": "999999999"}),
        ("a length that the server itself refuses", "POST", "/en/agree", b"", {"Content_Length": "x"}),
        ("a coding that the server itself refuses", "POST", "/en/agree", b"", {"Transfer_Encoding": "x"}),
    ):
        yield what, asked(server, method, path, body, **headers)
    yield "GET /away, with a draft", asked(server, "GET", "/away", Cookie=f"{person.name}=draft")
    yield "a page that another window has changed", person.sends(OVERTAKEN, [("_token", TOKEN), ("_version", "")])
    with no_room(server):
        yield "no room for what is sent", person.asks("POST /<language>/send")
    (server.data / PAUSED).mkdir()  # what should be a file
    for route in ("GET /<language>/", "POST /<language>/agree"):
        yield f"a fault of ours: {route}", person.asks(route)
    (server.data / PAUSED).rmdir()
    for route in ("POST /<language>/agree", "POST /<language>/withdraw"):
        replies = (person.asks(route) for _ in range(100))
        yield f"too many at once: {route}", next(reply for reply in replies if reply.status == 503)


def seen(serve, tmp_path, way: str = "over http", **more) -> dict[str, dict[str, str]]:
    """Every kind of answer with its status → its headers."""
    flags, script = WAYS[way]
    server = serve(study(tmp_path / "study", script), "--newcomers", FEW, *flags, **more)
    found = {}
    for what, reply in every_answer(Everywhere(server, *flags[1:])):
        headers = dict(reply.headers)
        assert len(headers) == len(reply.headers), f"{what}: one of them twice"
        if "Allow" in headers:
            headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
        found[f"{what} {reply.status}"] = {name: "" if name in FOLLOWING else said for name, said in headers.items()}
    return found


def golden(way: str = "over http") -> dict[str, dict[str, str]]:
    """What the file says of them."""
    over, script = way.startswith("over https"), way.endswith("script")
    here = {"https": over, "script": script, "no script": not script}
    found, answers, headers = {}, [], {}
    for line in [*GOLDEN.read_text().splitlines(), ""]:
        if line.startswith("    "):
            only, name, said = re.fullmatch(r" {4}(?:\((.+?)\) )?([\w-]+)(?:: (.+))?", line).groups()
            headers |= {name: said or ""} if here.get(only, True) else {}
        elif line and not line.startswith("#"):
            answers.append(line)
        elif not line:
            found |= dict.fromkeys(answers, headers)
            answers, headers = [], {}
    return found


def policies(answers: dict[str, dict[str, str]]) -> dict[str, str | None]:
    """What each answer lets a page do."""
    return {what: headers.get(POLICY) for what, headers in answers.items()}


def others(answers: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """All the rest."""
    return {what: {name: each for name, each in headers.items() if name != POLICY} for what, headers in answers.items()}


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """The answers that are not alike."""
    return {what for what in one | other if one.get(what) != other.get(what)}


@pytest.mark.parametrize(
    "way", [name if name == "over http" else pytest.param(name, marks=pytest.mark.slow) for name in WAYS]
)
def test_every_kind_of_answer_has_the_policy_of_the_golden_file(serve, tmp_path, way):
    """Every route, every refusal, every fault, the files: what a page may do, to the letter."""
    found = seen(serve, tmp_path, way)

    assert policies(found) == policies(golden(way))
    assert {int(what[-3:]) for what in found} >= {200, 303, 404, 405, 409, 410, 413, 415, 422, 500, 503}


@pytest.mark.parametrize(
    "way", [name if name == "over http" else pytest.param(name, marks=pytest.mark.slow) for name in WAYS]
)
def test_every_kind_of_answer_has_the_other_headers_of_the_golden_file(serve, tmp_path, way):
    """The same names with the same values, and no others."""
    found = seen(serve, tmp_path, way)

    assert others(found) == others(golden(way))


@pytest.mark.parametrize("errors", LOOSE_ON_ERRORS)
def test_control_a_policy_that_is_loosened_on_errors_alone_is_found(serve, tmp_path, errors):
    """Each refusal and each fault is named, no other answer is; all other headers are as they were."""
    found = seen(serve, tmp_path, program=("-c", LOOSE.replace("HEADERS", LOOSE_ON_ERRORS[errors])))

    assert differing(policies(found), policies(golden())) == {what for what in golden() if REFUSED.search(what)}
    assert others(found) == others(golden())


@pytest.mark.parametrize("where", LOOSE_ELSEWHERE)
def test_control_a_header_too_few_or_too_many_is_found(serve, tmp_path, where):
    """On redirects alone, on files alone: those are named, no other answer is; the policies are as they were."""
    found = seen(serve, tmp_path, program=("-c", LOOSE.replace("HEADERS", LOOSE_ELSEWHERE[where])))

    assert differing(others(found), others(golden())) == {what for what in golden() if where in what}
    assert policies(found) == policies(golden())
