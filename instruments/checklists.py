"""Reporting checklists (CHERRIES, STROBE, CONSORT): what each item asks, and our facts where there are any."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Formatter

import yaml

from .model import Study
from .route import arms
from .rules import ALWAYS

NOT_STATED = "not stated"
LATER = "known after the survey"
"""What can only be filled when people have answered: the flow, rates, how long it took."""
FILE = Path(__file__).with_name("checklists.yaml")


def checklists(facts: Mapping[str, str | None]) -> dict[str, list[tuple[str, str]]]:
    """Each checklist as (item, answer); an answer that needs a fact nobody has supplied says “not stated”."""
    lists = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: [(str(item), filled(str(words), facts)) for item, words in items] for name, items in lists.items()}


def of_the_study(study: Study) -> dict[str, str | None]:
    """What the checklists ask for and the study itself answers, before anybody takes part."""
    return {
        **study.details,
        "title": study.title,
        "context": study.details.get("short_purpose"),
        "design": _design(study),
        "ticks": str(len(study.consent)),
        "randomised": _randomised(study),
        "adaptive": f"yes, by rules of the study: {_ruled(study)} questions are asked only where they fit",
        "eligibility": " ".join(study.eligibility) or "Asked in the consent ticks.",
        "bias": study.plan.cautions.get("own_experience"),
        "planned_n": _planned(study),
    }


def _design(study: Study) -> str:
    told = "Cross-sectional, anonymous web survey of a convenience sample"
    return f"{told}, with a story drawn at random in {len(arms(study.story))} ways." if study.story else f"{told}."


def _randomised(study: Study) -> str:
    told = [f"one of {len(arms(study.story))} tellings of the story"] if study.story else []
    told += ["the order of two parts"] if study.either_order else []
    shuffled = sum(bool(getattr(each, "shuffle", False)) for each in study.questions())
    told += [f"rows or choices of {shuffled} questions"] if shuffled else []
    return f"Drawn for each person: {', '.join(told)}." if told else "Nothing is drawn at random."


def _ruled(study: Study) -> int:
    return sum(each.show_if != ALWAYS for each in study.questions())


def _planned(study: Study) -> str | None:
    told = [f"{each.id}: {in_pairs(each.planned_n)}" for each in study.plan.comparisons if each.planned_n]
    return "People in each group: " + "; ".join(told) + "." if told else None


def in_pairs(planned: tuple[tuple[int, int], ...]) -> str:
    """150 + 150, or 200 + 100."""
    return ", or ".join(f"{first} + {second}" for first, second in planned)


def filled(words: str, facts: Mapping[str, str | None]) -> str:
    """The words with every `{fact}` in its place."""
    needed = {name for _, name, _, _ in Formatter().parse(words) if name}
    known = {name: facts.get(name) or NOT_STATED for name in needed}
    return words.format(**known)
