"""What the three doors share: troubles that end a command in one clear sentence, with its exit code.

0 fine · 1 findings · 2 wrong use · 3 refused for safety · 4 environment · 130 interrupted.
"""

from __future__ import annotations

import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click

FOLDER = click.Path(path_type=Path)
"""A flag that names a file or folder."""


class WrongUse(click.ClickException):
    """A wrong flag, file or key."""

    exit_code = 2


class Tampered(click.ClickException):
    """Data that are not what they were: a finding, not a mistake of whoever looks."""

    exit_code = 1


class Refused(click.ClickException):
    """Refused for safety."""

    exit_code = 3


class Environment(click.ClickException):
    """The port, the disk, a permission."""

    exit_code = 4


class Door(click.Group):
    """A group of commands that says 130 when it is interrupted, as a shell expects; click alone says 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command that was asked for, and end the program with its exit code."""
        try:
            result = super().main(*args, **{**kwargs, "standalone_mode": False})
            sys.exit(result if isinstance(result, int) else 0)
        except click.Abort:
            click.echo("Interrupted; nothing half-written is left.", err=True)
            sys.exit(130)
        except click.ClickException as error:
            if isinstance(error, click.UsageError):
                error.show()
            else:
                click.echo(f"Error: {harmless(error.format_message())}", err=True)
            sys.exit(error.exit_code)


def harmless(words: str) -> str:
    """Words of somebody's file, without what would steer a terminal."""
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in words)


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
