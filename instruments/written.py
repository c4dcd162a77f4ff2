"""Values as their author wrote them, each with its file and line; YAML's traps are refused here.

Scalars follow YAML 1.2 (`no` is the word no). Anchors, tags, duplicate keys and endless files are not
read: a board must be able to read what the machine reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

LARGEST_FILE = 1_000_000  # bytes
DEEPEST = 24

HINT = "; look at the indentation, and put quotes round words that hold a colon"

Key = int | str
Plain = None | bool | int | float | str | list["Plain"] | dict[Any, "Plain"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = re.compile(r"^(null|Null|NULL|~|)$")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"^[-+]?[0-9]+$")
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")


class Place(NamedTuple):
    """Where something was written."""

    file: str
    line: int


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something its author can mend: where it stands and what is wrong, in words."""

    file: str
    line: int
    message: str
    rule: str = "form"  # which of the rules in `instruments/checking` it breaks

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class Unreadable(Exception):
    """A file that is not the plain YAML we read; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Written:
    """One value with the place where it (or its key) stands."""

    value: bool | int | float | str | list[Written] | dict[Key, Written] | None
    file: str
    line: int

    @property
    def place(self) -> Place:
        """Its file and line."""
        return Place(self.file, self.line)

    def plain(self) -> Plain:
        """The value without its places."""
        match self.value:
            case list(items):
                return [item.plain() for item in items]
            case dict(entries):
                return {key: entry.plain() for key, entry in entries.items()}
            case scalar:
                return scalar


def written(plain: Plain, file: str) -> Written:
    """The same from plain values, as kept by the store: there are no lines any more."""
    match plain:
        case list(items):
            return Written([written(item, file) for item in items], file, 0)
        case dict(entries):
            return Written({key: written(entry, file) for key, entry in entries.items()}, file, 0)
        case scalar:
            return Written(scalar, file, 0)


def read_yaml(path: Path, file: str) -> Written:
    """Read one file. Raises Unreadable with the line, the words and what to do."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _not_read(file, 0, f"cannot be opened: {error.strerror}") from error
    if len(raw) > LARGEST_FILE:
        raise _not_read(file, 0, f"is larger than {LARGEST_FILE:,} bytes; a study is words")
    try:
        text = raw.decode("utf-8")
        _refuse_traps(text, file)
        node = yaml.compose(text, Loader=_LOADER)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _not_read(file, line, "is not UTF-8 text from here on; save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = (mark.line if mark else 0) + 1
        raise _not_read(file, line, f"is not readable YAML: {error.problem or error}{HINT}") from error
    except yaml.YAMLError as error:
        raise _not_read(file, 1, f"is not readable YAML: {str(error).splitlines()[0]}") from error
    if node is None:
        raise _not_read(file, 0, "is empty")
    return _from_node(node, file, node.start_mark.line + 1)


def _not_read(file: str, line: int, message: str, rule: str = "yaml") -> Unreadable:
    return Unreadable(Problem(file, line, message, rule))


def _refuse_traps(text: str, file: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = (event.start_mark.line if event.start_mark else 0) + 1
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor:
            raise _not_read(file, line, f"“{anchor}” is an anchor or alias; write the words out, for a board to read")
        if tag:
            raise _not_read(file, line, f"“{tag}” is a tag; write the plain value")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise _not_read(file, line, f"is nested deeper than {DEEPEST} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _from_node(node: yaml.Node, file: str, line: int) -> Written:
    if isinstance(node, yaml.ScalarNode):
        return Written(_scalar(node), file, line)
    if isinstance(node, yaml.SequenceNode):
        return Written([_from_node(item, file, item.start_mark.line + 1) for item in node.value], file, line)
    entries: dict[Key, Written] = {}
    for key_node, value_node in node.value:
        at = key_node.start_mark.line + 1
        key = _scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
        if isinstance(key, bool) or not isinstance(key, int | str):
            said = getattr(key_node, "value", "?")
            raise _not_read(file, at, f"“{said}” cannot be a key; use a name or a whole number")
        if key in entries:
            raise _not_read(file, at, f"“{key}” stands twice here (first in line {entries[key].line})", "duplicate")
        entries[key] = _from_node(value_node, file, at)
    return Written(entries, file, line)


def _scalar(node: yaml.ScalarNode) -> bool | int | float | str | None:
    text: str = node.value
    if node.style:  # quoted or a block: always words
        return text
    if _NULL.match(text):
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.match(text) and len(text) < 18:
        return int(text)
    return float(text) if _FLOAT.match(text) else text
