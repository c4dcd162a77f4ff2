"""Checking a study: every fault at once, with file and line, why it matters and how it is mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..model import Study
from ..reader import made_up, read_or_problems
from ..reader.board_file import for_the_board
from ..reader.folder import files_of
from ..terms import Checks
from ..written import Problem, Written
from .faults import RULES, About, Fault, fault
from .launch import before_launch
from .planning import planning
from .routing import routing
from .words import words

__all__ = ["RULES", "About", "Checked", "Fault", "check", "fault"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of it: the study if it can be read, its faults, those that are waived, and what is still open."""

    study: Study | None
    faults: tuple[Fault, ...]
    waived: tuple[tuple[Fault, str], ...] = ()  # with the reason that the study gives
    before_launch: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Fault, ...]:
        """Those that nobody should be asked with."""
        return tuple(each for each in self.faults if RULES[each.rule].severity == "error")


def check(folder: Path) -> Checked:
    """Read a study folder and say everything that is wrong with it. Raises nothing."""
    study, problems = read_or_problems(folder)
    if study is not None and not problems:
        problems = (*made_up(folder, study)[1], *for_the_board(folder, study)[1])
    if problems or study is None:
        return Checked(study=study, faults=tuple(_of(each) for each in problems))
    found = faults_of(study, files_of(folder))
    reasons = study.checks.waived
    waived = [(each, reasons[each.rule][each.about]) for each in found if each.about in reasons.get(each.rule, {})]
    return Checked(
        study=study,
        faults=tuple(each for each in found if each.about not in reasons.get(each.rule, {})),
        waived=tuple(waived),
        before_launch=tuple(before_launch(study, (folder / "approval.yaml").exists())),
    )


def faults_of(study: Study, files: Mapping[str, Written]) -> list[Fault]:
    """Every fault of a study that can be read, those that it waives included."""
    found = sorted({*words(study), *routing(study), *planning(study, files)})
    return [*found, *_stale(study.checks, found)]


def _stale(checks: Checks, found: list[Fault]) -> list[Fault]:
    """Waivers of rules that do not exist, or of what is no fault."""
    place, there = checks.place, {(each.rule, each.about) for each in found}
    stale = []
    for rule, places in checks.waived.items():
        if rule not in RULES:
            stale.append(fault("leads-nowhere", place, rule, f"checks.waived: there is no rule “{rule}”"))
            continue
        for about in places:
            if (rule, about) not in there:
                message = f"checks.waived: “{about}” is no fault of the rule “{rule}”"
                stale.append(fault("stale-waiver", place, about, message))
    return stale


def _of(problem: Problem) -> Fault:
    return Fault(problem.file, problem.line, problem.message, problem.rule)
