"""The ways out: Send, Delete, leave at once, withdraw; and the pages that are always there to read."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from instruments import records

from . import clock, codes
from .drafts import Receipt
from .passing import carrying, deleting, from_our_page, gone, opened, receipt, replacing
from .survey import survey

endings = Blueprint("endings", __name__)


@endings.get("/")
def languages() -> ResponseReturnValue:
    """Straight to the first page; a choice of languages comes with the second language."""
    return redirect(url_for("pages.start", language=survey().study.language), 303)


@endings.post("/<language>/send")
def send(language: str) -> ResponseReturnValue:
    """Seal, keep, show the receipt. Pressed twice, it is sent once."""
    draft = opened(posted=True)
    if draft is None or draft.role is None:
        here = url_for("endings.sent", language=language)
        return redirect(here, 303) if receipt() else gone(language)
    try:
        code, happened = survey().send(draft)
    except sqlite3.Error:
        return carrying(draft, render_template("not_sent.html", draft=draft)), 503
    if happened == "withdrawn":
        return replacing(gone(language))
    return carrying(Receipt(code=code, seen=clock.minute()), redirect(url_for("endings.sent", language=language), 303))


@endings.get("/<language>/sent")
def sent(language: str) -> ResponseReturnValue:
    """Thanks, and the code for those who asked for it."""
    kept = receipt()
    if kept is None:
        if opened() is not None:
            return redirect(url_for("pages.check", language=language), 303)
        return render_template("message.html", heading="receipt_over", start=False)
    code = codes.in_groups(kept.code) if kept.show else None
    return render_template("sent.html", code=code, can_ask=bool(kept.code) and not kept.show)


@endings.post("/<language>/sent")
def sent_choice(language: str) -> ResponseReturnValue:
    """Show the code, or forget it."""
    kept = receipt()
    here = redirect(url_for("endings.sent", language=language), 303)
    if kept is None or not from_our_page():
        return here
    if request.form.get("code") == "show" and kept.code:
        return carrying(replace(kept, show=True), here)
    return carrying(replace(kept, code="", show=False), here)


@endings.post("/<language>/delete")
def delete(language: str) -> ResponseReturnValue:
    """Throw the answers away: they were only ever in the cookie."""
    if not from_our_page():
        return gone(language)
    return replacing(redirect(url_for("endings.deleted", language=language), 303))


@endings.get("/<language>/deleted")
def deleted(language: str) -> ResponseReturnValue:
    """They are gone."""
    return deleting(render_template("message.html", heading="deleted", start=True))


@endings.get("/<language>/not-for-you")
def not_for_you(language: str) -> ResponseReturnValue:
    """A kind end for those whom the study does not ask."""
    return deleting(render_template("message.html", heading="not_for_you", start=False))


@endings.get("/<language>/declined")
def declined(language: str) -> ResponseReturnValue:
    """A kind end for those who do not agree."""
    return deleting(render_template("message.html", heading="declined", start=False))


@endings.post("/leave")
def leave() -> ResponseReturnValue:
    """Away at once. It must work when everything else has expired; a foreign page cannot delete a draft with it."""
    away = redirect(url_for("endings.away"), 303)
    return replacing(away) if from_our_page() else away


@endings.get("/away")
def away() -> ResponseReturnValue:
    """An empty page of our own that deletes the cookie and goes on to the neutral one."""
    response = deleting(render_template("away.html"))
    if survey().study.leave_to:
        response.headers["Refresh"] = f"0; url={survey().study.leave_to}"
    return response


@endings.get("/<language>/withdraw")
def withdraw(language: str) -> ResponseReturnValue:
    """Delete answers that were sent."""
    return render_template("withdraw.html", typed="", error=None)


@endings.post("/<language>/withdraw")
def withdrawn(language: str) -> ResponseReturnValue:
    """The same answer for a code that leads somewhere and one that does not."""
    if not from_our_page():
        return gone(language)
    typed = request.form.get("code", "")
    try:
        survey().store.withdraw(codes.typed(typed))
    except codes.WrongCode as error:
        return render_template("withdraw.html", typed=typed, error=survey().study.words[error.reason]), 422
    except sqlite3.Error:
        return render_template("withdraw.html", typed=typed, error=survey().study.words["try_again"]), 503
    return render_template("message.html", heading="withdrawn", start=False)


@endings.get("/<language>/support")
def support(language: str) -> ResponseReturnValue:
    """Who can help, in every country."""
    return render_template("support.html")


@endings.get("/<language>/privacy")
def privacy(language: str) -> ResponseReturnValue:
    """What is stored about you, read off the schema, so that it cannot be wrong."""
    study = survey().study
    facts = [next(iter(column.text.values())) for column in records.columns(study) if column.question is None]
    asked = {
        role: [each.text[role.id] for each in study.questions() if role.id in each.roles and records.columns_of(each)]
        for role in study.roles
    }
    beside_text = [tick.text for tick in study.consent if tick.kept_with == "text"]
    return render_template("privacy.html", facts=dict.fromkeys(facts), asked=asked, beside_text=beside_text)
