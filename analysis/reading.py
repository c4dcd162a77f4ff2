"""Reading SQLite files without changing them: the survey's and the opened answers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from instruments.doors import Environment, WrongUse, command


@contextmanager
def reading(path: Path, what: str, missing: str) -> Iterator[sqlite3.Connection]:
    """An open file, read-only. Raises WrongUse if it is not there, Environment if it is something else."""
    if not path.exists():
        raise WrongUse(missing)
    if path.is_dir():
        raise WrongUse(f"{path} is a folder, not {what}.")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            yield connection
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            raise WrongUse(f"{path} is not {what}: {error}.") from error
        raise Environment(f"{path} cannot be read: {error}. Nothing was changed.") from error
    except sqlite3.DatabaseError as error:
        if "not a database" in str(error):
            raise WrongUse(f"{path} is not {what}.") from error
        raise Environment(f"{path} is not {what} that can be read: {error}. Nothing was changed.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise Environment(f"{path} is not {what} that can be read: {error}. Nothing was changed.") from error


def reading_answers(path: Path) -> AbstractContextManager[sqlite3.Connection]:
    """An answers.db, read-only."""
    return reading(path, "an answers.db", f"There is no file {path}. Make it with: {command('analysis')} open")
