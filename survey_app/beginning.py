"""Before the first question: what this is, how to leave, who can take part, the ticks, whose device it is."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from . import clock
from .drafts import Draft
from .pages import nearest
from .passing import address, carrying, from_our_page, gone, onward, opened
from .survey import survey

beginning = Blueprint("beginning", __name__, url_prefix="/<language>")


@beginning.get("/", strict_slashes=False)
def start(language: str) -> ResponseReturnValue:
    """What this is. Nothing is kept yet, there is no cookie. With nothing to explain before, the ticks are here."""
    here = survey()
    if here.closed():
        return _closed()
    here.store.tally("opened")
    steps = [name for name, on in (("leaving", here.study.quick_exit), ("can-take-part", here.study.eligibility)) if on]
    return here.fixed("start.html", leave=False, next=address(steps[0]) if steps else None)


@beginning.get("/sheet")
def sheet(language: str) -> ResponseReturnValue:
    """The longer information sheet, to read or to print."""
    here = survey()
    return here.fixed("sheet.html") if here.study.sheet else onward("")


@beginning.get("/leaving")
def leaving(language: str) -> ResponseReturnValue:
    """How to leave fast, and what that cannot do: said before it is needed."""
    return survey().fixed("leaving.html") if survey().study.quick_exit else onward("")


@beginning.post("/leaving")
def leaving_read(language: str) -> ResponseReturnValue:
    """On to the ticks, or to who can take part."""
    return onward("can-take-part" if survey().study.eligibility else "agree")


@beginning.get("/can-take-part")
def eligibility(language: str) -> ResponseReturnValue:
    """Who can take part. Nothing of it is stored."""
    if not survey().study.eligibility:
        return onward("")
    return survey().page("can_take_part.html", values={}, errors={})


@beginning.post("/can-take-part")
def eligible(language: str) -> ResponseReturnValue:
    """All yes goes on; one no is a kind end."""
    here = survey()
    said = {f"e{number}": request.form.get(f"e{number}") for number in range(1, len(here.study.eligibility) + 1)}
    if "no" in said.values():
        return onward("not-for-you")
    errors = {name: here.words["choose_yes"] for name, answer in said.items() if answer != "yes"}
    if errors:
        return here.page("can_take_part.html", values=said, errors=errors), 422
    return onward("agree")


@beginning.get("/agree")
def agree(language: str) -> ResponseReturnValue:
    """The ticks; but answers that are already on this device are not thrown away unasked."""
    if _under_way(opened()):
        return onward("found")
    if survey().closed():
        return _closed()
    return survey().fixed("agree.html", ticked=(), missing=())


@beginning.post("/agree")
def agreed(language: str) -> ResponseReturnValue:
    """Every required tick is there: the draft begins."""
    here = survey()
    if not from_our_page():
        return gone()
    if _under_way(opened()):
        return onward("found")
    if not here.newcomers.another():
        return here.fixed("message.html", heading="busy"), 503
    if here.gate is not None:
        here.store.recount()  # another process may have sent the last ones
    if here.closed():
        return _closed()
    ticks = {tick.id: int(tick.id in request.form) for tick in here.study.consent}
    missing = [tick for tick in here.study.consent if tick.required and not ticks[tick.id]]
    if missing:
        ticked = [id for id, on in ticks.items() if on]
        return here.page("agree.html", ticked=ticked, missing=missing), 422
    here.store.tally("agreed")
    kept = {tick.id: ticks[tick.id] for tick in here.study.consent if tick.kept_with}
    draft = Draft(study=here.mark, begun=clock.minute(), seen=clock.minute(), ticks=kept, language=language)
    if here.study.role_question is None:
        role = here.study.roles[0].id
        draft = replace(draft, role=role, secret=here.mint.secret(role))
    return carrying(draft, onward("key-facts") if here.study.consent_check else _settle(draft))


@beginning.get("/key-facts")
def understood(language: str) -> ResponseReturnValue:
    """One question that shows whether the key facts were understood."""
    draft = opened()
    if draft is None or survey().study.consent_check is None:
        return gone(first=True)
    return carrying(draft, survey().page("understood.html", draft=draft))


@beginning.post("/key-facts")
def understanding(language: str) -> ResponseReturnValue:
    """A wrong answer shows the key facts again; nothing is stored, nobody is held back."""
    draft, check = opened(posted=True), survey().study.consent_check
    if draft is None or check is None:
        return gone()
    if request.form.get("understood") == str(check.correct):
        return carrying(draft, _settle(draft))
    return carrying(draft, onward("main-points"))


@beginning.get("/main-points")
def main_points(language: str) -> ResponseReturnValue:
    """The key facts once more, for those who want them."""
    draft = opened()
    if draft is None or survey().study.consent_check is None:
        return gone()
    return carrying(draft, survey().page("key_facts.html", draft=draft))


@beginning.get("/device")
def device(language: str) -> ResponseReturnValue:
    """Whose device it is decides how long the answers wait on it."""
    draft = opened()
    if draft is None:
        return gone(first=True)
    return carrying(draft, survey().page("device.html", draft=draft))


@beginning.post("/device")
def device_told(language: str) -> ResponseReturnValue:
    """An own device keeps the answers for a day; everything else, and no answer, for half an hour."""
    draft = opened(posted=True)
    if draft is None:
        return gone()
    draft = replace(draft, own_device=request.form.get("device") == "own")
    return carrying(draft, onward(*nearest(draft)))


def _closed() -> ResponseReturnValue:
    """No newcomers now; whoever has begun finds the way on."""
    return survey().fixed("message.html", heading="closed") if opened() is None else onward("found")


def _under_way(draft: Draft | None) -> bool:
    """Has somebody begun to answer on this device?"""
    return draft is not None and bool(draft.answers)


def _settle(draft: Draft) -> ResponseReturnValue:
    """After consent: whose device it is, or straight to the first question."""
    return onward("device") if survey().study.privacy.ask_device else onward(*nearest(draft))
