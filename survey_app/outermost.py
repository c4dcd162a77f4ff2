"""The outermost layer: no address, agent or referrer goes in, and only known headers come out.

What a request does not carry can be neither stored nor logged, whatever goes wrong further in.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PASSED_ON = (
    "HTTP_HOST",
    "HTTP_COOKIE",
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "HTTP_ACCEPT_ENCODING",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_ORIGIN",
    "HTTP_SEC_FETCH_SITE",
    "REQUEST_METHOD",
    "PATH_INFO",
    "SERVER_PROTOCOL",
    "wsgi.version",
    "wsgi.input",
    "wsgi.errors",
    "wsgi.multithread",
    "wsgi.multiprocess",
    "wsgi.run_once",
    "wsgi.input_terminated",
)
"""Nothing else reaches the application: no peer address, no query string, no agent, no referrer."""

SENT_OUT = frozenset(
    {
        "allow",
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "location",
        "refresh",
        "set-cookie",
    }
)

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FEATURES = ",".join(
    f"{name}=()"
    for name in ("camera", "geolocation", "microphone", "payment", "usb")  # no script runs here at all
)
ALWAYS = (
    ("Referrer-Policy", "same-origin"),  # no-referrer would make browsers send “Origin: null” with our own posts
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", FEATURES),
)
NO_STORE = ("Cache-Control", "no-store")
WORTH_PACKING = 500  # bytes
GZIP, WINDOW, MEMORY = 16, 13, 6  # zlib's words; for pages of a few KiB a small window costs nothing


class Outermost:
    """A WSGI layer around the application."""

    def __init__(self, inner: WSGIApplication, *, https: bool, scripts: bool = False) -> None:
        self.inner, self.https = inner, https
        policy = POLICY.replace(";", "; script-src 'self';", 1) if scripts else POLICY
        self.headers = [("Content-Security-Policy", policy), *ALWAYS]
        if https:
            self.headers.append(("Strict-Transport-Security", "max-age=31536000"))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request from what may be known of it."""
        inside = {key: environ[key] for key in PASSED_ON if key in environ}
        inside.update(
            {
                "SCRIPT_NAME": "",
                "QUERY_STRING": "",
                "SERVER_NAME": "survey",
                "SERVER_PORT": "0",
                "wsgi.url_scheme": "https" if self.https else "http",
            }
        )
        answer: list[Any] = []

        def started(status: str, headers: list[tuple[str, str]], *more: Any) -> Callable[[bytes], object]:
            answer[:] = [status, [*self._let_out(headers), *self.headers]]
            return lambda data: None

        parts = self.inner(inside, started)
        body = b"".join(parts)
        if (close := getattr(parts, "close", None)) is not None:
            close()
        status, headers = answer
        if len(body) > WORTH_PACKING and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            body, headers = _packed(body, headers)
        start_response(status, headers)
        return [body]

    @staticmethod
    def _let_out(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        kept = [(name, value) for name, value in headers if name.lower() in SENT_OUT]
        return kept if any(name.lower() == "cache-control" for name, _ in kept) else [*kept, NO_STORE]


def _packed(body: bytes, headers: list[tuple[str, str]]) -> tuple[bytes, list[tuple[str, str]]]:
    """The body compressed as gzip with no time in it, at the cheapest level: pages are short."""
    packer = zlib.compressobj(level=1, wbits=GZIP + WINDOW, memLevel=MEMORY)
    small = packer.compress(body) + packer.flush()
    rest = [(name, value) for name, value in headers if name.lower() != "content-length"]
    return small, [*rest, ("Content-Encoding", "gzip"), ("Content-Length", str(len(small)))]
