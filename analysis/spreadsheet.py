"""Words that lie still wherever a file is opened."""

from __future__ import annotations

from typing import Any


def inert(value: Any) -> Any:
    """Words that no spreadsheet runs: an apostrophe before what looks like a formula, no control characters."""
    if not isinstance(value, str):
        return value
    clean = "".join(each if each.isprintable() or each == "\n" else " " for each in value)
    return f"'{clean}" if clean.lstrip()[:1] in ("=", "+", "-", "@") else clean
