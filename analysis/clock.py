"""The one place in this wing that looks at a clock, and only for the day."""

from __future__ import annotations

from datetime import UTC, datetime


def today() -> str:
    """The day, as 2026-11-23."""
    return datetime.now(UTC).date().isoformat()
