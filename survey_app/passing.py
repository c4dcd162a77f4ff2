"""What passes between a browser and us: the draft in its cookie, and proof that a post came from our page."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import cast

import flask
from flask import g, make_response, request
from flask.typing import ResponseReturnValue

from instruments.model import Text

from . import clock
from .drafts import (
    MINUTES_OF_RECEIPT,
    MINUTES_ON_OWN_DEVICE,
    Draft,
    Receipt,
    from_cookie,
    junk,
    to_cookie,
)
from .plain import Response
from .survey import Survey, survey


def opened(*, posted: bool = False) -> Draft | None:
    """The draft of this request, if it is alive, of this study, and (for a post) sent from our own page."""
    here = survey()
    found = _in_cookie(here)
    if not isinstance(found, Draft) or not found.alive(clock.minute()) or found.study != here.mark:
        return None
    if here.too_late(found):
        return None
    return found if not posted or (from_our_page() and _token_is(found)) else None


def receipt() -> Receipt | None:
    """The receipt of this request, while it lasts."""
    found = _in_cookie(survey())
    return found if isinstance(found, Receipt) and found.alive(clock.minute()) else None


def _in_cookie(here: Survey) -> Draft | Receipt | None:
    """What came in the cookie, unsealed once a request."""
    came: Draft | Receipt | None = g.get("came")
    if came is None:
        came = g.came = from_cookie(request.cookies.get(here.cookie), here.draft_keys, clock.today())
    return came


def _token_is(draft: Draft) -> bool:
    """Does the form carry the token of this draft?"""
    return secrets.compare_digest(request.form.get("_token", "").encode(), draft.token.encode())


def from_our_page() -> bool:
    """Did the browser, as far as it says, send this from one of our pages?"""
    said = request.environ
    own = survey().origin or f"http://{said.get('HTTP_HOST')}"
    return said.get("HTTP_ORIGIN", own) == own and said.get("HTTP_SEC_FETCH_SITE", "none") in ("same-origin", "none")


def onward(*steps: str | int) -> Response:
    """Go on to the page at these steps of the address."""
    return Response(status=303, headers={"Location": address(*steps)})


def address(*steps: str | int) -> str:
    """The address of a page in the language of this request."""
    return "/".join(("", survey().study.language, *map(str, steps)))


def carrying(what: Draft | Receipt, answer: ResponseReturnValue, spare: int = 0) -> Response:
    """The answer, with the draft in its cookie; a cookie that would say the same is not sent again.

    Raises TooLong where the draft has not even so many bytes to spare.
    """
    here, came = survey(), g.get("came")
    response = _made(answer)
    if isinstance(what, Draft) and what.seen != clock.minute():
        what = replace(what, seen=clock.minute())
    if what is came or what == came:
        return response
    age: int | None = None
    if what.own_device:  # a shared one forgets when the browser is closed
        age = 60 * (MINUTES_OF_RECEIPT if isinstance(what, Receipt) else MINUTES_ON_OWN_DEVICE)
    _set(here, response, to_cookie(what, here.draft_keys, clock.today(), spare), age)
    return response


def renewing(here: Survey, response: flask.Response) -> None:
    """Where a shared device has shown its code, every later page changes the cookie: Back must not find the code."""
    came = _in_cookie(here)
    if isinstance(came, Receipt) and came.show and not came.own_device and "Set-Cookie" not in response.headers:
        _set(here, response, to_cookie(came, here.draft_keys, clock.today()), None)


def replacing(answer: ResponseReturnValue) -> Response:
    """The answer, with junk in the cookie, draft or none: only a cookie that changes keeps Back from the page."""
    response = _made(answer)
    _set(survey(), response, junk(), None)
    return response


def deleting(answer: ResponseReturnValue) -> Response:
    """The answer, with no cookie left."""
    response = _made(answer)
    if survey().cookie in request.cookies:
        response.delete_cookie(survey().cookie, path="/", secure=survey().https, httponly=True, samesite="Strict")
    return response


def gone(*, first: bool = False) -> ResponseReturnValue:
    """We do not have these answers (any more), in words that blame nobody.

    On the `first` page after the consent a browser without any cookie has just refused ours. On an own device
    what was typed on the page is offered back; on a shared one it is dropped.
    """
    if receipt() is not None:
        return survey().page("message.html", heading="sent_already", start=False), 410
    if survey().in_the_way():
        return survey().page("message.html", heading="closed", typed=typed_here()), 410
    blocked = first and survey().cookie not in request.cookies
    typed = typed_here()
    heading = "no_cookies" if blocked else "gone"
    return survey().page("message.html", heading=heading, start=True, typed=typed), 410


def typed_here() -> tuple[str, ...]:
    """What was just typed, on a device that is the person's own."""
    return words_just_typed() if request.form.get("_own") else ()


def words_just_typed() -> tuple[str, ...]:
    """What stood in the text boxes of a post from our own page."""
    if request.method != "POST" or not from_our_page():
        return ()
    boxes = [each.id for each in survey().study.questions() if isinstance(each, Text)]
    return tuple(said for id in boxes if (said := request.form.get(id, "").strip()))


def _made(answer: ResponseReturnValue) -> Response:
    """The answer as a response of ours, as every view's becomes one."""
    return answer if isinstance(answer, Response) else cast(Response, make_response(answer))


def _set(here: Survey, response: flask.Response, value: str, age: int | None) -> None:
    """The one cookie. Its letters are our own, so that nothing in it needs quoting."""
    lasts, secure = "" if age is None else f"; Max-Age={age}", "; Secure" if here.https else ""
    response.headers["Set-Cookie"] = f"{here.cookie}={value}{lasts}{secure}; HttpOnly; Path=/; SameSite=Strict"
