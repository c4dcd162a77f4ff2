"""What a review pack is made from, and the words that every section takes from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ..approval import Approval
from ..checking import Checked
from ..model import Study
from ..paper.blocks import Paragraph, Run, Words
from ..reader.board_file import ForTheBoard
from ..routes import Extent

HERE = Path(__file__).parent
TO_BE_WRITTEN = "still to be written by the team"
TOLD_BY_THE_TEAM = {
    "team": "The team",
    "background": "Background",
    "taking_part": "Who can take part",
    "recruitment": "How people are invited",
    "no_signature": "Why nobody signs",
    "pilot": "Pilot",
    "involvement": "Who shaped the study",
    "jurisdiction": "Which bodies decide",
    "free_text": "Own words",
    "intruder": "What somebody who knows the person could find out",
    "data_protection": "Data protection",
    "results": "Results",
    "distress": "Distress and disclosure",
    "stop_rule": "When the survey is paused",
    "tried_by": "Tried by hand",
    "equality": "Whom the form leaves out",
}
"""What the team writes in board.yaml, by the heading under which it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A study with everything that a board is shown beside it."""

    study: Study
    folder: Path
    day: str
    checked: Checked
    board: ForTheBoard
    approval: Approval | None
    before: Study | None  # the version to compare with
    extents: Mapping[str, Extent]  # role → its routes
    pictures: Mapping[tuple[str, int | str], bytes] = field(default_factory=dict)  # (role or "", page) → PNG
    no_pictures: str = ""  # why there are none
    power: Mapping[str, Any] | None = None
    no_power: str = ""
    address: str | None = None  # of the survey, for the poster


@cache
def words(section: str) -> Any:
    """What the pack says of every study, section by section."""
    return yaml.safe_load((HERE / "words.yaml").read_text(encoding="utf-8"))[section]


def open_words(what: str = "") -> tuple[Run, ...]:
    """What stands where nobody has written anything."""
    return (Run(f"{what}: {TO_BE_WRITTEN}" if what else TO_BE_WRITTEN, "open"),)


def team(given: Given, name: str) -> list[Paragraph]:
    """What the team has written under this name, or that it is still to be written."""
    said = given.board.texts.get(name)
    return [Paragraph(line) for line in said.split("\n") if line] if said else [Paragraph(open_words())]


def decided(given: Given, text: str) -> Words:
    """Words with their facts filled in; what is not yet decided stands out."""
    filled, found = given.study.filled(text), given.study.words["not_yet_decided"]
    pieces = filled.split(found)
    marked = [Run(pieces[0])]
    for piece in pieces[1:]:
        marked += [Run(found, "open"), Run(piece)]
    return tuple(run for run in marked if run.text)
