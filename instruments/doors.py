"""What the three doors share: troubles that end a command in one clear sentence, with its exit code.

0 fine · 1 findings · 2 wrong use · 3 refused for safety · 4 environment · 130 interrupted.
"""

from __future__ import annotations

import sys
from ipaddress import ip_address
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


def is_loopback(host: str) -> bool:
    """Does the host name this machine and nothing else?"""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def command(wing: str) -> str:
    """How to run a wing's door again, with the Python that is running now: to be pasted as it stands."""
    python, here = Path(sys.executable), Path.cwd()
    return f"{python.relative_to(here) if python.is_relative_to(here) else python} -m {wing}"
