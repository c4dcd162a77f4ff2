"""What the vault costs: durable sends a second, a flush, and opening; beside a bare insert and bare age in the same run.

Run it with `make bench`. Only ratios and processor time carry from one machine to another.
"""

from __future__ import annotations

import os
import resource
import secrets
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyrage

from analysis.opening import open_answers
from instruments import BUNDLED, records
from instruments.reader import read
from survey_app import sealing
from survey_app.codes import code
from survey_app.store import Store

STUDY = read(BUNDLED)
RECORDS, OPENED, AT_ONCE = 2000, 20_000, 8
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


def waits(store: Store, content: bytes) -> list[float]:
    """Milliseconds of each of many sends, eight at once, while flushes go on."""
    found: list[float] = []

    def sending() -> None:
        for _ in range(60):
            began = time.perf_counter()
            store.send(code(secrets.token_bytes(16)), content, None)
            found.append(1000 * (time.perf_counter() - began))

    threads = [threading.Thread(target=sending) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


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
        slow = sorted(waits(store, content))
        print(f"sends, {AT_ONCE} at once         {slow[int(0.99 * len(slow))]:8.0f} ms at the 99th of 100 (100 wanted)")
        store.connection.execute("BEGIN")
        while store.count() < OPENED:
            own = frame(keys)
            key = secrets.token_bytes(32)
            store.connection.execute(
                "INSERT INTO responses VALUES (?, ?, ?)", (key, own, store.signer.mark("responses", key, own))
            )
        store.connection.execute("COMMIT")
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
        print(
            f"memory                    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:8} MiB with {OPENED} records"
        )


if __name__ == "__main__":
    sys.exit(main())
