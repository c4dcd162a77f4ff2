"""Reading a rule: `{met: [1, 2], saw: 1}`, `any: [...]`, `not: {...}`."""

from __future__ import annotations

from ..rules import ALWAYS, AllOf, AnyOf, Is, NoneOf, Rule, Value
from ..written import Written
from .section import Problems


def rule(at: Written | None, problems: Problems) -> Rule:
    """The rule as written; nothing written is the rule that always holds."""
    if at is None or at.value is None:
        return ALWAYS
    if not isinstance(at.value, dict) or not at.value:
        problems.add(at, "a rule is written as {question: [codes]}, any: [rules] or not: rule")
        return ALWAYS
    parts: list[Rule] = []
    for key, entry in at.value.items():
        match key:
            case "any":
                inner = entry.value if isinstance(entry.value, list) else [entry]
                parts.append(AnyOf(tuple(rule(each, problems) for each in inner)))
            case "not" if entry.value is None:
                problems.add(entry, "“not” needs a rule: as it stands it never holds")
            case "not":
                parts.append(NoneOf(rule(entry, problems)))
            case _:
                parts.append(Is(str(key), values(entry, problems)))
    parts.sort(key=lambda part: not (isinstance(part, Is) and part.column == "role"))  # sentences name people first
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def values(at: Written, problems: Problems) -> tuple[Value, ...]:
    """One value or a list of them: codes, or words such as `blank`."""
    listed = at.value if isinstance(at.value, list) else [at]
    found: list[Value] = []
    if not listed:
        problems.add(at, "an empty list never holds; name at least one code")
    for each in listed:
        if isinstance(each.value, int | str) and not isinstance(each.value, bool):
            found.append(each.value)
        else:
            problems.add(each, f"a rule looks for codes or words, not “{each.value}”")
    return tuple(found)
