"""The review pack: one study, one document, three files with the same numbers, for a board that opens no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..approval import approval_of
from ..checking import check
from ..doors import Environment, WrongUse
from ..filing import whole
from ..model import Study
from ..paper.as_docx import as_docx
from ..paper.as_html import as_html
from ..paper.as_pdf import as_pdf, drawn
from ..paper.blocks import Block, Card, Document, Heading, Picture, Run, flat, named, numbered
from ..reader import Faulty, read_in_every_language
from ..reader.board_file import for_the_board
from ..routes import extent
from . import closing, front, looking, planned, questions, route_map, safeguards
from .given import TOLD_BY_THE_TEAM, Given

__all__ = ["FILES", "Given", "document", "free", "gathered", "length", "looked", "missing", "written"]

LONGEST_ADDRESS = 300  # letters
LEFT_OUT = "left out of this copy (--quick)"
FILES = ("review.html", "review.docx", "review.pdf")


def gathered(folder: Path, language: str | None, day: str, before: Study | None, address: str | None) -> Given:
    """Everything but what other programs show. Raises WrongUse with every problem of the study."""
    try:
        studies = read_in_every_language(folder)
    except Faulty as error:
        raise WrongUse(f"The study in {folder} cannot be read:\n{error}") from error
    if address is not None and not (address.startswith("https://") and len(address) <= LONGEST_ADDRESS):
        raise WrongUse(f"--address is an https:// address of at most {LONGEST_ADDRESS} letters.")
    study = studies.get(language) if language else next(iter(studies.values()))
    if study is None:
        raise WrongUse(f"The study is offered in {', '.join(studies)}, not in “{language}”.")
    board, problems = for_the_board(folder, study if not language else next(iter(studies.values())))
    if problems:
        raise WrongUse("\n".join(str(each) for each in problems))
    return Given(
        study=study,
        folder=folder,
        day=day,
        checked=check(folder),
        board=board,
        approval=approval_of(folder),
        before=before,
        extents={role.id: extent(study, role.id) for role in study.roles},
        address=address,
    )


def length(known: Given, quick: bool) -> int:
    """How many steps a pack takes, for a bar."""
    return len(FILES) + (0 if quick else len(looking.wanted(known.study)) + 1)


def looked(known: Given, quick: bool, progress: Callable[[], object]) -> Given:
    """The same with pictures of the pages and power figures, or why there are none."""
    if quick:
        return replace(known, no_pictures=LEFT_OUT, no_power=LEFT_OUT)
    try:
        known = replace(known, pictures=looking.pictures(known.study, known.folder, progress))
    except looking.Missing as missing:
        known = replace(known, no_pictures=str(missing))
    if known.study.plan.comparisons:
        try:
            known = replace(known, power=looking.power(known.folder))
        except looking.Missing as missing:
            known = replace(known, no_power=str(missing))
    progress()
    return known


SECTIONS: tuple[tuple[str, Callable[[Given], Iterator[Block]]], ...] = (
    ("cover", front.cover),
    ("summary", front.summary),
    ("routes", route_map.route_maps),
    ("shown", front.shown),
    ("questions", questions.questions),
    ("story", questions.stories),
    ("counts", questions.counts),
    ("data", safeguards.data_map),
    ("safety", safeguards.safety),
    ("accessibility", safeguards.accessibility),
    ("plan", planned.plan),
    ("checklists", closing.elements_of_consent),
    ("", closing.reporting),
    ("inviting", front.inviting),
    ("changes", closing.changes),
)


def document(known: Given) -> Document:
    """The whole pack, its headings numbered."""
    blocks: list[Block] = []
    sections: dict[str, str] = {}
    for name, section in SECTIONS:
        made = list(section(known))
        blocks += made
        if name:
            sections[name] = next((each.text for each in made if isinstance(each, Heading)), "")
    titles = {each.text: named(each) for each in flat(numbered(blocks)) if isinstance(each, Heading)}
    numbers = {name: titles[title] for name, title in {**sections, **TOLD_BY_THE_TEAM}.items() if title in titles}
    blocks += [
        *closing.where_everything_stands(known, numbers),
        *closing.sign_off(known),
        *closing.appendix(known),
    ]
    study = known.study
    return Document(
        title=f"{study.title}: for review",
        lines=(
            f"Version {study.version}, {known.day}",
            study.status,
            (Run("Fingerprint ", "soft"), Run(study.fingerprint, "code")),
        ),
        footer=f"{study.id} {study.version} · {study.fingerprint[:12]} · {known.day}",
        language=study.language,
        direction="rtl" if study.words["direction"] == "rtl" else "ltr",
        blocks=numbered(blocks),
    )


def missing(known: Given) -> Iterator[str]:
    """A line for everything that other programs could not show."""
    if known.no_pictures:
        yield f"Pictures of the pages: {known.no_pictures}."
    if known.no_power:
        yield f"Power figures: {known.no_power}."


def free(out: Path, names: Sequence[str], force: bool) -> None:
    """Refuses to write over files that are there already."""
    there = [name for name in names if (out / name).exists()]
    if there and not force:
        raise WrongUse(f"{out} has {' and '.join(there)} already; say --force to replace them.")


def written(
    paper: Document, out: Path, names: Sequence[str], *, force: bool, progress: Callable[[], object] = lambda: None
) -> list[str]:
    """Write the document under each of these names, whole or not at all; say what could not be made.

    Raises WrongUse, Environment.
    """
    free(out, names, force)
    made: dict[str, bytes] = {}
    hints = []
    for name in names:
        try:
            made[name] = MAKERS[Path(name).suffix](paper)
        except Environment as error:
            hints.append(f"{name}: {error.format_message()}")
        progress()
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in made.items():
            whole(out / name, content)
    except OSError as error:
        raise Environment(f"{out} cannot be written ({error.strerror}). Nothing half-written is left.") from error
    return hints


def _as_dots(paper: Document) -> Document:
    """The document with drawn pictures as dots: Word holds no lines. Where they cannot be drawn their words stay."""

    def dotted(each: Block) -> Block:
        if isinstance(each, Card):
            return replace(each, blocks=tuple(dotted(inner) for inner in each.blocks))
        if not isinstance(each, Picture) or each.png:
            return each
        try:
            return replace(each, png=drawn(each.svg))
        except Environment as error:
            return replace(each, caption=f"{each.caption} (not drawn: {error.format_message()})")

    return replace(paper, blocks=tuple(dotted(each) for each in paper.blocks))


MAKERS: dict[str, Callable[[Document], bytes]] = {
    ".html": lambda paper: as_html(paper).encode(),
    ".docx": lambda paper: as_docx(_as_dots(paper)),
    ".pdf": as_pdf,
}
