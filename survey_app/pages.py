"""The pages of the way: consent, role, questions, check. Each view reads like the sentence that describes it."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms.form import BaseForm

from instruments import route

from . import clock, forms
from .drafts import Draft
from .passing import carrying, fits, from_our_page, gone, opened
from .survey import survey
from .way import Way

pages = Blueprint("pages", __name__, url_prefix="/<language>")

ROLE_PAGE = 1


@pages.get("/", strict_slashes=False)
def start(language: str) -> ResponseReturnValue:
    """What this is: nothing is kept yet, there is no cookie."""
    survey().store.tally("opened")
    return render_template("start.html")


@pages.get("/leaving")
def leaving(language: str) -> ResponseReturnValue:
    """How to leave fast, and what that cannot do: said before it is needed."""
    return render_template("leaving.html")


@pages.post("/leaving")
def leaving_read(language: str) -> ResponseReturnValue:
    """On to the ticks."""
    return redirect(url_for("pages.agree", language=language), 303)


@pages.get("/agree")
def agree(language: str) -> ResponseReturnValue:
    """The ticks; but answers that are already on this device are not thrown away unasked."""
    if _under_way(opened()):
        return redirect(url_for("pages.found", language=language), 303)
    return render_template("agree.html", ticked=(), missing=())


@pages.post("/agree")
def agreed(language: str) -> ResponseReturnValue:
    """Every required tick is there: the draft begins."""
    here = survey()
    if not from_our_page():
        return gone(language)
    if _under_way(opened()):
        return redirect(url_for("pages.found", language=language), 303)
    ticks = {tick.id: int(tick.id in request.form) for tick in here.study.consent}
    missing = [tick for tick in here.study.consent if tick.required and not ticks[tick.id]]
    if missing:
        ticked = [id for id, on in ticks.items() if on]
        return render_template("agree.html", ticked=ticked, missing=missing), 422
    here.store.tally("agreed")
    kept = {tick.id: ticks[tick.id] for tick in here.study.consent if tick.kept_with}
    draft = Draft(study=here.mark, begun=clock.minute(), seen=clock.minute(), ticks=kept)
    if here.study.role_question is None:
        role = here.study.roles[0].id
        draft = replace(draft, role=role, secret=here.mint.secret(role))
    first = "pages.understood" if here.study.consent_check else "pages.device"
    return carrying(draft, redirect(url_for(first, language=language), 303))


@pages.get("/found")
def found(language: str) -> ResponseReturnValue:
    """Answers are on this device already, perhaps somebody else's: go on, or delete them."""
    return _pause(language, "found_heading", "found_text")


@pages.get("/break")
def pause(language: str) -> ResponseReturnValue:
    """How long the answers wait, and where; go on, or delete them."""
    draft = opened()
    return _pause(language, "break_heading", "break_own" if draft and draft.own_device else "break_shared")


@pages.get("/key-facts")
def understood(language: str) -> ResponseReturnValue:
    """One question that shows whether the key facts were understood."""
    draft = opened()
    if draft is None or survey().study.consent_check is None:
        return gone(language)
    return carrying(draft, render_template("understood.html", draft=draft))


@pages.post("/key-facts")
def understanding(language: str) -> ResponseReturnValue:
    """A wrong answer shows the key facts again; nothing is stored, nobody is held back."""
    draft, check = opened(posted=True), survey().study.consent_check
    if draft is None or check is None:
        return gone(language)
    if request.form.get("understood") == str(check.correct):
        return carrying(draft, redirect(url_for("pages.device", language=language), 303))
    return carrying(draft, redirect(url_for("pages.main_points", language=language), 303))


@pages.get("/main-points")
def main_points(language: str) -> ResponseReturnValue:
    """The key facts once more, for those who want them."""
    draft = opened()
    if draft is None or survey().study.consent_check is None:
        return gone(language)
    return carrying(draft, render_template("key_facts.html", draft=draft))


@pages.get("/device")
def device(language: str) -> ResponseReturnValue:
    """Whose device it is decides how long the answers wait on it."""
    draft = opened()
    if draft is None:
        return gone(language)
    return carrying(draft, render_template("device.html", draft=draft))


@pages.post("/device")
def device_told(language: str) -> ResponseReturnValue:
    """An own device keeps the answers for a day; everything else, and no answer, for half an hour."""
    draft = opened(posted=True)
    if draft is None:
        return gone(language)
    draft = replace(draft, own_device=request.form.get("device") == "own")
    return carrying(draft, redirect(_nearest(draft, language), 303))


@pages.get(f"/p/{ROLE_PAGE}")
def role(language: str) -> ResponseReturnValue:
    """Which side somebody answers for."""
    draft = opened()
    if draft is None or survey().study.role_question is None:
        return gone(language)
    return carrying(draft, render_template("role.html", draft=draft, error=None))


@pages.post(f"/p/{ROLE_PAGE}")
def role_chosen(language: str) -> ResponseReturnValue:
    """The role decides the way; with none of them it ends kindly and nothing is kept."""
    draft, asked = opened(posted=True), survey().study.role_question
    if draft is None or asked is None:
        return gone(language)
    choice = next((each for each in asked.choices if str(each.code) == request.form.get("role")), None)
    if choice is None:
        return carrying(draft, render_template("role.html", draft=draft, error=survey().study.words["choose_one"])), 422
    if choice.role is None:
        return redirect(url_for("endings.not_for_you", language=language), 303)
    if draft.role != choice.role:  # another side is asked other things: nothing said for one is sent for the other
        draft = replace(draft, role=choice.role, secret=survey().mint.secret(choice.role), answers={})
    draft = replace(draft, chosen=choice.code)
    return _onward(draft, survey().way(draft).after(ROLE_PAGE), "pages.question", language)


@pages.get("/p/<int:number>")
@pages.get("/check/<int:number>", endpoint="change")
def question(language: str, number: int) -> ResponseReturnValue:
    """One page of questions, with the answers given so far."""
    draft = opened()
    if draft is None:
        return gone(language)
    way = survey().way(draft)
    page = way.page(number)
    if page is None:  # not on the way any more, after a change
        return carrying(draft, redirect(_nearest(draft, language), 303))
    if page.story_is_new and page.story:
        survey().store.tally("story opened")
    asked = page.asked(way.known)
    filled = forms.form(asked, str(draft.role), survey().study.words, None, draft.answers)
    return carrying(draft, _render(draft, way, page, asked, filled))


@pages.post("/p/<int:number>")
@pages.post("/check/<int:number>", endpoint="changed")
def answer(language: str, number: int) -> ResponseReturnValue:
    """Take one page of answers and move on; after a change, first to what the change has opened."""
    draft = opened(posted=True)
    if draft is None or draft.role is None:
        return gone(language)
    way = survey().way(draft)
    page = way.page(number)
    if page is None:
        return carrying(draft, redirect(_nearest(draft, language), 303))
    asked = page.asked(way.known)
    filled = forms.form(asked, draft.role, survey().study.words, request.form, {})
    if not filled.validate():
        return carrying(draft, _render(draft, way, page, asked, filled)), 422
    further = way.answering(forms.answers(asked, filled))
    fuller = draft.answering(further.answers)
    if not fits(fuller):
        forms.refuse(filled, survey().study.words["no_room"])
        return carrying(draft, _render(draft, way, page, asked, filled)), 422
    if request.endpoint == "pages.changed":
        return _onward(fuller, further.open(), "pages.change", language)
    return _onward(fuller, further.after(number), "pages.question", language)


@pages.get("/check")
def check(language: str) -> ResponseReturnValue:
    """Everything on the way once more, before it is sent or deleted."""
    draft = opened()
    if draft is None or draft.role is None:
        return gone(language)
    way = survey().way(draft)
    walked = way.walked()
    back = _back(way, walked[-1][0].number + 1 if walked else ROLE_PAGE, language)
    chosen = survey().study.role_choice(draft.chosen)
    return carrying(draft, render_template("check.html", draft=draft, way=walked, chosen=chosen, back=back))


def _onward(draft: Draft, page: route.Page | None, endpoint: str, language: str) -> ResponseReturnValue:
    """To that page, or to the check where there is none."""
    if page is None:
        return carrying(draft, redirect(url_for("pages.check", language=language), 303))
    return carrying(draft, redirect(url_for(endpoint, language=language, number=page.number), 303))


def _pause(language: str, heading: str, text: str) -> ResponseReturnValue:
    """The choice between going on and deleting, under these words."""
    draft, words = opened(), survey().study.words
    if draft is None:
        return gone(language)
    said = {"heading": words[heading], "text": words[text]}
    return carrying(draft, render_template("pause.html", draft=draft, onward=_nearest(draft, language), **said))


def _under_way(draft: Draft | None) -> bool:
    """Has somebody begun to answer on this device?"""
    return draft is not None and bool(draft.answers)


def _nearest(draft: Draft, language: str) -> str:
    """The address of the role page, of the first page with something open, or of the check."""
    if draft.role is None:
        return url_for("pages.role", language=language)
    page = survey().way(draft).open()
    if page is None:
        return url_for("pages.check", language=language)
    return url_for("pages.question", language=language, number=page.number)


def _back(way: Way, number: int, language: str) -> str | None:
    """The address of the page before; before the first question only the role can be changed."""
    before = way.before(number)
    if before is not None:
        return url_for("pages.question", language=language, number=before.number)
    return url_for("pages.role", language=language) if survey().study.role_question else None


def _render(draft: Draft, way: Way, page: route.Page, asked: tuple[route.Shown, ...], filled: BaseForm) -> str:
    back = _back(way, page.number, survey().study.language)
    return render_template("page.html", draft=draft, page=page, asked=asked, form=filled, back=back)
