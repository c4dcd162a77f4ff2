"""The ways out: Send, Delete, leave at once, withdraw; and the pages that are always there to read."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from instruments import records

from . import clock, codes
from .automatic import TRAP
from .beginning import start
from .drafts import Receipt
from .pages import nearest
from .passing import address, carrying, deleting, from_our_page, gone, onward, opened, receipt, replacing
from .plain import Response
from .survey import survey

endings = Blueprint("endings", __name__)


@endings.get("/")
def languages() -> ResponseReturnValue:
    """Which language; with one alone, the first page at once. What the browser prefers only orders the list."""
    here = survey()
    if len(here.study.languages) == 1:
        return start(here.study.language)
    preferred = request.accept_languages.best_match(here.study.languages)
    words = here.templates.languages
    first = {code: words[code] for code in sorted(words, key=lambda code: code != preferred)}
    return here.page("languages.html", leave=False, languages=first)


@endings.post("/<language>/send")
def send(language: str) -> ResponseReturnValue:
    """Seal, keep, show the receipt. Pressed twice, it is sent once."""
    draft = opened(posted=True)
    if draft is None or draft.role is None:
        return onward("sent") if receipt() else gone()
    try:
        code, happened = survey().send(draft, request.form.get(TRAP, ""))
    except sqlite3.Error:
        return carrying(draft, survey().page("not_sent.html", draft=draft)), 503
    if happened == "withdrawn":
        return replacing(gone())
    kept = Receipt(code=code, seen=clock.minute(), own_device=draft.own_device)
    return carrying(kept, onward("sent"))


@endings.get("/<language>/sent")
def sent(language: str) -> ResponseReturnValue:
    """Thanks, and the code for those who asked for it: on an own device for a while, on a shared one once."""
    kept = receipt()
    if kept is None:
        return onward("check") if opened() is not None else survey().fixed("message.html", heading="receipt_over")
    code = codes.in_groups(kept.code) if kept.show and kept.code else None
    if code is None:
        return survey().fixed("sent.html", can_ask=bool(kept.code) and not kept.show, before=kept.show)
    page = survey().page("sent.html", code=code)
    return page if kept.own_device else carrying(replace(kept, code=""), page)


@endings.post("/<language>/sent")
def sent_choice(language: str) -> ResponseReturnValue:
    """Show the code, or forget it."""
    kept = receipt()
    here = onward("sent")
    if kept is None or not from_our_page():
        return here
    if request.form.get("code") == "show" and kept.code:
        return carrying(replace(kept, show=True), here)
    return carrying(replace(kept, code="", show=False), here)


@endings.post("/<language>/delete")
def delete(language: str) -> ResponseReturnValue:
    """Throw the answers away: they were only ever in the cookie."""
    if not from_our_page():
        return gone()
    return replacing(onward("deleted"))


@endings.get("/<language>/deleted")
def deleted(language: str) -> ResponseReturnValue:
    """They are gone."""
    return deleting(survey().fixed("message.html", heading="deleted", start=True))


@endings.get("/<language>/not-for-you")
def not_for_you(language: str) -> ResponseReturnValue:
    """A kind end for those whom the study does not ask."""
    return _kind_end("not_for_you")


@endings.get("/<language>/declined")
def declined(language: str) -> ResponseReturnValue:
    """A kind end for those who do not agree."""
    return _kind_end("declined")


@endings.post("/leave")
def leave() -> ResponseReturnValue:
    """Away at once. It must work when everything else has expired; a foreign page cannot delete a draft with it."""
    away = Response(status=303, headers={"Location": "/away"})
    return replacing(away) if from_our_page() else away


@endings.get("/away")
def away() -> ResponseReturnValue:
    """An empty page of our own that deletes the cookie and goes on to the neutral one."""
    response = deleting(survey().fixed("away.html"))
    if survey().study.leave_to:
        response.headers["Refresh"] = f"0; url={survey().study.leave_to}"
    return response


@endings.get("/<language>/withdraw")
def withdraw(language: str) -> ResponseReturnValue:
    """Delete answers that were sent."""
    return _to_read("withdraw.html", typed="", over=survey().deleting_over)


@endings.post("/<language>/withdraw")
def withdrawn(language: str) -> ResponseReturnValue:
    """The same answer for a code that leads somewhere and one that does not."""
    if not from_our_page():
        return gone()
    here, typed = survey(), request.form.get("code", "")
    if here.deleting_over:
        return here.page("withdraw.html", over=True), 410
    try:
        code = codes.typed(typed)
        if not here.deletions.another():
            return here.page("withdraw.html", typed=typed, error=here.words["try_again"]), 503
        here.store.withdraw(code)
    except codes.WrongCode as error:
        return here.page("withdraw.html", typed=typed, error=here.words[error.reason]), 422
    except sqlite3.Error:
        return here.page("withdraw.html", typed=typed, error=here.words["try_again"]), 503
    return here.fixed("message.html", heading="withdrawn")


@endings.get("/<language>/support")
def support(language: str) -> ResponseReturnValue:
    """Who can help, in every country."""
    return _to_read("support.html")


@endings.get("/<language>/privacy")
def privacy(language: str) -> ResponseReturnValue:
    """What is stored about you, read off the schema, so that it cannot be wrong."""
    here = survey()
    study = here.study
    facts = [next(iter(column.text.values())) for column in records.columns(study) if column.question is None]
    asked = {
        role: [each.text[role.id] for each in study.questions() if role.id in each.roles and records.columns_of(each)]
        for role in study.roles
    }
    beside_text = [tick.text for tick in study.consent if tick.kept_with == "text"]
    return _to_read("privacy.html", facts=dict.fromkeys(facts), asked=asked, beside_text=beside_text)


def _kind_end(heading: str) -> ResponseReturnValue:
    """The end of somebody who has not begun. Answers on this device, perhaps somebody else's, are left alone."""
    draft, page = opened(), survey().fixed("message.html", heading=heading)
    if draft is None:
        return deleting(page)
    return page if draft.answers else replacing(Response(status=303, headers={"Location": request.path}))


def _to_read(template: str, **values: Any) -> str:
    """A page beside the way; whoever has begun finds the way back to it."""
    draft = opened()
    if draft is not None:
        values |= {"draft": draft, "back": address(*nearest(draft))}
    return survey().page(template, **values)
