"""Reporting checklists (CHERRIES, STROBE, CONSORT): what each item asks, and our facts where there are any."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Formatter

import yaml

NOT_STATED = "not stated"
FILE = Path(__file__).with_name("checklists.yaml")


def checklists(facts: Mapping[str, str | None]) -> dict[str, list[tuple[str, str]]]:
    """Each checklist as (item, answer); an answer that needs a fact nobody has supplied says “not stated”."""
    lists = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {name: [(str(item), filled(str(words), facts)) for item, words in items] for name, items in lists.items()}


def filled(words: str, facts: Mapping[str, str | None]) -> str:
    """The words with every `{fact}` in its place."""
    needed = {name for _, name, _, _ in Formatter().parse(words) if name}
    known = {name: facts.get(name) or NOT_STATED for name in needed}
    return words.format(**known)
