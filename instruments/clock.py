"""The one place in this wing that looks at a clock, and a day is all it says."""

from __future__ import annotations

from datetime import UTC, datetime


def today() -> str:
    """The day, as 2026-11-23."""
    return datetime.now(UTC).date().isoformat()
