"""The board's wing: a study as plain files, read, checked, and named by one fingerprint."""

from pathlib import Path

VERSION = "0.1.0"
BUNDLED = Path(__file__).parent / "off_hours"
"""The study that comes with the tool, wherever a command is run."""
