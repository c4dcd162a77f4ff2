"""Reading a whole folder: every file, every problem at once, and the fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from .. import fingerprint as fingerprints
from ..model import Study
from ..words import catalogue, digest
from ..written import Plain, Problem, Unreadable, Written, read_yaml, written
from . import languages, plan_file, study_file
from .plan_references import plan_leads_somewhere
from .questionnaire import FILE as QUESTIONNAIRE
from .questionnaire import choice_lists, either_order, parts, story
from .questions import Questions
from .references import cross_check
from .section import Problems, Section, did_you_mean
from .stop_rule import stop_rule_leads_somewhere

NEEDED = ("study.yaml", "questionnaire.yaml")
OPTIONAL = ("story.yaml", "plan.yaml")
BESIDE = ("approval.yaml", "recipients.yaml", "rehearsal.yaml", "board.yaml")  # not part of what is approved


class Faulty(Exception):
    """A study that cannot be read; carries every problem."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(each) for each in problems))
        self.problems = problems


def read(folder: Path) -> Study:
    """The study in a folder. Raises Faulty with every problem."""
    study, problems = read_or_problems(folder)
    if problems or study is None:
        raise Faulty(problems)
    return study


def read_in_every_language(folder: Path) -> dict[str, Study]:
    """The study in each language it is offered in, its own one first. Raises Faulty with every problem."""
    studies, problems = _read(folder)
    if problems:
        raise Faulty(problems)
    return studies


def read_or_problems(folder: Path) -> tuple[Study | None, tuple[Problem, ...]]:
    """The study, as far as it can be read, and every problem in file and line order."""
    studies, problems = _read(folder)
    return next(iter(studies.values()), None), problems


def files_of(folder: Path) -> dict[str, Written]:
    """The files of a study as their author wrote them. Raises Unreadable."""
    return {name: read_yaml(folder / name, name) for name in (*NEEDED, *OPTIONAL) if (folder / name).exists()}


def _read(folder: Path) -> tuple[dict[str, Study], tuple[Problem, ...]]:
    if not folder.is_dir():
        return {}, (Problem(str(folder), 0, "is not a folder; a study is a folder of YAML files"),)
    files: dict[str, Written] = {}
    unreadable: list[Problem] = []
    for name in (*NEEDED, *OPTIONAL):
        if name in NEEDED or (folder / name).exists():
            try:
                files[name] = read_yaml(folder / name, name)
            except Unreadable as error:
                unreadable.append(error.problem)
    for path in sorted(folder.glob("*.y*ml")):
        if path.name not in (*NEEDED, *OPTIONAL, *BESIDE):
            meant = did_you_mean(path.name, (*NEEDED, *OPTIONAL, *BESIDE))
            unreadable.append(Problem(path.name, 0, f"is not a file of a study{meant}"))
    if any(name not in files for name in NEEDED):
        return {}, tuple(sorted(unreadable))
    own, problems = _study(files)
    for language in own.languages[1:]:
        name = languages.TRANSLATION.format(language=language)
        try:
            files[name] = read_yaml(folder / name, name)
        except Unreadable as error:
            unreadable.append(error.problem)
    studies = {}
    for language in own.languages if len(own.languages) > 1 and not problems else ():
        studies[language], found = _study(files, language)
        problems += found
    return studies or {own.language: own}, tuple(sorted({*unreadable, *problems}))  # orders and languages say it once


def from_canonical(canonical: str) -> Study:
    """The study again from the JSON that a store kept. Raises Faulty if this version cannot read it."""
    files = {name: written(plain, name) for name, plain in fingerprints.files_of(canonical).items()}
    study, problems = _study(files)
    if problems:
        raise Faulty(tuple(problems))
    return study


def with_plan(study: Study, path: Path) -> Study:
    """A kept study with another plan.yaml, under its own fingerprint still. Raises Faulty."""
    try:
        other = read_yaml(path, "plan.yaml")
    except Unreadable as error:
        raise Faulty((error.problem,)) from error
    files = {name: written(plain, name) for name, plain in fingerprints.files_of(study.canonical).items()}
    changed, problems = _study({**files, "plan.yaml": other}, study.language)
    if problems:
        raise Faulty(tuple(problems))
    return replace(changed, fingerprint=study.fingerprint)


def _study(files: Mapping[str, Written], language: str | None = None) -> tuple[Study, list[Problem]]:
    """The study in one of its languages; without a word about it, in its own."""
    problems = Problems()
    plain: dict[str, Plain] = {name: at.plain() for name, at in files.items()}
    head = Section(files["study.yaml"], study_file.FILE, problems, "study.yaml")
    spoken = study_file.languages_of(head, problems)
    language = language or spoken[0]
    if (translation := files.get(languages.TRANSLATION.format(language=language))) is not None:
        files = languages.translated(files, translation, problems)
        head = Section(files["study.yaml"], study_file.FILE, problems, "study.yaml")
    interface = catalogue(language)
    fields = study_file.fields(head, language, interface, problems)
    modules = tuple(str(each.value) for each in head.items("modules_on")) or ("core",)

    body = Section(files["questionnaire.yaml"], QUESTIONNAIRE, problems, "questionnaire.yaml")
    lists = choice_lists(body, problems)
    roles = tuple(role.id for role in fields["roles"])
    questions = Questions(roles, modules, interface, lists, problems)
    told, story_questions = story(files["story.yaml"], problems) if "story.yaml" in files else (None, None)
    read_parts = parts(body, questions, story_questions)

    canonical = fingerprints.canonical(plain, {each: digest(each) for each in spoken})
    study = Study(
        **fields,
        fingerprint=fingerprints.fingerprint(canonical),
        canonical=canonical,
        languages=spoken,
        parts=read_parts,
        either_order=either_order(body, read_parts, problems),
        story=told,
        plan=plan_file.plan(files.get("plan.yaml"), problems),
        words=interface,
    )
    allowed, elsewhere = cross_check(study, questions.off, questions.unread, problems)
    plan_leads_somewhere(study, allowed, elsewhere, problems)
    stop_rule_leads_somewhere(study, elsewhere.unread, problems)
    return study, problems.found
