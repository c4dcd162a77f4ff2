"""What shows that answers are not real: a word on every page and figure, and a beginning in every file name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from instruments.doors import WrongUse

STAMPS = {"practice": "Practice", "made-up": "Made-up data", "live": None}
MARKS = {"practice": "practice-", "made-up": "made-up-", "live": ""}
MADE_UP = "made-up"
BECAUSE = {
    "Practice": "these answers were given while practising. Nothing here is a result.",
    "Made-up data": "nobody gave these answers. Nothing here is a result.",
    "Pilot": "not a test. These answers are of a soft launch, to try the study and not its hypotheses.",
}
"""stamp → what it means, once at the top."""


def stamp_of(about: Mapping[str, str]) -> str | None:
    """The word that stands on everything made of these answers; nothing for those that count in full."""
    return STAMPS[about["kind"]] or ("Pilot" if about.get("pilot") == "1" else None)


def mark_of(about: Mapping[str, str]) -> str:
    """How the name of every file begins that is made of these answers."""
    return MARKS[about["kind"]] or ("pilot-" if about.get("pilot") == "1" else "")


def named(kind: str, path: Path) -> None:
    """A file that is made of made-up answers says so in its name. Raises WrongUse with a name that would do."""
    if kind == MADE_UP and MADE_UP not in path.name:
        better = path.with_name(MARKS[kind] + path.name)
        raise WrongUse(f"These answers are made up, and every file made of them says so in its name: --out {better}")
