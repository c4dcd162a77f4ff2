"""What a document is made of: a closed union of blocks, and the numbers that all three files share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Mark = Literal["", "strong", "code", "new", "gone", "open", "soft"]
"""How words are set: `new` and `gone` between two versions, `open` for what the team has still to write."""


@dataclass(frozen=True, slots=True)
class Run:
    """Some words that are set alike."""

    text: str
    mark: Mark = ""


Words = str | tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; what is not `numbered` carries its own name, as a question does."""

    level: Literal[1, 2, 3]
    text: str
    numbered: bool = True
    number: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words; a `quoted` one stands exactly as participants read it."""

    words: Words
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Points:
    """A list; `ordered` shows the numbers."""

    items: tuple[Words, ...]
    ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a caption and a row of headings that is repeated on every page."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Words, ...], ...]
    widths: tuple[int, ...] = ()  # shares of the width


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture with words for those who cannot see it. `wide` ones stand on a landscape page of their own."""

    alt: str
    caption: str
    svg: str = ""
    png: bytes = b""
    width: int = 100  # per cent of the text's width
    wide: bool = False


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Pictures beside each other, such as one page as two sides see it."""

    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines of a file as they stand."""

    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """Blocks that stay together on a page as long as they fit on one."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class NewPage:
    """What follows begins a page."""


Block = Heading | Paragraph | Points | Table | Picture | SideBySide | Listing | Card | NewPage


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole document: what it is called, what stands on every page, and its blocks in order."""

    title: str
    lines: tuple[Words, ...]  # below the title
    footer: str
    language: str
    direction: Literal["ltr", "rtl"] = "ltr"
    blocks: tuple[Block, ...] = ()
    contents: bool = True

    def headings(self) -> Iterator[Heading]:
        """Every heading, in order, also those inside cards."""
        return (each for each in flat(self.blocks) if isinstance(each, Heading))


TALLEST = 1.15  # of a picture, in widths of the text: so much fits on a page below a heading


def fitting(png: bytes, widest: int, tallest: float = TALLEST) -> int:
    """The width in per cent at which a picture is no taller than that. PNG keeps its size in its first chunk."""
    wide, high = int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
    return max(5, min(widest, int(100 * tallest * wide / high)))


def flat(blocks: Sequence[Block]) -> Iterator[Block]:
    """Every block, cards opened up."""
    for each in blocks:
        if isinstance(each, Card):
            yield from flat(each.blocks)
        else:
            yield each


def numbered(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The same blocks with their headings numbered 1, 1.1, 1.1.1: the same in all three files."""
    counts = [0, 0, 0]

    def number(each: Block) -> Block:
        if isinstance(each, Card):
            return replace(each, blocks=tuple(number(inner) for inner in each.blocks))
        if not isinstance(each, Heading) or not each.numbered:
            return each
        counts[each.level - 1 :] = [counts[each.level - 1] + 1, *[0] * (3 - each.level)]
        return replace(each, number=".".join(str(count) for count in counts[: each.level]))

    return tuple(number(each) for each in blocks)


def runs(words: Words) -> tuple[Run, ...]:
    """Words as runs."""
    return (Run(words),) if isinstance(words, str) else words


def plain(words: Words) -> str:
    """Words without their marks."""
    return words if isinstance(words, str) else "".join(run.text for run in words)


def named(heading: Heading) -> str:
    """A heading as it is read: number and text."""
    return f"{heading.number} {heading.text}".strip()
