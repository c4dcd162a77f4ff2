"""One document, three files: the same words, the same numbers, for readers who see, print, mark up or listen."""

from __future__ import annotations

import io
import re
import sys

import docx
import pypdf
import pytest
from docx.oxml.ns import qn

from instruments.doors import Environment
from instruments.paper.as_docx import as_docx
from instruments.paper.as_html import as_html
from instruments.paper.as_pdf import as_pdf, drawn
from instruments.paper.blocks import (
    Card,
    Document,
    Heading,
    Listing,
    NewPage,
    Paragraph,
    Picture,
    Points,
    Run,
    SideBySide,
    Table,
    fitting,
    numbered,
)

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30" width="90" height="30"><rect width="50" height="9"/></svg>'
DOT = drawn(SVG)
HOSTILE = '<b>&amp; #let x = 1 $x^2$ *y* \\u{41} "q" @ref [z] // no'


def document(**other):
    """A document with every kind of block in it."""
    blocks = (
        Heading(1, "First"),
        Paragraph(HOSTILE),
        Paragraph((Run("came", "new"), Run(" "), Run("went", "gone"), Run(" nobody wrote it", "open")), quoted=True),
        Heading(2, "Inside"),
        Points(("one", (Run("two", "strong"),)), ordered=True),
        Points(("three",)),
        Table(caption="A table", head=("a", "b"), rows=((HOSTILE, "1"), ("x", "2\n3")), widths=(3, 1)),
        Picture(alt="A picture drawn", caption="Drawn", svg=SVG, wide=True),
        SideBySide((Picture(alt="Left one", caption="L", png=DOT), Picture(alt="Right one", caption="R", png=DOT))),
        Listing("a:\n  - b: *c*"),
        NewPage(),
        Heading(1, "Second"),
        Card((Heading(2, "Q1 asked", numbered=False), Paragraph("words"))),
    )
    known = {"title": "A title", "lines": ("a line",), "footer": "v1", "language": "en", "blocks": numbered(blocks)}
    return Document(**{**known, **other})


def words_of_docx(content):
    """Every word of a .docx, in any order: paragraphs, tables in tables, footers."""
    return " ".join("".join(each.itertext()) for each in docx.Document(io.BytesIO(content)).element.iter(qn("w:p")))


def words_of_pdf(content):
    """Every word of a .pdf."""
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def words_of_html(content):
    """Every word of a page, markup gone."""
    import html

    body = content[content.index("<body>") :]
    return html.unescape(re.sub(r"<[^>]+>", " ", body))


def plain(text):
    """Without markup and spaces: what a line break parts is still the same words."""
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", text))


def test_headings_are_numbered_once_for_all_files():
    """1, 1.1, 2; a question keeps its own name."""
    paper = document()
    assert [each.number for each in paper.headings()] == ["1", "1.1", "2", ""]
    html, word, pdf = as_html(paper), as_docx(paper), as_pdf(paper)
    wanted = ["1 First", "1.1 Inside", "2 Second", "Q1 asked"]
    assert re.findall(r"<h[234] id=[^>]*>([^<]*)", html) == wanted
    styles = [each for each in docx.Document(io.BytesIO(word)).paragraphs if each.style.name.startswith("Heading")]
    assert [(each.style.name, each.text) for each in styles] == list(
        zip(("Heading 1", "Heading 2", "Heading 1", "Heading 2"), wanted, strict=True)
    )
    assert _outline(pypdf.PdfReader(io.BytesIO(pdf)).outline) == wanted


def _outline(entries):
    return [title for each in entries for title in (_outline(each) if isinstance(each, list) else [each.title])]


def test_words_come_out_as_they_went_in():
    """Nothing that somebody wrote becomes markup, in any of the three."""
    paper = document()
    html = as_html(paper)
    assert "&lt;b&gt;&amp;amp;" in html
    assert plain(HOSTILE.replace("<b>", "")) in plain(words_of_html(html).replace("<b>", ""))
    for words in (words_of_docx(as_docx(paper)), words_of_pdf(as_pdf(paper))):
        assert re.sub(r"\s", "", HOSTILE) in re.sub(r"\s", "", words)


def test_marks_are_more_than_colour():
    """New is bold and underlined, gone struck out: in HTML, and in Word."""
    paper = document()
    assert "<ins>came</ins>" in as_html(paper)
    assert "<del>went</del>" in as_html(paper)
    runs = {run.text: run for each in docx.Document(io.BytesIO(as_docx(paper))).paragraphs for run in each.runs}
    assert runs["came"].bold
    assert runs["came"].underline
    assert runs["went"].font.strike


def test_word_repeats_table_headings_and_says_pictures():
    """The first row of each table is its heading on every page; every picture has its words; no text boxes."""
    made = docx.Document(io.BytesIO(as_docx(document(blocks=_as_dots(document().blocks)))))
    tables = [each for each in made.tables if each.style.name == "Table Grid"]
    assert tables
    assert all(each.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None for each in tables)
    said = [each.get("descr") for each in made.element.iter(qn("wp:docPr"))]
    assert said == ["A picture drawn", "Left one", "Right one"]
    assert not list(made.element.iter(qn("w:txbxContent")))
    assert made.core_properties.language == "en"
    assert [each.page_width > each.page_height for each in made.sections] == [False, True, False]


def _as_dots(blocks):
    return tuple(
        Picture(alt=each.alt, caption=each.caption, png=DOT, wide=each.wide) if isinstance(each, Picture) else each
        for each in blocks
    )


def test_the_pdf_is_tagged_and_refused_where_a_listener_would_miss_something():
    """PDF/UA-1 by typst's own check; a picture without words is refused, and so the check is on."""
    read = pypdf.PdfReader(io.BytesIO(as_pdf(document())))
    root = read.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith("en")
    assert read.metadata.title == "A title"
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert "1 of " in words_of_pdf(as_pdf(document()))
    with pytest.raises(Environment, match="alt"):
        as_pdf(document(blocks=(Picture(alt="", caption="", png=DOT),)))


def test_the_page_needs_nothing_from_anywhere():
    """No script, and every address is an anchor or its own data."""
    html = as_html(document())
    assert "<script" not in html
    assert not [each for each in re.findall(r'(?:src|href)="([^"]*)"', html) if not each.startswith(("#", "data:"))]
    assert "default-src 'none'" in html


@pytest.mark.parametrize(("module", "make"), [("docx", as_docx), ("typst", as_pdf)])
def test_what_is_not_installed_is_said_in_a_line(module, make, monkeypatch):
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(Environment, match="pip install"):
        make(document())


def test_a_picture_is_never_taller_than_a_page():
    """A tall one is made narrow; a flat one keeps its width."""
    tall = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (360).to_bytes(4) + (3600).to_bytes(4)
    flat = tall[:16] + (360).to_bytes(4) + (300).to_bytes(4)
    assert fitting(tall, 34) == 11
    assert fitting(flat, 34) == 34
