"""A document as one HTML file: no script, nothing fetched, to be read, printed and searched."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import assert_never

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
    Run,
    SideBySide,
    Table,
    Words,
    named,
    runs,
)

STYLE = Path(__file__).with_name("paper.css")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
TAGS = {"": "", "strong": "strong", "code": "code", "new": "ins", "gone": "del", "open": "mark", "soft": "small"}


def as_html(document: Document) -> str:
    """The whole file."""
    anchors = {id(each): f"s{at}" for at, each in enumerate(document.headings(), 1)}
    lines = "".join(f"<p>{_words(line)}</p>" for line in document.lines)
    body = "\n".join(_block(each, anchors) for each in document.blocks)
    listed = "".join(
        f'<li class="level{each.level}"><a href="#{anchors[id(each)]}">{escape(named(each))}</a></li>'
        for each in document.headings()
        if each.level < 3
    )
    contents = f'<nav aria-label="Contents"><h2>Contents</h2><ul>{listed}</ul></nav>' if document.contents else ""
    return f"""<!doctype html>
<html lang="{escape(document.language)}" dir="{document.direction}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>{escape(document.title)}</title><link rel="icon" href="data:,"><style>{STYLE.read_text("utf-8")}</style></head>
<body><header><h1>{escape(document.title)}</h1>{lines}</header>
{contents}
<main>{body}</main>
<footer><p>{escape(document.footer)}</p></footer></body></html>
"""


def _block(block: Block, anchors: dict[int, str]) -> str:
    match block:
        case Heading(level=level):
            return f'<h{level + 1} id="{anchors[id(block)]}">{escape(named(block))}</h{level + 1}>'
        case Paragraph(words=words, quoted=quoted):
            return f"<blockquote><p>{_words(words)}</p></blockquote>" if quoted else f"<p>{_words(words)}</p>"
        case Points(items=items, ordered=ordered):
            tag = "ol" if ordered else "ul"
            return f"<{tag}>{''.join(f'<li>{_words(item)}</li>' for item in items)}</{tag}>"
        case Table():
            return _table(block)
        case Picture():
            return _picture(block)
        case SideBySide(pictures=pictures):
            return f'<div class="beside">{"".join(_picture(each) for each in pictures)}</div>'
        case Listing(text=text):
            return f'<pre tabindex="0">{escape(text)}</pre>'
        case Card(blocks=blocks):
            return f"<section>{''.join(_block(each, anchors) for each in blocks)}</section>"
        case NewPage():
            return '<hr class="page">'
        case _:
            assert_never(block)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in table.head)
    rows = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{_words(cell)}</th>' if at == 0 else f"<td>{_words(cell)}</td>"
            for at, cell in enumerate(row)
        )
        + "</tr>"
        for row in table.rows
    )
    widths = "".join(f'<col style="width:{100 * each // sum(table.widths)}%">' for each in table.widths)
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{escape(table.caption)}"><table>'
        f"<caption>{escape(table.caption)}</caption><colgroup>{widths}</colgroup>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _picture(picture: Picture) -> str:
    kind, data = ("png", picture.png) if picture.png else ("svg+xml", picture.svg.encode())
    source = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    image = f'<img src="{source}" alt="{escape(picture.alt)}" style="--width:{picture.width}%">'
    look = "wide" if picture.wide else "dots" if picture.png else "lines"
    return f'<figure class="{look}">{image}<figcaption>{escape(picture.caption)}</figcaption></figure>'


def _words(words: Words) -> str:
    return "".join(_run(run) for run in runs(words))


def _run(run: Run) -> str:
    said, tag = escape(run.text).replace("\n", "<br>"), TAGS[run.mark]
    return f"<{tag}>{said}</{tag}>" if tag else said
