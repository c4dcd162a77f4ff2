"""What a participant costs: bytes on the wire, server CPU time, and 200 people at once. `make bench` prints it.

CPU time is compared with a bare WSGI program that answers as many requests in the same run: machines differ, and so
does one machine from hour to hour. No test asserts any of this.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from analysis.rehearsal.people import Person
from analysis.rehearsal.running import served
from instruments import BUNDLED
from instruments.reader import read
from instruments.walker import Browser, Page, walk

read_once = cache(read)  # 200 people who read a study for themselves are slower than what they measure
BENCH = Path(__file__).parent.parent / "studies" / "bench"
TICK = os.sysconf("SC_CLK_TCK")
BARE = """
import sys, waitress
def app(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", "1000")])
    return [b"x" * 1000]
server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
print(f"http://127.0.0.1:{server.effective_port}/", flush=True)
server.run()
"""


class Counting(Browser):
    """A browser that takes gzip and counts what it receives, headers and cookies included."""

    def __init__(self, origin: str) -> None:
        super().__init__(origin, {"Accept-Encoding": "gzip"})
        self.received: list[tuple[str, int, float]] = []  # path, bytes, seconds
        self.sent = 0

    def _exchange(self, method, path, body, headers):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        began = time.perf_counter()
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        content = response.read()
        took = time.perf_counter() - began
        found = [(name.lower(), value) for name, value in response.getheaders()]
        head = len(f"HTTP/1.1 {response.status} {response.reason}\r\n\r\n")
        head += sum(len(name) + len(value) + 4 for name, value in found)
        self.received.append((path, head + len(content), took))
        self.sent += len(path) + sum(len(name) + len(value) + 4 for name, value in headers.items()) + len(body or "")
        unpacked = gzip.decompress(content) if dict(found).get("content-encoding") == "gzip" else content
        return response.status, found, unpacked


def person(study: Path, seed: int, role: int | None) -> Person:
    """Somebody who answers at random."""
    return Person(study=read_once(study), role=role, chance=random.Random(seed))


def files_of(page: Page) -> list[str]:
    """What the first page makes a browser fetch."""
    return [part.split('"')[0] for part in page.html.split('href="')[1:] if part.split('"')[0].endswith(("css", "svg"))]


def cpu(pid: int) -> float:
    """Milliseconds of processor time that a program has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / TICK


def memory(pid: int) -> float:
    """MiB that it holds."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def bytes_of_a_survey() -> None:
    """One participant with an empty cache."""
    with tempfile.TemporaryDirectory() as folder, served(BENCH, Path(folder)) as started:
        browser = Counting(started.origin)
        first = browser.get("/")
        assets = files_of(first)
        for each in assets:
            browser.get(each)
        view = sum(size for _, size, _ in browser.received)
        walk(browser, person(BENCH, 1, None))
        pages = [size for path, size, _ in browser.received if path not in assets]
        style = next(size for path, size, _ in browser.received if path.endswith("css"))
        total = sum(size for _, size, _ in browser.received) - pages[0]  # the first page was read twice
    sent = browser.sent
    print("bytes, a survey of 25 columns on 6 pages, cold cache")
    print(f"  first view       {view:>7,}  in {1 + len(assets)} requests   (10,240 in 3)")
    print(f"  largest page     {max(pages):>7,}                  (4,096 of HTML)")
    print(f"  style            {style:>7,}                  (5,120)")
    print(f"  whole survey     {total:>7,}  in {len(browser.received) - 1} requests  (17,000)")
    print(f"  sent by browser  {sent:>7,}")


def work_of_a_participant(study: Path, role: int | None, people: int) -> None:
    """Server CPU time, beside a bare program's for as many requests."""
    with tempfile.TemporaryDirectory() as folder, served(study, Path(folder)) as started:
        requests = 0
        for seed in range(people + 20):
            if seed == 20:  # warm
                before, requests = cpu(started.pid), 0
            browser = Counting(started.origin)
            walk(browser, person(study, seed, role))
            browser.close()
            requests += len(browser.received)
        mine = (cpu(started.pid) - before) / people
        held = memory(started.pid)
    theirs = bare(requests) / people
    each = requests / people
    print(f"work, {study.name}: {people} participants, {each:.1f} requests each")
    print(f"  server CPU       {mine:7.2f} ms a participant, {mine / each:.3f} ms a request")
    print(f"  bare program     {theirs:7.2f} ms for as many requests: ratio {mine / theirs:.1f}")
    print(f"  memory           {held:7.1f} MiB")


def bare(requests: int) -> float:
    """CPU-milliseconds of a bare WSGI program for so many requests."""
    with program([sys.executable, "-c", BARE]) as (origin, pid):
        browser = Counting(origin)
        for _ in range(50):
            browser.get("/")
        before = cpu(pid)
        for _ in range(requests):
            browser.get("/")
        return cpu(pid) - before


@contextmanager
def program(command: list[str]) -> Iterator[tuple[str, int]]:
    """A program that prints its address, for as long as it is needed."""
    started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    try:
        yield started.stdout.readline().strip(), started.pid
    finally:
        started.terminate()
        started.wait(10)


def many_at_once(people: int, seconds: int) -> None:
    """So many participants, 1 to 3 seconds between pages."""
    took: list[float] = []
    troubles: Counter[str] = Counter()
    ends = time.monotonic() + seconds

    def somebody(seed: int) -> None:
        chance = random.Random(seed)
        time.sleep(chance.uniform(0, 3))
        while time.monotonic() < ends:
            browser = Counting(started.origin)
            try:
                page, me = browser.get("/"), person(BUNDLED, seed, 1 + seed % 2)
                while not page.path.endswith("/sent") and time.monotonic() < ends:
                    time.sleep(chance.uniform(1, 3))
                    form = page.form
                    page = browser.press(page, form, me(page, form)) if form else browser.get(page.links[0])
                    if page.status >= 400:
                        troubles[f"{page.status} {page.path}"] += 1
            except (OSError, http.client.HTTPException, IndexError) as error:
                troubles[type(error).__name__] += 1
            took.extend(each for _, _, each in browser.received)
            browser.close()

    with tempfile.TemporaryDirectory() as folder, served(BUNDLED, Path(folder)) as started:
        crowd = [threading.Thread(target=somebody, args=(seed,)) for seed in range(people)]
        for each in crowd:
            each.start()
        for each in crowd:
            each.join()
        held = memory(started.pid)
    middle, slow = statistics.median(took), statistics.quantiles(took, n=100)[94]
    print(f"load, {people} participants at once for {seconds} s on {os.cpu_count()} cores: {len(took):,} requests")
    print(f"  answered in      {1000 * middle:7.1f} ms half of the time, {1000 * slow:.1f} ms 95 % of the time  (300)")
    print(f"  errors           {sum(troubles.values()):7d} {dict(troubles) or ''}")
    print(f"  memory           {held:7.1f} MiB  (60)")


def beginning() -> None:
    """How long it takes until it listens, after everything is imported; and that no statistics are."""
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, tempfile, time; from pathlib import Path; import survey_app.__main__\n"
            "from instruments import BUNDLED; from survey_app.app import create_app\n"
            "from survey_app.serve import open_survey, studies_in\n"
            "began = time.perf_counter()\n"
            "surveys = open_survey(studies_in(BUNDLED), Path(tempfile.mkdtemp()), 'practice', None)\n"
            "create_app(surveys); took = time.perf_counter() - began\n"
            "print(f'{took:.3f}', *sorted({'scipy', 'plotly', 'numpy', 'pandas'} & {name for name, module in sys.modules.items() if module}))",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    print("beginning")
    print(f"  ready in         {float(said[0]):7.2f} s after import  (1)")
    print(f"  statistics       {' '.join(said[1:]) or 'none loaded'}")


def main() -> None:
    """Print every figure; the ones in brackets are where we mean to be."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--people", type=int, default=200, help="participants to measure the work of")
    flags.add_argument("--seconds", type=int, default=60, help="how long the load lasts")
    given = flags.parse_args()
    bytes_of_a_survey()
    work_of_a_participant(BENCH, None, given.people)
    work_of_a_participant(BUNDLED, 1, given.people // 4)
    many_at_once(200, given.seconds)
    beginning()


if __name__ == "__main__":
    main()
