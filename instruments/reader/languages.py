"""Reading a translation: the study's own files once more, with the words of another language in their places.

A translation is `languages/<code>.yaml`: address → words. An address is where the words stand in the study's
files (`title`, `consent.k_age.text`); questions are addressed by their id (`met.text.client`, `met.choices.1`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..written import Written
from .section import Problems, Section, did_you_mean

TRANSLATION = "languages/{language}.yaml"

FILE = {
    "status": "how far it is: draft, reviewed, adjudicated or tested",
    "on": "the day of that step",
    "words": "address: words, or address: {says, status, on}",
}
ENTRY = {"says": "the words", "status": "how far these words are", "on": "the day of that step"}
STEPS = ("draft", "reviewed", "adjudicated", "tested")
OFFERED = ("adjudicated", "tested")
"""A language is offered once every string has come so far: nobody reads half a translation."""

DAY = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
PLACEHOLDER = re.compile(r"\{\w+\}")

WORDS = "words"
ANY = "*"
_PARAGRAPH = {"heading": WORDS, "text": WORDS}
_LINE = dict.fromkeys(("name", "how", "hours", "cost"), WORDS)
_CODES = {ANY: WORDS}
_QUESTION: dict[str, Any] = {"text": WORDS, "hint": WORDS, "not_sure": WORDS, "rows": _CODES, "choices": _CODES}
_QUESTION |= {"labels": _CODES, "off_scale": _CODES}
_QUESTION["page"] = [_QUESTION]
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "study.yaml": {
        **dict.fromkeys(("title", "public_name", "status", "who", "other_ways"), WORDS),
        "roles": _CODES,
        "role_question": {"text": WORDS, "hint": WORDS, "choices": {ANY: {"says": WORDS}}},
        **{key: [_PARAGRAPH] for key in ("information", "sheet", "closing", "invitation", "poster", "in_short")},
        "eligibility": [WORDS],
        "consent": [{"text": WORDS}],
        "consent_check": {"text": WORDS, "choices": _CODES},
        "support": [{"place": WORDS, "emergency": WORDS, "lines": [_LINE], "complaints": [_LINE]}],
    },
    "questionnaire.yaml": {"choices": {ANY: _CODES}, "parts": [{"title": WORDS, "questions": [_QUESTION]}]},
    "story.yaml": {
        "intro": WORDS,
        "text": [{ANY: _CODES, "text": WORDS}],
        "questions": [_QUESTION],
        "afterwards": [_QUESTION],
    },
}
"""Where participants' words stand in each file."""

Said = Callable[[str, Written], Written]


def addresses(files: Mapping[str, Written]) -> dict[str, str]:
    """Every address with the words that stand there: what a translator has to translate."""
    found: dict[str, str] = {}

    def note(address: str, at: Written) -> Written:
        found[address] = str(at.value)
        return at

    _everywhere(files, note)
    return found


def translated(files: Mapping[str, Written], translation: Written, problems: Problems) -> dict[str, Written]:
    """The study's files in another language. A gap, an unknown address or an unfinished step is a problem."""
    section = Section(translation, FILE, problems, "a translation")
    step = section.one_of("status", STEPS, "draft") or ""
    _dated(section, problems, needed=True)
    given = dict(section.mapping("words", needed=True))
    known: set[str] = set()

    def said(address: str, at: Written) -> Written:
        known.add(address)
        entry = given.get(address)
        if entry is None:
            problems.add(translation, f"“{address}” is not translated: “{at.value}”", "translation")
            return at
        words, its_step = _entry(entry, step, problems)
        if its_step not in OFFERED:
            problems.add(
                entry, f"“{address}” is only {its_step}; a language is offered once it is {OFFERED[0]}", "translation"
            )
        if set(PLACEHOLDER.findall(words)) != set(PLACEHOLDER.findall(str(at.value))):
            problems.add(
                entry, f"“{address}” must hold the same {{names}} as the original: “{at.value}”", "translation"
            )
        return Written(words, entry.file, entry.line)

    reworded = _everywhere(files, said)
    for address, entry in given.items():
        if address not in known:
            problems.add(entry, f"“{address}” is not in the study{did_you_mean(str(address), known)}", "translation")
    return reworded


def _entry(entry: Written, step: str, problems: Problems) -> tuple[str, str]:
    if not isinstance(entry.value, dict):
        return str(entry.value), step
    section = Section(entry, ENTRY, problems, "a translated line")
    _dated(section, problems, needed="status" in section)
    return section.words("says", needed=True) or "", section.one_of("status", STEPS, step) or step


def _dated(section: Section, problems: Problems, *, needed: bool) -> None:
    """Every step has its day."""
    day = section.words("on", needed=needed)
    if day is not None and not DAY.match(day):
        problems.add(section.entries["on"], f"“{day}” is not a day; write it like 2026-11-01")


def _everywhere(files: Mapping[str, Written], said: Said) -> dict[str, Written]:
    return {
        name: _walked(at, SHAPES[name], "story" if name == "story.yaml" else "", said) if name in SHAPES else at
        for name, at in files.items()
    }


def _walked(at: Written, shape: Any, address: str, said: Said) -> Written:
    """Follow the shape down; what it does not name stays as it is."""
    match at.value:
        case str() if at.value.strip() and (shape == WORDS or (isinstance(shape, dict) and "text" in shape)):
            return said(address, at)
        case dict(entries) if shape == WORDS or isinstance(shape, dict):
            kept = {
                key: _walked(entry, _inner(shape, key), _joined(address, key), said) for key, entry in entries.items()
            }
            return Written(kept, at.file, at.line)
        case list(items) if isinstance(shape, list):
            kept_items = [
                _walked(item, shape[0], _of_item(item, address, number), said) for number, item in enumerate(items, 1)
            ]
            return Written(kept_items, at.file, at.line)
        case _:
            return at


def _inner(shape: Any, key: object) -> Any:
    return WORDS if shape == WORDS else shape.get(key, shape.get(ANY))


def _of_item(item: Written, address: str, number: int) -> str:
    """A question is addressed by its id alone, another item by its id or its number in its list."""
    entries = item.value if isinstance(item.value, dict) else {}
    id = str(entries["id"].value) if "id" in entries else str(number)
    return id if "type" in entries else _joined(address, id)


def _joined(address: str, key: object) -> str:
    return f"{address}.{key}" if address else str(key)
