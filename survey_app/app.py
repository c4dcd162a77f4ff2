"""The application: the pages joined to one survey, with plain words for everything that can go wrong."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import assert_never

from flask import Flask, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException

from instruments.model import ChooseMany, ChooseOne, Grid, Note, Number, Question, Rating, Study, Text
from instruments.route import Shown

from .drafts import Draft
from .endings import endings
from .pages import pages
from .saying import answered
from .survey import Survey

LARGEST_POST = 128 * 1024  # bytes; far below where anything would spill to a temporary file
MOST_FIELDS = 500
STATIC = Path(__file__).parent / "static"
FILES = {"style": ("survey.css", "text/css"), "icon": ("icon.svg", "image/svg+xml")}


def create_app(survey: Survey) -> Flask:
    """The Flask application of one survey."""
    app = Flask("survey_app", static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_POST,
        MAX_FORM_MEMORY_SIZE=LARGEST_POST,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions["survey"] = survey
    app.register_blueprint(endings)
    app.register_blueprint(pages)
    _serve_files(app)
    _give_words(app, survey)

    @app.url_value_preprocessor
    def known_language(endpoint: str | None, values: dict[str, str] | None) -> None:
        if values and "language" in values and values["language"] != survey.study.language:
            abort(404)

    @app.before_request
    def plain_small_forms_only() -> None:
        if request.method == "POST" and request.mimetype not in ("application/x-www-form-urlencoded", ""):
            abort(415)
        if request.method == "POST" and sum(len(values) for values in request.form.listvalues()) > MOST_FIELDS:
            abort(413)

    @app.after_request
    def in_language(response: Response) -> Response:
        response.headers["Content-Language"] = survey.study.language
        return response

    @app.errorhandler(Exception)
    def trouble(error: Exception) -> ResponseReturnValue:
        status = error.code or 500 if isinstance(error, HTTPException) else 500
        if status < 400:
            return error  # type: ignore[return-value]
        if status >= 500:
            _note(error)
        heading = {404: "not_found", 405: "not_found", 413: "too_large"}.get(status, "trouble")
        return render_template("message.html", heading=heading, start=True), status

    return app


def _note(error: Exception) -> None:
    """The whole of what is logged of an error: its class and where it broke, nothing of what was in it."""
    frames = extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    print(f"survey: {type(error).__name__} at {where}", file=sys.stderr)


def _serve_files(app: Flask) -> None:
    """The style sheet and the icon, each named by its content, so that it may be kept for ever."""
    for kind, (file, mimetype) in FILES.items():
        content = (STATIC / file).read_bytes()
        name = f"/{hashlib.sha256(content).hexdigest()[:10]}{Path(file).suffix}"
        app.jinja_env.globals[kind] = name
        app.add_url_rule(name, kind, _kept_for_ever(content, mimetype))


def _kept_for_ever(content: bytes, mimetype: str) -> Callable[[], Response]:
    def file() -> Response:
        response = Response(content, mimetype=mimetype)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    return file


def _give_words(app: Flask, survey: Survey) -> None:
    """Templates hold no sentences: they take them from the catalogue and from the study."""
    study: Study = survey.study

    def paragraphs(text: str) -> Markup:
        return Markup("").join(Markup("<p>{}</p>").format(part) for part in study.filled(text).split("\n") if part)

    def said(shown: Shown, draft: Draft) -> list[tuple[str, str, str]]:
        return answered(shown, str(draft.role), draft.answers, study.words)

    app.jinja_env.globals.update(
        study=study,
        words=study.words,
        kind=survey.kind,
        lang=study.language,
        paragraphs=paragraphs,
        answered=said,
        template_of=template_of,
    )
    app.jinja_env.filters["filled"] = lambda text: escape(study.filled(text))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def template_of(question: Question) -> str:
    """The piece of a page that shows this kind of question."""
    match question:
        case Rating() | ChooseOne():
            return "questions/choose.html"
        case ChooseMany():
            return "questions/choose_many.html"
        case Grid():
            return "questions/grid.html"
        case Number():
            return "questions/number.html"
        case Text():
            return "questions/text.html"
        case Note():
            return "questions/note.html"
        case _:
            assert_never(question)
