"""Versions of a study: a folder, or the same folder as it was at a git revision."""

from __future__ import annotations

import io
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .doors import WrongUse
from .model import Study
from .reader import Faulty, read


def study(folder: Path) -> Study:
    """The study in a folder. Raises WrongUse with every problem."""
    try:
        return read(folder)
    except Faulty as error:
        raise WrongUse(f"The study in {folder} cannot be read:\n{error}") from error


@contextmanager
def folder(named: Path, beside: Path) -> Iterator[Path]:
    """A folder as it is, or `beside` as it was at the git revision that is named. Raises WrongUse."""
    if named.exists():
        yield named
        return
    if str(named).startswith("-") or not beside.is_dir():
        raise WrongUse(f"{named} is neither a folder nor a git revision of {beside}.")
    archive = ["git", "-C", str(beside), "archive", "--format=zip", f"{named}:./"]
    try:
        packed = subprocess.run(archive, capture_output=True, check=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise WrongUse(f"{named} is neither a folder nor a git revision of {beside}.") from error
    with tempfile.TemporaryDirectory() as there:
        with zipfile.ZipFile(io.BytesIO(packed)) as files:
            files.extractall(there)  # never outside of it, and no links: a zip file's names are cut to that
        yield Path(there)
