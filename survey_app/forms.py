"""One page of questions as a WTForms form: what the browser sent becomes answers, or words beside a question.

`BaseForm`, not `Form`: with `Form` a question called `data` or `validate` would break validation silently.
Rendering is ours (templates); messages come from the interface words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, assert_never, cast

from werkzeug.datastructures import MultiDict
from wtforms import Field, StringField
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta
from wtforms.validators import ValidationError

from instruments.model import ChooseMany, ChooseOne, Grid, Note, Number, Rating, Text
from instruments.records import MISSING_WORDS
from instruments.route import Shown
from instruments.rules import Answer, Answers
from instruments.words import catalogue

META = DefaultMeta()
INSTEAD = "-instead"  # beside a number: the refusal that stands for it

WHOLE = re.compile(r"^-?([0-9]{1,9}|[0-9]{1,3}([ ,.’'\u00a0\u202f][0-9]{3}){1,2})$")

Words = Mapping[str, str]


def _code(sent: str) -> int:
    """A code as the browser sends it; whatever is no number is no code of ours."""
    return int(sent) if re.fullmatch(r"[0-9]{1,3}", sent) else -1


class _One(Field):
    """One of the offered codes, or nothing."""

    def __init__(self, words: Words, codes: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words, self.codes = words, codes

    def process_formdata(self, sent: Sequence[str]) -> None:
        """What the browser sent, if anything."""
        self.data = _code(sent[0]) if sent else None

    def pre_validate(self, form: BaseForm) -> None:
        if self.data is not None and self.data not in self.codes:
            raise ValidationError(self.words["choose_offered"])


class _Many(Field):
    """Any of the offered codes; those that stand `alone` must, and are named if they do not."""

    def __init__(self, words: Words, codes: Sequence[int], alone: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words, self.codes, self.alone = words, codes, alone

    def process_formdata(self, sent: Sequence[str]) -> None:
        """What the browser sent, once each."""
        self.data = list(dict.fromkeys(_code(each) for each in sent))

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


class _Words(StringField):
    """Somebody's own words, kept when they are too many."""

    def __init__(self, words: Words, longest: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words, self.longest = words, longest

    def pre_validate(self, form: BaseForm) -> None:
        over = len(_lines(self.data)) - self.longest
        if over > 0:
            raise ValidationError(self.words["text_too_long"].format(over=over))


def form(shown: Sequence[Shown], role: str, language: str, sent: MultiDict[str, str]) -> BaseForm:
    """The form of one page, filled with what was just sent."""
    fields: dict[str, Any] = {}
    for each in shown:
        fields.update(_fields(each, role, language))
    made = BaseForm(fields, meta=META)
    made.process(sent)
    return made


def values(shown: Sequence[Shown], kept: Answers) -> dict[str, Any]:
    """What stands in the fields of a page: the answers kept so far. A number's refusal lies in the field beside it."""
    found: dict[str, Any] = {column: kept[column] for each in shown for column in each.columns if column in kept}
    for each in shown:
        if isinstance(each.question, Number):
            value = found.get(each.question.id)
            refused = [code for code, word in MISSING_WORDS.items() if word == value and code is not None]
            found[each.question.id + INSTEAD] = refused
            found[each.question.id] = "" if refused or value is None else str(value)
    return found


def typed(made: BaseForm) -> dict[str, Any]:
    """What stands in the fields after a post: what was sent."""
    return {field.name: field.data for field in made}


def errors(made: BaseForm) -> dict[str, str]:
    """Field → what to do about it."""
    return {field.name: str(field.errors[0]) for field in made if field.errors}


def newest(shown: Sequence[Shown], kept: Answers, made: BaseForm) -> dict[str, Any]:
    """The answers kept from another window; words that were typed here follow the words from there, so none is lost.

    A number that is kept nowhere else stays too; what was ticked there stands.
    """
    found = values(shown, kept)
    for each in shown:
        if isinstance(each.question, Number) and made[each.question.id].data and not found[each.question.id]:
            found[each.question.id] = made[each.question.id].data
        if isinstance(each.question, Text):
            there, here = str(found.get(each.question.id) or ""), _lines(made[each.question.id].data)
            found[each.question.id] = there if here in there else f"{there}\n{here}".strip()
    return found


def field_names(shown: Shown) -> tuple[str, ...]:
    """The names of the fields in which a question is answered."""
    more = (shown.question.id + INSTEAD,) if isinstance(shown.question, Number) else ()
    return (*shown.columns, *more)


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


def boxes(shown: Sequence[Shown]) -> list[str]:
    """The fields in which somebody can write at length."""
    return [each.question.id for each in shown if isinstance(each.question, Text)]


@lru_cache(maxsize=4096)
def _fields(shown: Shown, role: str, language: str) -> dict[str, Any]:
    """The unbound fields of a question: the same for everybody to whom it is shown so."""
    words = catalogue(language)
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


def _lines(text: str | None) -> str:
    """Browsers send line ends as two characters; people type one."""
    return (text or "").replace("\r\n", "\n").strip()
