"""Figures: plotly, from counts alone, with one small template and nothing that talks to anybody.

plotly 7 shows a “Share chart” button that posts the data to a third party: it is switched off here.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go
import plotly.io
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
INK, PAPER, TEAL = "#1c2630", "#ffffff", "#0d5c5f"
RAMP = ("#7a3b12", "#c98a55", "#d9d4c7", "#7fb5b3", "#0d5c5f", "#06383a", "#55457d", "#a89ac7")
"""Brown to teal, told apart by colour-blind readers; two violets for answers beside a scale."""
FIXED = {"fixedrange": True, "automargin": True}
ROW_HEIGHT = 34  # pixels a bar
TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": "system-ui, Segoe UI, Roboto, Noto Sans, Arial, sans-serif", "size": 14, "color": INK},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "hoverlabel": {"bgcolor": PAPER},
    }
)


def script() -> str:
    """plotly's own script, once a report."""
    return str(get_plotlyjs())


def bars(each: Distribution, stamp: str | None) -> str:
    """Stacked bars, one a group, every step always shown; n stands at each bar."""
    rows = [spread for spread in each.spreads if spread.answered][::-1]
    figure = go.Figure()
    for index, step in enumerate(each.steps):
        figure.add_bar(
            orientation="h",
            name=escape(step),
            y=[f"{escape(spread.group)} (n = {spread.answered})" for spread in rows],
            x=[spread.shares[index] for spread in rows],
            customdata=[spread.counts[index] for spread in rows],
            hovertemplate=f"{escape(step)}: %{{x:.0f}} % (%{{customdata}})<extra></extra>",
            marker={"color": _colour(index, len(each.steps)), "line": {"color": PAPER, "width": 1}},
        )
    figure.update_layout(
        template=TEMPLATE,
        barmode="stack",
        height=ROW_HEIGHT * max(1, len(rows)) + 110,
        xaxis={"range": [0, 101], "ticksuffix": " %", **FIXED},
        yaxis={**FIXED, "ticklabelstandoff": 6},
        legend={"orientation": "h", "traceorder": "normal", "y": -0.25, "yanchor": "top"},
    )
    return _div(figure, f"bars-{each.column}", stamp)


def forest(found: Sequence[Finding], no_effect: float, margin: float, stamp: str | None, name: str) -> str:
    """All estimates of one kind on one axis, with the zone of no interest shaded."""
    shown = [(each, each.effect) for each in found if each.effect is not None][::-1]
    figure = go.Figure()
    figure.add_vrect(x0=no_effect - margin, x1=no_effect + margin, fillcolor="#e6f1f0", line_width=0, layer="below")
    figure.add_vline(x=no_effect, line={"color": INK, "width": 1})
    figure.add_scatter(
        mode="markers",
        x=[effect.value for _, effect in shown],
        y=[f"{each.planned.id} (n = {each.n[0]} + {each.n[1]})" for each, _ in shown],
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
        height=ROW_HEIGHT * max(2, len(shown)) + 70,
        xaxis={
            "range": [0, 1] if no_effect == 0.5 else [-1, 1],
            "fixedrange": True,
            "zeroline": False,
            "automargin": True,
        },
        yaxis={**FIXED, "ticklabelstandoff": 6},
        showlegend=False,
    )
    return _div(figure, name, stamp)


def _reach(end: float, effect: Estimate) -> float:
    return abs(end - effect.value) if end == end else 0.0  # nan: there is no interval


def _colour(index: int, steps: int) -> str:
    """Few steps are spread over the ramp's ends and middle."""
    if steps == 2:
        return (TEAL, "#d9d4c7")[index]
    if steps == 3:
        return (RAMP[0], RAMP[2], RAMP[4])[index]
    if steps == 4:
        return (RAMP[0], RAMP[1], RAMP[3], RAMP[4])[index]
    return RAMP[index % len(RAMP)]


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
            font={"size": 26, "color": INK},
            textangle=-8,
        )
    return str(plotly.io.to_html(figure, full_html=False, include_plotlyjs=False, div_id=name, config=CONFIG))
