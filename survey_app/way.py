"""One person's way through the study, worked out once a request from their draft."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from instruments import route
from instruments.model import ChooseMany, ChooseOne, Grid, Rating, Study
from instruments.rules import Answer, Answers

from .drafts import SPARE, Draft

BYTES_AN_ANSWER, BYTES_A_TICK = 8, 2  # packed: the names are known beforehand, and most answers are one digit


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Every page this person could meet, what is settled for them, and what they have answered."""

    pages: tuple[route.Page, ...]  # laid out as written; `own` where somebody looks at one
    settled: Mapping[str, int | str]  # role, order, flips, story
    secret: bytes
    answers: Answers
    known: Answers = field(init=False)  # what rules look at: what is settled and what is answered

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", {**self.settled, **self.answers})

    def page(self, number: int) -> route.Page | None:
        """That page, if it is on the way."""
        return next((self.own(page) for page in self.pages if page.number == number and page.asked(self.known)), None)

    def own(self, page: route.Page) -> route.Page:
        """A page with this person's rows on it."""
        return route.own(page, self.secret)

    def after(self, number: int) -> route.Page | None:
        """The next page, or None at the end."""
        return route.next_page(self.pages, self.known, number)

    def before(self, number: int) -> route.Page | None:
        """The page before, or None at the start."""
        return route.page_before(self.pages, self.known, number)

    def open(self) -> route.Page | None:
        """The first page with something neither answered nor skipped, or None."""
        return route.open_page(map(self.own, self.pages), self.known)

    def walked(self) -> list[tuple[route.Page, tuple[route.Shown, ...]]]:
        """Every page on the way with what it asks."""
        return [(page, asked) for page in self.pages if (asked := self.in_own_order(page))]

    def in_own_order(self, page: route.Page) -> tuple[route.Shown, ...]:
        """What of a page is asked, in this person's order."""
        asked = page.asked(self.known)
        return route.in_own_order(asked, self.secret) if page.shuffled else asked

    def answering(self, answers: Answers) -> Way:
        """The way with more answers; what has fallen off it is dropped."""
        return replace(self, answers=route.on_the_way(self.pages, self.settled, {**self.answers, **answers}))

    def skipping(self, part: int) -> Way:
        """The way with everything that is still open in a part left empty."""
        further, here = self, [page for page in self.pages if page.part == part]
        while (page := route.open_page(map(self.own, here), further.known)) is not None:
            left = {column: None for each in page.asked(further.known) for column in each.columns}
            further = further.answering({**left, **further.answers})
        return further

    def last_of(self, part: int) -> int:
        """The number of the last page of a part."""
        return max(page.number for page in self.pages if page.part == part)

    def room_needed(self) -> int:
        """Bytes that the answers to every question that is still open may take in the cookie, with some to spare."""
        left = [
            each for page in self.pages for each in page.shown for column in each.columns if column not in self.answers
        ]
        ticks = sum(len(each.choices) for each in left if isinstance(each.question, ChooseMany))
        return SPARE + BYTES_AN_ANSWER * len(left) + BYTES_A_TICK * ticks

    def version(self, asked: tuple[route.Shown, ...]) -> str:
        """A short mark of the answers kept for these questions: it tells a page that another window has overtaken."""
        kept = sorted((column, str(self.answers.get(column, ""))) for each in asked for column in each.columns)
        said = repr((self.settled.get("role"), kept))
        return hashlib.blake2b(said.encode(), digest_size=4).hexdigest()

    @staticmethod
    def without_refusal(asked: tuple[route.Shown, ...]) -> tuple[str, ...]:
        """The columns in which a choice, once made, could not be taken back: no “prefer not to say” stands there."""
        return tuple(
            column
            for each in asked
            if isinstance(each.question, Rating | ChooseOne | Grid) and not each.refusals
            for column in each.columns
        )

    def completed(self) -> dict[str, Answer]:
        """The answers to send, with what was left open as blank."""
        return route.completed(self.pages, self.settled, self.answers)


def way(study: Study, draft: Draft) -> Way:
    """The way of a draft; before the role is known it has no pages."""
    if draft.role is None:
        return Way(pages=(), settled={}, secret=draft.secret, answers={})
    settled = route.facts(study, draft.role, draft.secret)
    pages = route.laid_out(study, draft.role, settled)
    return Way(pages=pages, settled=settled, secret=draft.secret, answers=draft.answers)
