"""How the report writes numbers and says rules: APA form, true minus signs, the study's own words."""

from __future__ import annotations

from collections.abc import Sequence

from .figures import Point
from .hiding import Published

SMALL = "Some of these groups are too small to be shown in full"
MANY = 5  # more groups than that are summed up by their extremes


def fraction(value: float, digits: int = 2) -> str:
    """A number between −1 and 1 in APA form: no leading zero, a true minus."""
    text = f"{abs(value):.{digits}f}"
    return ("−" if value < 0 and float(text) else "") + text.removeprefix("0")


def p_value(p: float) -> str:
    """p in APA form; what would round to 1 says so."""
    return "≤ .01" if p == 0.01 else "< .001" if p < 0.001 else "> .999" if p > 0.999 else f"= {fraction(p, 3)}"


def signed(value: float) -> str:
    """A whole number with its sign."""
    return f"{value:+.0f}".replace("-", "−")


def sentence(words: str) -> str:
    """The first letter raised, and names left as they are."""
    return words[:1].upper() + words[1:]


def count(n: int | None, k: int) -> str:
    """A number of people with thin spaces, or what is said instead of a small one."""
    return f"fewer than {k}" if n is None else f"{n:,}".replace(",", "\u202f")


def p_cell(p: float) -> str:
    """p in a table."""
    return p_value(p).removeprefix("= ")


def minus(words: str) -> str:
    """With true minus signs."""
    return words.replace("-", "−")


def most(table: Published) -> str:
    """The finding of a figure in one sentence: what each whole group says most often, or how far apart many are.

    Only of groups that are shown in full: what is hidden might be more.
    """
    whole = [at for at, part in enumerate(table.part_of) if part is None and table.answered[at]]
    full = [at for at in whole if None not in table.shares(at)]
    if len(whole) > MANY:
        return _from_to(table, full) if full == whole else SMALL
    told = []
    for at in full:
        shares = [round(share or 0.0) for share in table.shares(at)]
        top = [f"“{table.columns[place]}”" for place, share in enumerate(shares) if share == max(shares)]
        told.append(
            f"{table.groups[at]} {' and '.join(top)} ({max(shares)} %)"
            if len(top) < 3
            else f"{table.groups[at]}, several alike"
        )
    return "Most often: " + ", ".join(told) if told else SMALL


def _from_to(table: Published, groups: list[int]) -> str:
    """How far the share of the highest step reaches over many groups."""
    top = (table.on_scale or table.steps) - 1
    shares = [(table.shares(at)[top] or 0.0, table.groups[at]) for at in groups]
    (least, lowest), (greatest, highest) = min(shares), max(shares)
    return f"“{table.columns[top]}” runs from {least:.0f} % ({lowest}) to {greatest:.0f} % ({highest})"


def forest_sentence(points: Sequence[Point]) -> str:
    """How many intervals of a forest leave out no effect."""
    clear = sum(not point.effect.low <= point.effect.no_effect <= point.effect.high for point in points)
    many = "one interval" if len(points) == 1 else f"{len(points)} intervals"
    return f"Of {many}, {clear or 'none'} lie{'s' if clear == 1 else ''} wholly on one side of no effect."


FILTERS = {
    "signed": signed,
    "fraction": fraction,
    "p_value": p_value,
    "sentence": sentence,
    "count": count,
    "p_cell": p_cell,
    "minus": minus,
    "most": most,
}
