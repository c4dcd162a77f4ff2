"""A document as tagged PDF (PDF/UA-1), set by typst, which refuses what a screen reader could not follow."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
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

HINT = "a .pdf and drawn pictures in a .docx need typst (pip install typst)"
SETTING = Path(__file__).with_name("paper.typ")
STANDARD = "ua-1"
DOTS_AN_INCH = 200.0


def as_pdf(document: Document) -> bytes:
    """The whole file. Raises Environment where typst is not installed, or refuses the document."""
    typst = _typst()
    with tempfile.TemporaryDirectory() as there:
        room = Path(there)
        pictures: list[Picture] = []
        said = {
            "title": document.title,
            "lines": [_words(line) for line in document.lines],
            "footer": document.footer,
            "language": document.language.split("-")[0],
            "direction": document.direction,
            "contents": document.contents,
            "blocks": [_block(each, pictures) for each in document.blocks],
        }
        for at, picture in enumerate(pictures):
            (room / _file(at, picture)).write_bytes(picture.png or picture.svg.encode())
        (room / "document.json").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
        (room / "paper.typ").write_bytes(SETTING.read_bytes())
        try:
            made: bytes = typst.compile(str(room / "paper.typ"), pdf_standards=[STANDARD])
        except RuntimeError as error:
            raise Environment(f"The PDF cannot be set: {error}") from error
    return made


def drawn(svg: str) -> bytes:
    """An SVG picture as PNG, for files that cannot hold lines. Raises Environment where typst is not installed."""
    typst = _typst()
    with tempfile.TemporaryDirectory() as there:
        room = Path(there)
        (room / "picture.svg").write_text(svg, encoding="utf-8")
        setting = '#set page(width: auto, height: auto, margin: 2mm)\n#image("picture.svg", width: 24cm)'
        (room / "picture.typ").write_text(setting, encoding="utf-8")
        made: bytes = typst.compile(str(room / "picture.typ"), format="png", ppi=DOTS_AN_INCH)
    return made


def _typst() -> Any:
    try:
        import typst
    except ImportError:
        raise Environment(HINT) from None
    return typst


def _file(at: int, picture: Picture) -> str:
    return f"{at}.{'png' if picture.png else 'svg'}"


def _block(block: Block, pictures: list[Picture]) -> dict[str, Any]:
    match block:
        case Heading(level=level):
            return {"is": "heading", "level": level, "text": named(block)}
        case Paragraph(words=words, quoted=quoted):
            return {"is": "paragraph", "words": _words(words), "quoted": quoted}
        case Points(items=items, ordered=ordered):
            return {"is": "points", "items": [_words(item) for item in items], "ordered": ordered}
        case Table():
            rows = [[_words(cell) for cell in row] for row in block.rows]
            widths = list(block.widths or [1] * len(block.head))
            return {"is": "table", "caption": block.caption, "head": block.head, "rows": rows, "widths": widths}
        case Picture():
            pictures.append(block)
            file = _file(len(pictures) - 1, block)
            shown = {"alt": block.alt, "caption": block.caption, "width": block.width, "wide": block.wide}
            return {"is": "picture", "file": file, **shown}
        case SideBySide(pictures=several):
            return {"is": "beside", "pictures": [_block(each, pictures) for each in several]}
        case Listing(text=text):
            return {"is": "listing", "text": text}
        case Card(blocks=blocks):
            return {"is": "card", "blocks": [_block(each, pictures) for each in blocks]}
        case NewPage():
            return {"is": "new page"}
        case _:
            assert_never(block)


def _words(words: Words) -> list[dict[str, str]]:
    return [{"text": run.text, "mark": run.mark} for run in runs(words)]
