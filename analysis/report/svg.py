"""The same figures as still pictures with real text: for readers without scripts. One unit is one pixel at 600 wide."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

from . import figures
from .figures import Bar, Point
from .hiding import Published

WIDE, LEFT, ROW = 600, 8, 44


def still_bars(table: Published) -> Markup:
    """One bar a group, its words and n above it."""
    rows = figures.bars(table)
    aside = bool(table.on_scale) and table.on_scale < table.steps
    room = 460 if aside else WIDE - 2 * LEFT
    reach = max(
        (abs(end) for row in rows for b in row.blocks if not b.beside for end in (b.start, b.start + b.width)),
        default=100,
    )
    scale = room / (2 * reach) if table.on_scale else room / 100
    middle = LEFT + (room / 2 if table.on_scale else 0)
    tall = ROW * len(rows) + 8
    drawn = "".join(_bar(at, row, middle, scale) for at, row in enumerate(rows)) + _across(table.stamp, tall)
    return _svg(drawn, tall, f"{_stamped(table.stamp)}{table.title}: {len(rows)} bars")


def still_forest(points: Sequence[Point], margin: float, title: str, stamp: str | None) -> Markup:
    """A dot and a line for each estimate, the zone of no interest shaded."""
    low, high, ticks = figures.axis(points)
    tall = ROW * len(points) + 30

    def at(value: float) -> float:
        return round(LEFT + (min(high, max(low, value)) - low) / (high - low) * (WIDE - 2 * LEFT), 1)

    effect = points[0].effect
    zone = at(effect.no_effect - margin), at(effect.no_effect + margin)
    drawn = f'<rect x="{zone[0]}" y="0" width="{zone[1] - zone[0]:.1f}" height="{tall - 24}" fill="{figures.ZONE}"/>'
    drawn += f'<path d="M{at(effect.no_effect)} 0V{tall - 24}" stroke="{figures.INK}"/>'
    for place, point in enumerate(points):
        y = ROW * place + 30
        e = point.effect
        if e.low == e.low:
            drawn += f'<path d="M{at(e.low)} {y}H{at(e.high)}" stroke="{figures.TEAL}" stroke-width="2"/>'
        drawn += f'<circle cx="{at(e.value)}" cy="{y}" r="5" fill="{figures.TEAL}"/>'
        drawn += f'<text x="{LEFT}" y="{y - 12}">{escape(point.words)}</text>'
    for value in ticks:
        drawn += f'<text x="{at(value)}" y="{tall - 6}" text-anchor="middle">{figures.tick(value, effect.kind)}</text>'
    return _svg(drawn + _across(stamp, tall), tall, f"{_stamped(stamp)}{title}")


def _bar(at: int, row: Bar, middle: float, scale: float) -> str:
    y = ROW * at
    drawn = f'<text x="{LEFT}" y="{y + 14}">{escape(row.words)}</text>'
    for block in row.blocks:
        start, wide = (
            (490 + block.start, block.width) if block.beside else (middle + block.start * scale, block.width * scale)
        )
        hidden = block.colour == figures.HIDDEN
        paint = (
            f'fill="#fff" stroke="{figures.HIDDEN}" stroke-dasharray="3"'
            if hidden
            else f'fill="{block.colour}" stroke="#fff"'
        )
        drawn += (
            f'<rect x="{start:.1f}" y="{y + 20}" width="{wide:.1f}" height="18" {paint}>'
            f"<title>{escape(block.words)}</title></rect>"
        )
    return drawn


def _across(stamp: str | None, tall: int) -> str:
    """The word across a picture that says it is no result."""
    where = f'x="{WIDE / 2}" y="{tall / 2}" font-size="22" opacity=".35" text-anchor="middle"'
    return f"<text {where}>{escape(stamp)}</text>" if stamp else ""


def _stamped(stamp: str | None) -> str:
    return f"{stamp}: " if stamp else ""


def _svg(drawn: str, tall: int, title: str) -> Markup:
    about = f'viewBox="0 0 {WIDE} {tall}" role="img" aria-label="{escape(title)}" font-size="14" fill="{figures.INK}"'
    return Markup(f"<svg {about}>{drawn}</svg>")
