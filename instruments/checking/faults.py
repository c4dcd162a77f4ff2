"""What can be wrong with a study: each rule with its weight, why it matters, and how it is mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..written import Place

Severity = Literal["error", "warning"]


class About(NamedTuple):
    """A rule: how grave it is, why it matters, how to mend what it finds."""

    severity: Severity
    why: str
    mend: str


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something that its author should mend: where, what in words, and by which rule; `about` names what it is at."""

    file: str
    line: int
    message: str
    rule: str
    about: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.message}"


def fault(rule: str, place: Place, about: str, message: str) -> Fault:
    """A fault at a place."""
    return Fault(place.file, place.line, message, rule, about)


RULES: Mapping[str, About] = {
    "form": About("error", "The study cannot be read as it stands.", "Write it as the message says."),
    "yaml": About(
        "error",
        "A board must be able to read what the machine reads; tricks of YAML read differently to both.",
        "Write plain keys, values and lists; put quotes round words that hold a colon.",
    ),
    "unknown-key": About(
        "error", "A misspelt key would silently do nothing.", "Use the key that is meant, or take it out."
    ),
    "missing-key": About("error", "Something that every study needs is not there.", "Write it."),
    "duplicate": About(
        "error", "Two things under one name cannot be told apart in the data.", "Give one of them another name."
    ),
    "code": About(
        "error", "Codes over 90 stand for the kinds of missing, everywhere.", "Use whole numbers from 0 to 90."
    ),
    "no-words": About("error", "Somebody would be asked without words.", "Write the words for this role."),
    "leads-nowhere": About(
        "error",
        "A rule or plan that names what is not there never holds, and nobody would notice.",
        "Name a question, column or code that exists.",
    ),
    "looks-ahead": About(
        "error",
        "Nobody has answered what comes later; with parts in either order that is so for half of the people.",
        "Ask the deciding question first, in both orders.",
    ),
    "translation": About(
        "error", "Nobody should read half a translation, or buttons that do not fit.", "Translate, review and date it."
    ),
    "long-button": About(
        "warning",
        "A button that is much longer than its source breaks on an old phone.",
        "Find a shorter word that says what happens.",
    ),
    "stale-waiver": About("warning", "A waiver for what is no fault hides the next one.", "Take it out."),
    "never-asked": About(
        "error",
        "The rules lead nobody to this question, whatever they answer.",
        "Mend its show_if, or take the question out.",
    ),
    "always-asked": About(
        "warning", "Its rule holds for everybody who gets there, so that it says nothing.", "Take show_if out."
    ),
    "never-holds": About(
        "error",
        "Its parts exclude each other, or ask for answers that the way does not allow.",
        "Mend the rule; it never holds for anybody.",
    ),
    "dead-end": About("error", "Somebody would arrive where nothing is asked.", "Give the role questions, or an end."),
    "unused-list": About("warning", "No question uses this list of choices.", "Take it out, or use it."),
    "lost-choice": About(
        "warning",
        "People can choose it, and the plan then drops them without a word.",
        "Name the code in the derived column, or leave it out on purpose and waive this.",
    ),
    "same-wording": About(
        "warning",
        "Two wordings that are the same hide that one of them was not adapted.",
        "Write it once for all, or adapt it to the other side.",
    ),
    "no-reason": About(
        "warning", "A board allows a question for what it measures and why.", "Write construct and reason."
    ),
    "avoided-word": About(
        "error",
        "The study's own list says that this word leads or wounds.",
        "Say what was done, without the judgement.",
    ),
    "reading-grade": About(
        "error",
        "Tired people, and people who find reading hard, give up or guess.",
        "Use shorter words and sentences.",
    ),
    "too-long": About("warning", "Long questions are not read to their end.", "Say it shorter, or put a part in hint."),
    "double-negative": About(
        "warning", "Two negatives in one sentence are answered the wrong way round.", "Say it without one of them."
    ),
    "two-in-one": About(
        "warning", "With two questions in one, nobody knows which was answered.", "Ask them one by one."
    ),
    "no-refusal": About(
        "warning",
        "Whoever will not say should be able to say so, instead of giving a wrong answer.",
        "Leave “Prefer not to say” in (take prefer_not: false out), or waive it with the reason.",
    ),
    "too-many-gates": About(
        "error",
        "Everything that must be ticked or answered keeps people out, and weakens free consent.",
        "Make it optional, or raise checks.gates if the board has agreed.",
    ),
    "uneven-story": About(
        "warning",
        "Arms of unlike length differ in more than their factor.",
        "Tell both with about as many words, with a filler if need be.",
    ),
    "off-route": About(
        "error",
        "The plan compares an answer that one of its groups is never asked for.",
        "Compare another column, or ask both groups.",
    ),
    "empty-group": About("error", "Nobody can be in this group, whatever they answer.", "Mend its rule."),
    "little-power": About(
        "warning",
        "With so few people the smallest effect of interest would mostly be missed.",
        "Plan for more people, or name it an estimate and waive this.",
    ),
    "singled-out": About(
        "warning",
        "So many kinds of people, and so few of each, that somebody could be recognised.",
        "Ask for coarser groups, or for fewer of them.",
    ),
    "long-draft": About(
        "error",
        "Answers wait in a cookie until they are sent; more than fits would trap somebody before the end.",
        "Ask for shorter texts, or fewer questions.",
    ),
    "nobody-reads": About(
        "warning",
        "An arm of the story is drawn for people who are shown no page of it.",
        "Ask everybody something there.",
    ),
}
"""Every rule by its name; `check --explain NAME` says it."""
