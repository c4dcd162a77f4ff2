"""Reading board.yaml: what only a board reads. No part of the fingerprint: participants never see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..model import Study
from ..written import Problem, Unreadable, Written, read_yaml
from .section import Problems, Section, did_you_mean, words

NAME = "board.yaml"
FILE = {
    "texts": "what the team says about itself and its ways, by name",
    "consent_elements": "element: the headings and ticks that carry it, or why it does not apply",
    "owners": "risk: who looks after it",
    "sources": "a source as the questions name it: what it is, with its licence where it has one",
}
TEXTS = {
    "background": "why the question matters, and what is known, with sources",
    "team": "who does what, and whose interests are touched",
    "taking_part": "who can take part, who cannot, and why",
    "recruitment": "how people are invited, and by whom never",
    "no_signature": "why nobody signs",
    "pilot": "how it is tried first, and what may change then",
    "distress": "what happens when somebody is distressed, or tells of a danger",
    "stop_rule": "when the survey is paused",
    "free_text": "who reads what people write in their own words, and how it is quoted",
    "intruder": "what somebody who knows the person could find out, and how it was tried",
    "data_protection": "controller, legal basis, hosting, processors, impact assessment",
    "results": "how results are published, data opened, participants told",
    "involvement": "how people with lived experience and workers shaped the study",
    "equality": "whom an online form in this language leaves out, and what is done about it",
    "tried_by": "who tried the pages by hand, with what, and what was found",
    "jurisdiction": "which bodies decide, and what is still to be asked of them",
}
ELEMENTS = {
    "key_information": "short key information first",
    "research": "that it is research, its purpose, how long, what happens",
    "risks": "foreseeable risks",
    "benefits": "benefits",
    "alternatives": "what else one can do",
    "confidentiality": "how far it stays private",
    "injury": "what happens in case of injury",
    "contacts": "whom to ask",
    "voluntary": "that it is voluntary, without penalty, and can be stopped",
    "future_use": "what the data may be used for later",
    "complaints": "where to complain to somebody else",
    "withdrawal": "how answers can be taken back, and until when",
}
RISKS = ("distress", "coercion", "disclosure", "recognised", "employer", "screen", "taken", "typed")
NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForTheBoard:
    """What the team tells a board, as far as it is written."""

    texts: Mapping[str, str] = field(default_factory=dict)
    consent_elements: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


def for_the_board(folder: Path, study: Study) -> tuple[ForTheBoard, tuple[Problem, ...]]:
    """What board.yaml says, with every problem; nothing where there is no such file."""
    if not (folder / NAME).exists():
        return ForTheBoard(), ()
    try:
        at = read_yaml(folder / NAME, NAME)
    except Unreadable as error:
        return ForTheBoard(), (error.problem,)
    problems = Problems()
    section = Section(at, FILE, problems, "board.yaml")
    read = ForTheBoard(
        texts=_known(section, "texts", TEXTS, problems),
        sources=_known(section, "sources", dict.fromkeys(sources(study), ""), problems),
        owners=_known(section, "owners", dict.fromkeys(RISKS, ""), problems),
        consent_elements=_elements(section, study, problems),
    )
    return read, tuple(sorted(problems.found))


def sources(study: Study) -> list[str]:
    """Every source that a question of the study names."""
    named = [each for question in study.questions() for listed in question.source.values() for each in listed]
    return sorted({*named, *(study.role_question.source if study.role_question else ())})


def _known(section: Section, key: str, known: Mapping[str, str], problems: Problems) -> dict[str, str]:
    """Words by names that are known; null is not yet written."""
    found = {}
    for name, entry in section.mapping(key):
        if name not in known:
            problems.add(entry, f"“{name}” is nothing a board is told here{did_you_mean(str(name), known)}")
        said = words(entry, problems, f"“{name}”", empty=True)
        if said is not None:
            found[str(name)] = said
    return found


def _elements(section: Section, study: Study, problems: Problems) -> dict[str, tuple[str, ...]]:
    carriers = {each.heading for each in (*study.information, *study.sheet, *study.closing) if each.heading}
    carriers |= {tick.id for tick in study.consent}
    found = {}
    for name, entry in section.mapping("consent_elements"):
        if name not in ELEMENTS:
            problems.add(entry, f"“{name}” is no element of consent{did_you_mean(str(name), ELEMENTS)}")
        listed = entry.value if isinstance(entry.value, list) else [entry]
        for each in listed:
            _carried(each, carriers, problems)
        found[str(name)] = tuple(str(each.value) for each in listed)
    return found


def _carried(at: Written, carriers: set[str], problems: Problems) -> None:
    said = str(at.value)
    if said not in carriers and not said.startswith(NOT_APPLICABLE):
        near = did_you_mean(said, carriers)
        problems.add(
            at, f"“{said}” is no heading and no tick of the study{near or f', and no “{NOT_APPLICABLE}: why”'}"
        )
