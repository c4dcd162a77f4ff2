"""An answer in words, as the check page says it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from instruments.model import ChooseMany, ChooseOne, Grid, Note, Number, Rating, Text
from instruments.records import MISSING_WORDS
from instruments.route import Shown
from instruments.rules import Answer, Answers


def answered(shown: Shown, role: str, answers: Answers, words: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """What was asked and answered: (field, question, answer) for each line of the check page."""
    question = shown.question

    def label(code: int) -> str:
        return next(choice.label[role] for choice in (*shown.choices, *shown.refusals) if choice.code == code)

    def said(answer: Answer) -> str:
        match answer:
            case None | ():
                return words["not_answered"]
            case tuple(codes):
                return ", ".join(label(code) for code in codes)
            case int(code) if not isinstance(question, Number):
                return label(code)
            case other:
                refused = [choice.code for choice in shown.refusals if MISSING_WORDS[choice.code] == other]
                return label(refused[0]) if refused and isinstance(question, Number) else str(other)

    match question:
        case Grid():
            return [
                (row.id, f"{question.text[role]} {row.text[role]}", said(answers.get(row.id))) for row in shown.rows
            ]
        case Rating() | ChooseOne() | ChooseMany() | Number() | Text():
            return [(question.id, question.text[role], said(answers.get(question.id)))]
        case Note():
            return []
        case _:
            assert_never(question)
