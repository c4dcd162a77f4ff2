"""A study laid out flat: everything that the fingerprint covers as address → value, so that nothing changes unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from .fingerprint import IN_ORDER, files_of
from .written import Plain

Address = tuple[str | int, ...]
QUESTION = "question"
INSIDE = "inside"
WRAPPERS = ("page", "parts", "questions")  # they say where a question stands, and have no words of their own


def laid_out(canonical: str) -> dict[Address, str]:
    """Address → value as JSON, so that 10 is not "10"; questions by their id, other things by their names.

    What stands in an order of its own has its names at `IN_ORDER`, and each question what it stands `INSIDE`.
    """
    found: dict[Address, str] = {}

    def walk(plain: Plain, address: Address) -> None:
        match plain:
            case dict(entries) if entries:
                found[(*address, IN_ORDER)] = _json([str(key) for key in entries])  # sorted, where it has no meaning
                for key, value in entries.items():
                    walk(value, (*address, key))
            case list(items) if any(isinstance(item, dict) for item in items):
                names = _names(items)
                if not any(isinstance(item, dict) and {"type", "questions"} & item.keys() for item in items):
                    found[(*address, IN_ORDER)] = _json([name for name in names if isinstance(name, str)])
                for name, item in zip(names, items, strict=True):
                    if isinstance(item, dict) and "type" in item:
                        found[(address[0], QUESTION, name, INSIDE)] = _json(_around(address))
                        walk(item, (address[0], QUESTION, name))
                    else:
                        walk(item, (*address, name))
            case _:
                found[address] = _json(plain)

    for name, plain in files_of(canonical).items():
        walk(plain, (name,))
    return found


def asked_in_order(flat: Mapping[Address, str]) -> list[str]:
    """Every question in the order written, also those of modules that are not asked, questionnaire before story."""
    return [str(address[2]) for address in flat if address[1] == QUESTION and address[-1] == INSIDE]


def ordered_lists(flat: Mapping[Address, str]) -> set[str]:
    """The shared lists of choices that some question takes as ordered."""
    found = set()
    for address, value in flat.items():
        if address[1] == QUESTION and address[3:] == ("choices",) and value.startswith('"'):
            kind = flat.get((*address[:3], "type"))
            if kind in ('"rating"', '"grid"'):
                found.add(str(json.loads(value)))
    return found


def comparable(address: Address, was: str | None, now: str | None) -> tuple[str | None, str | None]:
    """Both values; of an order only the names that both versions have, and none where one has no order."""
    if address[-1] != IN_ORDER:
        return was, now
    before, after = (json.loads(each) if each else [] for each in (was, now))
    return tuple(_json([name for name in one if name in other]) for one, other in ((before, after), (after, before)))  # type: ignore[return-value]


def in_words(was: str | None, now: str | None) -> tuple[str | None, str | None]:
    """Both values as a person reads them; as they are written where they would look alike."""
    shown = _shown(was), _shown(now)
    return (was, now) if shown[0] == shown[1] else shown


def from_elsewhere(address: Address, value: str | None, flat: Mapping[Address, str]) -> bool:
    """Did the same words stand beside this address before: at another code, another level, another row?"""
    return value is not None and any(
        other != address and said == value and _beside(address, other) for other, said in flat.items()
    )


def _beside(address: Address, other: Address) -> bool:
    """Do two addresses differ in one step behind the second, and so name two things of one list?"""
    if len(address) != len(other) or address[-1] == IN_ORDER:
        return False
    return address[:2] == other[:2] and sum(one != two for one, two in zip(address, other, strict=True)) == 1


def _shown(value: str | None) -> str | None:
    match json.loads(value) if value is not None else ...:
        case e if e is ...:
            return None
        case None:
            return "(not decided)"
        case bool() as truth:
            return str(truth).lower()
        case list() as items:
            return ", ".join(str(item) for item in items)
        case other:
            return str(other)


def _names(items: list[Plain]) -> list[str | int]:
    """What each item of a list is called: its own name, numbered where it stands already, or its number."""
    names: list[str | int] = []
    for number, item in enumerate(items, 1):
        named = item.get("id", item.get("heading", item.get("place"))) if isinstance(item, dict) else None
        names.append(number if named is None else next(each for each in _called(str(named)) if each not in names))
    return names


def _called(name: str) -> Iterator[str]:
    yield name
    for number in range(2, 10_000):
        yield f"{name} ({number})"


def _around(address: Address) -> str:
    """The part or list that a question stands in."""
    return ".".join(str(each) for each in address[1:] if isinstance(each, str) and each not in WRAPPERS) or str(
        address[-1]
    )


def _json(plain: object) -> str:
    return json.dumps(plain, ensure_ascii=False)
