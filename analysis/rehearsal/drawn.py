"""Made-up people on the way: what they have answered so far, and what they would answer if they were asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..table import Table, Values


@dataclass(frozen=True, slots=True)
class Drawn:
    """Some people; `values` and `missing` are those of the table, while it is being filled."""

    table: Table
    values: dict[str, Values]
    missing: dict[str, Values]
    willing: dict[str, Values] = field(default_factory=dict)  # column → what they would say if they were asked
