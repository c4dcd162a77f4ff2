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
    people = [each for each in found if each.what != "answer"]
    yield Finding(
        id="P01",
        promise="No address, browser or link is stored or logged",
        looked_at=f"every file, for {len(canaries.ADDRESSES)} addresses and three other marks, in every writing",
        wrong=_told(people),
    )
    yield Finding(
        id="P02", promise="No exact time is stored", looked_at="every file, and its time", wrong=_times(place, minutes)
    )
    yield _order(place, crowd)
    answers = [each for each in found if each.what == "answer"]
    yield Finding(
        id="P06",
        promise="What was sent cannot be read here, and opens with the key",
        looked_at=f"every file for what {canaries.SENDERS + 3} people wrote; a record with the key and with another",
        wrong=(*_told(answers), *_readable(place), *_keys(real)),
    )
    sizes = {len(frame) for _, frame in _rows(place)}
    yield Finding(
        id="P07",
        promise="The length of a record tells nothing",
        looked_at=f"the sizes of all records: {', '.join(map(str, sorted(sizes))) or 'none'}",
        wrong=tuple(f"a record of {size} bytes" for size in sorted(sizes - FRAMES)),
    )
    before, after = crowd.left_half_way
    yield _said(
        "P08",
        "Nothing is kept before Send",
        "all rows, before and after somebody who stopped half-way",
        before == after,
    )
    yield _withdrawn(place, crowd)
    yield _said(
        "P12", "Send pressed twice sends once", "rows of somebody who pressed twice", crowd.rows_of_two_presses == 1
    )
    yield _headers(crowd)
    wrong = [f"{what}: {crowd.statuses[what]}" for what, good in REFUSED.items() if crowd.statuses[what] not in good]
    spilled = [f"a temporary file appeared: {name}" for name in sorted(crowd.spilled)]
    yield Finding(
        id="P20",
        promise="Sizes, counts and kinds are bounded, and nothing spills to a file",
        looked_at=f"{len(crowd.statuses)} kinds of nonsense, and the folder of temporary files",
        wrong=(*wrong, *spilled),
    )
    errors = [line for line in place.errors.read_text(errors="replace").splitlines() if not line.startswith("survey: ")]
    yield Finding(
        id="P25",
        promise="Errors tell nothing",
        looked_at="what the survey said while it ran",
        wrong=tuple(f"said: {line[:80]}" for line in errors[:3]),
    )
    yield _said(
        "P26", "A changed record shows", "the signed list of records, and the same with one bit changed", _signed(place)
    )


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


def _said(id: str, promise: str, looked_at: str, good: bool) -> Finding:
    return Finding(id=id, promise=promise, looked_at=looked_at, wrong=() if good else ("it is not so",))


def _told(found: list[haystack.Trace]) -> tuple[str, ...]:
    lines = [f"{each.what} as {each.written} in {Path(each.place).name}" for each in found]
    return tuple(dict.fromkeys(lines))[: canaries.LINES]


def _times(place: Place, minutes: range) -> tuple[str, ...]:
    """Seconds and minutes of the drill in any file, and files that say when they were written."""
    seconds = range(minutes[0] * 60, (minutes[-1] + 1) * 60)
    needles = {"a second": [way for second in seconds for way in haystack.ways_of_writing_a_moment(second)]}
    needles["a minute"] = [way for minute in minutes for way in haystack.ways_of_writing(str(minute))]
    files = [path for path in place.data.rglob("*") if path.is_file()]
    dated = [path.name for path in (*files, place.data) if datetime.fromtimestamp(path.stat().st_mtime, UTC).day != 1]
    found = haystack.traces(needles, [place.data, place.home, place.temporary, place.errors])
    today_is_first = clock.today().endswith("-01")
    return (*_told(found), *(f"{name} says when it was written" for name in dated if not today_is_first))


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


def _signed(place: Place) -> bool:
    """Does the survey's own key sign this list, and no other row?"""
    with closing(sqlite3.connect(place.file)) as own:
        house = dict(own.execute("SELECT name, value FROM house"))
        rows = [
            (table, *row)
            for table in evidence.SEALED_TABLES
            for row in own.execute(f"SELECT key, frame, mark FROM {table}")
        ]
        graves = [evidence.grave(*row) for row in own.execute("SELECT key, mark FROM tombstones")]
    signer = signing.Signer(place.data)
    together, words = evidence.listed(house["survey"], [*graves, *(evidence.leaf(*row) for row in rows)])
    changed = [(table, key, frame[:-1] + b"\1", mark) for table, key, frame, mark in rows[:1]] + rows[1:]
    other, _ = evidence.listed(house["survey"], [*graves, *(evidence.leaf(*row) for row in changed)])
    same = house.get("leaves") == together and signer.key.sign(words).signature == house.get("signature")
    return bool(same and other != together)


def _rows(place: Place) -> list[tuple[bytes, bytes]]:
    with closing(sqlite3.connect(place.file)) as own:
        return own.execute("SELECT key, frame FROM responses").fetchall()
