"""Progress of what takes long, on stderr: results have stdout for themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click


def bar(things: Iterable[Any], label: str = "opening", length: int | None = None) -> Iterator[Any]:
    """The same things one by one, with a bar and an estimate of the time that is left."""
    with click.progressbar(things, length=length, label=label, file=sys.stderr, show_eta=True) as shown:
        yield from shown
