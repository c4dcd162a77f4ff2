"""The application: the pages joined to one survey, with plain words for everything that can go wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from traceback import extract_tb

import flask
from flask import abort, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from .beginning import beginning
from .endings import endings
from .pages import pages
from .passing import renewing, words_just_typed
from .plain import LARGEST_POST, Flask, Response
from .showing import ICON, SCRIPT, STYLE, File
from .survey import Survey, survey


class Application(Flask):
    """The survey as Flask serves it. Before and after every view stands what is here, and nothing else."""

    def __init__(self, surveys: Mapping[str, Survey]) -> None:
        """`surveys` is language → the survey in it."""
        super().__init__("survey_app", static_folder=None)
        self.surveys, self.first = surveys, next(iter(surveys.values()))
        self.url_map.merge_slashes = False  # an address that is nearly ours is not ours
        self.config.update(MAX_CONTENT_LENGTH=LARGEST_POST, PROPAGATE_EXCEPTIONS=False)
        self.register_error_handler(Exception, _trouble)

    def preprocess_request(self) -> None:
        """Before a view: which survey is meant; and a post is a small plain form, even where nobody looks at it."""
        asked = request._get_current_object()  # type: ignore[attr-defined]
        language = asked.path.split("/", 2)[1]
        g.survey = self.surveys.get(language, self.first)
        if language not in self.surveys and "language" in (asked.view_args or ()):
            abort(404)
        if asked.method == "POST":
            asked.form  # noqa: B018

    def process_response(self, response: flask.Response) -> flask.Response:
        """After a view: the language, and the cookie of somebody who has seen their code."""
        here = survey()
        response.headers["Content-Language"] = here.study.language
        renewing(here, response)
        return response


def create_app(surveys: Mapping[str, Survey]) -> Flask:
    """The Flask application of one survey: language → the survey in it."""
    app = Application(surveys)
    app.register_blueprint(endings)
    app.register_blueprint(beginning)
    app.register_blueprint(pages)
    if app.first.kind == "preview":
        from .preview import preview  # only here: no other survey has its addresses

        app.register_blueprint(preview)
    for file in (STYLE, ICON, SCRIPT):
        app.add_url_rule(file.address, file.address, _kept_for_ever(file))
    return app


def _trouble(error: Exception) -> ResponseReturnValue:
    """A page of ours for everything that can go wrong; what was typed stands on it where we are to blame."""
    status = error.code or 500 if isinstance(error, HTTPException) else 500
    if status < 400:
        return error  # type: ignore[return-value]
    typed: tuple[str, ...] = ()
    if status >= 500:
        note(getattr(error, "original_exception", None) or error)
        typed = words_just_typed()
    heading = {404: "not_found", 405: "not_found", 413: "too_large"}.get(status, "trouble")
    allowed = isinstance(error, MethodNotAllowed) and error.valid_methods
    headers = {"Allow": ", ".join(sorted(allowed))} if allowed else {}
    return survey().page("message.html", heading=heading, start=True, typed=typed), status, headers


def note(error: BaseException) -> None:
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
