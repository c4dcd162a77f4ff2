"""What passes between a browser and us: the draft in its cookie, and proof that a post came from our page."""

from __future__ import annotations

import secrets
from dataclasses import replace

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from . import clock
from .drafts import (
    MINUTES_OF_RECEIPT,
    MINUTES_ON_OWN_DEVICE,
    SPARE,
    Draft,
    Receipt,
    TooLong,
    from_cookie,
    junk,
    to_cookie,
)
from .survey import survey


def opened(*, posted: bool = False) -> Draft | None:
    """The draft of this request, if it is alive, of this study, and (for a post) sent from our own page."""
    here = survey()
    found = from_cookie(request.cookies.get(here.cookie), here.draft_keys, clock.today())
    if not isinstance(found, Draft) or not found.alive(clock.minute()):
        return None
    if found.study != here.mark:
        return None
    return found if not posted or (from_our_page() and _token_is(found)) else None


def _token_is(draft: Draft) -> bool:
    """Does the form carry the token of this draft?"""
    return secrets.compare_digest(request.form.get("_token", "").encode(), draft.token.encode())


def receipt() -> Receipt | None:
    """The receipt of this request, while it lasts."""
    here = survey()
    found = from_cookie(request.cookies.get(here.cookie), here.draft_keys, clock.today())
    return found if isinstance(found, Receipt) and found.alive(clock.minute()) else None


def from_our_page() -> bool:
    """Did the browser, as far as it says, send this from one of our pages?"""
    origin = request.headers.get("Origin")
    own = survey().origin or f"http://{request.host}"
    return origin in (None, own) and request.headers.get("Sec-Fetch-Site") in (None, "same-origin", "none")


def carrying(what: Draft | Receipt, answer: ResponseReturnValue) -> Response:
    """The answer, with the draft in its cookie."""
    here = survey()
    response = make_response(answer)
    what = replace(what, seen=clock.minute()) if isinstance(what, Draft) else what
    age: int | None = None
    if isinstance(what, Receipt):
        age = MINUTES_OF_RECEIPT * 60
    elif what.own_device:
        age = MINUTES_ON_OWN_DEVICE * 60
    _set(response, to_cookie(what, here.draft_keys, clock.today()), age)
    return response


def replacing(answer: ResponseReturnValue) -> Response:
    """The answer, with junk in the cookie, draft or none: only a cookie that changes keeps Back from the page."""
    response = make_response(answer)
    _set(response, junk(), None)
    return response


def deleting(answer: ResponseReturnValue) -> Response:
    """The answer, with no cookie left."""
    response = make_response(answer)
    if survey().cookie in request.cookies:
        response.delete_cookie(survey().cookie, path="/", secure=survey().https, httponly=True, samesite="Strict")
    return response


def gone(language: str) -> ResponseReturnValue:
    """We do not have these answers (any more), in words that blame nobody."""
    sent = receipt() is not None
    return render_template("message.html", heading="sent_already" if sent else "gone", start=not sent), 410


def fits(draft: Draft) -> bool:
    """Does the draft fit its cookie, now and on every later page?"""
    try:
        to_cookie(draft, survey().draft_keys, clock.today(), SPARE)
    except TooLong:
        return False
    return True


def _set(response: Response, value: str, age: int | None) -> None:
    response.set_cookie(
        survey().cookie, value, max_age=age, path="/", secure=survey().https, httponly=True, samesite="Strict"
    )
