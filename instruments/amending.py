"""What changed between two versions of a study: by meaning, graded, with what it does to people and to the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from .fingerprint import IN_ORDER
from .laid_out import (
    INSIDE,
    QUESTION,
    Address,
    asked_in_order,
    comparable,
    from_elsewhere,
    in_words,
    laid_out,
    ordered_lists,
)
from .model import Study
from .records import Column, columns
from .route import arms
from .routes import Extent, extent
from .terms import Kind

SUBSTANTIAL: frozenset[Kind] = frozenset(
    {"added", "removed", "recoded", "consent", "data", "retention", "safety", "plan"}
)
"""What a board decides on again, where the study file says nothing else (`amendments`)."""
OF_A_QUESTION: Mapping[str, Kind] = {
    "text": "reworded", "hint": "reworded", "labels": "reworded", "not_sure": "reworded", "prefer_not": "recoded",
    "type": "recoded", "low": "recoded", "high": "recoded", "exclusive": "recoded", "flip": "moved",
    "shuffle": "moved", "last": "moved", "show_if": "re-routed", "roles": "re-routed", "module": "re-routed",
    "sensitive": "safety", INSIDE: "moved",
}  # fmt: skip
HEAD: Mapping[str, Kind] = {
    "consent": "consent", "consent_check": "consent", "eligibility": "consent", "information": "information",
    "sheet": "information", "closing": "information", "invitation": "information", "poster": "information",
    "in_short": "information", "details": "information", "who": "information", "other_ways": "information",
    "title": "information", "support": "support", "role_question": "re-routed", "roles": "re-routed",
    "modules_on": "re-routed", "leave_to": "safety", "public_name": "safety", "discreet_titles": "safety",
    "quick_exit_script": "safety", "stop_rule": "safety",
}  # fmt: skip
RETENTION = ("withdraw_until", "keep_until", "withdrawal_code")
SCALES = ("choices", "off_scale", "rows")
"""Where a code or row that comes or goes changes what is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that is otherwise: where, what it was and what it is now; None for not there."""

    kind: Kind
    at: str  # a question, a tick, a comparison, a paragraph
    what: str  # which part of it
    was: str | None
    now: str | None
    substantial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """All changes between two versions, and what they do."""

    old: str  # fingerprints
    new: str
    changes: tuple[Change, ...]
    effects: tuple[str, ...]

    @property
    def grade(self) -> Literal["none", "minor", "substantial"]:
        """By the study's own table: a board decides again on what is substantial."""
        if not self.changes:
            return "none"
        return "substantial" if any(each.substantial for each in self.changes) else "minor"


def amendment(old: Study, new: Study) -> Amendment:
    """Compare two versions of a study; `none` where only comments or layout differ."""
    tables = (each.substantial for each in (old, new))  # both: no version takes itself out of the board's hands
    decided = frozenset(kind for table in tables for kind in (SUBSTANTIAL if table is None else table))
    return Amendment(
        old=old.fingerprint,
        new=new.fingerprint,
        changes=tuple(_changes(old, new, decided)),
        effects=tuple(_effects(old, new)),
    )


def _changes(old: Study, new: Study, substantial: frozenset[str]) -> Iterator[Change]:
    before, after = laid_out(old.canonical), laid_out(new.canonical)
    ordered = ordered_lists(before) | ordered_lists(after)
    moved = list(_moved(old, new, asked_in_order(before), asked_in_order(after)))
    elsewhere = {each[0] for each in moved if each[1] == "place"}
    for address in [*before, *(each for each in after if each not in before)]:
        was, now = comparable(address, before.get(address), after.get(address))
        if was == now or (address[-1] == INSIDE and (None in (was, now) or address[2] in elsewhere)):
            continue
        kind, at, what = _kind(address, was, now, ordered)
        if kind == "reworded" and (from_elsewhere(address, now, before) or from_elsewhere(address, was, after)):
            kind = "recoded"  # the same words mean another code now
        decides = kind in substantial or address[1] == "amendments"
        said = in_words(was, now)
        yield Change(kind=kind, at=at, what=what, was=said[0], now=said[1], substantial=decides)
    for at, what, one, other in moved:
        yield Change(kind="moved", at=at, what=what, was=one, now=other, substantial="moved" in substantial)
    for name in sorted({*old.words, *new.words}):
        if old.words.get(name) != new.words.get(name):
            said = old.words.get(name), new.words.get(name)
            decides = "interface" in substantial
            yield Change(kind="interface", at=name, what="words", was=said[0], now=said[1], substantial=decides)


def _kind(address: Address, was: str | None, now: str | None, ordered: set[str]) -> tuple[Kind, str, str]:
    """What kind of change it is, at what, in which of its parts. `ordered` names the lists that are scales."""
    file, *rest = address
    in_order = rest[-1] == IN_ORDER
    rest = rest[:-1] if in_order else rest
    top, inner = str(rest[0]), "the order" if in_order else ".".join(str(each) for each in rest[1:])
    if str(file).startswith("languages/"):
        return "translation", ".".join(str(each) for each in rest[1:]) or top, str(file)
    if file == "plan.yaml":
        return "plan", _named(rest), inner or top
    if file == "study.yaml":
        return _of_the_study(rest, inner, was, now), ".".join(str(each) for each in rest[:2]), inner
    if top == QUESTION:
        return _of_a_question([str(each) for each in rest[1:]], in_order, was, now)
    if top == "either_order":
        return "re-routed", top, inner
    if top == "choices" and len(rest) > 1:  # a shared list
        named = f"the list “{rest[1]}”"
        if in_order:
            return "recoded" if str(rest[1]) in ordered else "moved", named, "the order of its answers"
        return _code(was, now), named, ".".join(str(each) for each in rest[2:])
    if file == "story.yaml" and top == "text" and len(rest) > 3:  # a way in which it is told
        return "added" if was is None else "removed" if now is None else "reworded", str(rest[2]), inner
    if in_order or rest[-1] == "support_open":
        return "moved" if in_order else "safety", top, inner
    return "reworded" if file == "story.yaml" or rest[-1] == "title" else "setting", top, inner or top


def _of_the_study(rest: list[str | int], inner: str, was: str | None, now: str | None) -> Kind:
    top = str(rest[0])
    if top == "privacy":
        return "retention" if inner in RETENTION else "data"
    if top == "support" and now in (None, "null") and was not in (None, "null"):
        return "safety"  # somebody who could help stands there no longer
    return HEAD.get(top, "setting")


def _of_a_question(rest: list[str], in_order: bool, was: str | None, now: str | None) -> tuple[Kind, str, str]:
    id, *inner = rest
    key = inner[0] if inner else ""
    what = "the order" if in_order and len(inner) < 2 else ".".join(inner) or "question"
    if key in ("type", "id") and (was is None or now is None):
        return "added" if was is None else "removed", id, key
    if key in SCALES:
        return "recoded" if in_order and key == "choices" else "moved" if in_order else _code(was, now), id, what
    return "moved" if in_order else OF_A_QUESTION.get(key, "setting"), id, what


def _code(was: str | None, now: str | None) -> Kind:
    """A code that comes or goes recodes the answers; other words for it do not."""
    return "recoded" if was is None or now is None else "reworded"


def _named(rest: list[str | int]) -> str:
    """A comparison by its id, anything else of the plan by its first names."""
    if rest[0] == "families" and len(rest) > 3:
        return str(rest[3])
    return ".".join(str(each) for each in rest[:2])


def _moved(old: Study, new: Study, before: list[str], after: list[str]) -> Iterator[tuple[str, str, str, str]]:
    """Questions that both versions have, and that had to change places for the new order, or stand on other pages."""
    common = set(before) & set(after)
    before, after = ([id for id in order if id in common] for order in (before, after))
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    stayed = {id for block in blocks for id in before[block.a : block.a + block.size]}
    for id in before:
        if id not in stayed:
            yield id, "place", f"behind {_behind(before, id)}", f"behind {_behind(after, id)}"
    was, now = _pages(old, stayed), _pages(new, stayed)
    for id in before:
        if id in was and id in now and was[id] != now[id]:
            yield id, "page", was[id], now[id]


def _pages(study: Study, among: set[str]) -> dict[str, str]:
    """Question → those beside it on its page, of some questions."""
    found = {}
    for part in study.parts:
        for page in part.pages:
            together = [each.id for each in page if each.id in among]
            for id in together:
                others = ", ".join(other for other in together if other != id)
                found[id] = f"on a page with {others}" if others else "on its own page"
    return found


def _behind(order: list[str], id: str) -> str:
    place = order.index(id)
    return f"“{order[place - 1]}”" if place else "nothing"


def _effects(old: Study, new: Study) -> Iterator[str]:
    """What it does to those who answer, and to answers that were given before."""
    for role in new.roles:
        if role.id not in [each.id for each in old.roles]:
            yield f"{role.name} are asked now"
            continue
        yield from _longer(role.name, extent(old, role.id), extent(new, role.id))
    yield from (
        f"{role.name} are asked no longer" for role in old.roles if role.id not in [each.id for each in new.roles]
    )
    if old.story and new.story and len(arms(old.story)) != len(arms(new.story)):
        yield f"the story is told in {len(arms(new.story))} ways, {len(arms(old.story))} before"
    before, after = ({column.name: column for column in columns(study)} for study in (old, new))
    for name in [*before, *(each for each in after if each not in before)]:
        if name not in after:
            yield f"the column “{name}” is stored no longer"
        elif name not in before:
            yield f"the column “{name}” is stored now"
        elif _other_meaning(before[name], after[name]):
            yield f"answers to “{name}” cannot be compared with those given before: its codes mean something else"


def _longer(role: str, was: Extent, now: Extent) -> Iterator[str]:
    if was.routes != now.routes:
        yield f"{role}: {now.routes:,} routes, {was.routes:,} before"
    for at, which in enumerate(("shortest", "longest")):
        more, minutes = now.questions[at] - was.questions[at], now.minutes[at] - was.minutes[at]
        if more or abs(minutes) >= 0.1:
            yield f"{role}, {which} route: {more:+d} questions, {minutes:+.1f} minutes".replace("-", "−")


def _other_meaning(was: Column, now: Column) -> bool:
    """Does a code of this column mean something else than before?"""
    if (was.kind, was.scale) != (now.kind, now.scale):
        return True
    before, after = ({choice.code: tuple(choice.label.values()) for choice in each.choices} for each in (was, now))
    if before.keys() != after.keys():
        return True
    return any(
        before[code] != after[code] and (after[code] in before.values() or before[code] in after.values())
        for code in before
    )
