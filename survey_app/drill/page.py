"""A drill as a page that a board can read and print, and as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from . import Drilled

NOT_SEEN = (
    "Whether the survey may take real answers, and the researchers' own keys: the doctor looks at those. "
    "A drill runs the program, the study and the address that are installed here, with a key and a folder of its own.",
    "What a proxy in front writes into its own log: look at its settings, and at its log folder.",
    "Another operator who changes the program while it runs. No program on that machine can show it.",
    "What stays in a participant's browser, in snapshots of the disk, in memory, or with a network provider.",
    "Whether a story that somebody tells in their own words is recognised by somebody who was there.",
)


def page(done: Drilled) -> str:
    """One HTML file, whole by itself."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)
    return environment.get_template("drill.html").render(done=done, not_seen=NOT_SEEN)


def lines(done: Drilled) -> Iterator[str]:
    """The same, short."""
    for each in done.findings:
        yield f"{'kept  ' if each.kept else 'BROKEN'}  {each.id}  {each.promise}"
        yield from (f"               {line}" for line in each.wrong)
    broken = sum(not each.kept for each in done.findings)
    yield f"{broken} of {len(done.findings)} promises broken." if broken else f"All {len(done.findings)} promises kept."
