"""Reading a mapping key by key: what is unknown is refused with a suggestion, and every problem is gathered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches

from ..written import Key, Place, Problem, Written

NAME = re.compile(r"^[a-z][a-z0-9_]*$")
DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
RESERVED = ("any", "not", "blank")


class Problems:
    """Gathers every problem, so that an author sees them all at once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, at: Written | Place, message: str, rule: str = "form") -> None:
        """Note a problem at the place where `at` was written."""
        self.found.append(Problem(at.file, at.line, message, rule))


class Section:
    """One mapping being read. Every known key is taken by name; what is left over is a problem.

    `keys` says what each key is for; it is the one list that the reader, its suggestions and the
    authors' page share.
    """

    def __init__(self, at: Written, keys: Mapping[str, str], problems: Problems, what: str) -> None:
        self.at, self.problems, self.what = at, problems, what
        self.entries: dict[Key, Written] = at.value if isinstance(at.value, dict) else {}
        if not isinstance(at.value, dict):
            problems.add(at, f"{what} is written as “key: value” lines, not as {_kind(at)}")
        for key, entry in self.entries.items():
            if key not in keys:
                problems.add(entry, f"“{key}” is not a key of {what}{did_you_mean(str(key), keys)}", "unknown-key")

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def get(self, key: str) -> Written | None:
        """What was written under the key, or None."""
        return self.entries.get(key)

    def need(self, key: str) -> Written | None:
        """The same, and a problem if it is missing."""
        if key not in self.entries:
            self.problems.add(self.at, f"{self.what} needs “{key}”", "missing-key")
        return self.entries.get(key)

    def words(self, key: str, *, needed: bool = False) -> str | None:
        """A line of words, or None. A number or date is taken as the author typed it."""
        entry = self.need(key) if needed else self.get(key)
        return None if entry is None else words(entry, self.problems, f"“{key}”", empty=not needed)

    def truth(self, key: str, default: bool) -> bool:
        """true or false."""
        entry = self.get(key)
        if entry is None:
            return default
        if isinstance(entry.value, bool):
            return entry.value
        self.problems.add(entry, f"“{key}” is true or false, not “{entry.value}”")
        return default

    def whole(self, key: str, default: int) -> int:
        """A whole number."""
        entry = self.get(key)
        if entry is None:
            return default
        if isinstance(entry.value, int) and not isinstance(entry.value, bool):
            return entry.value
        self.problems.add(entry, f"“{key}” is a whole number, not “{entry.value}”")
        return default

    def fraction(self, key: str, default: float) -> float:
        """A number between 0 and 1."""
        entry = self.get(key)
        if entry is None:
            return default
        if isinstance(entry.value, int | float) and not isinstance(entry.value, bool) and 0 <= entry.value <= 1:
            return float(entry.value)
        self.problems.add(entry, f"“{key}” is a number between 0 and 1, not “{entry.value}”")
        return default

    def day(self, key: str, *, needed: bool = False) -> str | None:
        """A day, as 2026-11-23."""
        said = self.words(key, needed=needed)
        if said is None or is_day(said):
            return said
        self.problems.add(self.entries[key], f"“{said}” is not a day; write it like 2026-11-23")
        return None

    def one_of(self, key: str, allowed: tuple[str, ...], default: str | None) -> str | None:
        """One of a closed list of words."""
        entry = self.get(key)
        if entry is None:
            if default is None:
                self.need(key)
            return default
        if entry.value in allowed:
            return str(entry.value)
        meant = did_you_mean(str(entry.value), allowed) or f"; it is one of {', '.join(allowed)}"
        self.problems.add(entry, f"“{entry.value}” is not a {key} of {self.what}{meant}")
        return default

    def items(self, key: str, *, needed: bool = False) -> list[Written]:
        """The items of a list; a single value counts as a list of one."""
        entry = self.need(key) if needed else self.get(key)
        if entry is None or entry.value is None:
            return []
        return entry.value if isinstance(entry.value, list) else [entry]

    def mapping(self, key: str, *, needed: bool = False) -> Iterator[tuple[Key, Written]]:
        """The entries of a mapping, in the order written."""
        entry = self.need(key) if needed else self.get(key)
        if entry is None or entry.value is None:
            return iter(())
        if isinstance(entry.value, dict):
            return iter(entry.value.items())
        self.problems.add(entry, f"“{key}” is written as “name: value” lines, not as {_kind(entry)}")
        return iter(())


def words(at: Written, problems: Problems, what: str, *, empty: bool = False) -> str | None:
    """A scalar as words; null is allowed where `empty` says so."""
    if at.value is None and empty:
        return None
    if isinstance(at.value, str) and at.value.strip():
        return at.value.strip()
    if isinstance(at.value, int | float) and not isinstance(at.value, bool):
        return str(at.value)
    problems.add(at, f"{what} is words, not {_kind(at)}")
    return None


def name(text: str, at: Written, problems: Problems) -> str:
    """A name that may become a column, a field and a word in rules; anything else is a problem."""
    if not NAME.match(text):
        problems.add(at, f"“{text}” is not a name; use small letters, digits and _")
    elif text in RESERVED:
        problems.add(at, f"“{text}” means something else in rules; choose another name")
    return text


def is_day(text: str) -> bool:
    """Is it a day that there is, as 2026-11-23?"""
    try:
        return bool(DAY.match(text) and date.fromisoformat(text))
    except ValueError:
        return False


def did_you_mean(written: str, known: Mapping[str, str] | tuple[str, ...] | set[str]) -> str:
    """`; did you mean “…”?`, or nothing where no known word is near."""
    near = get_close_matches(written, [str(each) for each in known], n=1, cutoff=0.6)
    return f"; did you mean “{near[0]}”?" if near else ""


def _kind(at: Written) -> str:
    match at.value:
        case None | "":
            return "nothing"
        case dict():
            return "“key: value” lines"
        case list():
            return "a list"
        case _:
            return f"“{at.value}”"
