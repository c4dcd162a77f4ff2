"""Sixty withdrawals: of what was deleted no byte is left in any file of the folder; and three settings that would leave some."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest
from conftest import CANARY, STUDY
from test_store import new_code

from instruments.reader import read
from survey_app import store
from survey_app.haystack import traces
from survey_app.store import Store

tea = read(STUDY["tea"])
PLANTED, STAYING = 60, 12
SIZES = (3072, 17408)  # bytes of a frame: one that a page keeps whole, one that goes on on a second page


def planted(kept: Store, size: int) -> dict[str, str]:
    """Sixty people send frames that can be recognised, and some send who stay: code → what to look for.

    Nothing can be recognised in what is sealed, so the store gets its frames bare.
    """
    people = {new_code(): f"{CANARY}-{secrets.token_hex(16)}" for _ in range(PLANTED)}
    for code, mark in people.items():
        kept.send(code, mark.encode().ljust(size, b"."), mark.encode().ljust(SIZES[0], b","))
    for _ in range(STAYING):
        kept.send(new_code(), secrets.token_bytes(size), secrets.token_bytes(SIZES[0]))
    return people


def found(kept: Store, people: dict[str, str]) -> int:
    """How many of them are met in the file or in any file beside it."""
    wanted = {mark: [("as it was sent", mark.encode())] for mark in people.values()}
    return len({each.what for each in traces(wanted, [kept.folder])})


@pytest.fixture
def opened(tmp_path, monkeypatch) -> Iterator[Callable[..., Store]]:
    """A store that is not flushed by itself, with another setting of SQLite where one is named."""
    made: list[Store] = []
    real = store._connect

    def opens(setting: str | None = None) -> Store:
        def careless(path):
            connection = real(path)
            connection.execute(f"PRAGMA {setting}")
            return connection

        if setting is not None:
            monkeypatch.setattr(store, "_connect", careless)
        made.append(Store(tmp_path / "data", tea, "practice"))
        made[-1].flusher.stop()
        return made[-1]

    yield opens
    for each in made:
        each.close()


@pytest.mark.parametrize("size", SIZES)
def test_of_sixty_withdrawn_nothing_is_left_at_once_and_after_the_flush(opened, size):
    """The moment the page says that it is deleted, before any flush, the file and what lies beside it hold none of them."""
    kept = opened()
    people = planted(kept, size)
    assert found(kept, people) == PLANTED, "the control: while they are stored, all can be found"
    for code in people:
        kept.withdraw(code)

    assert kept.count() == STAYING
    assert found(kept, people) == 0
    kept.flush()
    assert found(kept, people) == 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("setting", ["secure_delete = FAST", "journal_mode = PERSIST", "journal_mode = WAL"])
def test_control_one_setting_less_strict_leaves_some_of_them(opened, setting, size):
    """FAST keeps what lay on pages that became free; a journal that stays keeps the last one, one that runs ahead all."""
    kept = opened(setting)
    people = planted(kept, size)
    for code in people:
        kept.withdraw(code)

    assert kept.count() == STAYING
    assert found(kept, people) > 0
