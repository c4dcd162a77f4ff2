"""The route map: every page of a role on one picture and as a numbered list, from the pages that participants get."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ..asked_of import any_asked, asked_of
from ..model import Note, Study
from ..paper.blocks import Block, Heading, NewPage, Paragraph, Picture, Points
from ..route import Page, facts, pages
from ..rules import ALWAYS
from .given import Given

LETTER, LINE = 4.6, 11  # width and height of a letter at this size, in units of the picture
LEFT, RIGHT, GAP, BETWEEN = 132, 116, 24, 26
COLUMN = LEFT + GAP + RIGHT
TALLEST, COLUMNS = 760, 4
BOLD, SOFT = ' font-weight="700"', ' fill="#333" font-style="italic"'
END = "End: sent"
SECRETS = 64  # every other one leaves the order as written


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of the map: a page or an end, with what decides whether one comes to it."""

    part: str
    label: str
    number: int = 0  # of the page
    only: str | None = None  # who is asked, in words; None for everybody
    ends: str | None = None  # what is asked first; whoever says no comes to this end
    sensitive: bool = False


def steps(study: Study, role: str) -> tuple[Step, ...]:
    """Every page of a role in the order written, parts that change places in their first order."""
    return tuple(_step(study, role, page) for page in as_written(study, role))


def as_written(study: Study, role: str) -> tuple[Page, ...]:
    """The pages of somebody for whom the parts stand in the order written."""
    for number in range(SECRETS):
        secret = number.to_bytes(16)
        if not study.either_order or facts(study, role, secret)["came_first"] == study.either_order[0][0]:
            return pages(study, role, secret)
    raise AssertionError("every other secret leaves the order as written")


def _step(study: Study, role: str, page: Page) -> Step:
    questions = [each.question for each in page.shown]
    asked = [each for each in questions if not isinstance(each, Note)]
    rule = any_asked(asked or questions)
    return Step(
        part=page.title,
        label=f"{page.number}: {', '.join(dict.fromkeys(each.id for each in questions))}",
        number=page.number,
        only=None if rule == ALWAYS else asked_of(study, role, rule),
        sensitive=any(each.sensitive for each in questions),
    )


def _around(study: Study, every: Sequence[Step]) -> tuple[Step, ...]:
    """The same with what comes before the questions and behind them."""
    before = [Step(part="Before the questions", label="Information")]
    if study.eligibility:
        before.append(Step(part=before[0].part, label="End: nothing stored", ends="Can take part?"))
    before.append(Step(part=before[0].part, label="End: nothing stored", ends="Agrees to every tick?"))
    if study.role_question:
        before.append(Step(part=before[0].part, label="End: nothing stored", ends="Page 1: does a side fit?"))
    behind = "Behind the questions"
    return (
        *before,
        *every,
        Step(part=behind, label="All answers once more, each with Change"),
        Step(part=behind, label="End: deleted, nothing stored", ends="Send?"),
        Step(part=behind, label=END),
    )


def route_maps(given: Given) -> Iterator[Block]:
    """A picture and a list for each role."""
    study = given.study
    yield NewPage()
    yield Heading(1, "Routes")
    for role in study.roles:
        every, met = steps(study, role.id), given.extents[role.id]
        yield Heading(2, f"Routes of {role.name}")
        yield Paragraph(
            f"{met.routes:,} different routes, counted from the rules, not sampled: {met.questions[0]} to "
            f"{met.questions[1]} questions. Everything that is asked can be reached"
            + (f", but for {', '.join(each.id for each in met.never)}." if met.never else ".")
        )
        if study.either_order:
            first, second = (" and ".join(f"“{_title(study, id)}”" for id in parts) for parts in study.either_order)
            yield Paragraph(f"Drawn for each person: {first} before {second}, as here, or the other way round.")
        leave = "the quick exit, " if study.quick_exit else ""
        sheets = _sheets(_around(study, every))
        for at, rows in enumerate(sheets, 1):
            of = f", sheet {at} of {len(sheets)}" if len(sheets) > 1 else ""
            yield Picture(
                alt=f"Route map of {role.name}{of}; the numbered list below says the same in words",
                caption=f"Route map of {role.name}{of}. Boxes are pages, six-sided shapes decisions, a double border "
                f"marks sensitive pages. Every page offers {leave}a break and support.",
                svg=_drawn(rows, last=at == len(sheets)),
                wide=True,
                width=min(100, round(100 * len(rows) / COLUMNS) + 2),
            )
        yield Points(tuple(_lines(study, every)), ordered=True)


def _title(study: Study, part: str) -> str:
    return next(each.title for each in study.parts if each.id == part)


def _lines(study: Study, every: Sequence[Step]) -> Iterator[str]:
    """The same in words, for whoever cannot see the picture."""
    yield "Information and agreement. If somebody does not agree: a kind end, nothing is stored."
    yield (
        "Page 1: which side one answers for. If none fits: a kind end, nothing is stored."
        if study.role_question
        else "No question decides on a side."
    )
    for at, step in enumerate(every):
        onward = f"page {every[at + 1].number}" if at + 1 < len(every) else "the check of all answers"
        part = f" in the part “{step.part}”" if step.part else ""
        asked = f", only if {step.only}" if step.only else ""
        sensitive = " (sensitive)" if step.sensitive else ""
        yield f"Page {step.label}{sensitive}{part}{asked}. Then {onward}."
    yield "All answers once more, each with a way to change it. Then Send, or Delete."


# ---------------------------------------------------------------- the picture
def _sheets(every: Sequence[Step]) -> list[list[list[Step]]]:
    """Sheets of columns of rows, none taller than a page."""
    columns: list[list[Step]] = [[]]
    tall, part = 0.0, ""
    for step in every:
        height = _height(step) + BETWEEN + (LINE + 8 if step.part != part else 0)
        if tall + height > TALLEST and columns[-1]:
            columns.append([])
            tall, part = 0.0, ""
            height = _height(step) + BETWEEN + LINE + 8
        columns[-1].append(step)
        tall, part = tall + height, step.part
    return [columns[at : at + COLUMNS] for at in range(0, len(columns), COLUMNS)]


def _box_lines(step: Step) -> list[str]:
    label = step.label + (" (sensitive)" if step.sensitive else "")
    return textwrap.wrap(label, int((RIGHT - 10) / LETTER))


def _rule_lines(step: Step) -> list[str]:
    asked = step.ends or (f"{step.only}?" if step.only else "")
    return textwrap.wrap(asked, int((LEFT - 22) / LETTER))


def _height(step: Step) -> float:
    return LINE * max(len(_box_lines(step)), len(_rule_lines(step))) + 10


def _drawn(columns: Sequence[Sequence[Step]], *, last: bool) -> str:
    """The picture of one sheet: a spine down each column, decisions on it, pages they lead to beside it."""
    found: list[str] = []
    bottom = 0.0
    for at, column in enumerate(columns):
        x, y, part = 20 + at * (COLUMN + 34), 24.0, ""
        spine = x + LEFT / 2
        for step in column:
            if step.part != part:
                part = step.part
                found.append(_line([(spine, y - 6), (spine, y + 4)]))
                found.append(_text(x, y + LINE + 2, textwrap.wrap(part, 44)[:1], anchor="start", look=BOLD))
                y += LINE + 8
            y = _row(found, step, x, y, spine)
        if not (last and at == len(columns) - 1):
            found.append(_text(spine, y + 12, ["to the top of the next column"], look=SOFT))
        bottom = max(bottom, y + 18)
    width = 20 + len(columns) * (COLUMN + 34)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom:.0f}" width="{width}" '
        f'height="{bottom:.0f}" font-family="system-ui, Helvetica, Arial, DejaVu Sans, Libertinus Serif" font-size="9">'
        f'<rect width="{width}" height="{bottom:.0f}" fill="#fff"/>{"".join(found)}</svg>'
    )


def _row(found: list[str], step: Step, x: float, y: float, spine: float) -> float:
    """One row, and where the next one begins."""
    high = _height(step)
    middle, below = y + high / 2, y + high + BETWEEN - 6
    asked = _rule_lines(step)
    if not asked:
        found += _box(spine - RIGHT / 2, y, RIGHT, high, step.sensitive)
        found.append(_text(spine, y, _box_lines(step), inside=high))
    else:
        right = x + LEFT + GAP
        found.append(_hexagon(x, y, LEFT, high))
        found.append(_text(spine, y, asked, inside=high))
        found.append(_line([(x + LEFT, middle), (right, middle)], arrow=True))
        found.append(_text(x + LEFT + GAP / 2 - 2, middle - 3, ["no" if step.ends else "yes"]))
        found += _box(right, y, RIGHT, high, step.sensitive)
        found.append(_text(right + RIGHT / 2, y, _box_lines(step), inside=high))
        if step.ends is None:  # back to the way
            found.append(_line([(right + RIGHT / 2, y + high), (right + RIGHT / 2, below - 8), (spine, below - 8)]))
        found.append(_text(spine + 4, y + high + 9, ["yes" if step.ends else "no"], anchor="start"))
    if step.label != END:
        found.append(_line([(spine, y + high), (spine, below)], arrow=True))
    return y + high + BETWEEN - 6


def _box(x: float, y: float, wide: float, high: float, double: bool) -> list[str]:
    inner = [_rect(x + 2.5, y + 2.5, wide - 5, high - 5)] if double else []
    return [_rect(x, y, wide, high), *inner]


def _rect(x: float, y: float, wide: float, high: float) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" fill="none" stroke="#000" rx="2"/>'


def _hexagon(x: float, y: float, wide: float, high: float) -> str:
    left, right, middle = x + 9, x + wide - 9, y + high / 2
    points = [(left, y), (right, y), (x + wide, middle), (right, y + high), (left, y + high), (x, middle)]
    return f'<polygon points="{" ".join(f"{px:.1f},{py:.1f}" for px, py in points)}" fill="none" stroke="#000"/>'


def _line(points: Sequence[tuple[float, float]], *, arrow: bool = False) -> str:
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    x, y = points[-1]
    back, aside = (0, 3) if y > points[-2][1] else (4, 0)  # an arrow down, or to the right
    sides = [(x - back - (aside or 0), y - (4 if aside else 3)), (x - back + aside, y - 4 if aside else y + 3)]
    head = f"M{sides[0][0]:.1f} {sides[0][1]:.1f}L{x:.1f} {y:.1f}L{sides[1][0]:.1f} {sides[1][1]:.1f}"
    return f'<path d="{path}{head if arrow else ""}" fill="none" stroke="#000"/>'


def _text(
    x: float, y: float, lines: Sequence[str], *, anchor: str = "middle", inside: float = 0, look: str = ""
) -> str:
    """Lines of text; `inside` a shape of that height they stand in its middle."""
    top = y + (inside - LINE * len(lines)) / 2 + LINE - 2.5 if inside else y
    spans = "".join(
        f'<tspan x="{x:.1f}" y="{top + LINE * at:.1f}">{escape(line)}</tspan>' for at, line in enumerate(lines)
    )
    return f'<text text-anchor="{anchor}"{look}>{spans}</text>'
