"""Figures: plotly, from counts alone, with one small template and nothing that talks to anybody.

plotly 7 shows a “Share chart” button that posts the data to a third party: it is switched off here.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go
import plotly.io
from plotly.colors import sample_colorscale
from plotly.offline import get_plotlyjs

from ..comparing import Estimate, Finding
from .distributions import Distribution

CONFIG = {
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "displaylogo": False,
    "displayModeBar": False,
    "responsive": True,
}
INK, PAPER, TEAL, ZONE = "#1c2630", "#ffffff", "#0d5c5f", "#e6f1f0"
RAMP = [[0.0, "#7a3b12"], [0.25, "#c98a55"], [0.5, "#d9d4c7"], [0.75, "#7fb5b3"], [1.0, "#0d5c5f"]]
"""Brown to teal over a neutral middle, told apart by colour-blind readers: for answers that have an order."""
BESIDE = ("#55457d", "#a89ac7", "#cbbfe0")  # answers that stand beside the scale
UNORDERED = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f7f7f")
"""Okabe & Ito's colours: for answers without an order."""
FIXED = {"fixedrange": True, "automargin": True}
QUARTERS = [0, 25, 50, 75, 100]  # per cent
ROW_HEIGHT = 54  # pixels a bar, with its words above it
TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": "system-ui, Segoe UI, Roboto, Noto Sans, Arial, sans-serif", "size": 14, "color": INK},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "margin": {"l": 12, "r": 26, "t": 8, "b": 8},
        "hoverlabel": {"bgcolor": PAPER},
    }
)


def colours(each: Distribution) -> list[str]:
    """One colour a step: a ramp for a scale, others for what stands beside it or has no order."""
    if not each.on_scale:
        return [UNORDERED[index % len(UNORDERED)] for index in range(len(each.steps))]
    points = [index / max(1, each.on_scale - 1) for index in range(each.on_scale)]
    beside = [BESIDE[index % len(BESIDE)] for index in range(len(each.steps) - each.on_scale)]
    return [*sample_colorscale(RAMP, points), *beside]


def script() -> str:
    """plotly's own script, once a report."""
    return str(get_plotlyjs())


def bars(each: Distribution, stamp: str | None) -> str:
    """Stacked bars, one a group with its words and n above it, every step always shown."""
    rows = [spread for spread in each.spreads if spread.answered][::-1]
    figure = go.Figure()
    for index, (step, colour) in enumerate(zip(each.steps, colours(each), strict=True)):
        figure.add_bar(
            orientation="h",
            width=0.45,
            y=list(range(len(rows))),
            x=[spread.shares[index] for spread in rows],
            customdata=[spread.counts[index] for spread in rows],
            hovertemplate=f"{escape(step)}: %{{x:.0f}} % (%{{customdata}})<extra></extra>",
            marker={"color": colour, "line": {"color": PAPER, "width": 1}},
        )
    for row, spread in enumerate(rows):
        figure.add_annotation(
            text=f"{escape(spread.group)} (n = {spread.answered})",
            **{"x": 0, "y": row, "xanchor": "left", "yanchor": "bottom", "yshift": 11, "showarrow": False},
        )
    figure.update_layout(
        template=TEMPLATE,
        barmode="stack",
        height=ROW_HEIGHT * len(rows) + 44,
        xaxis={
            "range": [0, 100],
            "tickvals": QUARTERS,
            "ticktext": [f"{each} %" for each in QUARTERS],
            **FIXED,
        },
        yaxis={"range": [-0.5, len(rows) - 0.3], "visible": False, **FIXED},
        showlegend=False,
    )
    return _div(figure, f"bars-{each.mark}", stamp)


def forest(found: Sequence[Finding], margin: float, stamp: str | None, name: str) -> str:
    """All estimates of one kind on one axis, with the zone of no interest shaded."""
    shown = [(each, each.effect) for each in found if each.effect is not None][::-1]
    no_effect = shown[0][1].no_effect
    about_shares = no_effect == 0.0
    figure = go.Figure()
    figure.add_vrect(x0=no_effect - margin, x1=no_effect + margin, fillcolor=ZONE, line_width=0, layer="below")
    figure.add_vline(x=no_effect, line={"color": INK, "width": 1})
    figure.add_scatter(
        mode="markers",
        x=[effect.value for _, effect in shown],
        y=[each.planned.id for each, _ in shown],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [_reach(effect.high, effect) for _, effect in shown],
            "arrayminus": [_reach(effect.low, effect) for _, effect in shown],
            "color": TEAL,
        },
        marker={"color": TEAL, "size": 10},
        hovertemplate="%{y}: %{x:.2f}<extra></extra>",
    )
    figure.update_layout(
        template=TEMPLATE,
        height=34 * max(2, len(shown)) + 60,
        xaxis={
            "range": [-1, 1] if about_shares else [0, 1],
            "tickvals": [-1, -0.5, 0, 0.5, 1] if about_shares else [0, 0.25, 0.5, 0.75, 1],
            "tickformat": "+.0%" if about_shares else ".2f",
            "zeroline": False,
            **FIXED,
        },
        yaxis={**FIXED, "ticklabelstandoff": 6},
        showlegend=False,
    )
    return _div(figure, name, stamp)


def _reach(end: float, effect: Estimate) -> float:
    return abs(end - effect.value) if end == end else 0.0  # nan: there is no interval


def _div(figure: go.Figure, name: str, stamp: str | None) -> str:
    if stamp is not None:
        figure.add_annotation(
            text=escape(stamp),
            xref="paper",
            yref="paper",
            x=0.5,
            y=0.5,
            showarrow=False,
            opacity=0.35,
            font={"size": 22, "color": INK},
            textangle=-8,
        )
    return str(plotly.io.to_html(figure, full_html=False, include_plotlyjs=False, div_id=name, config=CONFIG))
