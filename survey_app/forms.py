"""One page of questions as a WTForms form: what the browser sent becomes answers, or words beside a question.

`BaseForm`, not `Form`: with `Form` a question called `data` or `validate` would break validation silently.
Rendering is ours (templates); messages come from the interface words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, assert_never, cast

from werkzeug.datastructures import MultiDict
from wtforms import Field, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta
from wtforms.validators import ValidationError

from instruments.model import ChooseMany, ChooseOne, Grid, Note, Number, Rating, Text
from instruments.records import MISSING_WORDS
from instruments.route import Shown
from instruments.rules import Answer, Answers

INSTEAD = "-instead"  # beside a number: the refusal that stands for it

WHOLE = re.compile(r"^-?([0-9]{1,9}|[0-9]{1,3}([ ,.’'\u00a0\u202f][0-9]{3}){1,2})$")

Words = Mapping[str, str]


def _code(sent: Any) -> int | None:
    """A code as the browser sends it; whatever is no number is no code of ours."""
    if sent is None:
        return None
    return int(sent) if re.fullmatch(r"[0-9]{1,3}", str(sent)) else -1


class _One(RadioField):
    """One of the offered codes, or nothing."""

    def __init__(self, words: Words, codes: Sequence[int], **kwargs: Any) -> None:
        super().__init__(choices=[], coerce=_code, **kwargs)
        self.words, self.codes = words, codes

    def pre_validate(self, form: BaseForm) -> None:
        if self.data is not None and self.data not in self.codes:
            raise ValidationError(self.words["choose_offered"])


class _Many(SelectMultipleField):
    """Any of the offered codes; those that stand `alone` must, and are named if they do not."""

    def __init__(self, words: Words, codes: Sequence[int], alone: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(choices=[], coerce=_code, **kwargs)
        self.words, self.codes, self.alone = words, codes, alone

    def pre_validate(self, form: BaseForm) -> None:
        ticked = self.data or []
        if any(code not in self.codes for code in ticked):
            raise ValidationError(self.words["choose_offered"])
        by_itself = [self.alone[code] for code in ticked if code in self.alone]
        if by_itself and len(ticked) > 1:
            raise ValidationError(self.words["choose_alone"].format(alone=by_itself[0]))


class _Whole(StringField):
    """A whole number as people write it: 1200, 1,200, 1 200. Never 3.5, which is refused and not made 35."""

    def __init__(self, words: Words, low: int, high: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words, self.low, self.high = words, low, high

    def number(self) -> int | None:
        """The number, or None for nothing. Raises ValueError for anything else."""
        typed = (self.data or "").strip()
        if not typed:
            return None
        if not WHOLE.match(typed):
            raise ValueError(typed)
        return int(re.sub(r"[^0-9-]", "", typed))

    def pre_validate(self, form: BaseForm) -> None:
        try:
            number = self.number()
        except ValueError:
            raise ValidationError(self.words["number_shape"]) from None
        if number is not None and not self.low <= number <= self.high:
            raise ValidationError(self.words["number_range"].format(low=self.low, high=self.high))
        if number is not None and form[self.name + INSTEAD].data:
            raise ValidationError(self.words["number_or"])


class _Words(TextAreaField):
    """Somebody's own words, kept when they are too many."""

    def __init__(self, words: Words, longest: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words, self.longest = words, longest

    def pre_validate(self, form: BaseForm) -> None:
        over = len(_lines(self.data)) - self.longest
        if over > 0:
            raise ValidationError(self.words["text_too_long"].format(over=over))


def form(shown: Sequence[Shown], role: str, words: Words, sent: MultiDict[str, str] | None, kept: Answers) -> BaseForm:
    """The form of one page, filled with what was just sent, or else with the answers kept so far."""
    fields: dict[str, Any] = {}
    for each in shown:
        fields.update(_fields(each, role, words))
    made = BaseForm(fields, meta=DefaultMeta())
    made.process(sent, data=None if sent is not None else _as_fields(shown, kept))
    return made


def answers(shown: Sequence[Shown], made: BaseForm) -> dict[str, Answer]:
    """The answers of a valid form; everything shown and left empty is blank."""
    found: dict[str, Answer] = {}
    for each in shown:
        match each.question:
            case Rating() | ChooseOne() | Grid():
                found.update({column: made[column].data for column in each.columns})
            case ChooseMany(id=id):
                found[id] = tuple(sorted(made[id].data or ())) or None
            case Number(id=id):
                refused = made[id + INSTEAD].data
                found[id] = MISSING_WORDS[refused[0]] if refused else cast(_Whole, made[id]).number()
            case Text(id=id):
                found[id] = _lines(made[id].data) or None
            case Note(id=id):
                found[id] = None  # read, and on to the next
            case _:
                assert_never(each.question)
    return found


def refuse(made: BaseForm, why: str) -> None:
    """Put words beside every field where somebody typed: what was typed stays."""
    for field in made:
        if isinstance(field, _Words):
            field.errors = [why]


def _fields(shown: Shown, role: str, words: Words) -> dict[str, Any]:
    offered = {choice.code: choice.label[role] for choice in (*shown.choices, *shown.refusals)}
    refusals = {choice.code: choice.label[role] for choice in shown.refusals}
    match shown.question:
        case Rating() | ChooseOne() | Grid():
            return {column: _bound(_One, words, list(offered)) for column in shown.columns}
        case ChooseMany(id=id, exclusive=exclusive):
            alone = {code: label for code, label in offered.items() if code in exclusive or code in refusals}
            return {id: _bound(_Many, words, list(offered), alone)}
        case Number(id=id, low=low, high=high):
            # boxes, not radios: without a script a radio could never be taken back
            return {id: _bound(_Whole, words, low, high), id + INSTEAD: _bound(_Many, words, list(refusals), refusals)}
        case Text(id=id, longest=longest):
            return {id: _bound(_Words, words, longest)}
        case Note():
            return {}
        case _:
            assert_never(shown.question)


def _bound(kind: type[Field], *args: Any) -> Any:
    return kind(*args)  # outside a form, WTForms makes an unbound field of it


def _as_fields(shown: Sequence[Shown], kept: Answers) -> dict[str, Any]:
    """Kept answers as the form's own data: a number's refusal lies in the field beside it."""
    data: dict[str, Any] = {column: kept[column] for each in shown for column in each.columns if column in kept}
    for each in shown:
        if isinstance(each.question, Number):
            value = data.get(each.question.id)
            refused = [code for code, word in MISSING_WORDS.items() if word == value and code is not None]
            data[each.question.id + INSTEAD] = refused
            data[each.question.id] = "" if refused or value is None else str(value)
    return data


def _lines(text: str | None) -> str:
    """Browsers send line ends as two characters; people type one."""
    return (text or "").replace("\r\n", "\n").strip()
