"""Hiding small cells: what is hidden stays hidden, even from somebody who solves for it."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace

import numpy as np
import pytest
from conftest import BUNDLED, PROOF, STUDY
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from test_opening import filled, opened

from analysis import locking
from analysis.loading import load
from analysis.report import hiding, report
from analysis.report.hiding import Audience, Counted, published
from instruments.reader import read
from instruments.route import facts, next_page, pages

TEAM, PUBLIC = Audience("team", 5, False), Audience("public", 10, True)


def counted(rows, part_of, steps):
    return Counted(
        id="t",
        title="t",
        groups=tuple(f"g{at}" for at in range(len(rows))),
        columns=tuple(f"c{at}" for at in range(len(rows[0]))),
        steps=steps,
        on_scale=steps,
        counts=tuple(map(tuple, rows)),
        part_of=part_of,
    )


class Attacker:
    """Somebody who knows all published numbers of a table, how it is built, and integer programming.

    Unknown: every cell of every group. Known: each shown number (within its rounding), that each hidden one is
    any number at all, the sums of each row, and that a part is never more than its whole.
    """

    def __init__(self, cells, answered, asked, part_of, steps, rounded):
        k = 10 if rounded else 5  # what is shown is never smaller
        self.groups, self.columns = len(cells), len(cells[0])
        size = self.groups * self.columns
        self.low, self.high = np.zeros(size), np.full(size, 10_000.0)
        give = 2 if rounded else 0
        rows, lows, highs = [], [], []
        for at, row in enumerate(cells):
            for column, n in enumerate(row):
                if n is not None:
                    self.low[self.at(at, column)], self.high[self.at(at, column)] = max(k, n - give), n + give
            for n, width in ((answered[at], steps), (asked[at], self.columns)):
                if n is not None:
                    line = np.zeros(size)
                    line[[self.at(at, column) for column in range(width)]] = 1
                    rows.append(line), lows.append(max(k, n - give)), highs.append(n + give)
        for parent in {each for each in part_of if each is not None}:
            for column in range(self.columns):
                line = np.zeros(size)
                line[self.at(parent, column)] = 1
                for at, each in enumerate(part_of):
                    if each == parent:
                        line[self.at(at, column)] = -1
                rows.append(line), lows.append(0), highs.append(np.inf)
        self.constraints = [LinearConstraint(np.array(rows), lows, highs)] if rows else []

    def at(self, group, column):
        return group * self.columns + column

    def range_of(self, group, column):
        """The smallest and the largest number that this cell can be."""
        ends = []
        for sign in (1, -1):
            goal = np.zeros(len(self.low))
            goal[self.at(group, column)] = sign
            found = milp(
                goal, integrality=np.ones(len(goal)), bounds=Bounds(self.low, self.high), constraints=self.constraints
            )
            assert found.success, "what is published contradicts itself"
            ends.append(round(sign * found.fun))
        return ends[0], ends[1]


def pinned(table, true, part_of, rounded, k):
    """Cells under k that the attacker knows exactly."""
    attacker = Attacker(table.cells, table.answered, table.asked, part_of, table.steps, rounded)
    found = []
    for group, row in enumerate(true):
        for column, n in enumerate(row):
            if n < k:
                low, high = attacker.range_of(group, column)
                assert low <= n <= high
                if low == high:
                    found.append((group, column, n))
    return found


@pytest.mark.parametrize("who", [TEAM, PUBLIC])
def test_no_small_number_is_shown(who):
    """Cells, sums, and the missing that lie between two sums."""
    made = published(counted([[30, 4, 12, 2], [3, 3, 40, 20]], (None, None), 3), who)
    shown = [n for row in (*made.cells, made.answered, made.asked) for n in row if n is not None]
    assert min(shown) >= who.k
    assert made.asked[0] is None, "30 + 4 + 12 answered, and only 2 did not: the sum would tell"
    if who.rounded:
        assert all(n % 5 == 0 for n in shown)


def test_one_hidden_cell_is_never_alone():
    """The sum of a row would give it back; the control hides the small cells alone, and is solved."""
    rows, nobody = [[20, 4, 30]], (None,)
    assert pinned(published(counted(rows, nobody, 3), TEAM), rows, nobody, False, 5) == []
    naive = hiding.Published(
        id="t", title="t", groups=("g",), columns=("a", "b", "c"), steps=3, on_scale=3,
        cells=((20, None, 30),), asked=(None,), answered=(54,), part_of=nobody,
    )  # fmt: skip
    assert pinned(naive, rows, nobody, False, 5) == [(0, 1, 4)]


def test_a_part_is_never_the_whole_less_the_others():
    """Two parts that make up a whole; the control hides within rows alone, and is solved."""
    rows, part_of = [[50, 26, 24], [40, 23, 20], [10, 3, 4]], (None, 0, 0)
    assert pinned(published(counted(rows, part_of, 3), TEAM), rows, part_of, False, 5) == []
    alone = [published(counted([row], (None,), 3), TEAM) for row in rows]
    naive = replace(
        published(counted(rows, part_of, 3), TEAM),
        cells=tuple(each.cells[0] for each in alone),
        answered=tuple(each.answered[0] for each in alone),
    )
    assert pinned(naive, rows, part_of, False, 5), "without looking at wholes the differences tell"


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_nothing_small_can_be_worked_out_whatever_the_table(data):
    """Any whole with two parts, any counts: no cell under k is pinned, for the team and for the public."""
    columns = data.draw(st.integers(2, 5))
    steps = data.draw(st.integers(1, columns))
    row = st.lists(st.integers(0, 25), min_size=columns, max_size=columns)
    first, second, rest = data.draw(row), data.draw(row), data.draw(st.one_of(row, st.just([0] * columns)))
    rows = [[a + b + c for a, b, c in zip(first, second, rest, strict=True)], first, second]
    part_of = (None, 0, 0)
    for who in (TEAM, PUBLIC):
        made = published(counted(rows, part_of, steps), who)
        assert pinned(made, rows, part_of, who.rounded, who.k) == []


def random_people(study, clients, workers, seed):
    """People who answer at random along their own route, as the survey would store them."""
    chance, sent = random.Random(seed), []
    for role, many in (("client", clients), ("worker", workers)):
        for _ in range(many):
            secret = chance.randbytes(16)
            known, number = dict(facts(study, role, secret)), 0
            way = pages(study, role, secret)
            while (page := next_page(way, known, number)) is not None:
                for question in page.asked(known):
                    known.update(answered(question, chance))
                number = page.number
            sent.append(
                {
                    "role": role,
                    "duration": "2 to 5 minutes",
                    "month": "2026-10",
                    "k_share": 1,
                    **{name: value for name, value in known.items() if value is not None},
                }
            )
    return sent


def answered(question, chance):
    choices = [
        *getattr(question, "scale", ()),
        *getattr(question, "off_scale", ()),
        *getattr(question, "choices", ()),
        *getattr(question, "refusals", ()),
    ]
    codes = [choice.code for choice in choices]
    if not codes:
        return dict.fromkeys(question.columns)
    lean = [2 ** (len(codes) - at) for at in range(len(codes))]
    many = type(question).__name__ == "ChooseMany"
    return {name: [code] if many else code for name in question.columns for code in chance.choices(codes, lean)}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["public", "team"] if PROOF else ["public"])
def test_no_published_table_of_200_people_pins_a_small_cell(name, tmp_path):
    """Brute force over everything that the twins of a made-up 200-person study print, table by table; in CI over a third."""
    study = read(BUNDLED)
    answers = opened(filled(tmp_path / "data", random_people(study, 130, 70, 1), study=study)).path
    table = load(answers)
    lock = locking.lock(answers, table, "2026-11-23")
    made = report(table, lock, name)
    printed = {each["id"]: each for each in json.loads(made.json)["tables"]}
    from analysis.report.distributions import distributions
    from analysis.report.sections import ladder, shown

    raw = [each.counted for each in distributions(table)]
    for section in study.plan.show:
        raw += (
            [ladder(table, section)]
            if section.form == "ladder"
            else [each.counted for each in shown(table, section)]
            if section.form != "arms"
            else []
        )
    k, rounded = (10, True) if name == "public" else (5, False)
    small, tables = 0, 0
    for true in raw[:: 1 if PROOF else 3]:
        each = printed[true.id]
        tables += 1
        cells = [group["cells"] for group in each["groups"]]
        attacker = Attacker(
            cells,
            [g["answered"] for g in each["groups"]],
            [g["asked"] for g in each["groups"]],
            true.part_of,
            true.steps,
            rounded,
        )
        for group, row in enumerate(true.counts):
            for column, n in enumerate(row):
                if n < k:
                    small += 1
                    low, high = attacker.range_of(group, column)
                    assert low <= n <= high
                    assert low < high, f"{true.id}: {true.groups[group]}, {true.columns[column]} is surely {n}"
    assert tables > (60 if PROOF else 20)
    assert small > (1000 if PROOF else 300), (
        "a study of 200 people has many small cells: the attack had something to find"
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_laying_all_tables_side_by_side_pins_no_small_cell(tmp_path):
    """The strongest attack on the public report: every table about a question at once, findings included.

    The control is the same report with small cells hidden one by one and nothing else: it gives cells away.
    """
    from attacker import given_away, rows_about

    study = read(BUNDLED)
    answers = opened(filled(tmp_path / "data", random_people(study, 130, 70, 1), study=study)).path
    table = load(answers)
    made = json.loads(report(table, locking.lock(answers, table, "2026-11-23"), "public").json)
    printed = {each["id"]: each for each in made["tables"]}
    printed |= {each["groups"]["id"]: each["groups"] for each in made["findings"]}
    asked = [column.name for column in table.columns.values() if column.question and column.kind == "code"]
    tables = 0
    for column in asked:
        rows = rows_about(table, printed, column)
        tables += len({row.table for row in rows})
        assert given_away(table, rows, column, 10, 2) == [], column
    assert tables > len(asked) + 40
    given = sum(
        len(given_away(table, bare(table, rows_about(table, printed, column), column), column, 10, 0))
        for column in asked[:12]
    )
    assert given > 5, "the attack finds what is not protected"


def bare(table, rows, column):
    """The same rows with every sum shown exactly, and small cells hidden one by one."""

    def counted(row, codes):
        return sum(int(np.count_nonzero(row.who & (table.values[column] == code))) for code in codes)

    found = []
    for row in rows:
        cells = [(codes, n if (n := counted(row, codes)) >= 10 else None) for codes, _ in row.cells]
        every = [code for codes, _ in row.cells for code in codes]
        inner = [code for codes, _ in row.cells[: row.steps] for code in codes]
        found.append(replace(row, cells=cells, answered=counted(row, inner), asked=counted(row, every)))
    return found


def test_the_page_prints_no_number_that_its_twin_hides(tmp_path):
    """Tables, hover texts and embedded JSON are made of the published tables alone; quotations need leave."""
    study = read(BUNDLED)
    answers = opened(filled(tmp_path / "data", random_people(study, 60, 30, 2), study=study)).path
    table = load(answers)
    made = report(table, locking.lock(answers, table, "2026-11-23"), "public")
    embedded = json.loads(made.html.split("const figures = ")[1].split(";\nconst draw")[0])
    for figure in embedded.values():
        for trace in figure["data"]:
            for words in trace.get("text", []):
                if "(" in words and "%" in words:
                    number = int(words.rsplit("(", 1)[1].rstrip(")"))
                    assert number % 5 == 0
                    assert number >= 10
    for each in json.loads(made.json)["tables"]:
        for group in each["groups"]:
            assert all(
                n is None or (n >= 10 and n % 5 == 0) for n in (*group["cells"], group["answered"], group["asked"])
            )
    exact = [p for f in json.loads(made.json)["findings"] for p in (f["statistic"], f["df"])]
    assert set(exact) == {None}


@pytest.mark.slow
def test_no_estimate_stands_beside_hidden_numbers_that_few_tables_fit(tmp_path):
    """A share with hidden counts is withheld from the public, and so are its p, interval and second looks; the team has it."""
    study = read(BUNDLED)
    answers = opened(filled(tmp_path / "data", random_people(study, 130, 70, 2), study=study)).path
    table = load(answers)
    lock = locking.lock(answers, table, "2026-11-23")
    public, team = (
        {each["id"]: each for each in json.loads(report(table, lock, name).json)["findings"]}
        for name in ("public", "team")
    )
    withheld = [id for id, each in public.items() if each["effect"] is None and team[id]["effect"] is not None]
    shares = [id for id in ("H2a", "H2b", "H5") if team[id]["effect"] is not None]
    for id in shares:
        if None in (n for group in public[id]["groups"]["groups"] for n in group["cells"]):
            assert id in withheld
            assert (public[id]["p"], public[id]["beside"], public[id]["notes"]) == (None, [], [])
    assert withheld, "there was something to withhold"
    for each in public.values():
        assert each["effect"] is None or each["effect"]["low_90"] is None
        assert each["p"] is None or each["p"] == round(each["p"], 2) >= 0.01


@pytest.mark.slow
def test_no_number_of_people_slips_through_words(tmp_path):
    """Second looks, drop-out, quotations, unopened records, the data hash: none of them is exact for the public."""
    study = read(BUNDLED)
    answers = opened(filled(tmp_path / "data", random_people(study, 130, 70, 1), study=study)).path
    table = load(answers)
    lock = locking.lock(answers, table, "2026-11-23")
    few = replace(table, totals={"opened": 47, "agreed": 43, "sent": 36}, about={**table.about, "unopened": "3"})
    page, twin = report(few, lock, "public").html, json.loads(report(few, lock, "public").json)
    assert "Some stored records could not be opened" in page
    assert lock.data_hash not in page, "a small table could be tried against it"
    assert lock.seal in page
    left = [float(each) for each in re.findall(r"(\d+) % between", page)]
    assert left == [round(100 * (1 - m / n)) for n, m in ((45, 45), (45, 35)) if m < n], (
        "of the totals as they are shown"
    )
    assert round(100 * (1 - 43 / 47)) == 9 not in left, "the exact totals would give exact people"
    for each in twin["findings"]:
        for line in each["beside"]:
            words = re.sub(r"Fewer than 10 answers a term|About −?\d*0 %", "", line["words"])  # tens of a per cent
            assert not any(letter.isdigit() for letter in words), line
    assert lock.data_hash in report(few, lock, "team").html


@pytest.mark.slow
def test_few_quotations_are_not_listed_for_the_public(tmp_path):
    """Three consented quotations say that three consented; the team reads them."""
    from analysis.table import Said

    study = read(BUNDLED)
    answers = opened(filled(tmp_path / "data", random_people(study, 20, 20, 1), study=study)).path
    table = load(answers)
    lock = locking.lock(answers, table, "2026-11-23")
    said = tuple(Said("own_words", "client", {"k_quote": tick}, f"words {n}") for n, tick in enumerate([1, 1, 1, 0]))
    few = replace(table, texts=said)
    assert "<blockquote>" not in report(few, lock, "public").html
    team = report(few, lock, "team").html
    assert team.count("<blockquote>") == 3
    assert "words 3" not in team, "nobody is quoted who did not allow it"
    many = replace(table, texts=said[:3] * 4)
    assert report(many, lock, "public").html.count("<blockquote>") == 12


@pytest.mark.parametrize("sizes", [(15, 10), (25, 20), (30, 30), (45, 40)])
def test_a_published_share_pins_no_small_count(sizes, tmp_path, monkeypatch):
    """Every 2 × 2 table of these sizes, by what the public sees of it: no small cell has but one value.

    The control tells estimates beside hidden counts, and gives cells away.
    """
    from analysis.comparing import _difference
    from analysis.findings import Cell, Finding
    from analysis.report import publishing

    every_kind = read(STUDY["every_kind"])
    planned = next(each for each in every_kind.plan.comparisons if each.test == "risk_difference")
    people = [{"role": "reader", "mood": 1 + n % 3, "weather": "dry"} for n in range(12)]
    table = load(opened(filled(tmp_path / "data", people, study=every_kind)).path)
    n, m = sizes

    def seen(yes_1, yes_2):
        cells = (Cell(name="a", counts=(n - yes_1, yes_1)), Cell(name="b", counts=(m - yes_2, yes_2)))
        made = _difference(
            table, Finding(planned=planned, family="F", n=sizes, missing=(0, 0), levels=(0, 1), cells=cells)
        )
        shown = publishing.told(table, made, PUBLIC, None)
        e = shown.effect
        return shown.groups.cells, None if e is None else (e.value, e.low, e.high), shown.p, shown.n, len(shown.notes)

    def given_away():
        alike = {}
        for yes in ((a, b) for a in range(n + 1) for b in range(m + 1)):
            alike.setdefault(seen(*yes), []).append((n - yes[0], yes[0], m - yes[1], yes[1]))
        return [
            tables for tables in alike.values() for cell in range(4)
            if len({each[cell] for each in tables}) == 1 and tables[0][cell] < 10
        ]  # fmt: skip

    assert given_away() == []
    monkeypatch.setattr(publishing, "WAYS", 0)
    assert len(given_away()) > 5
