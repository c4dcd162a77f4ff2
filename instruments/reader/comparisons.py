"""Reading what is compared: planned comparisons, sensitivity runs, exploratory ones, and what a report shows."""

from __future__ import annotations

from typing import Any, cast

from ..plan import (
    DESIGNS,
    FORMS,
    TESTS,
    Comparison,
    Crossing,
    Exploratory,
    Group,
    Recall,
    Run,
    Sensitivity,
    Shown,
    Unmeasured,
)
from ..rules import ALWAYS
from ..written import Written
from .rules import rule
from .section import Problems, Section

COMPARISON = {
    "says": "the hypothesis, in words",
    "design": "own_experience, two_sides or story: what a finding may say",
    "test": ", ".join(TESTS),
    "outcome": "the column that is compared",
    "outcome_in_words": "how a sentence names a higher answer",
    "among": "a rule: who is compared at all",
    "first": "name: rule, the group named first",
    "second": "name: rule, the other group",
    "predicts": "first, second or neither: which group is expected to be higher",
    "contrast": "two entries name: rule; the effect in the first minus the effect in the second",
    "strata": "columns to stratify by",
    "adjusted": "the models beside it",
    "apart": "name: rule, groups in which it is also computed by itself",
    "through": "a column on the path: how much of the effect is left where it is alike",
    "falsified_when": "what would prove it wrong, in words",
    "planned_n": "people in each group, such as [[150, 150], [200, 100]]; any of these pairs is enough",
    "planned_for": "what that many people are enough for, in words",
    "smallest_group": "how many each group needs, where it is more than `no_test`",
}
EXPLORED = {
    **COMPARISON,
    "outcome": "the column that is compared, or several",
    "rows": "for a table: a column",
    "columns": "for a table: the other column",
}
RUN = {
    "says": "what is done differently, in words",
    "of": "the comparisons that it repeats",
    "instead": "column: the column that stands in its place",
    "without": "a rule: people who are left out",
    "unmeasured": "how strong an unmeasured cause would have to be",
    "recall": "what if some remembered less often",
}
UNMEASURED = {
    "outcome": "a yes-or-no column",
    "adjusted": "the model that it is standardised over",
    "beside": "name: rule, measured causes to hold it against",
}
RECALL = {
    "more": "the steps of the outcome that count as more of it",
    "recalled_by_more": "shares between 0 and 1: how many of those recall truly",
    "recalled_by_less": "a share: how many of the others do",
    "falsely": "shares: how many recall what never was",
}
SHOWN = {
    "title": "its heading",
    "form": ", ".join(FORMS),
    "columns": "what it shows: a list, or column: what the section calls it (for each role, if need be)",
    "among": "a rule: for whom",
}


def comparison(id: str, at: Written, problems: Problems) -> Comparison:
    """One comparison, as it was written under its id."""
    section = Section(at, COMPARISON, problems, f"the comparison {id}")
    return _comparison(id, section, section.words("outcome", needed=True) or "", problems)


def _comparison(id: str, section: Section, outcome: str, problems: Problems) -> Comparison:
    at = section.at
    contrast = tuple(groups(section, "contrast", problems))
    if "contrast" in section and len(contrast) != 2:
        problems.add(at, f"the contrast of {id} names exactly two groups")
    predicts = section.one_of("predicts", ("first", "second", "neither"), "first")
    return Comparison(
        id=id,
        place=at.place,
        says=section.words("says", needed=True) or "",
        design=cast(Any, section.one_of("design", DESIGNS, None) or "own_experience"),
        test=cast(Any, section.one_of("test", TESTS, None) or "brunner_munzel"),
        outcome=outcome,
        outcome_in_words=section.words("outcome_in_words") or outcome,
        first=_group(section, "first", problems),
        second=_group(section, "second", problems),
        among=rule(section.get("among"), problems),
        predicts=None if predicts == "neither" else cast(Any, predicts),
        contrast=(contrast[0], contrast[1]) if len(contrast) == 2 else None,
        strata=names(section, "strata"),
        adjusted=names(section, "adjusted"),
        apart=tuple(groups(section, "apart", problems)),
        through=section.words("through"),
        falsified_when=section.words("falsified_when"),
        planned_n=_pairs(section, problems),
        planned_for=section.words("planned_for"),
        smallest_group=section.whole("smallest_group", 0),
    )


def _group(section: Section, key: str, problems: Problems) -> Group:
    named = groups(section, key, problems, needed=True)
    if len(named) != 1:
        problems.add(section.at, f"“{key}” names one group: {{its name: its rule}}")
    return named[0] if named else Group(name=key, rule=ALWAYS)


def groups(section: Section, key: str, problems: Problems, *, needed: bool = False) -> list[Group]:
    """Groups as they were written: what a report calls them, and the rule."""
    return [Group(name=str(name), rule=rule(entry, problems)) for name, entry in section.mapping(key, needed=needed)]


def names(section: Section, key: str) -> tuple[str, ...]:
    """A list of names; a single one counts as a list of one."""
    return tuple(str(each.value) for each in section.items(key))


def explored(id: str, at: Written, problems: Problems) -> tuple[Exploratory, ...]:
    """What may be looked at without a verdict: a table, or a comparison of one outcome or several."""
    section = Section(at, EXPLORED, problems, f"the exploratory {id}")
    if "rows" in section or "columns" in section:
        return (
            Crossing(
                id=id,
                place=at.place,
                says=section.words("says", needed=True) or "",
                rows=section.words("rows", needed=True) or "",
                columns=section.words("columns", needed=True) or "",
                among=rule(section.get("among"), problems),
            ),
        )
    section.need("outcome")
    outcomes = names(section, "outcome")
    several = len(outcomes) > 1
    return tuple(_comparison(f"{id}_{outcome}" if several else id, section, outcome, problems) for outcome in outcomes)


def sensitivity(name: str, at: Written, problems: Problems) -> Sensitivity:
    """One sensitivity run, in one of its three forms."""
    section = Section(at, RUN, problems, f"the sensitivity run {name}")
    common: dict[str, Any] = {"name": name, "place": at.place, "says": section.words("says", needed=True) or ""}
    section.need("of")
    common["of"] = names(section, "of")
    forms = [form for form in ("unmeasured", "recall") if form in section]
    changed = [key for key in ("instead", "without") if key in section]
    if len(forms) + bool(changed) != 1:
        problems.add(
            at, f"the sensitivity run {name} says what is different: instead or without, unmeasured, or recall"
        )
    if forms == ["unmeasured"]:
        return _unmeasured(common, section, problems)
    if forms == ["recall"]:
        return _recall(common, section, problems)
    return Run(
        **common,
        instead={str(old): str(new.value) for old, new in section.mapping("instead")},
        without=rule(section.get("without"), problems) if "without" in section else None,
    )


def shown(name: str, at: Written, problems: Problems) -> Shown:
    """A section of the report."""
    section = Section(at, SHOWN, problems, f"the section {name}")
    at_columns = section.need("columns")
    named = at_columns is not None and isinstance(at_columns.value, dict)
    called = {str(column): _called(words) for column, words in section.mapping("columns")} if named else {}
    return Shown(
        name=name,
        place=at.place,
        title=section.words("title") or name,
        form=cast(Any, section.one_of("form", FORMS, "bars")),
        columns=tuple(called) or names(section, "columns"),
        called=called,
        among=rule(section.get("among"), problems) if "among" in section else ALWAYS,
    )


def _called(at: Written) -> dict[str, str]:
    """What each role's answers are called; one name for all roles stands under “”."""
    plain = at.plain()
    return {str(role): str(words) for role, words in plain.items()} if isinstance(plain, dict) else {"": str(plain)}


def _unmeasured(common: dict[str, Any], section: Section, problems: Problems) -> Unmeasured:
    at = section.get("unmeasured")
    assert at is not None
    inner = Section(at, UNMEASURED, problems, "unmeasured")
    return Unmeasured(
        **common,
        outcome=inner.words("outcome", needed=True) or "",
        adjusted=inner.words("adjusted", needed=True) or "",
        beside=tuple(groups(inner, "beside", problems)),
    )


def _recall(common: dict[str, Any], section: Section, problems: Problems) -> Recall:
    at = section.get("recall")
    assert at is not None
    inner = Section(at, RECALL, problems, "recall")
    for key in ("more", "recalled_by_more", "falsely"):
        inner.need(key)
    return Recall(
        **common,
        more=tuple(int(each.value) for each in inner.items("more") if isinstance(each.value, int)),
        recalled_by_more=_shares(inner, "recalled_by_more", problems),
        recalled_by_less=inner.fraction("recalled_by_less", 1.0),
        falsely=_shares(inner, "falsely", problems),
    )


def _shares(section: Section, key: str, problems: Problems) -> tuple[float, ...]:
    found = []
    for each in section.items(key):
        if isinstance(each.value, int | float) and not isinstance(each.value, bool) and 0 <= each.value <= 1:
            found.append(float(each.value))
        else:
            problems.add(each, f"“{key}” is shares between 0 and 1, not “{each.value}”")
    return tuple(found)


def _pairs(section: Section, problems: Problems) -> tuple[tuple[int, int], ...]:
    found = []
    for each in section.items("planned_n"):
        numbers = [item.value for item in each.value] if isinstance(each.value, list) else []
        if len(numbers) == 2 and all(isinstance(number, int) and number > 0 for number in numbers):
            found.append((cast(int, numbers[0]), cast(int, numbers[1])))
        else:
            problems.add(each, "“planned_n” is a list of pairs, such as [[150, 150], [200, 100]]")
    return tuple(found)
