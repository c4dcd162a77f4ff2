"""The application: the pages joined to one survey, with plain words for everything that can go wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from traceback import extract_tb
from urllib.parse import parse_qsl

from flask import Flask, Request, Response, abort, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.utils import cached_property

from .beginning import beginning
from .endings import endings
from .pages import pages
from .passing import renewing, words_just_typed
from .showing import ICON, SCRIPT, STYLE, File
from .survey import Survey, survey

LARGEST_POST = 128 * 1024  # bytes; far below where anything would spill to a temporary file
MOST_FIELDS = 500


class PlainRequest(Request):
    """A request whose body can only be a small plain form: no parser of anything else is ever reached."""

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


def create_app(surveys: Mapping[str, Survey]) -> Flask:
    """The Flask application of one survey: language → the survey in it."""
    app = Flask("survey_app", static_folder=None)
    app.request_class = PlainRequest
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_POST, PROPAGATE_EXCEPTIONS=False)
    app.extensions["surveys"] = surveys
    app.register_blueprint(endings)
    app.register_blueprint(beginning)
    app.register_blueprint(pages)
    if next(iter(surveys.values())).kind == "preview":
        from .preview import preview  # only here: no other survey has its addresses

        app.register_blueprint(preview)
    for file in (STYLE, ICON, SCRIPT):
        app.add_url_rule(file.address, file.address, _kept_for_ever(file))

    @app.url_value_preprocessor
    def known_language(endpoint: str | None, values: dict[str, str] | None) -> None:
        if values and "language" in values and values["language"] not in surveys:
            abort(404)

    @app.before_request
    def plain_small_forms_only() -> None:
        if request.method == "POST":
            request.form  # noqa: B018  refuses anything else, even where nobody looks at it

    @app.after_request
    def in_language_and_renewed(response: Response) -> Response:
        response.headers["Content-Language"] = survey().study.language
        renewing(response)
        return response

    @app.errorhandler(Exception)
    def trouble(error: Exception) -> ResponseReturnValue:
        status = error.code or 500 if isinstance(error, HTTPException) else 500
        if status < 400:
            return error  # type: ignore[return-value]
        typed: tuple[str, ...] = ()
        if status >= 500:
            _note(error)
            typed = words_just_typed()
        heading = {404: "not_found", 405: "not_found", 413: "too_large"}.get(status, "trouble")
        return survey().page("message.html", heading=heading, start=True, typed=typed), status

    return app


def _note(error: Exception) -> None:
    """The whole of what is logged of an error: its class and where it broke, nothing of what was in it."""
    frames = extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    print(f"survey: {type(error).__name__} at {where}", file=sys.stderr)


def _kept_for_ever(file: File) -> Callable[[], Response]:
    def serve() -> Response:
        response = Response(file.content, mimetype=file.mimetype)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    return serve
