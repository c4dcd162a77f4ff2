"""The pages of the way: role, questions, break, check. Each view reads like the sentence that describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from instruments import route

from . import forms
from .drafts import Draft, TooLong
from .passing import address, carrying, gone, onward, opened, replacing, words_just_typed
from .survey import survey
from .way import Way

pages = Blueprint("pages", __name__, url_prefix="/<language>")

ROLE_PAGE = 1


@pages.get("/found")
def found(language: str) -> ResponseReturnValue:
    """Answers are on this device already, perhaps somebody else's: go on, or delete them."""
    return _break("found_heading", "found_text")


@pages.get("/break")
def take_break(language: str) -> ResponseReturnValue:
    """How long the answers wait, and where; go on, or delete them."""
    draft = opened()
    return _break("break_heading", "break_own" if draft and draft.own_device else "break_shared")


@pages.get(f"/p/{ROLE_PAGE}")
def role(language: str) -> ResponseReturnValue:
    """Which side somebody answers for."""
    draft = opened()
    if draft is None or survey().study.role_question is None:
        return gone(first=True)
    return carrying(draft, survey().page("role.html", draft=draft))


@pages.post(f"/p/{ROLE_PAGE}")
def role_chosen(language: str) -> ResponseReturnValue:
    """The role decides the way; with none of them it ends kindly and nothing is kept."""
    here = survey()
    draft, asked = opened(posted=True), here.study.role_question
    if draft is None or asked is None:
        return gone()
    choice = next((each for each in asked.choices if str(each.code) == request.form.get("role")), None)
    if choice is None:
        return carrying(draft, here.page("role.html", draft=draft, error=here.words["choose_one"])), 422
    if choice.role is None or draft.role != choice.role:
        chosen = "" if draft.chosen is None else str(draft.chosen)
        overtaken = request.form.get("_version", chosen) != chosen
        if overtaken and draft.answers:  # never thrown away from a page that knew nothing of them
            return carrying(draft, here.page("role.html", draft=draft, notice=here.words["other_window"])), 409
        if choice.role is None:
            return replacing(onward("not-for-you"))
        if draft.role is not None and here.in_the_way():
            return gone()  # another side is another questionnaire, and those are begun no longer
        # another side is asked other things: nothing said for one is sent for the other
        draft = replace(draft, role=choice.role, secret=here.mint.secret(choice.role), answers={}, spoken={})
    draft = replace(draft, chosen=choice.code)
    return _carry_on(draft, here.way(draft).after(ROLE_PAGE), "p")


@pages.get("/p/<int:number>")
@pages.get("/check/<int:number>", endpoint="change")
def question(language: str, number: int) -> ResponseReturnValue:
    """One page of questions, with the answers given so far."""
    draft = opened()
    if draft is None:
        return gone(first=number == route.FIRST_PAGE)
    way = survey().way(draft)
    page = way.page(number)
    if page is None:  # not on the way any more, after a change
        return carrying(draft, onward(*nearest(draft)))
    if page.story_is_new and page.story:
        survey().store.tally("story opened")
    return carrying(draft, _render(draft, way, page, forms.values(page.asked(way.known), way.answers)))


@pages.post("/p/<int:number>")
@pages.post("/check/<int:number>", endpoint="changed")
def answer(language: str, number: int) -> ResponseReturnValue:
    """Take one page of answers and move on; after a change, first to what the change has opened."""
    draft, here = opened(posted=True), survey()
    if draft is None or draft.role is None:
        return gone()
    way = here.way(draft)
    page = way.page(number)
    if page is None:  # fallen off the way: another window has changed what it hangs on
        return _not_asked(draft)
    asked, sent, steps = page.asked(way.known), request.form, _steps()
    filled, go = forms.form(asked, draft.role, language, sent), sent.get("go")
    answers = forms.answers(asked, filled) if filled.validate() else None
    version = way.version(asked)
    overtaken = sent.get("_version", version) != version
    if overtaken and (answers is None or way.answering(answers).answers != way.answers):
        why = here.words["other_window_text" if forms.boxes(asked) else "other_window"]
        newest = forms.newest(asked, way.answers, filled)
        return carrying(draft, _render(draft, way, page, newest, notice=why)), 409
    if answers is None:
        return carrying(draft, _render(draft, way, page, forms.typed(filled), forms.errors(filled))), 422
    if go == "clear":
        answers |= dict.fromkeys(way.without_refusal(asked))
    further = way.answering(answers)
    if go == "skip" and page.can_skip:
        further, number = further.skipping(page.part), way.last_of(page.part)
    boxes = forms.boxes(asked)
    writes = any(answers.get(box) for box in boxes)
    try:  # whoever writes leaves room for the answers that are still to come
        return _on_from(draft, further, number - (go == "clear"), steps, way.room_needed() if writes else 0)
    except TooLong:
        full, notice = dict.fromkeys(boxes, here.words["no_room"]), None if boxes else here.words["no_room_left"]
        return carrying(draft, _render(draft, way, page, forms.typed(filled), full, notice)), 422


@pages.get("/check")
def check(language: str) -> ResponseReturnValue:
    """Everything on the way once more, before it is sent or deleted."""
    draft = opened()
    if draft is None or draft.role is None:
        return gone()
    way = survey().way(draft)
    walked = way.walked()
    back = _back(walked[-1][0] if walked else None)
    chosen = survey().study.role_choice(draft.chosen)
    return carrying(draft, survey().page("check.html", draft=draft, way=walked, chosen=chosen, back=back))


def _not_asked(draft: Draft) -> ResponseReturnValue:
    """On to what is asked; what was written on a page that is not asked any more is shown, to copy."""
    typed = words_just_typed()
    if not typed:
        return carrying(draft, onward(*nearest(draft)))
    said = {"heading": "not_asked", "typed": typed, "go_on": address(*nearest(draft))}
    return carrying(draft, survey().page("message.html", draft=draft, **said)), 409


def _on_from(draft: Draft, further: Way, number: int, steps: str, spare: int) -> ResponseReturnValue:
    """With more answers: on behind page `number`, or after a change to what it has opened."""
    onto = further.open() if steps == "check" else further.after(number)
    return _carry_on(_answered(draft, further), onto, steps, spare)


def _carry_on(draft: Draft, page: route.Page | None, steps: str, spare: int = 0) -> ResponseReturnValue:
    """To that page, or to the check where there is none."""
    return carrying(draft, onward("check") if page is None else onward(steps, page.number), spare)


def _answered(draft: Draft, further: Way) -> Draft:
    """The draft with these answers, and the language of each where it is not the first one."""
    if len(survey().study.languages) == 1:
        return replace(draft, answers=further.answers)
    language = survey().study.language
    new = {column for column, said in further.answers.items() if draft.answers.get(column, ...) != said}
    spoken = {column: said_in for column, said_in in draft.spoken.items() if column in further.answers} | dict.fromkeys(
        new, language
    )
    elsewhere = {column: said_in for column, said_in in spoken.items() if said_in != draft.language}
    return replace(draft, answers=further.answers, spoken=elsewhere)


def _break(heading: str, text: str) -> ResponseReturnValue:
    """The choice between going on and deleting, under these words."""
    draft, here = opened(), survey()
    if draft is None:
        return gone()
    said = {"heading": here.words[heading], "text": here.words[text]}
    return carrying(draft, here.page("break.html", draft=draft, onward=address(*nearest(draft)), **said))


def nearest(draft: Draft) -> tuple[str | int, ...]:
    """The steps to the role page, to the first page with something open, or to the check."""
    if draft.role is None:
        return "p", ROLE_PAGE
    page = survey().way(draft).open()
    return ("check",) if page is None else ("p", page.number)


def _steps() -> str:
    """“check” for a page that is changed from the check, “p” for one on the way."""
    return "check" if request.endpoint == "pages.changed" else "p"


def _back(before: route.Page | None) -> str | None:
    """The address of the page before; before the first question only the role can be changed."""
    if before is not None:
        return address("p", before.number)
    return address("p", ROLE_PAGE) if survey().study.role_question else None


def _render(
    draft: Draft,
    way: Way,
    page: route.Page,
    values: Mapping[str, Any],
    errors: Mapping[str, str] | None = None,
    notice: str | None = None,
) -> str:
    asked, before = way.in_own_order(page), way.before(page.number)
    here = survey()
    return here.templates.questions(
        page,
        draft,
        values,
        errors or {},
        path=here.behind_language(),
        asked=asked,
        notice=notice,
        version=way.version(asked),
        can_clear=bool(way.without_refusal(asked)),
        support_open=page.support_open and (before is None or before.part != page.part),
        back=_back(before),
    )
