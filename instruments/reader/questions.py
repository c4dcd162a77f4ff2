"""Reading one question: each kind has its own keys, and all share who is asked, why, and when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model import NOT_SURE, PREFER_NOT, ChooseMany, ChooseOne, Grid, Note, Number, Question, Rating, Row, Text
from ..terms import Choice, Wording
from ..written import Key, Written
from .rules import rule
from .section import Problems, Section, did_you_mean, name
from .wording import ChoiceLists, wording

EVERY_QUESTION = {
    "id": "the column name, for ever",
    "type": "rating, choose_one, choose_many, number, text, grid or note",
    "text": "the words, for all or one wording a role",
    "hint": "a second, smaller line",
    "roles": "who is asked, if not everybody",
    "module": "the module it belongs to, for all or a role; core if nothing is said",
    "show_if": "the rule that says who sees it",
    "beside": "the other side's question, where the two cannot be one",
    "construct": "what it measures",
    "reason": "why it is asked",
    "source": "where it comes from",
    "sensitive": "true where it may bring back a bad time",
}
REFUSALS = {
    "not_sure": "true, or other words for it: offers 97",
    "prefer_not": "false takes 98, “Prefer not to say”, away",
}
LABELS = {"labels": "other words for some codes of a shared list"}
SHUFFLE = {"shuffle": "true for an order of its own for each person", "last": "codes that stay at the end"}
BY_TYPE: Mapping[str, Mapping[str, str]] = {
    "rating": {
        "choices": "the steps, in order",
        "off_scale": "answers beside the steps, such as “It depends”",
        "flip": "half: half of the people see the steps reversed; with ID: as that question",
        **LABELS,
        **REFUSALS,
    },
    "choose_one": {"choices": "the answers", **LABELS, **SHUFFLE, **REFUSALS},
    "choose_many": {"choices": "the answers", "exclusive": "codes that stand alone", **LABELS, **SHUFFLE, **REFUSALS},
    "number": {"low": "the smallest", "high": "the largest", **REFUSALS},
    "text": {"longest": "how many letters it holds"},
    "grid": {"rows": "column name: words", "choices": "the steps, in order", "shuffle": "rows", **LABELS, **REFUSALS},
    "note": {},
}


class Questions:
    """Reads questions with what they share: the roles, the lists, the modules that are on."""

    def __init__(
        self,
        roles: tuple[str, ...],
        modules: tuple[str, ...],
        interface: Mapping[str, str],
        lists: ChoiceLists,
        problems: Problems,
    ) -> None:
        self.roles, self.modules, self.interface = roles, modules, interface
        self.lists, self.problems = lists, problems
        self.off: set[str] = set()  # questions of modules that are off
        self.unread: set[str] = set()  # questions whose type cannot be read

    def question(self, at: Written) -> Question | None:
        """One question, or None where it is in a module that is off or cannot be read."""
        entries = at.value if isinstance(at.value, dict) else {}
        kind = entries["type"].value if "type" in entries else None
        if not isinstance(kind, str) or kind not in BY_TYPE:
            self._no_such_type(at, entries, kind)
            return None
        section = Section(at, {**EVERY_QUESTION, **BY_TYPE[kind]}, self.problems, f"a {kind} question")
        id = section.words("id", needed=True) or ""
        if id:
            name(id, at, self.problems)
        asked = self._roles(section)
        text = self._words(section, "text", asked, needed=True)
        roles = tuple(role for role in asked if self._module(section, role) in self.modules)
        common: dict[str, Any] = {
            "id": id,
            "place": at.place,
            "roles": roles,
            "text": text,
            "text_apart": "text" in section and isinstance(section.entries["text"].value, dict),
            "hint": self._words(section, "hint", asked) or None,
            "show_if": rule(section.get("show_if"), self.problems),
            "beside": section.words("beside"),
            "construct": self._words(section, "construct", asked),
            "reason": self._words(section, "reason", asked),
            "source": self._sources(section, asked),
            "sensitive": section.truth("sensitive", False),
        }
        made = self._made(kind, section, asked, common)
        if not roles:
            self.off.update({id, *(row.id for row in made.rows)} if isinstance(made, Grid) else {id})
            return None
        return made

    def _no_such_type(self, at: Written, entries: Mapping[Key, Written], kind: object) -> None:
        """Without its type a question cannot be read; its name is remembered, so that rules on it are no faults."""
        if "id" in entries:
            self.unread.add(str(entries["id"].value))
        if "type" in entries:
            meant = did_you_mean(str(kind), set(BY_TYPE)) or f"; it is one of {', '.join(BY_TYPE)}"
            self.problems.add(entries["type"], f"“{kind}” is not a type of question{meant}")
            return
        near = [(key, entry) for key, entry in entries.items() if key not in EVERY_QUESTION]
        misspelt = next((entry for key, entry in near if did_you_mean(str(key), ("type",))), None)
        if misspelt is None:
            self.problems.add(at, "a question needs “type”")
        else:
            key = next(key for key, entry in near if entry is misspelt)
            self.problems.add(misspelt, f"“{key}” is not a key of a question; did you mean “type”?")

    def _made(self, kind: str, section: Section, roles: tuple[str, ...], common: dict[str, Any]) -> Question:
        match kind:
            case "rating":
                return Rating(
                    **common,
                    scale=self.lists.choices(section, "choices", roles),
                    off_scale=self.lists.choices(section, "off_scale", roles, needed=False),
                    refusals=self._refusals(section, roles),
                    flip=self._flip(section, common["id"]),
                )
            case "choose_one":
                return ChooseOne(
                    **common,
                    choices=self.lists.choices(section, "choices", roles),
                    refusals=self._refusals(section, roles),
                    shuffle=section.truth("shuffle", False),
                    last=self._codes(section, "last"),
                )
            case "choose_many":
                return ChooseMany(
                    **common,
                    choices=self.lists.choices(section, "choices", roles),
                    refusals=self._refusals(section, roles),
                    exclusive=self._codes(section, "exclusive"),
                    shuffle=section.truth("shuffle", False),
                    last=self._codes(section, "last"),
                )
            case "number":
                low, high = section.whole("low", 0), section.whole("high", 999_999)
                if low > high:
                    self.problems.add(section.at, f"low {low} is above high {high}")
                return Number(**common, low=low, high=high, refusals=self._refusals(section, roles))
            case "text":
                return Text(**common, longest=section.whole("longest", 600))
            case "grid":
                return Grid(
                    **common,
                    rows=self._rows(section, roles),
                    scale=self.lists.choices(section, "choices", roles),
                    refusals=self._refusals(section, roles),
                    shuffle=section.one_of("shuffle", ("rows",), "") == "rows",
                )
            case _:
                return Note(**common)

    def _rows(self, section: Section, roles: tuple[str, ...]) -> tuple[Row, ...]:
        return tuple(
            Row(id=name(str(row), entry, self.problems), text=wording(entry, roles, self.problems, f"row {row}"))
            for row, entry in section.mapping("rows", needed=True)
        )

    def _roles(self, section: Section) -> tuple[str, ...]:
        listed = section.items("roles")
        for each in listed:
            if each.value not in self.roles:
                self.problems.add(each, f"“{each.value}” is not a role{did_you_mean(str(each.value), self.roles)}")
        return tuple(role for role in self.roles if not listed or role in [each.value for each in listed])

    def _module(self, section: Section, role: str) -> str:
        at = section.get("module")
        if at is None:
            return "core"
        value = at.value.get(role) if isinstance(at.value, dict) else at
        return str(value.value) if value is not None else "core"

    def _words(self, section: Section, key: str, roles: tuple[str, ...], *, needed: bool = False) -> Wording:
        at = section.need(key) if needed else section.get(key)
        return {} if at is None else wording(at, roles, self.problems, f"“{key}”")

    def _sources(self, section: Section, roles: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
        """Where it comes from: one list, or one a role."""
        at = section.get("source")
        by_role = at.value if at is not None and isinstance(at.value, dict) else dict.fromkeys(roles, at)
        found = {}
        for role in roles:
            listed = by_role.get(role)
            items = listed.value if listed is not None and isinstance(listed.value, list) else [listed]
            found[role] = tuple(str(each.value) for each in items if each is not None)
        return found

    def _refusals(self, section: Section, roles: tuple[str, ...]) -> tuple[Choice, ...]:
        found = []
        not_sure = section.get("not_sure")
        if not_sure is not None and not_sure.value is not False:
            said = self.interface["not_sure"] if not_sure.value is True else section.words("not_sure")
            found.append(Choice(code=NOT_SURE, label=dict.fromkeys(roles, said or "")))
        if section.truth("prefer_not", True):
            found.append(Choice(code=PREFER_NOT, label=dict.fromkeys(roles, self.interface["prefer_not"])))
        return tuple(found)

    def _flip(self, section: Section, id: str) -> str | None:
        said = section.words("flip")
        if said is None:
            return None
        if said == "half":
            return id
        if said.startswith("with "):
            return said.removeprefix("with ").strip()
        self.problems.add(section.entries["flip"], f"“{said}” is not a flip; write half, or with ID")
        return None

    def _codes(self, section: Section, key: str) -> tuple[int, ...]:
        found = []
        for each in section.items(key):
            if isinstance(each.value, int) and not isinstance(each.value, bool):
                found.append(each.value)
            else:
                self.problems.add(each, f"“{each.value}” is not a code")
        return tuple(found)
