"""Room on the disk: a floor under which nothing is taken, and ballast to throw off, so that deleting works even then.

On a full disk SQLite can neither delete nor rewrite: both need room for what they undo on a crash.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from . import clock

FLOOR = 16 * 2**20  # bytes
BALLAST = 4 * 2**20
NAME = "ballast"


def scarce(path: Path) -> bool:
    """Is less left than a file needs to be rewritten, and some to spare? Where nobody can tell, SQLite will say."""
    try:
        size = path.stat().st_size if path.exists() else 0
        return shutil.disk_usage(path.parent).free < FLOOR + 2 * size
    except OSError:
        return False


def take_on(folder: Path) -> None:
    """Put the ballast there, where there is room for it. Raises OSError."""
    path = folder / NAME
    if (path.exists() and path.stat().st_size >= BALLAST) or shutil.disk_usage(folder).free < FLOOR + BALLAST:
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle, 0, BALLAST)
        else:
            os.write(handle, bytes(BALLAST))
    except OSError:
        path.unlink()  # half of it is no help
        return
    finally:
        os.close(handle)
    clock.say_the_month_alone(path)


def throw_off(folder: Path) -> bool:
    """Take the ballast away; was there any? Raises OSError."""
    try:
        (folder / NAME).unlink()
    except FileNotFoundError:
        return False
    return True
