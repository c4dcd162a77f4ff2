"""What changed between two versions of a study: by meaning, graded, with what it does to people and to the data.

Everything that the fingerprint covers is laid out as address → value; what differs between two versions is a change.
Nothing can change unseen, and comments or layout are no change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from .fingerprint import IN_ORDER, files_of
from .model import Study
from .records import Column, columns
from .routes import Extent, extent
from .terms import Kind
from .written import Plain

Address = tuple[str | int, ...]
Value = str | tuple[str, ...]

SUBSTANTIAL: frozenset[Kind] = frozenset({"added", "removed", "recoded", "consent", "data", "retention", "plan"})
"""What a board decides on again, where the study file says nothing else (`amendments`)."""
QUESTION = {
    "text": "reworded", "hint": "reworded", "labels": "reworded", "not_sure": "reworded", "prefer_not": "recoded",
    "choices": "recoded", "off_scale": "recoded", "rows": "recoded", "type": "recoded", "low": "recoded",
    "high": "recoded", "exclusive": "recoded", "show_if": "re-routed", "roles": "re-routed", "module": "re-routed",
}  # fmt: skip
HEAD: Mapping[str, Kind] = {
    "consent": "consent", "consent_check": "consent", "eligibility": "consent", "information": "information",
    "sheet": "information", "closing": "information", "invitation": "information", "poster": "information",
    "in_short": "information", "support": "support", "role_question": "re-routed",
    "roles": "re-routed", "modules_on": "re-routed",
}  # fmt: skip
RETENTION = ("withdraw_until", "keep_until", "withdrawal_code")


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
    before, after = _laid_out(old), _laid_out(new)
    seen = set[str | int]()
    for address in [*before, *(each for each in after if each not in before)]:
        was, now = _comparable(address, before.get(address), after.get(address))
        if was != now:
            seen.add(address[0])
            kind, at, what = _kind(address, was, now)
            decides = kind in substantial or address[1] == "amendments"
            yield Change(kind=kind, at=at, what=what, was=was, now=now, substantial=decides)
    for at, what, was, now in _moved(old, new):
        seen.add("questionnaire.yaml")
        yield Change(kind="moved", at=at, what=what, was=was, now=now, substantial="moved" in substantial)
    files, others = files_of(old.canonical), files_of(new.canonical)
    for name in sorted({*files, *others}):
        if json.dumps(files.get(name)) != json.dumps(others.get(name)) and name not in seen:  # such as 1 and "1"
            was, now = "read as other values", "compare the two files by eye"
            yield Change(kind="setting", at=name, what="how it is written", was=was, now=now, substantial=True)
    for name in sorted({*old.words, *new.words}):
        if old.words.get(name) != new.words.get(name):
            said = {"was": old.words.get(name), "now": new.words.get(name)}
            yield Change(kind="interface", at=name, what="words", **said, substantial="interface" in substantial)


def _laid_out(study: Study) -> dict[Address, Value]:
    """Address → value, questions and other things with a name by that name; lists of codes as one value.

    What stands in an order of its own has its names at `IN_ORDER` as well; questions have not, see `_moved`.
    """
    found: dict[Address, Value] = {}

    def walk(plain: Plain, address: Address) -> None:
        match plain:
            case dict(entries) if entries:
                found[(*address, IN_ORDER)] = tuple(str(key) for key in entries)  # sorted, where order has no meaning
                for key, value in entries.items():
                    walk(value, (*address, key))
            case list(items) if any(isinstance(item, dict) for item in items):
                names = _names(items)
                if not any(isinstance(item, dict) and {"type", "questions"} & item.keys() for item in items):
                    found[(*address, IN_ORDER)] = tuple(name for name in names if isinstance(name, str))
                for name, item in zip(names, items, strict=True):
                    here = (address[0],) if isinstance(item, dict) and "type" in item else address
                    walk(item, (*here, name))
            case list(items):
                found[address] = ", ".join(str(item) for item in items)
            case bool():
                found[address] = str(plain).lower()
            case _:
                found[address] = str(plain)

    for name, plain in files_of(study.canonical).items():
        walk(plain, (name,))
    return found


def _names(items: list[Plain]) -> list[str | int]:
    """What each item of a list is called: its own name, numbered from the second of that name on, or its number."""
    names: list[str | int] = []
    for number, item in enumerate(items, 1):
        named = item.get("id", item.get("heading", item.get("place"))) if isinstance(item, dict) else None
        again = sum(str(name).split(" (")[0] == str(named) for name in names)
        names.append(number if named is None else f"{named} ({again + 1})" if again else str(named))
    return names


def _comparable(address: Address, was: Value | None, now: Value | None) -> tuple[str | None, str | None]:
    """Both values as words; of an order only the names that both versions have, and none where one has no order."""
    if address[-1] != IN_ORDER:
        assert not isinstance(was, tuple)
        assert not isinstance(now, tuple)
        return was, now
    before, after = was or (), now or ()
    return tuple(", ".join(name for name in one if name in other) for one, other in ((before, after), (after, before)))  # type: ignore[return-value]


def _kind(address: Address, was: str | None, now: str | None) -> tuple[Kind, str, str]:
    """What kind of change it is, at what, in which of its parts."""
    file, *rest = address
    ordered = rest[-1] == IN_ORDER
    rest = rest[:-1] if ordered else rest
    top, inner = str(rest[0]), "the order" if ordered else ".".join(str(each) for each in rest[1:])
    if ordered and str(file) in ("questionnaire.yaml", "story.yaml"):
        return "moved", f"the list “{rest[1]}”" if top == "choices" and len(rest) > 1 else top, inner or top
    if str(file).startswith("languages/"):
        return "translation", ".".join(str(each) for each in rest[1:]) or top, str(file)
    if file == "plan.yaml":
        return "plan", _named(rest), inner or top
    if file == "study.yaml":
        if top == "privacy":
            return "retention" if inner in RETENTION else "data", top, inner
        return HEAD.get(top, "setting"), ".".join(str(each) for each in rest[:2]), inner
    if top == "either_order":
        return "re-routed", top, inner
    if top == "choices":  # a shared list
        return (
            _choice(was, now),
            f"the list “{rest[1]}”" if len(rest) > 1 else top,
            ".".join(str(each) for each in rest[2:]),
        )
    key = str(rest[1]) if len(rest) > 1 else ""
    if key in ("type", "id") and (was is None or now is None):
        return "added" if was is None else "removed", top, key
    if key in ("choices", "off_scale", "rows"):
        return _choice(was, now), top, inner
    return QUESTION.get(key, "reworded" if file == "story.yaml" else "setting"), top, inner or top  # type: ignore[return-value]


def _choice(was: str | None, now: str | None) -> Kind:
    """A code that comes or goes recodes the answers; other words for it do not."""
    return "recoded" if was is None or now is None else "reworded"


def _named(rest: list[str | int]) -> str:
    """A comparison by its id, anything else of the plan by its first names."""
    if rest[0] == "families" and len(rest) > 3:
        return str(rest[3])
    return ".".join(str(each) for each in rest[:2])


def _moved(old: Study, new: Study) -> Iterator[tuple[str, str, str, str]]:
    """Questions that both versions have, and that had to change places for the new order, or stand on other pages."""
    before = [each.id for each in old.questions() if new.question(each.id) is not None]
    after = [each.id for each in new.questions() if old.question(each.id) is not None]
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    stayed = {id for block in blocks for id in before[block.a : block.a + block.size]}
    for id in before:
        if id not in stayed:
            yield id, "place", f"behind {_behind(before, id)}", f"behind {_behind(after, id)}"
    was, now = _pages(old, stayed), _pages(new, stayed)
    for id in before:
        if id in stayed and was[id] != now[id]:
            yield id, "page", was[id], now[id]


def _pages(study: Study, among: set[str]) -> dict[str, str]:
    """Question → the part it stands in and those beside it on its page, of some questions."""
    found = {}
    for part in study.parts:
        for page in part.pages:
            together = [each.id for each in page if each.id in among]
            for id in together:
                others = ", ".join(other for other in together if other != id)
                found[id] = f"in the part “{part.id}”, " + (f"on a page with {others}" if others else "on its own page")
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
    before, after = ({column.name: column for column in columns(study)} for study in (old, new))
    for name in [*before, *(each for each in after if each not in before)]:
        if name not in after:
            yield f"the column “{name}” is stored no longer"
        elif name not in before:
            yield f"the column “{name}” is stored now"
        elif _codes(before[name]) != _codes(after[name]):
            yield f"answers to “{name}” cannot be compared with those given before: its codes differ"


def _longer(role: str, was: Extent, now: Extent) -> Iterator[str]:
    if was.routes != now.routes:
        yield f"{role}: {now.routes:,} routes, {was.routes:,} before"
    for at, which in enumerate(("shortest", "longest")):
        more, minutes = now.questions[at] - was.questions[at], now.minutes[at] - was.minutes[at]
        if more or abs(minutes) >= 0.1:
            yield f"{role}, {which} route: {more:+d} questions, {minutes:+.1f} minutes".replace("-", "−")


def _codes(column: Column) -> tuple[object, ...]:
    return column.kind, tuple(choice.code for choice in column.choices), column.scale
