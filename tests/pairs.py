"""Every setting that a survey has, and a few rows of them in which every two values are met."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from conftest import STUDY

from instruments import approval
from instruments.reader import study_file
from instruments.written import read_yaml
from survey_app import sealing
from survey_app.__main__ import door

OUT = None
"""A key or a flag that is left out: as it comes."""
ORIGINS = (OUT, "https://survey.example.org", f"http://{'a' * 56}.onion")
LATER = {"withdraw_until": "2090-01-01", "keep_until": "2091-01-01"}
UNDERSTOOD = {"text": "What is kept?", "choices": {1: "answers", 2: "names"}, "correct": 1}
STOPS = {"column": "mood", "codes": [1], "above": 0.5, "at": [10]}
TICKS = read_yaml(STUDY["every_kind"] / "study.yaml", "study.yaml").plain()["consent"]

IN_THE_STUDY = {
    "languages": (OUT, ["en", "en-XA"]),
    "eligibility": (OUT, ["Are you 18 or older?"]),
    "consent": (OUT, TICKS),
    "consent_check": (OUT, UNDERSTOOD),
    "stop_rule": (OUT, STOPS),
    "discreet_titles": (OUT, False),
    "quick_exit_script": (OUT, True),
    "leave_to": ("https://example.org/", OUT, "none"),
}
IN_PRIVACY = {
    "month": (OUT, True),
    "withdrawal_code": (OUT, False),
    "ask_device": (OUT, False),
    "withdraw_until": (LATER["withdraw_until"], OUT),
    "keep_until": (LATER["keep_until"], OUT),
    "min_cell_public": (OUT, 3),
    "min_cell_team": (OUT, 3),
}
SEALED_TO = {"answers": (2, 3), "texts": (OUT, 1)}
FLAGS = {"origin": ORIGINS, "newcomers": (OUT, "0"), "host": (OUT, "localhost")}
KINDS = ("nobody said", "practice", "made_up", "live", "pilot")
SETTINGS: dict[str, tuple[Any, ...]] = {**IN_THE_STUDY, **IN_PRIVACY, **SEALED_TO, **FLAGS, "kind": KINDS}

WORDS = {"id", "version", "title", "public_name", "status", "roles", "role_question", "information", "sheet", "closing", "invitation", "poster", "in_short", "who", "other_ways", "details", "support"}  # fmt: skip
"""Of study.yaml: what is said and who is asked, no setting."""
OPENED = {"privacy"}  # its own keys stand in their place
NOT_SERVED = {"modules_on", "checks", "amendments"}  # which questions there are; what the author and the board look at
WHERE = {"study", "data", "port", "help", "version"}
DECIDED = {"fingerprint", "board", "reference", "from", "until", "cap", "recipients", "changes"}
"""Of an approval: on what, by whom, for when."""


def nowhere_toggled() -> set[str]:
    """The keys and flags that there are, in the lists of whoever reads them, without those that are toggled or are none."""
    served = {str(each.name) for each in door.params}
    keys = {*study_file.FILE, *study_file.PRIVACY, *sealing.FILE, *approval.FILE, *served}
    return keys - {*SETTINGS, *KINDS} - WORDS - OPENED - NOT_SERVED - WHERE - DECIDED


Row = dict[str, Any]
Pair = tuple[tuple[str, int], tuple[str, int]]


def possible(row: Row) -> bool:
    """Live needs an address, the last days and somewhere to leave to; without them it would be closed."""
    needed = [row.get(name, "") for name in ("origin", "withdraw_until", "keep_until", "leave_to")]
    return row.get("kind") not in ("live", "pilot") or OUT not in needed


def row_of(*chosen: tuple[str, int]) -> Row:
    return {name: SETTINGS[name][number] for name, number in chosen}


def pairs() -> set[Pair]:
    """Every two values of two settings that can be together."""
    values = [[(name, number) for number in range(len(SETTINGS[name]))] for name in SETTINGS]
    both = ((one, other) for first, second in combinations(values, 2) for one in first for other in second)
    return {pair for pair in both if possible(row_of(*pair))}


def together(chosen: list[tuple[str, int]]) -> set[Pair]:
    order = list(SETTINGS)
    return set(combinations(sorted(chosen, key=lambda each: order.index(each[0])), 2))


def few_that_hold_all() -> list[Row]:
    """A few rows in which every pair is met: each begins with one that is still open and takes what meets most others."""
    rows, wanted = [], pairs()
    while wanted:
        chosen = list(min(wanted))
        for name in SETTINGS:
            if name not in dict(chosen):
                ways = [[*chosen, (name, number)] for number in range(len(SETTINGS[name]))]
                chosen = max(
                    filter(lambda way: possible(row_of(*way)), ways), key=lambda way: len(together(way) & wanted)
                )
        wanted -= together(chosen)
        rows.append(row_of(*chosen))
    return rows


ROWS = few_that_hold_all()
