"""Writing files whole or not at all."""

from __future__ import annotations

from pathlib import Path


def whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all. Raises OSError, and leaves nothing half-written."""
    fresh = path.with_name(path.name + ".partial")
    try:
        fresh.write_bytes(content if isinstance(content, bytes) else content.encode())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
