"""Reading the stop rule of study.yaml: how many may say that it did them harm before the survey is paused."""

from __future__ import annotations

from ..model import Study
from ..records import columns
from ..terms import StopRule
from .section import Problems, Section, did_you_mean

STOP_RULE = {
    "column": "the question, or the row of a grid, that is counted",
    "codes": "the answers that count",
    "above": "the share of all answers that is too many, such as 0.10",
    "at": "how many opened answers it is looked at with: one number or more",
}


def stop_rule(section: Section, problems: Problems) -> StopRule | None:
    """The rule, if the study has one."""
    at = section.get("stop_rule")
    if at is None or at.value is None:
        return None
    inner = Section(at, STOP_RULE, problems, "the stop rule")
    inner.need("above")
    return StopRule(
        place=at.place,
        column=inner.words("column", needed=True) or "",
        codes=_whole_numbers(inner, "codes", 0, problems),
        above=inner.fraction("above", 0.0),
        at=tuple(sorted(_whole_numbers(inner, "at", 1, problems))),
    )


def _whole_numbers(inner: Section, key: str, low: int, problems: Problems) -> tuple[int, ...]:
    found, written = [], inner.items(key, needed=True)
    if not written and key in inner:
        problems.add(inner.entries[key], f"“{key}” of the stop rule names nothing")
    for each in written:
        if isinstance(each.value, int) and not isinstance(each.value, bool) and each.value >= low:
            found.append(each.value)
        else:
            problems.add(each, f"“{key}” of the stop rule: “{each.value}” is no whole number from {low} on")
    return tuple(found)


def stop_rule_leads_somewhere(study: Study, unread: set[str], problems: Problems) -> None:
    """Note a column that there is not, and codes that it never has; an `unread` question has faults of its own."""
    rule = study.stop_rule
    if rule is None or not rule.column or rule.column in unread:
        return
    coded = {each.name: {choice.code for choice in each.choices} for each in columns(study) if each.kind == "code"}
    if rule.column not in coded:
        meant = did_you_mean(rule.column, set(coded))
        problems.add(rule.place, f"stop_rule: “{rule.column}” is no question with codes{meant}", "leads-nowhere")
        return
    for code in rule.codes:
        if coded[rule.column] and code not in coded[rule.column]:
            problems.add(rule.place, f"stop_rule: “{rule.column}” is never “{code}”", "leads-nowhere")
