"""The analysis plan in words, as it will run, with what it can find at the planned number of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..asked_of import picked_out
from ..checklists import in_pairs
from ..paper.blocks import Block, Heading, NewPage, Paragraph, Points, Run, Table, Words
from ..plan import Comparison, Crossing, Derived, Difference, FirstOf, MeanOf, Recode, When
from ..rules import ALWAYS
from .given import Given, open_words, words


def plan(given: Given) -> Iterator[Block]:
    """Everything that was decided before the first answer."""
    study, told = given.study, words("plan")
    decided = study.plan
    yield NewPage()
    yield Heading(1, "Analysis plan")
    if not decided.comparisons:
        yield Paragraph("The study plans no comparisons.")
        return
    yield Paragraph(told["intro"])
    smallest, gates = decided.smallest, decided.gates
    yield Paragraph(
        told["verdicts"].format(
            alpha=decided.alpha,
            superiority=smallest.superiority,
            points=round(100 * smallest.risk_difference),
            contrast=smallest.contrast,
        )
    )
    yield Paragraph(told["gates"].format(no_test=gates.no_test, permute=gates.permute))
    if decided.leave_out:
        yield Paragraph(f"Left out of every comparison: {picked_out(study, decided.leave_out)}.")
    named = {each.id: each for each in decided.comparisons}
    for family in decided.families:
        yield Heading(2, f"Family {family.id}: {family.title}")
        for id in family.comparisons:
            yield Heading(3, f"{id} {named[id].says}", numbered=False)
            rows = tuple(_compared(given, named[id], told))
            yield Table(caption=f"How {id} is compared", head=("what", "as planned"), rows=rows, widths=(1, 4))
    yield from _power(given, told)
    yield from _columns(given)
    yield from _beside(given)


def _compared(given: Given, planned: Comparison, told: Mapping[str, Any]) -> Iterator[tuple[Words, ...]]:
    study = given.study
    yield "what is compared", f"{planned.outcome_in_words} ({planned.outcome})"
    yield "first group", f"{planned.first.name}: {picked_out(study, planned.first.rule)}"
    yield "second group", f"{planned.second.name}: {picked_out(study, planned.second.rule)}"
    if planned.among != ALWAYS:
        yield "among", picked_out(study, planned.among)
    if planned.contrast:
        yield "beside", " and ".join(f"{each.name}: {picked_out(study, each.rule)}" for each in planned.contrast)
    higher = {"first": planned.first.name, "second": planned.second.name, None: "neither"}[planned.predicts]
    yield "expected to be higher", higher
    yield "how", told["tests"][planned.test]
    yield "what it can show", told["designs"][planned.design]
    apart = tuple(each.name for each in planned.apart)
    for name, said in (
        ("within strata of", planned.strata),
        ("adjusted by the models", planned.adjusted),
        ("also within", apart),
    ):
        if said:
            yield name, ", ".join(said)
    yield "what would prove it wrong", planned.falsified_when or open_words()
    people = in_pairs(planned.planned_n) + (f", for {planned.planned_for}" if planned.planned_for else "")
    yield "planned people in each group", people or open_words()


def _power(given: Given, told: Mapping[str, Any]) -> Iterator[Block]:
    yield Heading(2, "Power at the planned number of people")
    found = given.power
    if found is None:
        yield Paragraph((Run(f"Power figures: {given.no_power}", "open"),))
        return
    yield Paragraph(told["power"].format(trials=f"{found['trials']:,}"))
    rows = tuple(
        (
            each["id"],
            f"{each['n'][0]} + {each['n'][1]}",
            _effect(each, each["effect"]),
            _share(each["first"]),
            _share(each["last"]),
            _effect(each, each["least"][0]),
        )
        for each in found["comparisons"]
    )
    yield Table(caption="Power of each planned comparison", head=tuple(told["power_head"]), rows=rows)


def _effect(one: Mapping[str, Any], value: float | None) -> str:
    if value is None:
        return "–"
    return f"{100 * value:+.0f} points".replace("-", "−") if one["kind"] == "difference" else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _columns(given: Given) -> Iterator[Block]:
    derived = given.study.plan.derived
    if derived:
        yield Heading(2, "Columns that are worked out")
        rows = tuple(((Run(each.name, "code"),), each.means or "", _made(given, each)) for each in derived)
        yield Table(
            caption="Derived columns", head=("column", "what it means", "how it is made"), rows=rows, widths=(3, 3, 5)
        )


def _made(given: Given, each: Derived) -> str:
    match each:
        case When(rule=rule, among=among):
            within = f"; said of {picked_out(given.study, among)}" if among != ALWAYS else ""
            return f"1 where {picked_out(given.study, rule)}{within}"
        case Recode(of=of, to=to):
            return f"{of}: " + ", ".join(f"{old} → {new}" for old, new in to.items())
        case FirstOf(of=of):
            return f"the first that was asked of {', '.join(of)}"
        case MeanOf(of=of, at_least=least):
            return f"the mean of {', '.join(of)}, where at least {least} are answered"
        case Difference(of=of, minus=minus):
            return f"{of} minus {minus}"


def _beside(given: Given) -> Iterator[Block]:
    """Models, sensitivity runs, what is exploratory, and what only words can say."""
    decided = given.study.plan
    for title, lines in (
        ("Models", [f"{each.name}: {', '.join(each.terms)}. {each.means or ''}" for each in decided.models]),
        ("Never adjusted for", list(decided.never_adjust_for)),
        ("Sensitivity runs", [f"{each.name} ({', '.join(each.of)}): {each.says}" for each in decided.sensitivity]),
        (
            "Exploratory, without a verdict",
            [
                f"{each.id}: {each.says}" + (f" ({each.rows} by {each.columns})" if isinstance(each, Crossing) else "")
                for each in decided.exploratory
            ],
        ),
        ("Cautions that every finding carries", list(decided.cautions.values())),
        ("Notes", list(decided.notes.values())),
    ):
        if lines:
            yield Heading(2, title)
            yield Points(tuple(lines))
