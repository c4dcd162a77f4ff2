"""The outermost layer: what may come in, what may go out."""

from __future__ import annotations

import pytest

from survey_app.outermost import Outermost

FORBIDDEN = {
    "REMOTE_ADDR": "127.0.0.77",
    "REMOTE_PORT": "4711",
    "REMOTE_HOST": "canary",
    "HTTP_USER_AGENT": "UACANARY/9",
    "HTTP_REFERER": "http://canary/",
    "HTTP_X_FORWARDED_FOR": "203.0.113.77",
    "HTTP_FORWARDED": "for=203.0.113.77",
    "HTTP_X_REAL_IP": "203.0.113.77",
    "HTTP_CF_CONNECTING_IP": "2001:db8::77",
    "QUERY_STRING": "QCANARY=1",
    "HTTP_IF_NONE_MATCH": "CANARY",
    "HTTP_DNT": "1",
}


def through(environ, headers=(), https=False, layer=Outermost):
    """One request through the layer: what the application saw, and what went out."""
    seen, out = {}, {}

    def application(inside, start):
        seen.update(inside)
        start("200 OK", list(headers))
        return [b""]

    layer(application, https=https)(environ, lambda status, sent, *more: out.update(sent) or (lambda data: None))
    return seen, out


def tells_who(seen) -> bool:
    """Does anything that the application saw say who asked?"""
    return "77" in str(seen) or "CANARY" in str(seen) or bool(set(seen) & (set(FORBIDDEN) - {"QUERY_STRING"}))


ASKED = {"REQUEST_METHOD": "GET", "PATH_INFO": "/en/", "HTTP_HOST": "survey.example", "HTTP_COOKIE": "s=1"}


def test_nothing_that_tells_who_reaches_the_application():
    """Addresses, agents, referrers and query strings stop at the door; what is needed passes."""
    seen, _ = through({**ASKED, **FORBIDDEN})
    assert {key: seen[key] for key in ASKED} == ASKED
    assert not tells_who(seen)


def test_control_without_the_layer_the_application_would_know():
    """The same request past the layer tells it all: the test above fails when the protection is off."""
    seen, _ = through({**ASKED, **FORBIDDEN}, layer=lambda application, https: application)
    assert tells_who(seen)


@pytest.mark.parametrize("https", [True, False])
def test_only_known_headers_go_out(https):
    """A header that some library adds does not leave; the safe ones always do."""
    added = [("Content-Type", "text/html"), ("Server", "canary"), ("ETag", "canary"), ("X-Thing", "canary")]
    _, out = through({}, added, https)
    assert "canary" not in str(out)
    assert out["Cache-Control"] == "no-store"
    assert out["Content-Type"] == "text/html"
    assert ("Strict-Transport-Security" in out) == https


def test_pages_are_packed_for_slow_links_and_the_packing_says_no_time():
    """gzip where the browser takes it; its header's time is 0; the length is right."""
    import gzip

    def application(inside, start):
        start("200 OK", [("Content-Type", "text/html"), ("Content-Length", "5000")])
        return [b"x" * 5000]

    packed, plain = {}, {}
    layer = Outermost(application, https=False)
    small = b"".join(layer({"HTTP_ACCEPT_ENCODING": "gzip, br"}, lambda status, sent: packed.update(sent)))
    whole = b"".join(layer({}, lambda status, sent: plain.update(sent)))
    assert gzip.decompress(small) == whole == b"x" * 5000
    assert (packed["Content-Length"], plain["Content-Length"]) == (str(len(small)), "5000")
    assert (packed["Content-Encoding"], plain.get("Content-Encoding")) == ("gzip", None)
    assert small[4:8] == bytes(4)
