"""Reading plan.yaml: derived columns, groups, families of comparisons."""

from __future__ import annotations

from typing import Any, cast

from ..plan import (
    DESIGNS,
    Comparison,
    Derived,
    Difference,
    Family,
    FirstOf,
    Gates,
    MeanOf,
    Missing,
    Model,
    Plan,
    Recode,
    Smallest,
    When,
)
from ..written import Written
from .comparisons import comparison, explored, groups, names, sensitivity, shown
from .rules import rule
from .section import Problems, Section
from .section import name as a_name

FILE = {
    "status": "whether it is frozen, in words",
    "alpha": "the level of the tests",
    "smallest": "the smallest effects of interest",
    "gates": "how small a group may be",
    "leave_out": "a rule: people who are left out of every comparison",
    "split": "name: rule, the groups that every distribution is also shown by",
    "derived": "name: one of five forms",
    "families": "name: comparisons that share one correction",
    "models": "name: the columns of an adjusted analysis",
    "never_adjust_for": "columns on the path, or after it",
    "missing": "how answers that are none are taken",
    "sensitivity": "name: a run beside the main one",
    "exploratory": "name: what may be looked at without a verdict",
    "show": "name: a section of the report",
    "cautions": "design: what a finding of it does not show",
    "notes": "heading: a decision that only words can say",
}
SMALLEST = {
    "superiority": "for a probability of superiority",
    "risk_difference": "for two shares",
    "contrast": "for a difference of superiorities",
}
GATES = {
    "no_test": "below it nothing is computed",
    "permute": "below it the test permutes",
    "draws": "how many permutations",
}
DERIVED = {
    "when": "a rule: 1 where it holds",
    "among": "for `when`: who can be 0 or 1",
    "recode": "a column, with `to`",
    "to": "old code: new code or word",
    "first_of": "columns: the first that was asked",
    "mean_of": "columns, with `at_least`",
    "at_least": "how many must be answered",
    "difference": "two columns: the first minus the second",
    "means": "what it says, in words",
}
FORMS = ("when", "recode", "first_of", "mean_of", "difference")
MISSING = {
    "kept_in_tables": "codes that stay a category of their own in tables",
    "bounds_over": "the share of people lost to an adjusted model from which bounds are shown",
}
FAMILY = {"title": "what the comparisons share", "comparisons": "name: a comparison"}
MODEL = {"terms": "columns", "means": "why these, in words"}


def plan(at: Written | None, problems: Problems) -> Plan:
    """The plan as written; a study without one plans nothing."""
    if at is None:
        return Plan()
    section = Section(at, FILE, problems, "plan.yaml")
    families, comparisons = _families(section, problems)
    return Plan(
        status=section.words("status"),
        alpha=section.fraction("alpha", 0.05),
        smallest=_smallest(section, problems),
        gates=_gates(section, problems),
        leave_out=rule(section.get("leave_out"), problems) if section.get("leave_out") else None,
        split=tuple(groups(section, "split", problems)),
        derived=tuple(
            made for name, entry in section.mapping("derived") if (made := _derived(str(name), entry, problems))
        ),
        families=families,
        comparisons=comparisons,
        models=tuple(_model(str(name), entry, problems) for name, entry in section.mapping("models")),
        never_adjust_for=names(section, "never_adjust_for"),
        missing=_missing(section, problems),
        sensitivity=tuple(sensitivity(str(name), entry, problems) for name, entry in section.mapping("sensitivity")),
        exploratory=tuple(
            each for name, entry in section.mapping("exploratory") for each in explored(str(name), entry, problems)
        ),
        show=tuple(shown(str(name), entry, problems) for name, entry in section.mapping("show")),
        cautions=_cautions(section, problems),
        notes={str(name): str(entry.value) for name, entry in section.mapping("notes")},
    )


def _derived(name: str, at: Written, problems: Problems) -> Derived | None:
    section = Section(at, DERIVED, problems, f"the derived column “{name}”")
    forms = [form for form in FORMS if form in section]
    if len(forms) != 1:
        problems.add(at, f"“{name}” takes exactly one of {', '.join(FORMS)}")
        return None
    common: dict[str, Any] = {"name": a_name(name, at, problems), "place": at.place, "means": section.words("means")}
    match forms[0]:
        case "when":
            return When(**common, rule=rule(section.get("when"), problems), among=rule(section.get("among"), problems))
        case "recode":
            to = {code: entry.value for code, entry in section.mapping("to", needed=True)}
            if not all(isinstance(code, int) for code in to) or not all(
                isinstance(new, int | str) for new in to.values()
            ):
                problems.add(at, f"“{name}” recodes whole numbers to numbers or words")
                return None
            return Recode(**common, of=section.words("recode") or "", to=cast(Any, to))
        case "first_of":
            return FirstOf(**common, of=names(section, "first_of"))
        case "mean_of":
            return MeanOf(**common, of=names(section, "mean_of"), at_least=section.whole("at_least", 1))
        case _:
            two = names(section, "difference")
            if len(two) != 2:
                problems.add(at, f"“{name}” is a difference of exactly two columns")
                return None
            return Difference(**common, of=two[0], minus=two[1])


def _families(section: Section, problems: Problems) -> tuple[tuple[Family, ...], tuple[Comparison, ...]]:
    families: list[Family] = []
    comparisons: list[Comparison] = []
    for id, entry in section.mapping("families"):
        inner = Section(entry, FAMILY, problems, f"family {id}")
        made: list[Comparison] = []
        for name, one in inner.mapping("comparisons", needed=True):
            if name in [each.id for each in (*comparisons, *made)]:
                problems.add(one, f"“{name}” is already the name of a comparison")
            made.append(comparison(str(name), one, problems))
        families.append(
            Family(id=str(id), title=inner.words("title") or str(id), comparisons=tuple(each.id for each in made))
        )
        comparisons += made
    return tuple(families), tuple(comparisons)


def _model(name: str, at: Written, problems: Problems) -> Model:
    section = Section(at, MODEL, problems, f"the model {name}")
    return Model(name=name, place=at.place, terms=names(section, "terms"), means=section.words("means"))


def _cautions(section: Section, problems: Problems) -> dict[str, str]:
    found = {}
    for design, entry in section.mapping("cautions"):
        if design not in DESIGNS:
            problems.add(entry, f"“{design}” is not a design; it is one of {', '.join(DESIGNS)}")
        found[str(design)] = str(entry.value)
    return found


def _smallest(section: Section, problems: Problems) -> Smallest:
    at = section.get("smallest")
    if at is None:
        return Smallest()
    inner = Section(at, SMALLEST, problems, "smallest")
    return Smallest(**{key: inner.fraction(key, getattr(Smallest(), key)) for key in SMALLEST})


def _gates(section: Section, problems: Problems) -> Gates:
    at = section.get("gates")
    if at is None:
        return Gates()
    inner = Section(at, GATES, problems, "gates")
    return Gates(**{key: inner.whole(key, getattr(Gates(), key)) for key in GATES})


def _missing(section: Section, problems: Problems) -> Missing:
    at = section.get("missing")
    if at is None:
        return Missing()
    inner = Section(at, MISSING, problems, "missing")
    kept = tuple(each.value for each in inner.items("kept_in_tables") if isinstance(each.value, int))
    return Missing(
        kept_in_tables=kept if "kept_in_tables" in inner else Missing().kept_in_tables,
        bounds_over=inner.fraction("bounds_over", Missing().bounds_over),
    )
