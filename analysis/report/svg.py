"""The same figures as still pictures with real text: for readers without scripts. As wide as a phone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap

from markupsafe import Markup

from . import figures
from .figures import Block, Point
from .hiding import Published

WIDE, EDGE, THICK, LINE, LETTERS = 340, 16, 16, 17, 40
ASIDE = 0.8  # how far the scale reaches where something stands beside it


def still_bars(table: Published) -> Markup:
    """One bar a group, its words and n above it; no effect of order is drawn that is not known."""
    rows = figures.bars(table)
    aside = any(block.beside for row in rows for block in row.blocks)
    room = (WIDE - 2 * EDGE) * (ASIDE if aside else 1)
    reach = figures.reach(rows)
    unit = room / (2 * reach if table.on_scale else 100)
    middle = EDGE + (room / 2 if table.on_scale else 0)
    drawn, y = [], 0
    for row in rows:
        words, y = _words(row.words, y)
        drawn += [words, *(_piece(block, y, middle, unit) for block in row.blocks)]
        y += THICK + LINE // 2
    ticks = figures.ticks(table, rows)
    drawn += [_tick(middle + value * unit, y + LINE, f"{abs(value)} %") for value in ticks]
    if table.on_scale:
        drawn.append(f'<path d="M{middle:.1f} 0V{y}" stroke="{figures.INK}"/>')
    tall = y + LINE + 8
    return _svg("".join(drawn) + _across(table.stamp, tall), tall, f"{_stamped(table.stamp)}{table.title}")


def still_forest(points: Sequence[Point], margin: float, title: str, stamp: str | None) -> Markup:
    """A dot and a line for each estimate, the zone of no interest shaded."""
    low, high, ticks = figures.axis(points)

    def at(value: float) -> float:
        return round(EDGE + (min(high, max(low, value)) - low) / (high - low) * (WIDE - 2 * EDGE), 1)

    drawn, y = [], 0
    for point in points:
        words, y = _words(point.words, y)
        drawn.append(words + _dot(point, y + 6, at))
        y += LINE
    effect = points[0].effect
    zone = at(effect.no_effect - margin), at(effect.no_effect + margin)
    behind = f'<rect x="{zone[0]}" y="0" width="{zone[1] - zone[0]:.1f}" height="{y}" fill="{figures.ZONE}"/>'
    behind += f'<path d="M{at(effect.no_effect)} 0V{y}" stroke="{figures.INK}"/>'
    drawn += [_tick(at(value), y + LINE, figures.tick(value, effect.kind)) for value in ticks]
    tall = y + LINE + 8
    return _svg(behind + "".join(drawn) + _across(stamp, tall), tall, f"{_stamped(stamp)}{title}")


def still_curve(points: Sequence[tuple[int, float]], planned: int, wanted: float, title: str) -> Markup:
    """Power over people: a line, a dot at what is planned, and a rule where it should be. From 0 to 100 %."""
    most, tall, left = max(n for n, _ in points), 130, 44

    def place(n: float, power: float) -> tuple[float, float]:
        return round(left + n / most * (WIDE - left - EDGE), 1), round(8 + (1 - power) * tall, 1)

    line = " ".join(f"{x},{y}" for x, y in (place(n, power) for n, power in points))
    (_, rule), drawn = place(0, wanted), []
    drawn.append(f'<path d="M{left} {rule}H{WIDE - EDGE}" stroke="{figures.HIDDEN}" stroke-dasharray="4"/>')
    drawn.append(f'<path d="M{left} 8V{tall + 8}H{WIDE - EDGE}" stroke="{figures.INK}" fill="none"/>')
    drawn.append(f'<polyline points="{line}" fill="none" stroke="{figures.TEAL}" stroke-width="2"/>')
    for n, power in points:
        x, y = place(n, power)
        dot = f'r="{5 if n == planned else 3}" fill="{figures.TEAL}"'
        drawn.append(f'<circle cx="{x}" cy="{y}" {dot}><title>{n} people: {100 * power:.0f} %</title></circle>')
    drawn += [_tick(place(n, 0)[0], tall + 24, str(n)) for n in sorted({planned, most, most // 2})]
    drawn += [_tick(left - 20, place(0, power)[1] + 4, f"{100 * power:.0f} %") for power in (0, 0.5, wanted, 1)]
    return _svg("".join(drawn), tall + 32, title)


def _dot(point: Point, y: float, at: figures.Place) -> str:
    """An estimate and its interval."""
    effect, drawn = point.effect, ""
    if effect.low == effect.low:
        drawn = f'<path d="M{at(effect.low)} {y}H{at(effect.high)}" stroke="{figures.TEAL}" stroke-width="2"/>'
    return drawn + f'<circle cx="{at(effect.value)}" cy="{y}" r="4" fill="{figures.TEAL}"/>'


def _piece(block: Block, y: float, middle: float, unit: float) -> str:
    """A piece of a bar; what is hidden is an empty box with a dashed edge."""
    start, wide = middle + block.start * unit, block.width * unit
    if block.beside:
        scale = (WIDE - 2 * EDGE) * (1 - ASIDE - 0.03) / 100
        start, wide = WIDE - EDGE - 100 * scale + block.start * scale, block.width * scale
    paint = f'fill="{block.colour}" stroke="#fff"'
    if block.colour == figures.HIDDEN:
        paint = f'fill="#fff" stroke="{figures.HIDDEN}" stroke-dasharray="3"'
    box = f'<rect x="{start:.1f}" y="{y}" width="{wide:.1f}" height="{THICK}" {paint}>'
    return f"{box}<title>{escape(block.words)}</title></rect>"


def _words(words: str, y: int) -> tuple[str, int]:
    """Words over as many lines as they need, and where the next thing begins."""
    drawn = ""
    for line in wrap(words, LETTERS):
        y += LINE
        drawn += f'<text x="{EDGE}" y="{y - 4}">{escape(line)}</text>'
    return drawn, y


def _tick(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="middle" font-size="11">{words}</text>'


def _across(stamp: str | None, tall: int) -> str:
    """The word across a picture that says it is no result."""
    where = f'x="{WIDE / 2}" y="{tall / 2}" font-size="22" opacity=".35" text-anchor="middle"'
    return f"<text {where}>{escape(stamp)}</text>" if stamp else ""


def _stamped(stamp: str | None) -> str:
    return f"{stamp}: " if stamp else ""


def _svg(drawn: str, tall: int, title: str) -> Markup:
    about = f'viewBox="0 0 {WIDE} {tall}" role="img" aria-label="{escape(title)}" font-size="13" fill="{figures.INK}"'
    return Markup(f"<svg {about}>{drawn}</svg>")
