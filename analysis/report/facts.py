"""What a report says of itself: the flow, the checklists' answers, where it comes from, whom it may quote."""

from __future__ import annotations

import sys
from importlib import metadata

import numpy as np

from instruments import VERSION
from instruments.checklists import of_the_study
from instruments.model import Study
from instruments.records import DURATIONS

from ..locking import Lock, plan_hash
from ..resampling import SEED
from ..table import Table
from .hiding import Audience, Counted, Published, Shown
from .sections import durations

TOTALS = ("opened", "agreed", "first question", "story opened", "sent")  # in the order in which they happen


def flow(table: Table, who: Audience) -> list[tuple[str, Shown]]:
    """From opened pages to analysed answers: the running totals as far as they were kept, then what is in the table."""
    kept = [(f"{name} (about)", who.count(table.totals[name])) for name in TOTALS if name in table.totals]
    left_out = int(np.count_nonzero(table.mask(table.study.plan.leave_out))) if table.study.plan.leave_out else 0
    return [
        *kept,
        ("in this report", who.count(table.n)),
        ("looks as if a program had answered; kept", who.count(int(np.count_nonzero(table.values["automatic"] == 1)))),
        ("left out of comparisons, by the plan", who.count(left_out)),
    ]


def facts(table: Table, lock: Lock, who: Audience, shown_durations: Published) -> dict[str, str | None]:
    """What the checklists ask for, as far as anybody has supplied it."""
    study = table.study
    columns = [column for column in table.columns.values() if column.question is not None]
    steps = flow(table, who)
    totals = {name: n for name in TOTALS if (n := who.count(table.totals.get(name, 0))) is not None}
    told = ", ".join(f"{name} {'hidden' if n is None else n}" for name, n in steps)
    taken = zip(shown_durations.columns, shown_durations.cells[0], strict=True)
    bands = ", ".join(f"{band}: {'hidden' if n is None else n}" for band, n in taken)
    return {
        **of_the_study(study),
        "dates": f"answers locked on {lock.locked_on}; the window of collection stands in the approval",
        "items": f"{len(columns)} answers in {len(study.parts)} parts; how many each person met depends on the route",
        "participation": _rate(totals, "agreed", "opened", "of opened pages were agreed to (openings, not people)"),
        "completion": _rate(totals, "sent", "agreed", "of those who agreed sent their answers"),
        "durations": bands,
        "flow": told,
    }


def versions() -> str:
    """The programs behind the numbers."""
    names = ("numpy", "scipy", "plotly", "sqlite-utils")
    known = [f"{name} {metadata.version(name)}" for name in names]
    return ", ".join([f"offhours {VERSION}", f"Python {sys.version.split()[0]}", *known])


def manifest(table: Table, lock: Lock, who: Audience, *, replanned: bool = False) -> dict[str, str]:
    """Where the report comes from: what was approved, asked, stored, locked, and computed with."""
    return {
        "study": f"{table.study.id} {table.study.version}",
        "fingerprint": table.study.fingerprint,
        "plan_hash": lock.plan_hash,
        **({"hash_of_the_plan_that_ran": plan_hash(table.study)} if replanned else {}),
        **({} if who.rounded else {"data_hash": lock.data_hash, "salt": lock.salt}),
        "data_seal": lock.seal,
        "locked_on": lock.locked_on,
        "kind": table.about["kind"],
        "audience": f"{who.name}, cells under {who.k} hidden" + (", rounded to 5" if who.rounded else ""),
        "seed": str(SEED),
        "versions": versions(),
    }


def counted_durations(table: Table) -> Counted:
    """How long people took."""
    return durations(table, tuple(DURATIONS.values()))


def reading_list(table: Table, most: int) -> tuple[list[tuple[str, str]], int]:
    """(question, words) of everybody who allowed quoting, in the order of their content; and how many there are."""
    ticks = [tick.id for tick in table.study.consent if tick.kept_with == "text"]
    allowed = [each for each in table.texts if all(each.ticks.get(tick) == 1 for tick in ticks) and ticks]
    shown = [(_asked(table.study, each.question), each.words) for each in allowed[:most]]
    return shown, len(allowed)


def _rate(totals: dict[str, int], top: str, bottom: str, words: str) -> str | None:
    if not totals.get(bottom) or top not in totals or totals[bottom] < 30:
        return None
    return f"about {round(100 * totals[top] / totals[bottom], -1):.0f} % {words}"


def _asked(study: Study, question: str) -> str:
    found = study.question(question)
    return next(iter(found.text.values())) if found else question
