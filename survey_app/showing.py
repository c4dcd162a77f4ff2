"""How pages look: the templates of one language, and what is the same for everybody made once.

Templates hold no sentences: they take them from the catalogue and from the study.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, assert_never

from jinja2 import DictLoader, Environment
from markupsafe import Markup, escape

from instruments.model import ChooseMany, ChooseOne, Grid, Note, Number, Question, Rating, Study, Text
from instruments.route import Page, Shown

from .automatic import TRAP
from .drafts import Draft
from .saying import answered

HERE = Path(__file__).parent
NOTHING_SAID: tuple[Any, ...] = (None, "", (), [])  # but 0 is an answer
COMMENT = re.compile(rb"/\*.*?\*/\n")
KEPT_PAGES = 256  # pages of questions as they look before anybody has answered them
TOKEN = secrets.token_urlsafe(12)  # stands in a kept page where each draft has its own


@dataclass(frozen=True, slots=True)
class File:
    """A file that browsers may keep for ever, since its name follows its content."""

    content: bytes
    mimetype: str
    address: str


def _file(name: str, mimetype: str) -> File:
    content = (HERE / "static" / name).read_bytes()
    content = COMMENT.sub(b"", content)  # what only we read is not sent
    return File(content, mimetype, f"/{hashlib.sha256(content).hexdigest()[:10]}{Path(name).suffix}")


TEMPLATES = {
    str(path.relative_to(HERE / "templates")): path.read_text(encoding="utf-8")
    for path in (HERE / "templates").rglob("*.html")
}
"""Read at the start: no file is looked at because somebody has come."""

STYLE = _file("survey.css", "text/css")
ICON = _file("icon.svg", "image/svg+xml")
SCRIPT = _file("leave.js", "text/javascript")


class Templates:
    """The pages of one study in one language."""

    def __init__(self, study: Study, kind: str, languages: Mapping[str, Mapping[str, str]]) -> None:
        """`languages` holds the interface words of every language on offer, this one among them."""
        self.study, self.languages = study, languages
        self.environment = Environment(
            loader=DictLoader(TEMPLATES),
            autoescape=True,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.blank = lru_cache(KEPT_PAGES)(self._blank)
        self.fixed = lru_cache(KEPT_PAGES)(self.page)  # never with a token, an answer or a code in it
        self.environment.filters["filled"] = lambda text: escape(study.filled(text))
        self.environment.globals.update(
            study=study,
            words=SimpleNamespace(**{id: escape(words) for id, words in study.words.items()}),
            kind=kind,
            lang=study.language,
            languages=languages,
            style=STYLE.address,
            icon=ICON.address,
            trap=TRAP,
            script=SCRIPT.address if study.quick_exit and study.quick_exit_script else None,
            paragraphs=self._paragraphs,
            answered=self._answered,
            piece=self.piece,
            said=lru_cache(KEPT_PAGES)(self._said),
        )
        self.environment.globals["support"] = self._made("support_lines.html")
        self.environment.globals["top"] = {
            leave: self._made("top.html", leave=leave and study.quick_exit) for leave in (False, True)
        }
        self.environment.globals["bottom"] = {
            (begun, opened): self._made("bottom.html", begun=begun, support_open=opened)
            for begun, opened in product((False, True), repeat=2)
        }

    def page(self, template: str, **values: Any) -> str:
        """A whole page."""
        return self.environment.get_template(template).render(values)

    def questions(
        self, page: Page, draft: Draft, values: Mapping[str, Any], errors: Mapping[str, str], **more: Any
    ) -> str:
        """A page of questions. Nearly always nobody has answered it yet, and it looks the same to all."""
        if page.shuffled or errors or any(said not in NOTHING_SAID for said in values.values()) or more["notice"]:
            return self.page("page.html", page=page, draft=draft, values=values, errors=errors, **more)
        return self.blank(page, draft.role, draft.own_device, tuple(more.items())).replace(TOKEN, draft.token)

    def _blank(self, page: Page, role: str, own_device: bool, more: tuple[tuple[str, Any], ...]) -> str:
        nobody = Draft(study="", begun=0, seen=0, token=TOKEN, role=role, own_device=own_device)
        return self.page("page.html", page=page, draft=nobody, values={}, errors={}, **dict(more))

    def piece(
        self, shown: Shown, role: str, values: Mapping[str, Any], errors: Mapping[str, str], alone: bool
    ) -> Markup:
        """One question on a page; `alone` makes its words the page's heading."""
        question, heading = shown.question, "h1" if alone else "h2"
        return self._made(
            template_of(question), each=shown, q=question, role=role, values=values, errors=errors, h=heading
        )

    def _made(self, template: str, **values: Any) -> Markup:
        return Markup(self.page(template, **values))  # noqa: S704  our own template has escaped it

    def _said(self, id: str, **values: int) -> str:
        """Interface words with their numbers in place; the same few every time."""
        return escape(self.study.words[id].format(**values))

    def _paragraphs(self, text: str) -> Markup:
        parts = self.study.filled(text).split("\n")
        return Markup("").join(Markup("<p>{}</p>").format(part) for part in parts if part)

    def _answered(self, shown: Shown, draft: Draft) -> list[tuple[str, str, str]]:
        return answered(shown, str(draft.role), draft.answers, self.study.words)


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
