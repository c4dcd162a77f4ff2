"""What the vault costs: durable sends a second, a flush, a press of Send, and opening; beside a bare insert and bare age.

Run it with `make bench`. Only ratios and processor time carry from one machine to another.
"""

from __future__ import annotations

import http.client
import os
import resource
import secrets
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyrage

from analysis.opening import open_answers
from analysis.rehearsal.running import served
from instruments import BUNDLED, records
from instruments.reader import read
from survey_app import clock, sealing
from survey_app.codes import code
from survey_app.drafts import PRACTICE, Draft, DraftKeys, to_cookie, usually
from survey_app.store import Store

STUDY = read(BUNDLED)
RECORDS, FEWER, OPENED = 2000, 5000, 20_000
AT_ONCE, SECONDS = 8, 20  # of pressing Send; there is a flush every few seconds
OPENING = """
import os, sys
from pathlib import Path
from analysis.opening import open_answers
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core is one process: what it needs is all that is needed
data, key, out = map(Path, sys.argv[1:])
open_answers(data, key, key, out, None, lambda each, *_: each)
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(status["VmHWM"].split()[0])  # of this program alone: what getrusage says begins with that of the one before it
"""
FORM = "application/x-www-form-urlencoded"
ROW = "CREATE TABLE responses (key BLOB PRIMARY KEY, frame BLOB NOT NULL) STRICT, WITHOUT ROWID"


def frame(keys: list[pyrage.x25519.Identity]) -> bytes:
    """A sealed questionnaire of usual length."""
    answers = {each.id: 1 for each in STUDY.questions()}
    payload = records.payload(STUDY, "practice", {"role": STUDY.roles[0].id, "duration": "5 to 10 minutes"}, answers)
    return sealing.seal(payload, [key.to_public() for key in keys])


def a_second(times: int, what: Callable[[], object]) -> float:
    """How often it can be done in a second."""
    began = time.perf_counter()
    for _ in range(times):
        what()
    return times / (time.perf_counter() - began)


def bare(folder: Path, content: bytes) -> float:
    """Inserts a second into a file with the same settings, and nothing around them."""
    own = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for pragma in ("page_size = 32768", "journal_mode = DELETE", "synchronous = EXTRA", "secure_delete = ON"):
        own.execute(f"PRAGMA {pragma}")
    own.execute(ROW)
    return a_second(500, lambda: own.execute("INSERT INTO responses VALUES (?, ?)", (secrets.token_bytes(32), content)))


def waits(data: Path) -> tuple[list[float], int]:
    """Milliseconds of each press of Send, eight at once over HTTP, and how many flushes were seen meanwhile."""
    drafts = DraftKeys(data / PRACTICE, usually(STUDY))
    found: list[float] = []
    with served(BUNDLED, data) as server:
        ends = time.perf_counter() + SECONDS
        threads = [threading.Thread(target=pressing, args=(server.origin, drafts, ends, found)) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        flushes = flushed_until(data / records.SURVEY_FILE, ends)
        for thread in threads:
            thread.join()
    return found, flushes


def pressing(origin: str, keys: DraftKeys, ends: float, found: list[float]) -> None:
    """One questionnaire after the other, each sent once and acknowledged."""
    line = http.client.HTTPConnection(origin.removeprefix("http://").rstrip("/"), timeout=60)
    while time.perf_counter() < ends:
        now = clock.minute()
        draft = Draft(study=STUDY.fingerprint[:16], begun=now, seen=now, role=STUDY.roles[0].id)
        cookie = f"s={to_cookie(draft, keys, clock.today())}"
        began = time.perf_counter()
        line.request("POST", "/en/send", f"_token={draft.token}", {"Cookie": cookie, "Content-Type": FORM})
        reply = line.getresponse()
        reply.read()
        found.append(1000 * (time.perf_counter() - began))
        assert reply.status == 303, reply.status


def flushed_until(file: Path, ends: float) -> int:
    """How often the file's time is seen to go back to the first of the month, which is the last step of a flush."""
    flushes, before = 0, True
    while time.perf_counter() < ends:
        now = file.stat().st_mtime == clock.start_of_month()
        flushes, before = flushes + (now and not before), now
        time.sleep(0.002)
    return flushes


def fill(store: Store, keys: list[pyrage.x25519.Identity], up_to: int) -> None:
    """Put sealed records there in one transaction, until there are so many."""
    missing = up_to - store.count()
    store.connection.execute("BEGIN")
    for _ in range(missing):
        key, own = secrets.token_bytes(32), frame(keys)
        row = (key, own, store.signer.mark("responses", key, own))
        store.connection.execute("INSERT INTO responses VALUES (?, ?, ?)", row)
    store.connection.execute("COMMIT")
    store.flush()


def memory(data: Path, key: Path, out: Path) -> int:
    """MiB at the most of a process of its own that opens them all."""
    told = subprocess.run([sys.executable, "-c", OPENING, data, key, out], capture_output=True, text=True, check=True)
    return int(told.stdout) // 1024


def main() -> None:
    """Print every figure of the vault."""
    keys = [pyrage.x25519.Identity.generate() for _ in range(2)]
    with tempfile.TemporaryDirectory() as there:
        folder = Path(there)
        content = frame(keys)
        base = bare(folder, content)
        store = Store(folder / "data", STUDY, "practice")
        store.introduce(*sealing.introduction(sealing.Recipients(answers=tuple(k.to_public() for k in keys), texts=())))
        store.flusher.stop()
        sent = a_second(500, lambda: store.send(code(secrets.token_bytes(16)), content, None))
        print(f"durable sends a second    {sent:8.0f}   (300 wanted; a bare insert here {base:.0f})")
        while store.count() < RECORDS:
            store.send(code(secrets.token_bytes(16)), frame(keys), None)
        took = [1 / a_second(1, store.flush) for _ in range(7)]
        cpu = time.process_time()
        store.flush()
        cpu = time.process_time() - cpu
        print(
            f"flush of {RECORDS} records     {1000 * statistics.median(took):8.0f} ms, {1000 * cpu:.0f} ms CPU (100 wanted)"
        )
        shutil.copytree(folder / "data", folder / "served")
        slow, flushes = waits(folder / "served")
        print(
            f"Send, {AT_ONCE} at once {'':9} {statistics.quantiles(slow, n=100)[98]:8.0f} ms at the 99th of 100 (100 wanted), {statistics.median(slow):.0f} at the 50th; "
            f"{len(slow)} over HTTP in {SECONDS} s, {flushes} flushes meanwhile"
        )
        fill(store, keys, FEWER)
        shutil.copytree(folder / "data", folder / "fewer")
        fill(store, keys, OPENED)
        store.close()
        path = folder / "key"
        path.write_text(str(keys[1]))
        frames = [records.from_frame(frame(keys)) for _ in range(1000)]
        began = time.process_time()
        for each in frames:
            pyrage.decrypt(each, [keys[1]])
        alone = len(frames) / (time.process_time() - began)
        for cores in (2, 1):
            before = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
            began = time.perf_counter()
            if cores == 1:
                os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
            else:
                os.sched_setaffinity(0, range(os.cpu_count() or 1))
            open_answers(folder / "data", path, path, folder / f"{cores}.db", None, lambda each, *_: each)
            wall = time.perf_counter() - began
            after = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
            spent = sum(b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime for a, b in zip(before, after, strict=True))
            print(
                f"opened on {cores} core{'s' * (cores > 1)} {'':10} {OPENED / wall:8.0f} a second, {OPENED / spent:.0f} a second "
                f"of CPU (3,000 wanted; age alone {alone:.0f})"
            )
        needed = [memory(folder / each, path, folder / f"{each}.db") for each in ("fewer", "data")]
        print(
            f"memory to open            {needed[0]:8} MiB with {FEWER} records, {needed[1]} MiB with {OPENED} (the same)"
        )


if __name__ == "__main__":
    sys.exit(main())
