"""One person's way through the study, worked out once a request from their draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from instruments import route
from instruments.model import Study
from instruments.rules import Answer, Answers

from .drafts import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Every page this person could meet, what is settled for them, and what they have answered."""

    pages: tuple[route.Page, ...]
    settled: Mapping[str, int | str]  # role, order, flips, story
    answers: Answers

    @property
    def known(self) -> Answers:
        """What rules look at: what is settled and what is answered."""
        return {**self.settled, **self.answers}

    def page(self, number: int) -> route.Page | None:
        """That page, if it is on the way."""
        return next((page for page in self.pages if page.number == number and page.asked(self.known)), None)

    def after(self, number: int) -> route.Page | None:
        """The next page, or None at the end."""
        return route.next_page(self.pages, self.known, number)

    def before(self, number: int) -> route.Page | None:
        """The page before, or None at the start."""
        return route.page_before(self.pages, self.known, number)

    def open(self) -> route.Page | None:
        """The first page with something neither answered nor skipped, or None."""
        return route.open_page(self.pages, self.known)

    def walked(self) -> list[tuple[route.Page, tuple[route.Shown, ...]]]:
        """Every page on the way with what it asks."""
        known = self.known
        return [(page, asked) for page in self.pages if (asked := page.asked(known))]

    def answering(self, answers: Answers) -> Way:
        """The way with more answers; what has fallen off it is dropped."""
        return replace(self, answers=route.on_the_way(self.pages, self.settled, {**self.answers, **answers}))

    def completed(self) -> dict[str, Answer]:
        """The answers to send, with what was left open as blank."""
        return route.completed(self.pages, self.settled, self.answers)


def way(study: Study, draft: Draft) -> Way:
    """The way of a draft; before the role is known it has no pages."""
    if draft.role is None:
        return Way(pages=(), settled={}, answers={})
    return Way(
        pages=route.pages(study, draft.role, draft.secret),
        settled=route.facts(study, draft.role, draft.secret),
        answers=draft.answers,
    )
