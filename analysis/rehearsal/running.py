"""Running a rehearsal: a survey that is served, people over HTTP, then open, lock, report; and what came of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from instruments.doors import Environment, Refused, Tampered, WrongUse, is_loopback
from instruments.model import Study
from instruments.records import PRACTICE_KEY
from instruments.words import catalogue, languages

from .. import clock, locking
from .. import report as reports
from ..findings import Finding
from ..loading import load
from ..opening import open_answers
from ..report.hiding import Name
from ..stamps import MADE_UP
from ..table import Table
from . import direct
from .people import Lived, Nature, Person, live
from .population import Population
from .walker import Browser
from .watching import Watched, scouted, watched

MARK = "made-up.txt"
ANSWERS = "made-up-answers.db"
REPORTS: Mapping[Name, str] = {"public": "made-up-report-public", "team": "made-up-report"}
UNLIKELY = 0.001  # p of a chi-square test below which stories are not told alike
SECONDS_TO_START = 20

Bar = Callable[..., Iterator[Any]]


class Served(NamedTuple):
    """A survey that runs: where it is, and which process it is."""

    origin: str
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What came of a rehearsal, for the one who ran it."""

    watched: Watched | None = None  # None where nobody walked
    stored: int | None = None  # records in the survey's file
    opened: int = 0
    as_said: int | None = None  # opened rows that hold exactly what their person said
    found: tuple[Finding, ...] = ()  # what the plan found
    hidden: Mapping[Name, int] = field(default_factory=dict)  # audience → how many numbers its report hides
    files: tuple[Path, ...] = ()


def over_http(
    population: Population, how_many: Sequence[int], seed: int, origin: str, at_once: int, bar: Bar
) -> Watched:
    """Let made-up people go through a survey that is served, then scouts through the routes that nobody took."""
    _made_up_only(origin)
    people = _people(population, how_many, seed)
    with ThreadPoolExecutor(at_once) as pool:
        lived = list(bar(pool.map(lambda person: _lived(person, origin), people), "answering over HTTP", len(people)))
    stuck = [each for each in lived if each.ending == "stuck"]
    if stuck:
        page = stuck[0].page
        raise Environment(
            f"{len(stuck)} of {len(lived)} made-up people got stuck, the first at {page.path} ({page.status}): "
            f"{page.heading or page.text[:200]}"
        )
    codes = dict(zip((role.id for role in population.study.roles), role_codes(population.study), strict=True))
    scouts = scouted(population.study, codes, lived, lambda person: _lived(person, origin), bar)
    return watched(population.study, lived, scouts)


def rehearsal(
    study: Path, population: Population, out: Path, how_many: Sequence[int], seed: int, at_once: int, bar: Bar
) -> Rehearsed:
    """Walk a survey of one's own, open, lock and report. Everything made is marked as made up."""
    fresh(out)
    data = out / "made-up-survey"
    with served(study, data, "--made-up") as server:
        seen = over_http(population, how_many, seed, server.origin, at_once, bar)
    return _opened(data, out, seen, bar)


def at(
    url: str,
    population: Population,
    data: Path | None,
    out: Path,
    how_many: Sequence[int],
    seed: int,
    at_once: int,
    bar: Bar,
) -> Rehearsed:
    """Walk a survey that is already there; open, lock and report where its data folder is named."""
    if data is not None:
        fresh(out)
    seen = over_http(population, how_many, seed, url, at_once, bar)
    return Rehearsed(watched=seen) if data is None else _opened(data, out, seen, bar)


def directly(population: Population, out: Path, how_many: Sequence[int], seed: int, bar: Bar) -> Rehearsed:
    """Write made-up answers without a survey, lock and report."""
    fresh(out)
    answers = out / ANSWERS
    direct.write(answers, population, how_many, seed, bar)
    return _reported(answers, load(answers), Rehearsed())


def faults(done: Rehearsed) -> None:
    """Raises Tampered where a rehearsal shows that the instrument does not do what it should."""
    seen, wrong = done.watched, []
    if seen is None:
        return
    if seen.missed:
        wrong.append(f"{len(seen.missed)} routes were not walked")
    if seen.told_otherwise:
        wrong.append(f"{seen.told_otherwise} people were told another story when they looked again")
    if seen.told_p is not None and seen.told_p < UNLIKELY:
        wrong.append("the stories were not told alike")
    if done.stored is not None and not done.stored == done.opened == done.as_said == seen.kept:
        wrong.append("what was stored, opened and said is not the same")
    if wrong:
        raise Tampered("The rehearsal found faults: " + "; ".join(wrong) + ".")


def _opened(data: Path, out: Path, seen: Watched, bar: Bar) -> Rehearsed:
    """Open the made-up answers of a data folder into `out`, lock and report."""
    answers, key = out / ANSWERS, data / PRACTICE_KEY
    found = open_answers(data, key, key, answers, None, bar)
    if found.kind != MADE_UP:
        answers.unlink()
        raise Refused(f"The answers in {data} are not made up ({found.kind}); a rehearsal leaves them alone.")
    table = load(answers)
    stored = found.answers + found.unopened
    return _reported(answers, table, Rehearsed(watched=seen, stored=stored, as_said=seen.arrived(table)))


def _reported(answers: Path, table: Table, done: Rehearsed) -> Rehearsed:
    """Lock made-up answers, and write a report for each audience beside them."""
    if not table.n:
        return replace(done, files=(answers,))
    lock, hidden, files = locking.lock(answers, table, clock.today()), {}, [answers]
    for audience, name in REPORTS.items():
        made = reports.report(table, lock, audience)
        texts = {".html": made.html, ".csv": made.csv, ".json": made.json}
        reports.write_whole({answers.with_name(name + suffix): text for suffix, text in texts.items()})
        hidden[audience] = made.hidden
        files.append(answers.with_name(f"{name}.html"))
    return replace(done, opened=table.n, found=made.found, hidden=hidden, files=tuple(files))


def role_codes(study: Study) -> list[int | None]:
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


def fresh(out: Path) -> None:
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


def _people(population: Population, how_many: Sequence[int], seed: int) -> list[Person]:
    """So many of each role, in a mixed order, each with what they would say."""
    study, chance = population.study, Random(seed)  # noqa: S311  made-up people, no secret
    found = []
    for at, (role, code, n) in enumerate(zip(study.roles, role_codes(study), how_many, strict=True)):
        tellings = population.tellings(role.id, n, np.random.default_rng([seed, at])) if n else []
        found += [
            Person(
                study=study,
                role=code,
                chance=Random(chance.random()),  # noqa: S311
                habits=population.model.habits,
                nature=Nature(study, tellings, row),
            )
            for row in range(n)
        ]
    chance.shuffle(found)
    return found


def _lived(person: Person, origin: str) -> Lived:
    browser = Browser(origin)
    try:
        return live(person, browser)
    finally:
        browser.close()


def _made_up_only(origin: str) -> None:
    """Made-up people answer a survey that says on its first page that it takes made-up answers, and no other."""
    if not is_loopback(urlsplit(origin).hostname or ""):
        raise Refused(f"{origin} is not on this machine; made-up people answer rehearsals only.")
    browser = Browser(origin)
    try:
        ribbon = browser.get("/").ribbon
    except (OSError, ValueError) as error:
        raise WrongUse(f"There is no survey at {origin} ({error}). Name it as http://127.0.0.1:8000") from error
    finally:
        browser.close()
    if ribbon not in {catalogue(language)["made_up_ribbon"] for language in languages()}:
        said = f"it says “{ribbon}”" if ribbon else "it says nothing of a rehearsal"
        raise Refused(
            f"{origin} does not take made-up answers: {said}. Nothing was sent. Serve a rehearsal of its own with "
            "python -m survey_app --made-up --data DIR, or leave --url out."
        )


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
