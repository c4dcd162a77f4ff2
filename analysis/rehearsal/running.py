"""Running a rehearsal: a survey that is served, people over HTTP, then open, lock, report; and what came of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import IO, Any, NamedTuple
from urllib.parse import urlsplit

import numpy as np

from instruments.doors import Environment, Refused, Tampered, WrongUse, is_loopback
from instruments.model import Study
from instruments.records import PRACTICE_KEY
from instruments.walker import Browser, Page
from instruments.words import catalogue, languages

from .. import clock, locking
from .. import report as reports
from ..findings import Finding
from ..loading import load
from ..opening import open_answers
from ..report.hiding import Name
from ..sealed import kind_of, stored
from ..stamps import MADE_UP
from ..table import Table
from . import direct
from .people import Lived, Nature, Person, live
from .population import Population
from .watching import Watched, scouted, watched

MARK = "made-up.txt"
ANSWERS = "made-up-answers.db"
REPORTS: Mapping[Name, str] = {"public": "made-up-report-public", "team": "made-up-report"}
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
    study, people = population.study, _people(population, how_many, seed)
    with ThreadPoolExecutor(at_once) as pool:
        lived = list(bar(pool.map(lambda person: _lived(person, origin), people), "answering over HTTP", len(people)))
    codes = dict(zip((role.id for role in study.roles), role_codes(study), strict=True))
    is_well = not any(each.ending == "stuck" for each in lived)
    scouts = scouted(study, codes, lived, lambda person: _lived(person, origin), bar) if is_well else []
    return watched(study, lived, scouts)


def rehearsal(
    study: Path, population: Population, out: Path, how_many: Sequence[int], seed: int, at_once: int, bar: Bar
) -> Rehearsed:
    """Walk a survey of one's own, open, lock and report. Everything made is marked as made up."""
    fresh(out)
    data = out / "made-up-survey"
    with served(study, data, "--made-up") as server:
        seen = over_http(population, how_many, seed, server.origin, at_once, bar)
    return _opened(data, out, seen, bar)


def elsewhere(
    url: str,
    population: Population,
    data: Path | None,
    out: Path,
    how_many: Sequence[int],
    seed: int,
    at_once: int,
    bar: Bar,
) -> Rehearsed:
    """Walk a survey that is already there; open, lock and report where its data folder is named.

    Everything is looked at before anything is emptied or sent.
    """
    _made_up_only(url, population.study)
    if data is not None:
        if data.resolve().is_relative_to(out.resolve()) or out.resolve().is_relative_to(data.resolve()):
            raise Refused(
                f"{data} and {out} lie in each other; name another folder with --out, which is emptied first."
            )
        if (kind := kind_of(data)) != MADE_UP:
            raise Refused(f"The answers in {data} are not made up ({kind}); a rehearsal leaves them alone.")
        if held := stored(data):
            raise WrongUse(f"{data} holds {held} made-up answers of before; a rehearsal counts from an empty folder.")
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
    if seen.stuck:
        wrong.append(f"{len(seen.stuck)} people could not go on, the first at {seen.stuck[0]}")
    if seen.missed:
        wrong.append(f"{len(seen.missed)} routes were not walked")
    if seen.told_otherwise:
        wrong.append(f"{seen.told_otherwise} people were told another story when they looked again")
    if not seen.alike:
        wrong.append("the stories were not told alike")
    if seen.improvised:
        wrong.append(f"{seen.improvised} people were asked what the study's rules do not lead them to")
    if done.stored is not None and not done.stored == done.opened == done.as_said == seen.kept:
        wrong.append("what was stored, opened and said is not the same")
    if wrong:
        raise Tampered("The rehearsal found faults: " + "; ".join(wrong) + ".")


def _opened(data: Path, out: Path, seen: Watched, bar: Bar) -> Rehearsed:
    """Open the made-up answers of a data folder into `out`, lock and report."""
    answers, key = out / ANSWERS, data / PRACTICE_KEY
    found = open_answers(data, key, key, answers, None, bar)
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
    """The real survey, started as a program on a free port; what it complains of is kept for a sentence."""
    command = [sys.executable, "-m", "survey_app", "--study", str(study), "--data", str(data), "--port", "0", *flags]
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complaints:
        server = subprocess.Popen(command, stdout=said, stderr=complaints, text=True)
        try:
            yield Served(_address(server, said, complaints), server.pid)
        finally:
            server.terminate()
            try:
                server.wait(SECONDS_TO_START)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _address(server: subprocess.Popen[str], said: IO[str], complaints: IO[str]) -> str:
    """Where the server says it is."""
    ends = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < ends:
        said.seek(0)
        line = next((line for line in said if "http://" in line and line.endswith("\n")), None)
        if line is not None:
            return line[line.index("http://") :].strip()
        if server.poll() is not None:
            complaints.seek(0)
            raise Environment(f"The survey did not start: {complaints.read().strip()[-2_000:]}")
        time.sleep(0.02)
    raise Environment(f"The survey did not start within {SECONDS_TO_START} seconds.")


def fresh(out: Path) -> None:
    """An empty folder; one that holds anything but a rehearsal is left alone."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise WrongUse(f"{out} is no folder; name one with --out.")
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
                nature=Nature(tellings, row),
            )
            for row in range(n)
        ]
    chance.shuffle(found)
    return found


def _lived(person: Person, origin: str) -> Lived:
    """Their whole way; a survey that breaks off in the middle leaves them stuck, and does not end the rehearsal."""
    with closing(Browser(origin)) as browser:
        try:
            return live(person, browser)
        except (OSError, HTTPException, ValueError, KeyError) as error:
            words = f"{type(error).__name__}: {error}"
            return Lived(person, "stuck", Page(status=0, url=origin, headers=[], html="", heading=words), frozenset())


def _made_up_only(url: str, study: Study) -> None:
    """Made-up people answer a survey that says on its first page that it takes made-up answers, and no other."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise WrongUse(f"{url} is no address ({error}). Name it as http://127.0.0.1:8000") from error
    if parts.scheme != "http" or not host:
        raise WrongUse(f"{url} is no address that can be walked. Name it as http://127.0.0.1:8000")
    if not is_loopback(host):
        raise Refused(f"{url} is not on this machine; made-up people answer rehearsals only.")
    try:
        with closing(Browser(url)) as browser:
            page = browser.get("/")
    except (OSError, HTTPException, ValueError, KeyError) as error:
        raise WrongUse(f"There is no survey at {url} ({error}). Name it as http://127.0.0.1:8000") from error
    if page.ribbon not in {catalogue(language)["made_up_ribbon"] for language in languages()}:
        said = f"it says “{page.ribbon}”" if page.ribbon else "it says nothing of a rehearsal"
        raise Refused(
            f"{url} does not take made-up answers: {said}. Nothing was sent. Serve a rehearsal of its own with "
            "python -m survey_app --made-up --data DIR, or leave --url out."
        )
    if study.title not in page.text and study.public_name not in page.title:
        raise WrongUse(f"{url} serves “{page.title}”, not “{study.title}”; name its study with --study.")
