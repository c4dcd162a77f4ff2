"""Preview: the same pages for a board that wants to click through, every branch open, nothing kept.

The usual way works as it does for participants, but that Send keeps nothing. Beside it every page stands in a list,
also those that hang on answers, in every way the story is told.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b

import pyrage
from flask import Blueprint, abort
from flask.typing import ResponseReturnValue
from nacl.secret import Aead

from instruments import route
from instruments.asked_of import any_asked, asked_of
from instruments.model import Note, Study
from instruments.rules import ALWAYS, Rule

from . import forms, sealing
from .drafts import Draft, DraftKeys, usually
from .mint import BYTES, Mint
from .newcomers import Newcomers
from .passing import address, onward
from .showing import Templates
from .store import Sent, Store
from .survey import Survey, survey

preview = Blueprint("preview", __name__, url_prefix="/<language>/preview")


class Nowhere(Store):
    """A store that keeps nothing: no folder, no file, no count."""

    def __init__(self) -> None:  # not the one above: it opens a file
        self.waiting, self.salt = Counter(), b""

    def send(self, code: str, frame: bytes, text_frame: bytes | None) -> Sent:
        """Say that it is stored, as the page of a participant would."""
        return "stored"

    def withdraw(self, code: str) -> None:
        """There is nothing to delete."""

    def flush(self) -> None:
        """There is nothing to rewrite."""

    def recount(self) -> None:
        """Nothing was sent."""

    def count(self) -> int:
        """None is kept."""
        return 0

    def tally(self, name: str) -> None:
        """Nothing is counted."""

    def paused(self) -> str | None:
        """A preview is never paused."""
        return None

    def close(self) -> None:
        """There is nothing to let go."""


class PassingKeys(DraftKeys):
    """Keys of cookies that lie in memory alone, and end with the preview."""

    def __init__(self, usual: bytes) -> None:
        self.usual, self.keys = usual, {}

    def _turned(self, today: str) -> dict[str, bytes]:
        return {**self.keys, today: secrets.token_bytes(Aead.KEY_SIZE)}


def open_preview(studies: Mapping[str, Study]) -> dict[str, Survey]:
    """A survey in each language that writes nowhere; what is “sent” is sealed to a key that nobody has."""
    study = next(iter(studies.values()))
    words = {language: each.words for language, each in studies.items()}
    nobody = pyrage.x25519.Identity.generate().to_public()
    own = Survey(
        study=study,
        templates=Templates(study, "preview", words),
        store=Nowhere(),
        draft_keys=PassingKeys(usually(study)),
        mint=Mint(study),
        newcomers=Newcomers(0),
        deletions=Newcomers(0),
        recipients=sealing.Recipients(answers=(nobody,), texts=(nobody,)),
        kind="preview",
        origin=None,
    )
    return {
        language: replace(own, study=each, templates=Templates(each, "preview", words))
        for language, each in studies.items()
    }


@preview.get("")
def every_page(language: str) -> ResponseReturnValue:
    """Every page of every role in a list, with who is asked and every way the story is told."""
    study = survey().study
    arms = range(len(route.arms(study.story)) if study.story else 1)
    listed = {role: [_line(study, role.id, page) for page in _pages(study, role.id, 0)] for role in study.roles}
    return survey().page("preview.html", listed=listed, arms=arms)


@preview.get("/<role>/<int:arm>/<int:number>")
def one_page(language: str, role: str, arm: int, number: int) -> ResponseReturnValue:
    """One page as it looks, whether or not answers lead to it."""
    here = survey()
    page = _found(here.study, role, arm, number)
    words, rule = here.study.words, _rule(page)
    only = None if rule == ALWAYS else words["preview_only"].format(who=asked_of(here.study, role, rule))
    draft = Draft(study=here.mark, begun=0, seen=0, role=role, secret=_secret(here.study, role, arm))
    shown = route.in_own_order(page.shown, draft.secret)
    return here.templates.questions(
        page,
        draft,
        forms.values(shown, {}),
        {},
        path=None,
        asked=shown,
        notice=only,
        version="",
        can_clear=False,
        support_open=page.support_open,
        back=address("preview", role, arm, number - 1) if number > route.FIRST_PAGE else address("preview"),
    )


@preview.post("/<role>/<int:arm>/<int:number>")
def next_page(language: str, role: str, arm: int, number: int) -> ResponseReturnValue:
    """On to the next page, whatever was ticked; behind the last one to the list."""
    study = survey().study
    _found(study, role, arm, number)
    last = _pages(study, role, arm)[-1].number
    return onward("preview", role, arm, number + 1) if number < last else onward("preview")


def _pages(study: Study, role: str, arm: int) -> tuple[route.Page, ...]:
    return route.pages(study, role, _secret(study, role, arm))


def _found(study: Study, role: str, arm: int, number: int) -> route.Page:
    """That page. 404 where there is none, no such role or way to tell the story."""
    if role not in [each.id for each in study.roles] or arm >= (len(route.arms(study.story)) if study.story else 1):
        abort(404)
    found = next((page for page in _pages(study, role, arm) if page.number == number), None)
    return found or abort(404)


def _secret(study: Study, role: str, arm: int) -> bytes:
    """The first secret that tells the story so and leaves the parts in the order written: the same every time."""
    for number in range(100_000):
        secret = blake2b(number.to_bytes(4), digest_size=BYTES).digest()
        written = not study.either_order or route.facts(study, role, secret)["came_first"] == study.either_order[0][0]
        if written and route.arm_number(study, role, secret) == arm:
            return secret
    raise AssertionError("every arm has its secrets")


def _rule(page: route.Page) -> Rule:
    asked = [each.question for each in page.shown if not isinstance(each.question, Note)]
    return any_asked(asked or [each.question for each in page.shown])


def _line(study: Study, role: str, page: route.Page) -> dict[str, object]:
    """What the list says of a page."""
    ids = dict.fromkeys(each.question.id for each in page.shown)
    rule = _rule(page)
    return {
        "number": page.number,
        "questions": ", ".join(ids),
        "only": None if rule == ALWAYS else asked_of(study, role, rule),
        "story": bool(page.story),
    }
