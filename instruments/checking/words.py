"""Checking the words: what leads, what is hard to read, what cannot be answered well."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..grade import grade
from ..model import ChooseMany, ChooseOne, Grid, Note, Number, Question, Rating, Study, Text
from ..terms import Wording
from ..words import catalogue
from ..written import Place
from .faults import Fault, fault

NEGATIVE = re.compile(r"\b(?:not|no|never|none|nobody|nothing|neither|without|cannot|\w+n[’']t)\b", re.IGNORECASE)
HIDDEN_NEGATIVE = re.compile(
    r"\b(?:un(?=[a-z]{4})(?!der|til|ited|ion|ique|less)\w+|dis(?=agree|like|allow)\w+)\b", re.IGNORECASE
)
BUTTONS = (
    "continue",
    "send",
    "send_again",
    "delete",
    "leave",
    "leaving_understood",
    "skip_part",
    "clear",
    "code_show",
    "code_none",
    "withdraw_button",
)
LONGER = 1.6  # times its source (EXPERIENCE 2.8)
SENTENCE = re.compile(r"[.!?;]+\s*|\n+")
UNEVEN = 1.4  # one arm's words over another's
FEW_WORDS = 8  # a difference below this does not count
ENOUGH_WORDS = 15  # of a screen; below it a grade says nothing


def words(study: Study) -> Iterator[Fault]:
    """Every fault of what people read."""
    for question in study.questions():
        yield from _question(study, question)
    yield from _hard_to_read(study)
    yield from _story(study)
    yield from _avoided(study)
    yield from _buttons(study)


def _question(study: Study, question: Question) -> Iterator[Fault]:
    about, place = question.id, question.place
    texts = set(question.text.values())
    if len(question.text) > 1 and len(texts) == 1 and question.text_apart:
        yield fault("same-wording", place, about, f"“{about}” has the same words for {_listed(question.roles)}")
    wanted = {"reason": question.reason} if isinstance(question, Note) else _wanted(question)
    lacking = [name for name, said in wanted.items() if not all(said.get(role) for role in question.roles)]
    if lacking:
        yield fault("no-reason", place, about, f"“{about}” has no {' and no '.join(lacking)}")
    if not isinstance(question, Note | Text) and not question.refusals:
        yield fault("no-refusal", place, about, f"“{about}” cannot be refused: no “Prefer not to say”")
    for text in sorted(texts):
        count = len(text.split())
        if count > study.checks.longest_question:
            most = study.checks.longest_question
            yield fault("too-long", place, about, f"“{about}” has {count} words; {most} are enough for a question")
        if isinstance(question, Note):
            continue
        for sentence in SENTENCE.split(text):
            if len(NEGATIVE.findall(sentence)) + len(HIDDEN_NEGATIVE.findall(sentence)) > 1:
                yield fault("double-negative", place, about, f"“{about}” has two negatives: “{sentence.strip()}”")
        if text.count("?") > 1:
            yield fault("two-in-one", place, about, f"“{about}” asks {text.count('?')} questions at once: “{text}”")
        elif re.search(r"\band/or\b", text):
            yield fault("two-in-one", place, about, f"“{about}” says and/or: “{text}”")


def _wanted(question: Question) -> dict[str, Wording]:
    return {"construct": question.construct, "reason": question.reason}


def screens(study: Study) -> Iterator[tuple[Place, str, str]]:
    """Every screen: where it is written, what it is called, and everything that stands on it."""
    for name in ("information", "sheet", "closing", "invitation", "poster", "in_short"):
        if paragraphs := getattr(study, name):
            yield paragraphs[0].place, name, "\n".join(each.text for each in paragraphs)
    if study.consent:
        yield study.consent[0].place, "consent", "\n".join(tick.text for tick in study.consent)
    for part in study.parts:
        for page in part.pages:
            for role in study.roles:
                shown = [line for each in page if role.id in each.roles for line in read_on(each, role.id)]
                if shown:
                    yield page[0].place, page[0].id, "\n".join(shown)


def _hard_to_read(study: Study) -> Iterator[Fault]:
    """The reading grade of every screen."""
    told: set[str] = set()
    for place, about, text in screens(study):
        hard = grade(text)
        if hard > study.checks.reading_grade and about not in told and len(text.split()) >= ENOUGH_WORDS:
            told.add(about)
            most = study.checks.reading_grade
            yield fault(
                "reading-grade", place, about, f"the screen of “{about}” reads at grade {hard:.1f}, over {most:g}"
            )


def read_on(question: Question, role: str) -> list[str]:
    """Every line that somebody of this role reads of a question."""
    found = [question.text.get(role, ""), (question.hint or {}).get(role, "")]
    match question:
        case Rating(scale=scale, off_scale=off, refusals=refusals):
            found += [choice.label.get(role, "") for choice in (*scale, *off, *refusals)]
        case ChooseOne(choices=choices, refusals=refusals) | ChooseMany(choices=choices, refusals=refusals):
            found += [choice.label.get(role, "") for choice in (*choices, *refusals)]
        case Grid(rows=rows, scale=scale, refusals=refusals):
            found += [*(row.text.get(role, "") for row in rows)]
            found += [choice.label.get(role, "") for choice in (*scale, *refusals)]
        case Number(refusals=refusals):
            found += [choice.label.get(role, "") for choice in refusals]
        case Text() | Note():
            pass
    return [line for line in found if line]


def _story(study: Study) -> Iterator[Fault]:
    for factor in study.story.factors if study.story else ():
        lengths = {level: len(text.split()) for level, text in factor.levels.items()}
        least, most = min(lengths.values()), max(lengths.values())
        if most - least >= FEW_WORDS and most > UNEVEN * least:
            told = ", ".join(f"{level} {count}" for level, count in lengths.items())
            yield fault(
                "uneven-story", factor.place, factor.id, f"“{factor.id}” is told in unlike lengths (words: {told})"
            )


def _avoided(study: Study) -> Iterator[Fault]:
    """Words of the study's own list, wherever participants read."""
    if not study.checks.words_to_avoid:
        return
    beginnings = "|".join(re.escape(word) for word in study.checks.words_to_avoid)
    looked = re.compile(rf"\b(?:{beginnings})\w*", re.IGNORECASE)
    for place, about, text in _everything(study):
        for found in sorted({each.group().lower() for each in looked.finditer(text)}):
            why = next(said for word, said in study.checks.words_to_avoid.items() if found.startswith(word.lower()))
            yield fault("avoided-word", place, about, f"“{about}” says “{found}”, a word to avoid: {why}")


def _buttons(study: Study) -> Iterator[Fault]:
    """Buttons of a translated catalogue, beside those that they were translated from."""
    source = catalogue(study.languages[0])
    for language in study.languages[1:]:
        for name in BUTTONS:
            said = catalogue(language)[name]
            if len(said) > LONGER * len(source[name]):
                message = f"the button “{said}” is more than {LONGER} times as long as “{source[name]}”"
                yield fault("long-button", Place(f"words/{language}.yaml", 0), name, message)


def _everything(study: Study) -> Iterator[tuple[Place, str, str]]:
    for name, paragraphs in (("information", study.information), ("sheet", study.sheet), ("closing", study.closing)):
        yield from ((each.place, name, f"{each.heading or ''}\n{each.text}") for each in paragraphs)
    yield from ((tick.place, tick.id, tick.text) for tick in study.consent)
    for question in study.questions():
        lines = {line for role in question.roles for line in read_on(question, role)}
        yield question.place, question.id, "\n".join(sorted(lines))
    for factor in study.story.factors if study.story else ():
        yield factor.place, factor.id, "\n".join(factor.levels.values())


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(names)
