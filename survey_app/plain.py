"""What comes in and what goes out, as plain as a survey needs it: less to attack, and less to do for every page."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import flask
from flask import abort
from werkzeug.datastructures import MultiDict
from werkzeug.routing import MapAdapter

LARGEST_POST = 128 * 1024  # bytes; far below where anything would spill to a temporary file
MOST_FIELDS = 500


class Request(flask.Request):
    """A request whose body can only be a small plain form: no parser of anything else is ever reached."""

    @cached_property
    def cookies(self) -> Mapping[str, str]:  # type: ignore[override]
        """Name → value, the first of each name: ours needs no quoting, and no other one is read."""
        pairs = [each.strip().partition("=") for each in self.environ.get("HTTP_COOKIE", "").split(";")]
        return {name: value for name, _, value in reversed(pairs)}

    @cached_property
    def form(self) -> MultiDict[str, str]:  # type: ignore[override]
        """What was sent. Refuses other kinds with 415, what is too large or too many with 413."""
        if self.mimetype not in ("application/x-www-form-urlencoded", ""):
            abort(415)
        body = self.get_data(cache=False).decode("utf-8", "replace")
        try:
            return MultiDict(parse_qsl(body, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS))
        except ValueError:
            abort(413)


class Response(flask.Response):
    """A whole page, ready: nothing about it hangs on the request. The outermost layer says how long it is."""

    automatically_set_content_length = False

    def __call__(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        """Hand it out as it is."""
        start_response(self.status, self.headers.to_wsgi_list())
        return self.response  # type: ignore[return-value]  # bytes, as no page of ours is a stream


class Flask(flask.Flask):
    """An application with one host, whatever it is called from outside: only path and method decide."""

    request_class = Request
    response_class = Response
    logger = logging.Logger("nothing", logging.CRITICAL + 1)  # its lines would carry address, time and traceback

    def create_url_adapter(self, request: flask.Request | None) -> MapAdapter | None:
        """What finds the view for a request."""
        if request is None:
            return None
        return MapAdapter(self.url_map, "survey", "/", "", request.scheme, request.path, request.method)
