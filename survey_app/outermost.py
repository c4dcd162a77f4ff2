"""The outermost layer: no address, agent or referrer goes in, and only known headers come out.

What a request does not carry can be neither stored nor logged, whatever goes wrong further in.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache
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
        "content-type",
        "location",
        "refresh",
        "set-cookie",
    }
)

NOTHING = "default-src 'none'"
POLICY = f"{NOTHING};style-src 'self';img-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'"
FEATURES = "camera=(),geolocation=(),microphone=()"  # the others are for scripts, and none but ours can run
ALWAYS = (
    ("Referrer-Policy", "same-origin"),  # no-referrer would make browsers send “Origin: null” with our own posts
    ("X-Content-Type-Options", "nosniff"),
)
"""On every answer; beside it a policy, the shortest one where there is no page to rule."""

WITH_CONTENT = (("Cross-Origin-Resource-Policy", "same-origin"),)
ON_PAGES = (
    *WITH_CONTENT,
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", FEATURES),
)
NO_STORE = ("Cache-Control", "no-store")
PAGE = "text/html; charset=utf-8"
WORTH_PACKING = 500  # bytes
FAST, SMALL = 6, 9  # pages are packed as they are made, files once
GZIP, WINDOW, MEMORY = 16, 14, 7  # zlib’s words; a window of 16 KiB is our largest page, and takes half the time of 32


class Outermost:
    """A WSGI layer around the application."""

    def __init__(self, inner: WSGIApplication, *, https: bool, scripts: bool = False) -> None:
        self.inner, self.https = inner, https
        always = [*ALWAYS, ("Strict-Transport-Security", "max-age=31536000")] if https else [*ALWAYS]
        policy = POLICY.replace(";", ";script-src 'self';", 1) if scripts else POLICY
        self.on_pages = [("Content-Security-Policy", policy), *always, *ON_PAGES]
        self.on_redirects = [("Content-Security-Policy", NOTHING), *always]
        self.on_files = [*self.on_redirects, *WITH_CONTENT]

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
            if status.startswith("3"):
                answer[:] = [status, [*self._let_out(headers, SENT_OUT - {"content-type"}), *self.on_redirects]]
            else:
                kept = self._let_out(headers, SENT_OUT)
                answer[:] = [status, [*kept, *(self.on_pages if ("Content-Type", PAGE) in kept else self.on_files)]]
            return lambda data: None

        parts = self.inner(inside, started)
        body = b"".join(parts)
        if (close := getattr(parts, "close", None)) is not None:
            close()
        status, headers = answer
        if len(body) > WORTH_PACKING and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            body = _packed_once(body) if NO_STORE not in headers else _packed(body, FAST)
            headers.append(("Content-Encoding", "gzip"))
        if NO_STORE not in headers:
            headers.append(("Vary", "Accept-Encoding"))  # whoever keeps a file keeps it for browsers of one kind
        headers.append(("Content-Length", str(len(body))))
        start_response(status, headers)
        return [] if inside.get("REQUEST_METHOD") == "HEAD" else [body]

    @staticmethod
    def _let_out(headers: list[tuple[str, str]], out: frozenset[str]) -> list[tuple[str, str]]:
        kept = [(name, value) for name, value in headers if name.lower() in out]
        return kept if any(name.lower() == "cache-control" for name, _ in kept) else [*kept, NO_STORE]


def _packed(body: bytes, level: int) -> bytes:
    """The body as gzip with no time in it."""
    packer = zlib.compressobj(level=level, wbits=GZIP + WINDOW, memLevel=MEMORY)
    return packer.compress(body) + packer.flush()


@lru_cache(maxsize=8)
def _packed_once(body: bytes) -> bytes:
    """The style, the icon, the script: never a page, so that nothing anybody wrote stays in memory."""
    return _packed(body, SMALL)
