"""The stop rule: how many of those who answered say that it did them harm, split by nothing, and what to do then."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from instruments.model import Study
from instruments.records import columns
from instruments.terms import StopRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The stop rule of a study, and what the opened answers say to it."""

    rule: StopRule
    said: str  # the answers that count, in words
    answers: int
    chose: int

    @property
    def looked_at(self) -> bool:
        """Are there enough answers to look at it? Under them a count would tell of few people."""
        return self.answers >= self.rule.at[0]

    @property
    def reached(self) -> bool:
        """Is it time to pause?"""
        return self.looked_at and self.chose > self.rule.above * self.answers


def counted(path: Path, study: Study) -> Stop | None:
    """Count in an answers.db; None for a study without a stop rule. Raises sqlite3.Error."""
    rule = study.stop_rule
    if rule is None:
        return None
    column = next(each for each in columns(study) if each.name == rule.column)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as answers:
        marks = ", ".join("?" * len(rule.codes))
        chosen = f'SELECT count(*) FROM answers WHERE "{column.name}" IN ({marks})'
        return Stop(
            rule=rule,
            said=", ".join(
                f"“{next(iter(each.label.values()))}”" for each in column.choices if each.code in rule.codes
            ),
            answers=int(answers.execute("SELECT count(*) FROM answers").fetchone()[0]),
            chose=int(answers.execute(chosen, rule.codes).fetchone()[0]),
        )


def says(stop: Stop) -> Iterator[str]:
    """What to tell the one who opens."""
    rule = stop.rule
    times = ", and again at ".join(str(each) for each in rule.at)
    if not stop.looked_at:
        yield f"Stop rule: looked at with {times} answers."
        return
    share = 100 * stop.chose / stop.answers
    many = f"{stop.chose} of {stop.answers} answered {stop.said} ({share:.1f} %)"
    yield f"Stop rule: {many}; too many are more than {100 * rule.above:g} %."
    if stop.reached:
        yield "Pause the survey now, where it runs (python -m survey_app pause), and tell the board."
