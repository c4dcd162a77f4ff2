"""A made-up population: what each person would say, all at once, with the structure that was planted in it.

Everything is chance from one seed. People come to their answers in the order in which these hang on each other,
not in the order of pages, and whoever would not be asked a question has no answer to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from instruments.doors import WrongUse
from instruments.made_up import MadeUp
from instruments.model import NOT_ASKED, NOT_SURE, PREFER_NOT, Question, Study
from instruments.plan import Comparison
from instruments.records import DURATIONS, MISSING_WORDS, columns, columns_of
from instruments.route import arms
from instruments.rules import Rule
from instruments.ways import fields

from ..loading import levels
from ..stamps import MADE_UP
from ..table import ABSENT, REFUSED, SKIPPED, UNKNOWN, Mask, Table, Values, derived
from .answering import Chance, answered
from .depending import Block, Depending, moved

AT_ONCE = 10_000  # people who are drawn together
TO_MEASURE = 60_000  # people in whom a share is measured before a difference to it is planted
MOST_TRIES = 400  # until answers that lie together give the outcome that was planted

Arm = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Some people on the way: what they have answered so far, and what they would answer if they were asked."""

    table: Table
    values: dict[str, Values]
    missing: dict[str, Values]
    willing: dict[str, Values] = field(default_factory=dict)


class Population:
    """The made-up people of one study and one model. Raises WrongUse where what is planted cannot be."""

    def __init__(self, study: Study, model: MadeUp) -> None:
        self.study, self.model = study, model
        self.columns = {column.name: column for column in columns(study)}
        self.depending = Depending(study, model)
        self.shifts = [pair for pair in self.depending.planted if pair[0].test != "risk_difference"]
        for comparison, _ in self.shifts:
            self._on_a_scale(comparison)
        self.aims: dict[str, tuple[Comparison, float]] = {}  # the share that the first group is to have
        for comparison, effect in self.depending.planted:
            if comparison.test == "risk_difference":
                self.aims[comparison.id] = comparison, self._aim(comparison, effect)

    def people(self, role: str, n: int, chance: Chance) -> Iterator[Table]:
        """So many people of a role, some thousands at a time: those who join, with what they tell."""
        yield from self._joining(role, n, chance, None)

    def tellings(self, role: str, n: int, chance: Chance) -> list[Table]:
        """The same people under every arm of the story, one table an arm: only a server knows what they will read."""
        told: Sequence[Arm | None] = arms(self.study.story) if self.study.story else [None]
        seed = int(chance.integers(2**62))
        return [joined(list(self._joining(role, n, np.random.default_rng(seed), arm))) for arm in told]

    def mask(self, rule: Rule, table: Table) -> Mask:
        """Who a rule holds for; the plan's derived columns are made where it looks at them."""
        for name in self.depending.needed(rule):
            if name in self.depending.derived:
                table = _with(table, name, self.depending)
        return table.mask(rule)

    def _joining(self, role: str, n: int, chance: Chance, arm: Arm | None) -> Iterator[Table]:
        more = max((each.times for each in self.model.joins), default=1.0)
        while n:
            many = min(AT_ONCE, n if more <= 1 and not self.model.joins else max(200, int(2 * n * max(1.0, more))))
            table, joins = self._drawn(role, many, chance, arm)
            taken = chosen(table, np.flatnonzero(joins)[:n])
            n -= taken.n
            if taken.n:
                yield taken

    def _drawn(self, role: str, n: int, chance: Chance, arm: Arm | None = None) -> tuple[Table, Mask]:
        """So many people with what they tell, and who of them joins: that hangs on what was, not on what is told."""
        drawn = self._truly(role, n, chance, arm)
        likely, most = np.ones(n), 1.0
        for each in self.model.joins:
            likely = np.where(self.mask(each.where, drawn.table), likely * each.times, likely)
            most *= max(1.0, each.times)
        joins = chance.random(n) < likely / most
        told = []
        for slip in self.model.recall:
            slips = chance.random(n) < slip.share
            told.append(slips & self.mask(slip.where, drawn.table) & (drawn.values[slip.of] == slip.was))
        for slip, who in zip(self.model.recall, told, strict=True):
            drawn.willing[slip.of] = np.where(who, slip.told, drawn.willing[slip.of])
        for question in self.depending.asked if told else ():
            self._ask(drawn, question)
        return drawn.table, joins

    def _truly(self, role: str, n: int, chance: Chance, arm: Arm | None = None) -> Drawn:
        drawn = self._begun(role, n, chance, arm)
        wanted = {id: chance.random(n) < share for id, (_, share) in self.aims.items()}
        seeds = chance.integers(2**62, size=len(self.depending.blocks))  # so that no block hangs on another's tries
        for block, seed in zip(self.depending.blocks, seeds, strict=True):
            self._block(drawn, block, wanted, np.random.default_rng(seed))
        return drawn

    def _begun(self, role: str, n: int, chance: Chance, arm: Arm | None) -> Drawn:
        """What is settled before the first question."""
        study, values = self.study, dict[str, Values]()
        told = arms(study.story) if study.story else ({},)
        read = chance.integers(0, len(told), n)
        words = {
            "role": [role],
            "language": study.languages,
            "month": [MADE_UP],
            "duration": list(DURATIONS.values()),
            "came_first": [part[0] for part in study.either_order or ()],
        }
        for name, column in self.columns.items():
            if column.question is not None:
                continue
            if name in told[0]:
                values[name] = np.array([(arm or each)[name] for each in told])[read]
            elif column.kind == "word":
                offered = words.get(name) or [""]
                values[name] = np.array(offered)[chance.integers(0, len(offered), n)]
            else:
                values[name] = chance.integers(0, 2, n).astype(np.int32)
        missing: dict[str, Values] = {}
        table = Table(
            study=study,
            about={"kind": MADE_UP},
            totals={},
            n=n,
            columns=self.columns,
            values=values,
            missing=missing,
            texts=(),
            data_hash="",
            levels={name: levels(column, values.get(name, np.array([]))) for name, column in self.columns.items()},
        )
        return Drawn(table, values, missing)

    def _block(self, drawn: Drawn, block: Block, wanted: Mapping[str, Mask], chance: Chance) -> None:
        """Draw some questions; where a share is planted in them, until they give the outcome that was settled first."""
        inside = {question.id for question in block}
        aims = [each for each, _ in self.aims.values() if self.depending.drawn_for(each) & inside]
        self._draw(drawn, block, np.ones(drawn.table.n, dtype=bool), chance)
        open_ = {each.id: self._outcome(drawn, each) >= 0 for each in aims}
        for _ in range(MOST_TRIES):
            again = np.zeros(drawn.table.n, dtype=bool)
            for each in aims:
                again |= open_[each.id] & (self._outcome(drawn, each) != wanted[each.id])
            if not again.any():
                return
            self._draw(drawn, block, again, chance)
        listed = " and ".join(each.id for each in aims)
        raise WrongUse(
            f"{listed}: for some people no answers can be found that have what is planted. Plant one of them alone, "
            "or give their questions other weights."
        )

    def _outcome(self, drawn: Drawn, comparison: Comparison) -> Values:
        """0 or 1 for those whose outcome is planted; −1 for everybody else and where there is none."""
        whose, table = self.mask(moved(comparison), drawn.table), drawn.table
        for name in self.depending.needed(of=(comparison.outcome,)):
            if name in self.depending.derived:
                table = _with(table, name, self.depending)
        said = table.values[comparison.outcome]
        return np.where(whose & ((said == 0) | (said == 1)), said, -1)

    def _draw(self, drawn: Drawn, block: Block, whose: Mask, chance: Chance) -> None:
        """These people come to new answers; everybody else keeps theirs."""
        for question in block:
            for name in fields(question):
                for column, values in self._answers(drawn, question, name, chance).items():
                    kept = drawn.willing.get(column, values)
                    drawn.willing[column] = np.where(whose, values, kept)
            self._ask(drawn, question)

    def _answers(self, drawn: Drawn, question: Question, name: str, chance: Chance) -> dict[str, Values]:
        n, everyone = drawn.table.n, np.ones(drawn.table.n, dtype=bool)
        leaned = [(self.mask(each.where, drawn.table), each.weights) for each in self.model.depends.get(name, ())]
        leaned.append((everyone, self.model.answers.get(name, {})))
        shifts = [
            (each.id, self.mask(moved(each), drawn.table), effect + (0.5 if each.contrast else 0.0))
            for each, effect in self.shifts
            if name in self.depending.shifted(each)
        ]
        return answered(question, name, n, leaned, shifts, self.model.habits, chance)

    def _ask(self, drawn: Drawn, question: Question) -> None:
        """Whoever is asked says what they are willing to; for everybody else there is no answer."""
        asked = np.isin(drawn.values["role"], question.roles) & self.mask(question.show_if, drawn.table)
        for column in columns_of(question):
            said = np.where(asked, drawn.willing[column.name], ABSENT)
            if column.kind == "number":
                words = np.full(drawn.table.n, "", dtype="U20")
                words[said == SKIPPED], words[said == ABSENT] = MISSING_WORDS[None], MISSING_WORDS[NOT_ASKED]
                for code in (NOT_SURE, PREFER_NOT):
                    words[said == UNKNOWN + code] = MISSING_WORDS[code]
                    said = np.where(said == UNKNOWN + code, REFUSED, said)
                drawn.missing[column.name] = words
            drawn.values[column.name] = said

    def _aim(self, comparison: Comparison, effect: float) -> float:
        """The share that the first group is to have: that of the second, as it is without this effect, and more."""
        second = replace(comparison, first=comparison.second)
        said = [
            self._outcome(self._truly(role.id, TO_MEASURE // len(self.study.roles), np.random.default_rng(at)), second)
            for at, role in enumerate(self.study.roles)
        ]
        found = np.concatenate(said)
        if not np.any(found >= 0):
            raise WrongUse(
                f"{comparison.id}: nobody is in “{comparison.second.name}”; nothing can be planted beside it."
            )
        share = float(np.mean(found[found >= 0]))
        if not 0 < share + effect < 1:
            raise WrongUse(f"{comparison.id}: the second group has {share:.0%} already; {effect:+.0%} is no share.")
        return share + effect

    def _on_a_scale(self, comparison: Comparison) -> None:
        for name in self.depending.shifted(comparison):
            if name not in self.columns or not self.columns[name].scale:
                raise WrongUse(
                    f"{comparison.id}: an effect can be planted in ratings or in a yes-or-no column, not in “{name}”."
                )


def chosen(table: Table, rows: Values) -> Table:
    """Some people of a table, in this order."""
    return replace(
        table,
        n=len(rows),
        values={name: values[rows] for name, values in table.values.items()},
        missing={name: words[rows] for name, words in table.missing.items()},
    )


def joined(tables: Sequence[Table]) -> Table:
    """All people of several tables."""
    first = tables[0]
    return replace(
        first,
        n=sum(each.n for each in tables),
        values={name: np.concatenate([each.values[name] for each in tables]) for name in first.values},
        missing={name: np.concatenate([each.missing[name] for each in tables]) for name in first.missing},
    )


def _with(table: Table, name: str, depending: Depending) -> Table:
    """The table with one more derived column."""
    values, steps = derived(table, depending.derived[name])
    return replace(table, values={**table.values, name: values}, levels={**table.levels, name: steps})
