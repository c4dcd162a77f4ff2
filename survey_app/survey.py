"""What one running survey is made of, and the few things that every view asks of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from instruments import records
from instruments.model import Study, Text

from . import clock, codes, sealing
from .drafts import Draft, DraftKeys
from .mint import Mint
from .store import Sent, Store
from .way import Way, way


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A study being served: where it stores, whom it seals to, and what its records are worth."""

    study: Study
    store: Store
    draft_keys: DraftKeys
    mint: Mint
    recipients: tuple[sealing.Recipient, ...]
    kind: str  # practice, made-up or live
    origin: str | None  # the public address; None on plain loopback

    @property
    def mark(self) -> str:
        """What a draft remembers of the study: drafts of another version are not gone on with."""
        return self.study.fingerprint[:16]

    @property
    def cookie(self) -> str:
        """The cookie's name, without meaning; over HTTPS no other host can plant it."""
        return "__Host-s" if self.https else "s"

    @property
    def https(self) -> bool:
        """Is the public address an encrypted one?"""
        return (self.origin or "").startswith("https://")

    def way(self, draft: Draft) -> Way:
        """The way of this person."""
        return way(self.study, draft)

    def send(self, draft: Draft) -> tuple[str, Sent]:
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
        facts["duration"] = records.duration(clock.minute() - draft.begun)
        if self.study.privacy.month:
            facts["month"] = clock.month()
        code = codes.code(draft.secret)
        frame = sealing.seal(records.payload(self.study, self.kind, facts, answers), self.recipients)
        text_frame = None
        if texts:
            ticks = _ticks(self.study, draft, "text")
            words = records.text_payload(self.study, self.kind, draft.role, ticks, texts)
            text_frame = sealing.seal(words, self.recipients)
        return code, self.store.send(code, frame, text_frame)


def _ticks(study: Study, draft: Draft, kept_with: str) -> dict[str, int]:
    return {tick.id: draft.ticks.get(tick.id, 0) for tick in study.consent if tick.kept_with == kept_with}


def survey() -> Survey:
    """The survey that this application serves."""
    return cast(Survey, current_app.extensions["survey"])
