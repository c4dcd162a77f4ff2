"""A made-up population: what each person would say, all at once, with the structure that was planted in it.

Everything is chance from one seed. People come to their answers in the order in which these hang on each other,
not in the order of pages, and whoever would not be asked a question has no answer to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

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
from ..table import ABSENT, REFUSED, SKIPPED, UNKNOWN, Mask, Table, Values, joined
from .answering import Chance, Leaned, answered
from .depending import Block, Depending, moves
from .drawn import Drawn

AT_ONCE = 10_000  # people who are drawn together
MOST_TRIES = 2_000  # until answers give the outcome that was planted, or enough people join
FEW = 256  # people are drawn at least, where some do not join

Facts = Mapping[str, str]


class Population:
    """The made-up people of one study and one model; `measuring.peopled` makes them, with what is planted."""

    def __init__(self, study: Study, model: MadeUp, how_many: Sequence[int] = ()) -> None:
        """`how_many` people of each role are meant; without a word as many of each."""
        self.study, self.model = study, model
        self.columns = {column.name: column for column in columns(study)}
        self.depending = Depending(study, model)
        self.mix = dict(zip((role.id for role in study.roles), how_many or [1] * len(study.roles), strict=True))
        self.most: dict[str, float] = {}  # role → how likely the likeliest are to join
        self.far: dict[str, tuple[Comparison, float]] = {}  # how far the answers of the first group move, in log odds
        self.aims: dict[str, tuple[Comparison, float]] = {}  # the share that the first group is to have

    def people(self, role: str, n: int, chance: Chance) -> Iterator[Table]:
        """So many people of a role, some thousands at a time: those who join, with what they tell."""
        yield from self._joining(role, n, chance, {})

    def tellings(self, role: str, n: int, chance: Chance) -> list[Table]:
        """The same people under everything that a survey draws for them, one table each: see `drawn_by_a_survey`."""
        seed = int(chance.integers(2**62))
        return [
            joined(list(self._joining(role, n, np.random.default_rng(seed), facts)))
            for facts in drawn_by_a_survey(self.study)
        ]

    def mask(self, rule: Rule, table: Table) -> Mask:
        """Who a rule holds for; the plan's derived columns are made where it looks at them."""
        return self._opened(table, self.depending.needed(rule)).mask(rule)

    def _opened(self, table: Table, names: Sequence[str]) -> Table:
        """The table with those of the plan's derived columns that are named."""
        for name in names:
            if name in self.depending.derived:
                table = table.with_derived(self.depending.derived[name])
        return table

    def _joining(self, role: str, n: int, chance: Chance, facts: Facts) -> Iterator[Table]:
        if n and self.model.joins and role not in self.most:
            self.most[role] = float(self._likely(self.truly(role, AT_ONCE, np.random.default_rng(1), {})).max())
        for _ in range(MOST_TRIES):
            if not n:
                return
            many = min(AT_ONCE, max(FEW, 4 * n) if self.model.joins else n)
            table, joins = self._drawn(role, many, chance, facts)
            taken = table.chosen(np.flatnonzero(joins)[:n])
            n -= taken.n
            if taken.n:
                yield taken
        raise WrongUse("Hardly anybody joins, as “joins” is written; give smaller “times”.")

    def _likely(self, drawn: Drawn) -> NDArray[np.float64]:
        """How likely each of them is to join, beside the others."""
        found = np.ones(drawn.table.n)
        for each in self.model.joins:
            found = np.where(self.mask(each.where, drawn.table), found * each.times, found)
        return found

    def _drawn(self, role: str, n: int, chance: Chance, facts: Facts) -> tuple[Table, Mask]:
        """So many people with what they tell, and who of them joins: that hangs on what was, not on what is told."""
        drawn = self.truly(role, n, chance, facts)
        joins = chance.random(n) < self._likely(drawn) / self.most.get(role, 1.0)
        told = []
        for slip in self.model.recall:
            slips = chance.random(n) < slip.share
            told.append(slips & self.mask(slip.where, drawn.table) & (drawn.values[slip.of] == slip.was))
        for slip, who in zip(self.model.recall, told, strict=True):
            drawn.willing[slip.of] = np.where(who, slip.told, drawn.willing[slip.of])
        for question in self.depending.asked if told else ():
            self._ask(drawn, question)
        return drawn.table, joins

    def truly(self, role: str, n: int, chance: Chance, facts: Facts, only: set[str] | None = None) -> Drawn:
        """So many people as they are, or `only` their answers to some questions and what these hang on."""
        drawn = self._begun(role, n, chance, facts)
        wanted = {id: chance.random(n) < share for id, (_, share) in self.aims.items()}
        seeds = chance.integers(2**62, size=len(self.depending.blocks))  # so that no block hangs on another's tries
        for block, seed in zip(self.depending.blocks, seeds, strict=True):
            if only is None or any(question.id in only for question in block):
                self._block(drawn, block, wanted, np.random.default_rng(seed))
        return drawn

    def _begun(self, role: str, n: int, chance: Chance, facts: Facts) -> Drawn:
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
            if name in facts:
                values[name] = np.full(n, facts[name])
            elif name in told[0]:
                values[name] = np.array([each[name] for each in told])[read]
            elif name == "automatic":  # nobody is marked for being made up
                values[name] = np.zeros(n, dtype=np.int32)
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
        answered = {each.id: self.outcome(drawn, each) >= 0 for each in aims}
        for _ in range(MOST_TRIES):
            again = np.zeros(drawn.table.n, dtype=bool)
            for each in aims:
                again |= answered[each.id] & (self.outcome(drawn, each) != wanted[each.id])
            if not again.any():
                return
            self._draw(drawn, block, again, chance)
        listed = " and ".join(each.id for each in aims)
        alone = "plant one of them alone, or " if len(aims) > 1 else ""
        raise WrongUse(
            f"{listed}: for some people no answers are found that have what is planted; {alone}give the questions "
            "behind it other weights."
        )

    def outcome(self, drawn: Drawn, comparison: Comparison) -> Values:
        """0 or 1 for those whose outcome is planted; −1 for everybody else and where there is none."""
        whose = self.mask(moves(comparison), drawn.table)
        table = self._opened(drawn.table, self.depending.needed(of=(comparison.outcome,)))
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
        far = np.zeros(drawn.table.n)
        for comparison, distance in self.far.values():
            if name in self.depending.shifted(comparison):
                far += np.where(self.mask(moves(comparison), drawn.table), distance, 0.0)
        return answered(question, name, drawn.table.n, self.leaned(drawn, name), far, self.model.habits, chance)

    def leaned(self, drawn: Drawn, name: str) -> Leaned:
        """Who chooses in this field with which weights."""
        some = [(self.mask(each.where, drawn.table), each.weights) for each in self.model.depends.get(name, ())]
        return [*some, (np.ones(drawn.table.n, dtype=bool), self.model.answers.get(name, {}))]

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


def drawn_by_a_survey(study: Study) -> list[Facts]:
    """What a survey draws for each person: which part comes first, and every arm of the story."""
    firsts = [{"came_first": part[0]} for part in study.either_order] if study.either_order else [{}]
    told = arms(study.story) if study.story else ({},)
    return [{**first, **arm} for first in firsts for arm in told]
