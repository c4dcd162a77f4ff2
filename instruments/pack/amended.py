"""What changed between two versions, as a board reads it: what is new bold and underlined, what is gone struck out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from ..amending import Amendment, Change
from ..model import Study
from ..paper.blocks import Block, Card, Document, Heading, Mark, Paragraph, Points, Run, Table, Words, numbered

SAID = {
    "none": "No change in meaning: only comments or layout differ.",
    "minor": "Minor: nothing that the study file leaves to a board.",
    "substantial": "Substantial: a board decides on it again.",
}


def document(study: Study, found: Amendment) -> Document:
    """All changes as a document of its own."""
    return Document(
        title=f"What changed: {study.title}",
        lines=((Run(f"{found.old} → {found.new}", "code"),),),
        footer=f"{study.id} {study.version} · {found.old[:12]} → {found.new[:12]}",
        language="en",
        blocks=numbered(tuple(changes_in(found, level=1))),
        contents=False,
    )


def changes_in(found: Amendment, level: int = 2) -> Iterator[Block]:
    """The grade, what it does, then every change, kind by kind."""
    yield Paragraph((Run(SAID[found.grade], "strong"),))
    yield Paragraph(
        (
            Run("What is new", "new"),
            Run(" is bold and underlined, "),
            Run("what is gone", "gone"),
            Run(" is struck out; “was” and “now” say it again."),
        )
    )
    top: Heading = Heading(1 if level == 1 else 2, "What it does")
    if found.effects:
        yield top
        yield Points(found.effects)
    for kind in dict.fromkeys(each.kind for each in found.changes):
        yield Heading(top.level, kind.capitalize())
        yield from (_card(each) for each in found.changes if each.kind == kind)


def _card(change: Change) -> Card:
    was, now = marked(change.was, change.now)
    decides = " · a board decides" if change.substantial else ""
    return Card(
        (
            Paragraph((Run(change.at, "strong"), Run(f" · {change.what}{decides}"))),
            Table(
                caption=f"{change.at}, {change.what}",
                head=("which", "words"),
                rows=(("was", was), ("now", now)),
                widths=(1, 9),
            ),
        )
    )


def marked(was: str | None, now: str | None) -> tuple[Words, Words]:
    """Both wordings, with the words that went and the words that came marked."""
    if was is None or now is None:
        gone: Words = "(not there)" if was is None else (Run(was, "gone"),)
        return gone, "(not there)" if now is None else (Run(now, "new"),)
    old, new = (re.findall(r"\s+|\w+|[^\w\s]", each) for each in (was, now))
    before: list[Run] = []
    after: list[Run] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        same = tag == "equal"
        for side, words, mark in ((before, old[i1:i2], "gone"), (after, new[j1:j2], "new")):
            if words:
                as_marked: Mark = "" if same else "gone" if mark == "gone" else "new"
                side.append(Run("".join(words), as_marked))
    return tuple(before), tuple(after)
