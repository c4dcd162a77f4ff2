"""What is stored and what is never, how people are kept safe, and for whom the pages work."""

from __future__ import annotations

from collections.abc import Iterator

from ..asked_of import worded
from ..paper.blocks import Block, Heading, Paragraph, Points, Run, Table
from ..records import TABLES, Column, columns
from ..terms import StopRule
from .given import TOLD_BY_THE_TEAM, Given, decided, open_words, team, words


def data_map(given: Given) -> Iterator[Block]:
    """Every stored field from the tables that the survey itself uses, what is never stored, and the one cookie."""
    study, told = given.study, words("data")
    privacy = study.privacy
    yield Heading(1, "Data: what is stored, and what is never")
    yield Paragraph(told["stored"])
    until = privacy.keep_until or study.words["not_yet_decided"]
    yield Paragraph(decided(given, told["who_sees"].format(keep_until=until)))
    rows = tuple(
        ((Run(each.name, "code"),), next(iter(each.text.values())), each.kind, _why(given, each))
        for each in columns(study)
    )
    about = "which study, and whether it is real"
    rows = (*(((Run(name, "code"),), said, "word", about) for name, said in told["origin"].items()), *rows)
    yield Table(
        caption="Sealed for each person who sends",
        head=("column", "what it holds", "kind", "why"),
        rows=rows,
        widths=(4, 9, 2, 3),
    )
    beside = ", ".join(tick.id for tick in study.consent if tick.kept_with == "text")
    yield Paragraph(f"Own words are sealed apart, with the role{f' and {beside}' if beside else ''} and nothing else.")
    yield Heading(2, "Tables on the server")
    fixed = {name: told[name] for name in ("tombstones", "totals", "studies", "house")}
    names = [ddl.split(" (")[0].split()[-1] for ddl in TABLES]
    yield Points(tuple(fixed.get(name, told["sealed"].format(name=name)) for name in names))
    yield Heading(2, "The cookie")
    yield Table(
        caption="One cookie, and no other",
        head=tuple(told["cookie_head"]),
        rows=((*told["cookie"], told["cookie_lasts"]["own" if privacy.ask_device else "any"]),),
        widths=(1, 2, 4, 4),
    )
    yield Heading(2, "Never stored")
    month = "the month alone" if privacy.month else "none at all"
    yield Points(tuple(line.format(month=month) for line in told["never"]))
    yield Paragraph(told["third_parties"])
    yield Paragraph(told["no_ai"])
    yield Paragraph(told["publishing"].format(public=privacy.min_cell_public, team=privacy.min_cell_team))
    yield Heading(2, "Taking answers back")
    summary = words("summary")
    said = summary["with_code"] if privacy.withdrawal_code else summary["without_code"]
    yield Paragraph(
        decided(given, said.format(withdraw_until=privacy.withdraw_until or study.words["not_yet_decided"]))
    )
    for name in ("free_text", "intruder", "data_protection", "results"):
        yield Heading(2, TOLD_BY_THE_TEAM[name])
        yield from team(given, name)


def _why(given: Given, column: Column) -> str:
    """What a stored column is kept for: what its question measures, or that it is a fact about the sitting."""
    question = given.study.question(column.question) if column.question else None
    return worded(question.construct, "").replace("_", " ") if question else "a fact of the sitting"


def safety(given: Given) -> Iterator[Block]:
    """Leaving fast and its limits, shared devices, risks with what is left of them, distress."""
    study, told = given.study, words("safety")
    yield Heading(1, "Safety")
    if study.quick_exit:
        where = study.leave_to or study.words["not_yet_decided"]
        yield Paragraph(decided(given, told["leave"].format(leave=study.words["leave"], leave_to=where)))
    else:
        yield Paragraph(told["no_leave"])
    limits = tuple(tuple(cell.format(public_name=study.public_name) for cell in row) for row in told["limits"])
    if study.quick_exit:
        yield Table(caption="Limits of leaving fast", head=tuple(told["limits_head"]), rows=limits, widths=(1, 1))
    yield Points(
        (
            told["device" if study.privacy.ask_device else "no_device"],
            told["titles" if study.discreet_titles else "no_titles"],
            told["same"],
            told["break"],
            told["pause"],
        )
    )
    known = {
        "sensitive": sum(each.sensitive for each in study.questions()),
        "out": " and a way out" if study.quick_exit else "",
        "code": told["code" if study.privacy.withdrawal_code else "no_code"],
        "titles": "neutral titles" if study.discreet_titles else "titles that show the questions, by choice",
        "leaving": ", leaving fast" if study.quick_exit else "",
        "identifying": ", ".join(study.checks.identifying) or "none is named",
    }
    yield Table(
        caption="Risks, and what is left of them",
        head=tuple(told["risk_head"]),
        rows=tuple(
            (*(cell.format(**known) for cell in row), given.board.owners.get(name) or open_words())
            for name, row in told["risks"].items()
        ),
        widths=(2, 4, 3, 2),
    )
    for name in ("distress", "stop_rule"):
        yield Heading(2, TOLD_BY_THE_TEAM[name])
        yield from team(given, name)
    if (rule := study.stop_rule) is not None:
        yield Paragraph(told["stop_rule"].format(**_in_words(given, rule)))


def _in_words(given: Given, rule: StopRule) -> dict[str, str]:
    """The stop rule of the study file, as a sentence has it."""
    column = next(each for each in columns(given.study) if each.name == rule.column)
    return {
        "question": next(iter(column.text.values())),
        "said": " or ".join(f"“{next(iter(c.label.values()))}”" for c in column.choices if c.code in rule.codes),
        "above": f"{100 * rule.above:g} %",
        "at": ", and again ".join(str(each) for each in rule.at),
    }


def accessibility(given: Given) -> Iterator[Block]:
    """For whom the pages work, how that is known, and what is not."""
    yield Heading(1, "Accessibility")
    yield Points(tuple(words("accessibility")))
    other = given.study.other_ways
    yield Paragraph(decided(given, f"Other ways to take part: {other}") if other else open_words("other ways"))
    for name in ("tried_by", "equality"):
        yield Heading(2, TOLD_BY_THE_TEAM[name])
        yield from team(given, name)
