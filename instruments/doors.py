"""What the three doors share: troubles that end a command in one clear sentence, with its exit code.

0 fine · 1 findings · 2 wrong use · 3 refused for safety · 4 environment · 130 interrupted.
"""

from __future__ import annotations

from pathlib import Path

import click

FOLDER = click.Path(path_type=Path)
"""A flag that names a file or folder."""


class WrongUse(click.ClickException):
    """A wrong flag, file or key."""

    exit_code = 2


class Refused(click.ClickException):
    """Refused for safety."""

    exit_code = 3


class Environment(click.ClickException):
    """The port, the disk, a permission."""

    exit_code = 4
