"""A document as DOCX, for boards that mark it up: real heading styles, repeated table headings, words for pictures."""

from __future__ import annotations

from io import BytesIO
from typing import Any, assert_never

from ..doors import Environment
from .blocks import (
    Block,
    Card,
    Document,
    Heading,
    Listing,
    NewPage,
    Paragraph,
    Picture,
    Points,
    SideBySide,
    Table,
    Words,
    named,
    runs,
)

HINT = "a .docx needs python-docx (pip install python-docx)"
TEXT_WIDTH, WIDE = 16.0, 24.5  # centimetres, upright and turned


def as_docx(document: Document) -> bytes:
    """The whole file. Raises Environment where python-docx is not installed."""
    try:
        import docx
    except ImportError:
        raise Environment(HINT) from None
    paper = docx.Document()
    _set_up(paper, document)
    paper.add_heading(document.title, 0)
    for line in document.lines:
        _runs(paper.add_paragraph(), line)
    if document.contents:
        paper.add_paragraph("Contents", style="Subtitle")
        for each in document.headings():
            if each.level < 3:
                paper.add_paragraph(named(each), style="List" if each.level == 1 else "List 2")
    for block in document.blocks:
        _block(paper, block)
    made = BytesIO()
    paper.save(made)
    return made.getvalue()


def _set_up(paper: Any, document: Document) -> None:
    """Page, language, title, and a footer with the page numbers."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    properties = paper.core_properties
    properties.title, properties.language, properties.author = document.title, document.language, ""
    properties.comments = document.footer
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm((21.0 - TEXT_WIDTH) / 2)
    normal = paper.styles["Normal"]
    normal.font.size = Pt(10)
    language = normal.element.get_or_add_rPr().makeelement(qn("w:lang"), {qn("w:val"): document.language})
    normal.element.rPr.append(language)
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    foot.add_run(document.footer + " · ")
    for field, behind in (("PAGE", " of "), ("NUMPAGES", "")):
        inside = foot.add_run()._r
        for kind, text in (("begin", None), (None, field), ("end", None)):
            made = inside.makeelement(
                qn("w:fldChar" if kind else "w:instrText"), {qn("w:fldCharType"): kind} if kind else {}
            )
            made.text = text
            inside.append(made)
        foot.add_run(behind)


def _block(paper: Any, block: Block) -> None:
    match block:
        case Heading(level=level):
            paper.add_heading(named(block), level)
        case Paragraph(words=words, quoted=quoted):
            _runs(paper.add_paragraph(style="Quote" if quoted else None), words)
        case Points(items=items, ordered=ordered):
            for at, item in enumerate(items, 1):
                # our own numbers: the style's would run on from list to list
                line = paper.add_paragraph(style="List" if ordered else "List Bullet")
                if ordered:
                    line.add_run(f"{at}. ")
                _runs(line, item)
        case Table():
            _table(paper, block)
        case Picture(wide=True):
            _turned(paper)
            _picture(paper.add_paragraph(), block, WIDE)
            _turned(paper)
        case Picture():
            _picture(paper.add_paragraph(), block, TEXT_WIDTH)
        case SideBySide(pictures=pictures):
            beside = paper.add_table(rows=1, cols=len(pictures))
            for cell, picture in zip(beside.rows[0].cells, pictures, strict=True):
                _picture(cell.paragraphs[0], picture, TEXT_WIDTH / len(pictures))
        case Listing(text=text):
            _runs(paper.add_paragraph(style="macro"), text)
        case Card(blocks=blocks):
            before = len(paper.element.body)
            for each in blocks:
                _block(paper, each)
            _together(paper, before)
        case NewPage():
            paper.add_page_break()
        case _:
            assert_never(block)


def _together(paper: Any, before: int) -> None:
    """What came after so many elements stays on one page; to look at all paragraphs for it takes minutes."""
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph as Line

    lines = [each for each in paper.element.body[before - 1 : -1] if each.tag == qn("w:p")]  # the last is the section
    for line in lines[:-1]:
        Line(line, paper).paragraph_format.keep_with_next = True


def _table(paper: Any, table: Table) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Cm

    caption = paper.add_paragraph(table.caption, style="Caption")
    caption.paragraph_format.keep_with_next = True
    made = paper.add_table(rows=1, cols=len(table.head), style="Table Grid")
    made.autofit = not table.widths
    heading = made.rows[0]
    for cell, words in zip(heading.cells, table.head, strict=True):
        cell.paragraphs[0].add_run(words).bold = True
    repeated = heading._tr.get_or_add_trPr()
    repeated.append(repeated.makeelement(qn("w:tblHeader"), {qn("w:val"): "true"}))
    for row in table.rows:
        cells = made.add_row().cells
        for cell, said in zip(cells, row, strict=True):
            _runs(cell.paragraphs[0], said)
    for column, share in zip(made.columns, table.widths, strict=False):
        column.width = Cm(TEXT_WIDTH * share / sum(table.widths))
    for row in made.rows:
        whole = row._tr.get_or_add_trPr()
        whole.append(whole.makeelement(qn("w:cantSplit"), {qn("w:val"): "true"}))
        for cell, share in zip(row.cells, table.widths, strict=False):
            cell.width = Cm(TEXT_WIDTH * share / sum(table.widths))
    paper.add_paragraph()


def _turned(paper: Any) -> None:
    """A new page, the other way up than the last one."""
    from docx.enum.section import WD_ORIENT

    before, section = paper.sections[-1], paper.add_section()
    section.page_width, section.page_height = before.page_height, before.page_width
    wide = section.page_width > section.page_height
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT


def _picture(line: Any, picture: Picture, wide: float) -> None:
    """The picture with its words; where it could not be drawn, its words alone."""
    from docx.shared import Cm

    if picture.png:
        shown = line.add_run().add_picture(BytesIO(picture.png), width=Cm(wide * picture.width / 100))
        shown._inline.docPr.set("descr", picture.alt)
        line.add_run().add_break()
    line.add_run(picture.caption if picture.png else f"{picture.caption} {picture.alt}").italic = True


def _runs(line: Any, words: Words) -> None:
    for run in runs(words):
        made = line.add_run("".join(each for each in run.text if each.isprintable() or each in "\n\t"))
        made.bold = run.mark in ("strong", "new", "open") or None
        made.underline = run.mark == "new" or None
        made.font.strike = run.mark == "gone" or None
        if run.mark == "open":
            made.font.highlight_color = 7  # yellow
        if run.mark == "code":
            made.font.name = "Courier New"
