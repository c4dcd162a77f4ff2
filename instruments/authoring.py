"""For authors: every key that a study may use, from the reader's own lists, and a new study to begin with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from .doors import Environment, Refused, WrongUse
from .reader import (
    board_file,
    comparisons,
    languages,
    made_up_file,
    plan_file,
    questionnaire,
    questions,
    stop_rule,
    study_file,
)

STARTER = Path(__file__).parent / "starter"

Keys = Mapping[str, str]

EXPLORED = {key: said for key, said in comparisons.EXPLORED.items() if comparisons.COMPARISON.get(key) != said}
"""What an exploratory look has beside the keys of a comparison."""

PAGES: Mapping[str, Mapping[str, Keys]] = {
    "study.yaml": {
        "at its top": study_file.FILE,
        "role_question": study_file.ROLE_QUESTION,
        "role_question.choices, each": study_file.ROLE_CHOICE,
        "information, sheet, closing, invitation, poster, in_short, each": study_file.PARAGRAPH,
        "consent, each": study_file.TICK,
        "consent_check": study_file.CHECK,
        "privacy": study_file.PRIVACY,
        "support, each": study_file.PLACE,
        "support.lines and complaints, each": study_file.LINE,
        "stop_rule": stop_rule.STOP_RULE,
        "checks": study_file.CHECKS,
        "amendments": study_file.AMENDMENTS,
    },
    "questionnaire.yaml": {
        "at its top": questionnaire.FILE,
        "parts, each": questionnaire.PART,
        "every question": questions.EVERY_QUESTION,
        **{f"a {kind} question": keys for kind, keys in questions.BY_TYPE.items() if keys},
    },
    "story.yaml": {"at its top": questionnaire.STORY},
    "plan.yaml": {
        "at its top": plan_file.FILE,
        "smallest": plan_file.SMALLEST,
        "gates": plan_file.GATES,
        "derived, each": plan_file.DERIVED,
        "families, each": plan_file.FAMILY,
        "families.comparisons, each": comparisons.COMPARISON,
        "models, each": plan_file.MODEL,
        "missing": plan_file.MISSING,
        "sensitivity, each": comparisons.RUN,
        "sensitivity.unmeasured": comparisons.UNMEASURED,
        "sensitivity.recall": comparisons.RECALL,
        "exploratory, each": EXPLORED,
        "show, each": comparisons.SHOWN,
    },
    "languages/xx.yaml": {"at its top": languages.FILE, "words, each": languages.ENTRY},
    "rehearsal.yaml": {
        "at its top": made_up_file.FILE,
        "depends, each": made_up_file.LEANING,
        "recall, each": made_up_file.RECALL,
        "joins, each": made_up_file.JOINS,
        "habits": made_up_file.HABITS,
    },
    "board.yaml": {
        "at its top": board_file.FILE,
        "texts": board_file.TEXTS,
        "consent_elements": board_file.ELEMENTS,
        "owners": dict.fromkeys(board_file.RISKS, "who looks after this risk"),
        "sources": {"(each source that a question names)": "what it is, with its licence"},
    },
}
"""file → where in it → key → what it is for."""


def every_key() -> Iterator[str]:
    """Every key as Markdown, a table a file."""
    for file, places in PAGES.items():
        yield f"### `{file}`"
        yield ""
        yield "| where | key | what it is |"
        yield "|---|---|---|"
        for place, known in places.items():
            for key, said in known.items():
                yield f"| {place} | `{key}` | {said} |"
        yield ""


def new(folder: Path) -> list[Path]:
    """A commented study to begin with, in a folder of its own. Raises Refused, WrongUse, Environment."""
    if folder.is_file():
        raise WrongUse(f"{folder} is a file; name a folder that is not there yet.")
    if folder.exists() and any(folder.iterdir()):
        raise Refused(f"{folder} holds something already; name a folder that is not there yet.")
    fresh = folder.with_name(folder.name + ".partial")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(STARTER, fresh)
        if folder.exists():
            folder.rmdir()
        fresh.replace(folder)
    except OSError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        raise Environment(f"{folder} cannot be written ({error.strerror}). Nothing half-written is left.") from error
    return sorted(folder.iterdir())
