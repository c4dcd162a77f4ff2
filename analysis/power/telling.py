"""Power as text, JSON and a page: a table, a curve for each comparison, and what it all rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from instruments.model import Study

from ..findings import VERDICTS
from ..report.svg import still_curve
from ..report.wording import fraction
from ..report.writing import rendered
from .powers import WANTED, Power
from .simulating import TRIALS

KEYS = (
    "id",
    "family",
    "test",
    "kind",
    "why",
    "n",
    "alpha",
    "effect",
    "first",
    "last",
    "least",
    "chances",
    "nothing",
    "curve",
)


OTHERS = tuple(each for each in VERDICTS if each != "supported")
"""What may be said in its place; how often it is supported is the power."""


def as_json(study: Study, found: Sequence[Power]) -> dict[str, Any]:
    """What other programs read; probabilities between 0 and 1, null where there is no test."""
    return {
        "fingerprint": study.fingerprint,
        "trials": TRIALS,
        "wanted": WANTED,
        "comparisons": [asdict(each) for each in found],
    }


def as_text(found: Sequence[Power]) -> Iterator[str]:
    """One line a comparison and number of people."""
    head = ("", "people", "effect", "power", "if last", "finds", *OTHERS, "by mistake")
    rows = [head, *(tuple(cells(each)) for each in found)]
    wide = [max(len(row[at]) for row in rows) for at in range(len(head))]
    for row in rows:
        left, right = zip(row[:2], wide, strict=False), zip(row[2:], wide[2:], strict=True)
        yield "  ".join([*(cell.ljust(size) for cell, size in left), *(cell.rjust(size) for cell, size in right)])


def cells(power: Power) -> Iterator[str]:
    """What a table says of one comparison."""
    yield power.id
    yield f"{power.n[0]} + {power.n[1]}" + (" (given)" if power.why == "given" else "")
    yield effect(power, power.effect)
    yield share(power.first)
    yield share(power.last)
    yield effect(power, power.least[0])
    for verdict in OTHERS:
        yield share(power.chances.get(verdict))
    yield share(power.nothing.get("supported"))


def effect(power: Power, value: float | None) -> str:
    """An effect in its own unit."""
    if value is None:
        return "–"
    if power.kind == "difference":
        return f"{100 * value:+.0f} points".replace("-", "−")
    return fraction(value, 2)


def share(value: float | None) -> str:
    """A chance in per cent."""
    return "–" if value is None else f"{100 * value:.0f} %"


def as_html(study: Study, found: Sequence[Power]) -> str:
    """A page that opens from disk and needs no script."""
    curves = [
        (each, still_curve(each.curve, sum(each.n), WANTED, f"Power of {each.id} by the number of people"))
        for each in found
        if len(each.curve) > 1
    ]
    values = {"study": study, "powers": found, "cells": cells, "curves": curves, "trials": TRIALS, "others": OTHERS}
    return rendered("power.html", {**values, "share": share, "effect": effect})
