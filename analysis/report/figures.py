"""Figures as plain data for plotly, made from published numbers alone; nothing here talks to anybody.

plotly 7 shows a “Share chart” button that posts the data to a third party: it is switched off here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any

from plotly.colors import sample_colorscale
from plotly.offline import get_plotlyjs

from ..findings import Estimate
from .hiding import Published

CONFIG = {
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "displaylogo": False,
    "displayModeBar": False,
    "responsive": True,
}
INK, PAPER, TEAL, ZONE, HIDDEN = "#1c2630", "#ffffff", "#0d5c5f", "#e6f1f0", "#9aa3ab"
RAMP = [[0.0, "#7a3b12"], [0.25, "#c98a55"], [0.5, "#d9d4c7"], [0.75, "#7fb5b3"], [1.0, "#0d5c5f"]]
"""Brown to teal over a neutral middle, told apart by colour-blind readers: for answers that have an order."""
BESIDE = ("#55457d", "#a89ac7", "#cbbfe0")  # answers that stand beside the scale
UNORDERED = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f7f7f")
"""Okabe & Ito's colours: for answers without an order."""
FIXED = {"fixedrange": True, "automargin": True}
SYMBOLS = {"planned": "circle", "deviated": "diamond", "exploratory": "circle-open", "beside": "square-open"}
ROW_HEIGHT, THICK, LINE = 54, 24, 18  # pixels: a bar with its words above it, the bar, a further line of words
NARROW = 31  # letters a line, so that words fit a phone
LAYOUT: dict[str, Any] = {
    "font": {"family": "system-ui, Segoe UI, Roboto, Noto Sans, Arial, sans-serif", "size": 14, "color": INK},
    "paper_bgcolor": PAPER,
    "plot_bgcolor": PAPER,
    "margin": {"l": 26, "r": 26, "t": 8, "b": 8},
    "hoverlabel": {"bgcolor": PAPER},
    "showlegend": False,
}


Place = Callable[[float], float]
"""Where a value lies along an axis, in pixels."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a bar: where it begins, how wide it is in per cent, its colour, and what it says."""

    start: float
    width: float
    colour: str
    words: str
    beside: bool = False  # drawn to the right, beside the scale


@dataclass(frozen=True, slots=True)
class Bar:
    """One group's bar: its words with n, and its pieces."""

    words: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One line of a forest: an estimate and whose it is; the mark says whether it was planned."""

    words: str
    effect: Estimate
    mark: str


def colours(table: Published) -> tuple[str, ...]:
    """One colour a step: a ramp for a scale, others for what stands beside it or has no order."""
    if not table.on_scale:
        return tuple(UNORDERED[at % len(UNORDERED)] for at in range(table.steps))
    points = [at / max(1, table.on_scale - 1) for at in range(table.on_scale)]
    beside = [BESIDE[at % len(BESIDE)] for at in range(table.steps - table.on_scale)]
    return (*sample_colorscale(RAMP, points), *beside)


def bars(table: Published) -> tuple[Bar, ...]:
    """A bar for each group that has answers to show. On a scale it is centred on the neutral middle."""
    found, shade = [], colours(table)
    for at, group in enumerate(table.groups):
        n, asked = table.answered[at], table.asked[at]
        if not n:
            continue
        shares = table.shares(at)
        on = shares[: table.on_scale] if table.on_scale else shares
        half = len(on) / 2
        left = (
            sum((share or 0.0) * min(1.0, max(0.0, half - place)) for place, share in enumerate(on))
            if table.on_scale
            else 0.0
        )
        start, blocks = -left, []
        for place, share in enumerate(on):
            if share:
                blocks.append(Block(start, share, shade[place], _says(table, at, place, share)))
                start += share
        beside = 0.0
        for place in range(len(on), table.steps):
            if share := shares[place]:
                blocks.append(Block(beside, share, shade[place], _says(table, at, place, share), beside=True))
                beside += share
        if None in shares and (rest := 100.0 - sum(share or 0.0 for share in shares)) > 0:
            aside = bool(table.on_scale)  # on a scale nobody knows on which side of the middle it lies
            where = beside if aside else start
            blocks.append(Block(where, rest, HIDDEN, "hidden: small numbers, or beside one", aside))
        without = f", {asked - n} without an answer" if asked and asked > n else ""
        found.append(Bar(f"{group} (n = {n}{without})", tuple(blocks)))
    return tuple(found)


def reach(rows: Sequence[Bar]) -> float:
    """How far the bars reach to either side of the middle, in per cent."""
    ends = (
        end for row in rows for each in row.blocks if not each.beside for end in (each.start, each.start + each.width)
    )
    return max((abs(end) for end in ends), default=100.0)


def ticks(table: Published, rows: Sequence[Bar]) -> list[int]:
    """Where the axis of the bars is marked, in per cent."""
    if not table.on_scale:
        return [0, 25, 50, 75, 100]
    furthest = reach(rows)
    step = 25 if furthest <= 60 else 50
    top = int(furthest // step) * step
    return list(range(-top, top + 1, step))


def drawn_bars(table: Published) -> dict[str, Any]:
    """The bars as plotly has them: a trace for each colour, the words above each bar."""
    rows = bars(table)[::-1]
    row_height = _tall([row.words for row in rows], ROW_HEIGHT)
    furthest, marks = reach(rows), ticks(table, rows)
    layout = {
        **LAYOUT,
        "barmode": "overlay",
        "height": row_height * len(rows) + 44,
        "xaxis": {
            "range": [-furthest, furthest] if table.on_scale else [0, 100],
            "tickvals": marks,
            "ticktext": [f"{abs(each)} %" for each in marks],
            "zeroline": bool(table.on_scale),
            "zerolinecolor": INK,
            **FIXED,
        },
        "yaxis": {"range": [-0.5, len(rows) - 0.3], "visible": False, **FIXED},
        "annotations": [_above(row.words, at, THICK // 2) for at, row in enumerate(rows)] + _stamp(table.stamp),
    }
    if any(block.beside for row in rows for block in row.blocks):
        layout["xaxis"]["domain"] = [0, 0.8]
        beside = {"range": [0, 100], "domain": [0.84, 1], "tickvals": [100], "ticktext": ["100 %"]}
        layout["xaxis2"] = {**beside, "zeroline": False, **FIXED}
    return {"data": _traces(rows, round(THICK / row_height, 3)), "layout": layout}


def _traces(rows: Sequence[Bar], thick: float) -> list[dict[str, Any]]:
    """All pieces of one colour and side as one trace."""
    pieces: dict[tuple[str, bool], list[tuple[int, Block]]] = {}
    for at, row in enumerate(rows):
        for block in row.blocks:
            pieces.setdefault((block.colour, block.beside), []).append((at, block))
    traces = []
    for (colour, beside), here in pieces.items():
        trace: dict[str, Any] = {
            "type": "bar",
            "orientation": "h",
            "width": thick,
            "y": [at for at, _ in here],
            "x": [round(block.width, 1) for _, block in here],
            "base": [round(block.start, 1) for _, block in here],
            "text": [escape(block.words) for _, block in here],
            "textposition": "none",
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"color": colour, "line": {"color": PAPER, "width": 1}},
        }
        if colour == HIDDEN:
            trace["marker"]["pattern"] = {"shape": "/", "fgcolor": HIDDEN, "bgcolor": PAPER}
        if beside:
            trace["xaxis"] = "x2"
        traces.append(trace)
    return traces


def drawn_forest(points: Sequence[Point], margin: float, stamp: str | None) -> dict[str, Any]:
    """All estimates of one kind on one axis, with the zone of no interest shaded."""
    shown = list(points)[::-1]
    no_effect = shown[0].effect.no_effect
    low, high, marks = axis(points)
    labels = [tick(each, shown[0].effect.kind) for each in marks]
    whole = {"yref": "paper", "y0": 0, "y1": 1}
    zone = {"type": "rect", "x0": no_effect - margin, "x1": no_effect + margin, **whole}
    line = {"type": "line", "x0": no_effect, "x1": no_effect, **whole}
    layout = {
        **LAYOUT,
        "height": _tall([point.words for point in shown], 44) * len(shown) + 60,
        "xaxis": {"range": [low, high], "tickvals": marks, "ticktext": labels, "zeroline": False, **FIXED},
        "yaxis": {"range": [-0.6, len(shown) - 0.2], "visible": False, **FIXED},
        "shapes": [
            {**zone, "fillcolor": ZONE, "line": {"width": 0}, "layer": "below"},
            {**line, "line": {"color": INK, "width": 1}},
        ],
        "annotations": [_above(point.words, at, 6) for at, point in enumerate(shown)] + _stamp(stamp),
    }
    return {"data": [_dots(shown, mark) for mark in dict.fromkeys(point.mark for point in shown)], "layout": layout}


def _dots(shown: Sequence[Point], mark: str) -> dict[str, Any]:
    """The estimates of one mark, each with its interval."""
    here = [(at, point) for at, point in enumerate(shown) if point.mark == mark]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [round(point.effect.value, 4) for _, point in here],
        "y": [at for at, _ in here],
        "text": [escape(point.words) for _, point in here],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [_reach(point.effect.high, point.effect) for _, point in here],
            "arrayminus": [_reach(point.effect.low, point.effect) for _, point in here],
            "color": TEAL,
        },
        "marker": {"color": TEAL, "size": 10, "symbol": SYMBOLS[mark]},
        "hovertemplate": "%{text}: %{x}<extra></extra>",
    }


def axis(points: Sequence[Point]) -> tuple[float, float, list[float]]:
    """The ends of a forest's axis and its ticks."""
    if points[0].effect.kind == "superiority":
        return 0.0, 1.0, [0, 0.25, 0.5, 0.75, 1]
    furthest = max(
        abs(end) for point in points for end in (point.effect.value, point.effect.low, point.effect.high) if end == end
    )
    end = next((each for each in (0.2, 0.3, 0.5) if furthest <= each), 1.0)
    return -end, end, [-end, -end / 2, 0, end / 2, end]


def tick(value: float, kind: str) -> str:
    """An axis label: points for a difference of shares, a fraction else."""
    if kind == "difference":
        return f"{100 * value:+.0f}".replace("-", "−") if value else "0"
    return f"{value:+.2f}".replace("-", "−") if kind == "contrast" and value else f"{value:.2f}"


def script() -> str:
    """plotly's own script, once a report."""
    return str(get_plotlyjs())


def _above(words: str, row: int, shift: int) -> dict[str, Any]:
    """Words over a row, from the left edge of the figure."""
    where = {"x": 0, "xref": "paper", "y": row, "xanchor": "left", "yanchor": "bottom", "yshift": shift}
    return {"text": "<br>".join(map(escape, wrap(words, NARROW))), **where, "align": "left", "showarrow": False}


def _tall(words: Sequence[str], row: int) -> int:
    """How tall a row is when every one of these words has room above its bar, in pixels."""
    return row + LINE * (max((len(wrap(each, NARROW)) for each in words), default=1) - 1)


def _says(table: Published, group: int, step: int, share: float) -> str:
    return f"{table.columns[step]}: {share:.0f} % ({table.cells[group][step]})"


def _reach(end: float, effect: Estimate) -> float:
    return round(abs(end - effect.value), 4) if end == end else 0.0  # nan: there is no interval


def _stamp(stamp: str | None) -> list[dict[str, Any]]:
    """The word across a figure that says it is no result."""
    if stamp is None:
        return []
    where = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5}
    font = {"size": 22, "color": INK}
    return [{"text": escape(stamp), **where, "showarrow": False, "opacity": 0.35, "font": font, "textangle": -8}]
