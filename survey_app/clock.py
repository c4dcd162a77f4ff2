"""The one place in this wing that looks at a clock, and nothing finer than minutes leaves it."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path


def minute() -> int:
    """Whole minutes since 1970."""
    return int(time.time() // 60)


def today() -> str:
    """The day, as 2026-11-23."""
    return _now().date().isoformat()


def day_before(day: str) -> str:
    """The day before that one."""
    return (datetime.fromisoformat(day) - timedelta(days=1)).date().isoformat()


def days_until(day: str) -> int:
    """How many days are left until that one; below 0 when it is over."""
    return (date.fromisoformat(day) - date.fromisoformat(today())).days


def month() -> str:
    """The month, as 2026-11."""
    return today()[:7]


def month_of(moment: float) -> str:
    """The month of a moment, as 2026-11."""
    return datetime.fromtimestamp(moment, UTC).date().isoformat()[:7]


def day_of(moment: float) -> str:
    """The day of the month of a moment, as 01."""
    return datetime.fromtimestamp(moment, UTC).date().isoformat()[8:]


def start_of_month() -> float:
    """The first second of this month, for the times of the data files."""
    return _now().replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()


def say_the_month_alone(*paths: Path) -> None:
    """Take the times of files and folders back, so that they say the month and nothing finer. Raises OSError.

    Written on its first day; looked at on the first of the next one, so that a look does not move that time: most
    systems note a look only where the last one is older than the last change, or than a day.
    """
    start = _now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (start + timedelta(days=32)).replace(day=1)
    for path in paths:
        os.utime(path, (end.timestamp(), start.timestamp()))


def seconds() -> float:
    """Seconds that pass, for waiting: from no known moment, and never back."""
    return time.monotonic()


def _now() -> datetime:
    return datetime.now(UTC)
