"""What is found after a drill: each promise that can be seen from here, kept or broken, with what was looked at."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyrage

from instruments import evidence, keyfile, records

from .. import clock, haystack, signing
from ..live import private_keys, shown
from . import canaries
from .canaries import Crowd
from .place import Place

ORDER = 0.7  # of 24 rows by chance in fewer than 1 in 1,000 drills
FRAMES = frozenset(bucket + records.FRAME_ROOM for bucket in records.BUCKETS)
POLICY, NO_STORE = "content-security-policy", "no-store"
REFUSED = {
    "an unknown place": (404,),
    "another method": (405, 415),
    "an upload": (415,),
    "more than 128 KiB": (413, 0),
    "more than 500 fields": (413,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One promise: its number, in words, what was looked at, and what is wrong (nothing, where it is kept)."""

    id: str
    promise: str
    looked_at: str
    wrong: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Is it kept?"""
        return not self.wrong


def of(place: Place, crowd: Crowd, minutes: range, real: Sequence[Path]) -> Iterator[Finding]:
    """Every promise that a drill can see. `minutes` are those in which it ran, `real` the real survey's folders."""
    found = haystack.traces(crowd.needles(), [place.machine])
    yield _people([each for each in found if each.what != "answer"])
    yield _moments(place, minutes)
    yield _order(place, crowd)
    yield _sealed(place, [each for each in found if each.what == "answer"], real)
    yield _lengths(place)
    yield _half_way(crowd)
    yield _withdrawn(place, crowd)
    yield _two_presses(crowd)
    yield _headers(crowd)
    yield _bounds(crowd)
    yield _errors(place)
    yield _evidence(place)


def learns(place: Place) -> Iterator[str]:
    """What a thief of this machine would learn after this drill, in plain words."""
    rows = _rows(place)
    sizes = len({len(frame) for _, frame in rows})
    yield f"That this study runs here, its questions, how many began, and that {len(rows)} sealed answers lie here."
    yield f"Their sizes, which are {sizes} of the {len(FRAMES)} that are possible for anybody."
    yield "Whom the answers are sealed to, as public keys; not the answers."
    yield "On which day or two it last ran: the keys of unsent answers bear days. They open what a browser still holds."
    yield "With a code that somebody has kept: whether it was used. Without one nothing leads from a row to a person."
    for path in sorted(place.data.rglob("*")):
        if path.is_file():
            changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            size, mode = path.stat().st_size, stat.filemode(path.stat().st_mode)
            yield f"The file {path.relative_to(place.data)}: {size:,} bytes, {mode}, dated {changed:%Y-%m-%d}."


def _told(found: list[haystack.Trace]) -> tuple[str, ...]:
    lines = [f"{each.what} as {each.written} in {Path(each.place).name}" for each in found]
    return tuple(dict.fromkeys(lines))[: canaries.LINES]


def _people(found: list[haystack.Trace]) -> Finding:
    return Finding(
        id="P01",
        promise="No address, browser or link is stored or logged",
        looked_at=f"every file, for {len(canaries.ADDRESSES)} addresses and three other marks, in every writing",
        wrong=_told(found),
    )


def _moments(place: Place, minutes: range) -> Finding:
    return Finding(
        id="P02",
        promise="No exact time is stored",
        looked_at="every file, and the times of its last change and last look",
        wrong=_times(place, minutes),
    )


def _times(place: Place, minutes: range) -> tuple[str, ...]:
    """Seconds and minutes of the drill in any file, and files that say when they were written."""
    seconds = range(minutes[0] * 60, (minutes[-1] + 1) * 60)
    needles = {"a second": [way for second in seconds for way in haystack.ways_of_writing_a_moment(second)]}
    needles["a minute"] = [way for minute in minutes for way in haystack.ways_of_writing(str(minute))]
    files = [path for path in place.data.rglob("*") if path.is_file()]
    dated = [
        path.name
        for path in (*files, place.data)
        if {clock.day_of(path.stat().st_mtime), clock.day_of(path.stat().st_atime)} != {"01"}
    ]
    found = haystack.traces(needles, [place.data, place.home, place.temporary, place.errors])
    today_is_first = clock.today().endswith("-01")
    return (*_told(found), *(f"{name} says when it was written or looked at" for name in dated if not today_is_first))


def _order(place: Place, crowd: Crowd) -> Finding:
    """Does where a row lies in the file say when it came? Spearman's rank correlation."""
    frames = dict(_rows(place))
    arrived = [frames[key] for key in crowd.arrived if key in frames]
    raw = place.file.read_bytes()
    places = [raw.find(frame[:64]) for frame in arrived]
    n, ranks = len(places), {at: rank for rank, at in enumerate(sorted(places))}
    squares = sum((ranks[at] - came) ** 2 for came, at in enumerate(places))
    rho = 1 - 6 * squares / (n * (n * n - 1)) if n > 1 else 1.0
    return Finding(
        id="P04",
        promise="Order at rest reveals nothing",
        looked_at=f"where {n} rows lie in the file, beside the order in which they came: correlation {rho:.2f}",
        wrong=() if abs(rho) < ORDER and n == canaries.SENDERS else (f"the correlation is {rho:.2f} for {n} rows",),
    )


def _sealed(place: Place, found: list[haystack.Trace], real: Sequence[Path]) -> Finding:
    return Finding(
        id="P06",
        promise="What was sent cannot be read here, and opens with the key",
        looked_at=f"every file for what {canaries.SENDERS + 4} people wrote; a record with the key and with another",
        wrong=(*_told(found), *_readable(place), *_keys(real)),
    )


def _readable(place: Place) -> Iterator[str]:
    rows = _rows(place)
    own = pyrage.x25519.Identity.from_str(keyfile.private_key(place.key.read_bytes()) or "")
    if not rows:
        yield "nothing was stored"
        return
    try:
        sealed = records.from_frame(rows[0][1])
    except ValueError:
        yield "a record has another form than it should have"
        return
    try:
        pyrage.decrypt(sealed, [own])
    except pyrage.DecryptError:
        yield "the key does not open what was sealed to it"
    try:
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])
    except pyrage.DecryptError:
        return
    yield "another key opens it"


def _keys(real: Sequence[Path]) -> Iterator[str]:
    """Private keys that lie beside the real survey. In practice there is one: nothing there counts."""
    for folder in real:
        for path in private_keys(folder)[0]:
            yield f"a private key lies on this machine: {shown(path)} (it must not when answers are real)"


def _lengths(place: Place) -> Finding:
    sizes = sorted({len(frame) for _, frame in _rows(place)})
    return Finding(
        id="P07",
        promise="The length of a record tells nothing",
        looked_at=f"the sizes of all records: {', '.join(map(str, sizes)) or 'none'}",
        wrong=tuple(f"a record of {size} bytes" for size in sizes if size not in FRAMES),
    )


def _half_way(crowd: Crowd) -> Finding:
    before, after = crowd.left_half_way
    return Finding(
        id="P08",
        promise="Nothing is kept before Send",
        looked_at="all rows, before and after somebody who stopped half-way",
        wrong=() if before == after else ("something was kept",),
    )


def _withdrawn(place: Place, crowd: Crowd) -> Finding:
    piece = crowd.withdrawn_frame[8:200]
    left = [path.name for path in haystack.files([place.machine]) if piece and piece in path.read_bytes()]
    wrong = [f"bytes of it are left in {name}" for name in left]
    if crowd.rows_after_withdrawing:
        wrong.append("the row is still there")
    return Finding(
        id="P09",
        promise="Withdrawn is gone",
        looked_at="the row and every file, for the sealed bytes of somebody who deleted with their code",
        wrong=tuple(wrong),
    )


def _two_presses(crowd: Crowd) -> Finding:
    rows = crowd.rows_of_two_presses
    return Finding(
        id="P12",
        promise="Send pressed twice sends once",
        looked_at="rows of somebody who pressed twice",
        wrong=() if rows == 1 else (f"{rows} rows",),
    )


def _headers(crowd: Crowd) -> Finding:
    wrong = []
    for path, status, headers in crowd.answers:
        held = dict(headers)
        if "default-src 'none'" not in held.get(POLICY, ""):
            wrong.append(f"{path} ({status}) has no strict policy")
        if held.get("cache-control", "") != NO_STORE and "immutable" not in held.get("cache-control", ""):
            wrong.append(f"{path} ({status}) may be kept by the browser")
        if "server" in held or "x-powered-by" in held:
            wrong.append(f"{path} ({status}) says which program answers")
    return Finding(
        id="P16",
        promise="Every page forbids scripts of others, and is kept by no browser",
        looked_at=f"the headers of {len(crowd.answers)} replies",
        wrong=tuple(dict.fromkeys(wrong))[: canaries.LINES],
    )


def _bounds(crowd: Crowd) -> Finding:
    wrong = [f"{what}: {crowd.statuses[what]}" for what, good in REFUSED.items() if crowd.statuses[what] not in good]
    spilled = [f"a temporary file appeared: {name}" for name in sorted(crowd.spilled)]
    return Finding(
        id="P20",
        promise="Sizes, counts and kinds are bounded, and nothing spills to a file",
        looked_at=f"{len(crowd.statuses)} kinds of nonsense, and the folder of temporary files",
        wrong=(*wrong, *spilled),
    )


def _errors(place: Place) -> Finding:
    lines = [line for line in place.errors.read_text(errors="replace").splitlines() if not line.startswith("survey: ")]
    return Finding(
        id="P25",
        promise="Errors tell nothing",
        looked_at="what the survey said while it ran",
        wrong=tuple(f"said: {line[:80]}" for line in lines[:3]),
    )


def _evidence(place: Place) -> Finding:
    """Does the survey's own key sign the list of all rows that it stored, and not the one that somebody put there?"""
    with closing(sqlite3.connect(place.file)) as own:
        house = dict(own.execute("SELECT name, value FROM house"))
        leaves = [
            evidence.leaf(table, *row)
            for table in evidence.SEALED_TABLES
            for row in own.execute(f"SELECT key, frame, mark FROM {table} WHERE key != ?", (canaries.FORGED,))
        ]
        leaves += [evidence.grave(*row) for row in own.execute("SELECT key, mark FROM tombstones")]
    together, words = evidence.listed(house["survey"], leaves)
    listed = evidence.split(house.get("leaves", b""))
    wrong = []
    if canaries.FORGED in listed:
        wrong.append("a row that somebody put there is signed as the survey's own")
    elif house.get("leaves") != together:
        wrong.append("the list is not that of the rows which lie there")
    if signing.Signer(place.data).key.sign(words).signature != house.get("signature"):
        wrong.append("the list is not signed with the survey's own key")
    return Finding(
        id="P26",
        promise="A record that somebody put there shows",
        looked_at=f"the signed list of {len(leaves)} records, after a row was put there by hand and one more was sent",
        wrong=tuple(wrong),
    )


def _rows(place: Place) -> list[tuple[bytes, bytes]]:
    """What people sent, without what was put there by hand."""
    with closing(sqlite3.connect(place.file)) as own:
        return own.execute("SELECT key, frame FROM responses WHERE key != ?", (canaries.FORGED,)).fetchall()
