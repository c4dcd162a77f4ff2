"""Every question as a board reads it: both wordings, answers with their codes, who is asked, why, and how it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..asked_of import asked_of, offered, worded
from ..checking.words import ENOUGH_WORDS, read_on, screens
from ..grade import grade
from ..model import ChooseMany, ChooseOne, Grid, Note, Number, Question, Rating, Story, Study, Text
from ..paper.blocks import Block, Card, Heading, NewPage, Paragraph, Picture, Run, SideBySide, Table, Words, fitting
from ..reader.board_file import sources
from ..records import columns_of
from ..route import arms, told
from ..rules import in_words
from ..terms import Wording
from .given import Given, decided, open_words, words
from .route_map import as_written

WORD = re.compile(r"[^\W\d_]{9,}")
KINDS = {
    Rating: "one of several ordered answers",
    ChooseOne: "one of several answers",
    ChooseMany: "any number of answers",
    Number: "a whole number",
    Text: "own words",
    Grid: "one answer for each row",
    Note: "words to read",
}

BESIDE_ITS_WORDS = 0.6  # how tall a picture may be, in widths of the text, below what is said of a question
ORDERS = {"shuffle": "drawn anew for each person", "flip": "the other way round for half of the people"}


def questions(given: Given) -> Iterator[Block]:
    """Every question in the order written, a card each."""
    study = given.study
    yield NewPage()
    yield Heading(1, "Questions")
    yield Paragraph(
        "In the order written. Q1, Q2 … are the same in every form of this document. Each question shows its exact "
        "words for each side, its answers with the codes that are stored, who is asked, and why."
    )
    if given.no_pictures:
        yield Paragraph((Run(f"Pictures of the pages: {given.no_pictures}", "open"),))
    number, pictured = 0, _pages_of(given)
    for part in study.parts:
        yield Heading(2, part.title or part.id)
        for page in part.pages:
            for question in page:
                number += 1
                yield Card(tuple(_card(given, number, question)))
                yield from _looks(given, f"Q{number} {question.id}", pictured.get(question.id, []))
    yield from _sources(given)


def _sources(given: Given) -> Iterator[Block]:
    """What stands behind each source that a question names."""
    rows = tuple((name, given.board.sources.get(name) or open_words()) for name in sources(given.study))
    if rows:
        yield Heading(2, "Sources")
        yield Table(
            caption="Sources, as the questions name them", head=("source", "what it is"), rows=rows, widths=(1, 5)
        )


def _pages_of(given: Given) -> dict[str, list[tuple[str, int]]]:
    """question → the pages of each role that it is the first question of."""
    found: dict[str, list[tuple[str, int]]] = {}
    for role in given.study.roles:
        for page in as_written(given.study, role.id):
            found.setdefault(page.shown[0].question.id, []).append((role.id, page.number))
    return found


def _card(given: Given, number: int, question: Question) -> Iterator[Block]:
    study = given.study
    yield Heading(3, f"Q{number} {question.id}", numbered=False)
    for role in question.roles:
        yield Paragraph((Run(f"{_name(study, role)}: ", "soft"), Run(question.text[role])), quoted=True)
        if question.hint and question.hint.get(role):
            yield Paragraph((Run("below it: ", "soft"), Run(question.hint[role])), quoted=True)
    if isinstance(question, Grid):
        rows = tuple((row.id, _both(study, question, row.text)) for row in question.rows)
        yield Table(caption=f"Rows of {question.id}", head=("column", "words"), rows=rows, widths=(1, 4))
    choices = tuple((str(each.code), _both(study, question, each.label)) for each in offered(question))
    if choices:
        yield Table(caption=f"Answers of {question.id}", head=("code", "words"), rows=choices, widths=(1, 9))
    yield Table(
        caption=f"About {question.id}", head=("what", "as it is"), rows=tuple(_about(given, question)), widths=(1, 4)
    )


def _looks(given: Given, begins: str, pages: list[tuple[str, int]]) -> Iterator[Block]:
    """How the page that `begins` with a question looks, to each side."""
    seen = tuple(
        _seen(given, begins, role, page, png) for role, page in pages if (png := given.pictures.get((role, page)))
    )
    if seen:
        yield SideBySide(seen) if len(seen) > 1 else replace(seen[0], width=seen[0].width // 2)


def _seen(given: Given, begins: str, role: str, page: int, png: bytes) -> Picture:
    named = f"{begins}: page {page} as {_name(given.study, role)} see it on a phone"
    width = min(60, 2 * fitting(png, 30, BESIDE_ITS_WORDS))
    return Picture(alt=f"{named}; its words stand above", caption=named, png=png, width=width)


def _about(given: Given, question: Question) -> Iterator[tuple[Words, ...]]:
    study, fixed = given.study, words("questions")
    yield "kind", KINDS[type(question)]
    sees = {role: asked_of(study, role, question.show_if) for role in question.roles}
    if len(set(sees.values())) == 1:
        names = " and ".join(_name(study, role) for role in question.roles)
        yield "who sees it", f"{names}: {next(iter(sees.values()))}"
    else:
        yield "who sees it", "\n".join(f"{_name(study, role)}: {said}" for role, said in sees.items())
    yield "the rule, in codes", (Run(in_words(question.show_if), "code"),)
    yield "must it be answered", fixed["must_note"] if isinstance(question, Note) else fixed["must_no"]
    if not isinstance(question, Note):
        yield "measures", _by_role(study, question.construct)
    yield "why we ask", _by_role(study, question.reason)
    sources = {role: ", ".join(said) for role, said in question.source.items()}
    yield "source", _by_role(study, sources)
    yield "sensitive", "yes" if question.sensitive else "no"
    lines = ["\n".join(read_on(question, role)) for role in question.roles]
    hardest = sorted({word for line in lines for word in WORD.findall(line)}, key=lambda word: (-len(word), word))[:3]
    longest = f"; longest words: {', '.join(hardest)}" if hardest else ""
    yield "reading grade", f"{max(grade(line) for line in lines):.1f}{longest}"
    stored = [column.name for column in columns_of(question)]
    apart = "sealed apart from the other answers" if isinstance(question, Text) else "nothing is stored"
    yield "stored in", (Run(", ".join(stored), "code"),) if stored else apart
    if stored:
        yield "no answer", fixed["missing"]
    if question.beside:
        yield "beside it", f"{question.beside}, which asks the other side"
    if isinstance(question, Number):
        yield "from, to", f"{question.low} to {question.high}"
    if isinstance(question, Text):
        yield "at most", f"{question.longest} letters"
    order = [said for name, said in ORDERS.items() if getattr(question, name, None)]
    if order:
        yield "order of the answers", ", ".join(order)


def _both(study: Study, question: Question, wording: Wording) -> str:
    """The words, or those of each side where they differ."""
    said = {role: wording.get(role, "") for role in question.roles}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return "\n".join(f"{_name(study, role)}: {each}" for role, each in said.items())


def _by_role(study: Study, said: Wording) -> Words:
    """One line, or one a side; what is missing stands out."""
    if not said or not any(said.values()):
        return open_words()
    if len(set(said.values())) == 1:
        return worded(said, "")
    return "\n".join(f"{_name(study, role)}: {each}" for role, each in said.items())


def _name(study: Study, role: str) -> str:
    return next(each.name for each in study.roles if each.id == role)


def stories(given: Given) -> Iterator[Block]:
    """Every way in which the story is told, written out, with its length."""
    story = given.study.story
    if story is None:
        return
    ways = arms(story)
    yield Heading(1, "The story, in every way it is told")
    yield Paragraph(
        f"Each person reads one of {len(ways)}, drawn at random within each side, as many of each. What differs: "
        + "; ".join(f"{factor.id} ({', '.join(factor.levels)})" for factor in story.factors)
        + "."
    )
    yield Paragraph(story.intro, quoted=True)
    for number, arm in enumerate(ways, 1):
        yield Card(tuple(_arm(story, number, arm)))


def _arm(story: Story, number: int, arm: Mapping[str, str]) -> Iterator[Block]:
    text = told(story, arm)
    levels = ", ".join(f"{factor} {level}" for factor, level in arm.items())
    yield Heading(2, f"Story {number}: {levels}")
    yield from (Paragraph(piece, quoted=True) for piece in text)
    yield Paragraph((Run(f"{len(' '.join(text).split())} words.", "soft"),))


def counts(given: Given) -> Iterator[Block]:
    """How much is asked, of whom, and how hard it is to read."""
    study = given.study
    yield Heading(1, "How much is asked, and how it reads")
    rows = []
    for role in study.roles:
        asked = [each for each in study.questions() if role.id in each.roles and not isinstance(each, Note)]
        met = given.extents[role.id]
        rows.append(
            (
                role.name,
                f"{met.routes:,}",
                f"{met.questions[0]} to {met.questions[1]}",
                f"{met.minutes[0]:.0f} to {met.minutes[1]:.0f}",
                str(sum(each.sensitive for each in asked)),
                str(sum(isinstance(each, Text) for each in asked)),
                str(sum(len(" ".join(read_on(each, role.id)).split()) for each in asked)),
            )
        )
    yield Table(
        caption="What each side is asked",
        head=("side", "routes", "questions", "minutes", "sensitive", "text boxes", "words in all"),
        rows=tuple(rows),
    )
    forced: list[tuple[Words, ...]] = [("before", each) for each in study.eligibility]
    forced += [(f"tick {tick.id}", decided(given, tick.text)) for tick in study.consent if tick.required]
    if study.role_question:
        forced.append(
            ("page 1", f"{study.role_question.text} ({study.role_question.reason or 'it decides the route'})")
        )
    yield Table(caption="All that must be answered", head=("where", "what"), rows=tuple(forced), widths=(1, 5))
    yield from _graded(given)


def _graded(given: Given) -> Iterator[Block]:
    """The reading grade of every screen, as dots and as a table, with what is waived."""
    study = given.study
    graded: dict[str, float] = {}
    for _, about, text in screens(study):
        if len(text.split()) < ENOUGH_WORDS:
            continue  # a grade of so few words says nothing, to `check` as here
        graded[about] = max(graded.get(about, 0.0), grade(text))
    most, waived = study.checks.reading_grade, study.checks.waived.get("reading-grade", {})
    yield Heading(2, "Reading grade of every screen")
    if not graded:
        yield Paragraph(f"No screen has {ENOUGH_WORDS} words; a grade of fewer says nothing.")
        return
    yield Picture(
        alt=f"Reading grades of {len(graded)} screens between {min(graded.values()):.1f} and "
        f"{max(graded.values()):.1f}, ceiling {most:g}; the table below has each",
        caption=f"Each dot is a screen; the line is the ceiling of {most:g} that the study sets itself.",
        svg=_dots(list(graded.values()), most),
    )
    yield Table(
        caption="Reading grade (automated readability index) of each screen, hardest first",
        head=("screen", "grade", "over the ceiling"),
        rows=tuple(
            (about, f"{hard:.1f}", (waived.get(about) or "yes") if hard > most else "no")
            for about, hard in sorted(graded.items(), key=lambda each: -each[1])
        ),
        widths=(2, 1, 3),
    )


def _dots(grades: list[float], most: float) -> str:
    wide, top = 600, max(12.0, *grades, most) * 1.05
    dots, stacked = [], dict[int, int]()
    for each in sorted(grades):
        x = round(20 + (wide - 40) * each / top)
        stacked[x // 7] = stacked.get(x // 7, 0) + 1
        dots.append(f'<circle cx="{x // 7 * 7}" cy="{92 - 8 * stacked[x // 7]}" r="3"/>')
    line = 20 + (wide - 40) * most / top
    ticks = "".join(
        f'<text x="{20 + (wide - 40) * at / top:.0f}" y="108" text-anchor="middle">{at}</text>'
        for at in range(0, int(top) + 1, 2)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} 115" width="{wide}" height="115" font-size="10" '
        'font-family="system-ui, Helvetica, Arial, DejaVu Sans, Libertinus Serif"><rect width="100%" height="100%" fill="#fff"/>'  # noqa: E501
        f'<path d="M20 95H{wide - 20}M{line:.0f} 5V95" stroke="#000" fill="none"/>{ticks}{"".join(dots)}</svg>'
    )
