"""The haystack: every byte that a survey leaves on a machine, searched for what must not be there in any writing."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from itertools import chain
from pathlib import Path
from urllib.parse import quote, quote_plus

AT_A_TIME = 4 * 2**20  # bytes of a file that are searched at once
JULIAN_1970 = 2440587.5  # the day on which 1970 began, as SQLite's julianday() counts
HASHES = ("md5", "sha1", "sha256", "blake2b", "blake2s")


@dataclass(frozen=True, slots=True, order=True)
class Trace:
    """Something that was found: where, what, and how it was written."""

    place: str
    what: str
    written: str


def ways_of_writing(word: str) -> Iterator[tuple[str, bytes]]:
    """A word as it may lie in a file: text, URL, base64 at each offset, hexadecimal, two bytes a letter."""
    plain = word.encode()
    yield "text", plain
    yield "text in capitals", word.upper().encode()
    for encoded in {quote(word, safe=""), quote_plus(word)} - {word}:
        yield "URL", encoded.encode()
    for offset in range(3):  # what stands before decides how the letters fall
        whole = base64.b64encode(bytes(offset) + plain).rstrip(b"=")
        inner = whole[-(-offset * 4 // 3) : len(whole) - ((offset + len(plain)) % 3 != 0)]
        yield "base64", inner
        yield "base64 for URLs", inner.translate(bytes.maketrans(b"+/", b"-_"))
    yield "hexadecimal", plain.hex().encode()
    yield "HEXADECIMAL", plain.hex().upper().encode()
    yield "UTF-16", word.encode("utf-16-le")
    yield "UTF-16", word.encode("utf-16-be")


def ways_of_writing_an_address(address: str) -> Iterator[tuple[str, bytes]]:
    """An address as text, as packed bytes, and as its usual hashes."""
    yield from ways_of_writing(address)
    packed = ip_address(address).packed
    if len(packed) > 4:  # four bytes are met by chance in every large file
        yield "packed", packed
    for name in HASHES:
        for said in (address.encode(), packed):
            digest = hashlib.new(name, said)
            yield name, digest.digest()
            yield f"{name} in hexadecimal", digest.hexdigest().encode()


def ways_of_writing_a_moment(second: int) -> Iterator[tuple[str, bytes]]:
    """A second since 1970 with all that lies within it: as text, and as whole and floating numbers of eight bytes.

    Four bytes are met by chance in every large file; what SQLite packs into so few is read out by `traces`.
    """
    moment = datetime.fromtimestamp(second, UTC)
    yield "decimal", str(second).encode()
    yield "hexadecimal", f"{second:08x}".encode()
    for shape in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y%m%dT%H%M%S"):
        yield "date and time", format(moment, shape).encode()
    yield "Julian day", f"{second / 86_400 + JULIAN_1970:.6f}"[:-2].encode()  # to nine seconds
    packed = [("packed in eight bytes", second.to_bytes(8))]
    for quarter in range(1000 * second >> 8, (1000 * second + 999 >> 8) + 1):  # of a second, nearly
        packed.append(("packed in eight bytes, in thousandths", quarter.to_bytes(7)))
    packed.append(("floating", struct.pack(">d", second)[:5]))  # to four seconds: the other bytes hold the fraction
    for how, most_first in packed:
        yield how, most_first
        yield how, most_first[::-1]


def traces(needles: Mapping[str, Iterable[tuple[str, bytes]]], places: Iterable[Path]) -> list[Trace]:
    """Where any of them lies, in the content or the name of a file. What cannot be read is left out.

    A file of SQLite is also searched for the numbers of its rows as they read in decimal, however it packs them.
    """
    wanted = [(what, how, needle) for what, ways in needles.items() for how, needle in ways if needle]
    found: set[Trace] = set()
    for path in files(places):
        name = str(path).encode()
        found |= {Trace(str(path), what, f"{how}, in the name") for what, how, needle in wanted if needle in name}
        overlap = max((len(needle) for *_, needle in wanted), default=0)
        for chunk in chain(_chunks(path, overlap), _numbers(path)):
            found |= {Trace(str(path), what, how) for what, how, needle in wanted if needle in chunk}
    return sorted(found)


def files(places: Iterable[Path]) -> Iterator[Path]:
    """Every file in these files and folders."""
    for place in places:
        if place.is_file():
            yield place
        elif place.is_dir():
            yield from sorted(path for path in place.rglob("*") if path.is_file() and not path.is_symlink())


def _chunks(path: Path, overlap: int) -> Iterator[bytes]:
    """A file piece by piece; a needle that lies across two pieces is in the second one."""
    try:
        with path.open("rb") as file:
            end = b""
            while chunk := file.read(AT_A_TIME):
                empty = not chunk.strip(b"\0")  # ballast: a needle can only lie across its edge
                yield end + (chunk[:overlap] if empty else chunk)
                end = chunk[-overlap:] if overlap else b""
    except OSError:
        return


def _numbers(path: Path) -> Iterator[bytes]:
    """The numbers in a file of SQLite, table by table, in decimal; nothing for any other file."""
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"  # takes no lock, writes nothing, not even a journal
    try:
        with closing(sqlite3.connect(address, uri=True)) as own:
            own.text_factory = bytes
            tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0"
            for (name,) in own.execute(tables).fetchall():
                rows = own.execute(f'SELECT * FROM "{name.decode()}"')
                numbers = (each for row in rows for each in row if isinstance(each, int | float))
                yield "\n".join(f"{each:f}" if isinstance(each, float) else str(each) for each in numbers).encode()
    except (OSError, sqlite3.Error):
        return
