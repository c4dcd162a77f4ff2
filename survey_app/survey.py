"""What one running survey is made of, and the few things that every view asks of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import g, request

from instruments import records
from instruments.model import Study, Text

from . import clock, codes, sealing
from .automatic import looks_automatic
from .drafts import Draft, DraftKeys
from .live import CODES_FORGOTTEN, LIVE, Gate, Watched
from .mint import Mint
from .newcomers import Newcomers
from .showing import Templates
from .store import Sent, Store
from .way import Way, way

MINUTES_TO_FINISH = 24 * 60  # after a live survey has closed
LONGEST_ADDRESS = 40  # ours are shorter


@dataclass(frozen=True, kw_only=True)
class Survey:
    """A study being served in one language: how it looks, where it stores, whom it seals to."""

    study: Study
    templates: Templates
    store: Store
    draft_keys: DraftKeys
    mint: Mint
    newcomers: Newcomers
    deletions: Newcomers  # the same for codes
    recipients: sealing.Recipients
    kind: str  # practice, made-up or live
    origin: str | None  # the public address; None on plain loopback
    gate: Gate | Watched | None = None  # what must be true while it is live

    @cached_property
    def mark(self) -> str:
        """What a draft remembers of the study: drafts of another version are not gone on with."""
        return self.study.fingerprint[:16]

    @cached_property
    def cookie(self) -> str:
        """The cookie's name, without meaning; over HTTPS no other host can plant it."""
        return "__Host-s" if self.https else "s"

    @cached_property
    def https(self) -> bool:
        """Is the public address an encrypted one?"""
        return (self.origin or "").startswith("https://")

    @property
    def words(self) -> Mapping[str, str]:
        """The interface words of this language."""
        return self.study.words

    @property
    def deleting_over(self) -> bool:
        """Is the last day over on which a code deletes?"""
        return self.kind == LIVE and (not self.store.salt or self.store.deleting_is_over())

    def closed(self) -> bool:
        """Are newcomers turned away: paused, or not what a board allows, or not any more?"""
        return self.store.paused() is not None or bool(self.in_the_way())

    def in_the_way(self) -> tuple[str, ...]:
        """What keeps a live survey from collecting today; nothing in practice."""
        if self.gate is None or self.kind != LIVE:
            return ()
        return (
            *self.gate.in_the_way(clock.today(), self.store.sent),
            *((CODES_FORGOTTEN,) if not self.store.salt else ()),
        )

    def too_late(self, draft: Draft) -> bool:
        """Whoever began while it was open may send for a day, but never another study or to other keys."""
        if self.gate is None or self.kind != LIVE:
            return False
        return not self.gate.sound() or (clock.minute() - draft.begun > MINUTES_TO_FINISH and bool(self.in_the_way()))

    def page(self, template: str, **values: Any) -> str:
        """A page in this language."""
        return self.templates.page(template, path=self.behind_language(), **values)

    def fixed(self, template: str, **values: Any) -> str:
        """A page that is the same for everybody: made once, and kept."""
        return self.templates.fixed(template, path=self.behind_language(), **values)

    def behind_language(self) -> str | None:
        """The address of this page behind the language, where there are others to switch to."""
        if len(self.study.languages) == 1 or "language" not in (request.view_args or {}):
            return None
        behind = request.path.removeprefix(f"/{self.study.language}") or "/"
        if len(behind) > LONGEST_ADDRESS:
            return "/"
        return "/check" if behind == "/send" else "/" if behind == "/delete" else behind  # those can only be posted to

    def way(self, draft: Draft) -> Way:
        """The way of this person."""
        return way(self.study, draft)

    def send(self, draft: Draft, in_the_trap: str = "") -> tuple[str, Sent]:
        """Seal and keep a whole questionnaire; return its code. Doing it twice leaves one."""
        assert draft.role is not None, "a draft with a role"
        here = self.way(draft)
        answers = here.completed()
        texts = {
            each.id: str(said)
            for each in self.study.questions()
            if isinstance(each, Text) and (said := answers.pop(each.id, None))
        }
        facts: dict[str, int | str] = {**here.settled, **_ticks(self.study, draft, "answers")}
        minutes, answered = clock.minute() - draft.begun, sum(said not in (None, ()) for said in answers.values())
        facts["duration"] = records.duration(minutes)
        facts["automatic"] = int(self.kind != "made-up" and looks_automatic(in_the_trap, answered, minutes))
        if len(self.study.languages) > 1:
            facts["language"] = draft.language
            facts["other_language"] = in_other_languages(
                draft.spoken, [column for column, said in answers.items() if said not in (None, ())]
            )
        if self.study.privacy.month:
            facts["month"] = clock.month()
        code = codes.code(draft.secret)
        frame = sealing.seal(records.payload(self.study, self.kind, facts, answers), self.recipients.answers)
        text_frame = None
        if texts:
            ticks = _ticks(self.study, draft, "text")
            words = records.text_payload(self.study, self.kind, draft.role, ticks, texts)
            text_frame = sealing.seal(words, self.recipients.texts)
        return code, self.store.send(code, frame, text_frame)


def _ticks(study: Study, draft: Draft, kept_with: str) -> dict[str, int]:
    return {tick.id: draft.ticks.get(tick.id, 0) for tick in study.consent if tick.kept_with == kept_with}


def in_other_languages(spoken: Mapping[str, str], answers: Collection[str]) -> str:
    """Which answers were given in another language than the first: “de: age, area”."""
    by_language: dict[str, list[str]] = {}
    for column, language in spoken.items():
        if column in answers:
            by_language.setdefault(language, []).append(column)
    return "; ".join(f"{language}: {', '.join(sorted(by_language[language]))}" for language in sorted(by_language))


def survey() -> Survey:
    """The survey that this application serves, in the language of this request or else in its first one."""
    here: Survey = g.survey
    return here
