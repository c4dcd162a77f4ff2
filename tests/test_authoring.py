"""For authors: a new study that works at once, and every key on one page."""

from __future__ import annotations

from pathlib import Path

from conftest import run
from test_opening import quietly
from test_troubles import said_well

from analysis.rehearsal.measuring import peopled
from analysis.rehearsal.reading import read_with_model
from analysis.rehearsal.running import faults, rehearsal
from instruments import authoring
from instruments.checking import check
from instruments.reader.section import Section


def test_a_new_study_passes_check_runs_and_is_rehearsed(tmp_path):
    """As it stands: no fault, not even a warning; made-up people walk all of it, and what is planted can be found."""
    folder = tmp_path / "my_study"
    told = run("instruments", "new", str(folder))
    assert told.returncode == 0, told.stderr
    assert f"check {folder}" in told.stderr
    assert check(folder).faults == ()
    study, model = read_with_model(folder)
    assert model.plant == {"H1": 0.65}
    done = rehearsal(folder, peopled(study, model), tmp_path / "r", (12, 6), 1, 4, quietly)
    faults(done)
    assert done.stored == done.as_said


def test_a_new_study_is_written_over_nothing(tmp_path):
    """A folder that holds something is left alone; an empty one is filled; a file is said."""
    (tmp_path / "thesis.txt").write_text("mine")
    said_well(run("instruments", "new", str(tmp_path)), 3, "holds something already")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.txt"]
    said_well(run("instruments", "new", str(tmp_path / "thesis.txt")), 2, "is a file")
    (tmp_path / "empty").mkdir()
    assert run("instruments", "new", str(tmp_path / "empty")).returncode == 0
    said_well(run("instruments", "new", "/proc/no_such_place"), 4, "cannot be written")


def test_the_page_for_authors_holds_every_key():
    """The README's last part is what the reader's own lists say; a new key is missing there until it is printed anew."""
    page = "\n".join(authoring.every_key()).rstrip()
    assert (Path(authoring.__file__).parent / "README.md").read_text().rstrip().endswith(page)
    assert run("instruments", "keys").stdout.rstrip() == page


def test_no_list_of_keys_is_forgotten(tmp_path, monkeypatch):
    """Every list that the reader reads by, while it reads a study that uses all of them, is on the page."""
    known = {frozenset(keys) for places in authoring.PAGES.values() for keys in places.values()}
    every = frozenset(key for keys in known for key in keys)
    met = []
    before = Section.__init__
    monkeypatch.setattr(
        Section, "__init__", lambda self, at, keys, *of: met.append(keys) or before(self, at, keys, *of)
    )
    for name in ("off_hours", "every_kind"):
        from conftest import STUDY

        read_with_model(STUDY[name])
    assert len(met) > 100
    assert {key for keys in met for key in keys} <= every
