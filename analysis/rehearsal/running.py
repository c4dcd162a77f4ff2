"""Running a rehearsal: a server of its own, people over HTTP, then open, lock, report."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from instruments.doors import Environment, Refused, WrongUse
from instruments.model import Study
from instruments.reader import Faulty, read
from instruments.records import PRACTICE_KEY

from .. import clock, locking
from .. import report as reports
from ..loading import load
from ..opening import open_answers
from .people import Person, weights
from .walker import Browser, walk

MARK = "made-up.txt"
SECONDS_TO_START = 20

Bar = Callable[..., Iterator[Any]]


class Served(NamedTuple):
    """A survey that runs: where it is, and which process it is."""

    origin: str
    pid: int


def rehearsal(study: Path, out: Path, how_many: Sequence[int], seed: int, bar: Bar) -> Path:
    """Walk, open, lock and report; return the report. Everything made is marked as made up."""
    try:
        read_study = read(study)
    except Faulty as error:
        raise WrongUse(f"The study in {study} cannot be rehearsed:\n{error}") from error
    _fresh(out)
    rates, chance = weights(study), Random(seed)  # noqa: S311  made-up people, no secret
    codes = _role_codes(read_study)
    counts = [*how_many, *[how_many[-1]] * len(codes)][: len(codes)]  # every further role as many as the last
    people = [
        Person(role=code, chance=Random(chance.random()), weights=rates)  # noqa: S311
        for code, count in zip(codes, counts, strict=True)
        for _ in range(count)
    ]
    with served(study, out, "--made-up") as server:
        for person in bar(people, "answering over HTTP"):
            browser = Browser(server.origin)
            page = walk(browser, person)
            browser.close()
            if not page.path.endswith("/sent"):
                raise Environment(f"A made-up person got stuck at {page.path} ({page.status}): {page.heading}")
    key = out / PRACTICE_KEY
    answers = out / "answers.db"
    open_answers(out, key, key, answers, None, bar)
    table = load(answers)
    report = out / "report.html"
    made = reports.report(table, locking.lock(answers, table, clock.today()), "team")
    texts = {".html": made.html, ".csv": made.csv, ".json": made.json}
    reports.write_whole({report.with_suffix(suffix): text for suffix, text in texts.items()})
    return report


def _role_codes(study: Study) -> list[int | None]:
    """What to answer to the role question, one code a role; nothing where it is not asked."""
    if study.role_question is None:
        return [None]
    return [next(each.code for each in study.role_question.choices if each.role == role.id) for role in study.roles]


@contextmanager
def served(study: Path, data: Path, *flags: str) -> Iterator[Served]:
    """The real survey, started as a program on a free port."""
    command = [sys.executable, "-m", "survey_app", "--study", str(study), "--data", str(data), "--port", "0", *flags]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield Served(_address(server), server.pid)
    finally:
        server.terminate()
        server.wait(SECONDS_TO_START)


def _address(server: subprocess.Popen[str]) -> str:
    """Where the server says it is."""
    assert server.stdout is not None
    assert server.stderr is not None
    ends = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < ends:
        line = server.stdout.readline()
        if "http://" in line:
            return line[line.index("http://") :].strip()
        if not line and server.poll() is not None:
            raise Environment(f"The survey did not start: {server.stderr.read().strip()}")
    raise Environment(f"The survey did not start within {SECONDS_TO_START} seconds.")


def _fresh(out: Path) -> None:
    """An empty folder; one that holds anything but a rehearsal is left alone."""
    if out.is_file():
        raise WrongUse(f"{out} is a file; name a folder with --out.")
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        raise Refused(f"{out} holds something that is not a rehearsal; name another folder with --out.")
    try:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        (out / MARK).write_text("Everything in this folder is made up by a rehearsal.\n", encoding="utf-8")
    except OSError as error:
        raise Environment(f"{out} cannot be used: {error.strerror}.") from error
