"""The application: the pages joined to one survey, with plain words for everything that can go wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from traceback import extract_tb

from flask import abort, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from .beginning import beginning
from .endings import endings
from .pages import pages
from .passing import renewing, words_just_typed
from .plain import LARGEST_POST, Flask, Response
from .showing import ICON, SCRIPT, STYLE, File
from .survey import Survey, survey


def create_app(surveys: Mapping[str, Survey]) -> Flask:
    """The Flask application of one survey: language → the survey in it."""
    app, first = Flask("survey_app", static_folder=None), next(iter(surveys.values()))
    app.url_map.merge_slashes = False  # an address that is nearly ours is not ours
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_POST, PROPAGATE_EXCEPTIONS=False)
    app.register_blueprint(endings)
    app.register_blueprint(beginning)
    app.register_blueprint(pages)
    if first.kind == "preview":
        from .preview import preview  # only here: no other survey has its addresses

        app.register_blueprint(preview)
    for file in (STYLE, ICON, SCRIPT):
        app.add_url_rule(file.address, file.address, _kept_for_ever(file))

    @app.url_value_preprocessor
    def known_language(endpoint: str | None, values: dict[str, str] | None) -> None:
        language = request.path.split("/", 2)[1]
        g.survey = surveys.get(language, first)
        if values and "language" in values and language not in surveys:
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
            _note(getattr(error, "original_exception", None) or error)
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
