"""Exports, codebook, and the opened file itself: the words stay with the codes, and nothing is run by being opened."""

from __future__ import annotations

import csv
import json
import shutil
import stat
import subprocess

import pytest
from conftest import STUDY, run
from sqlite_utils import Database
from test_opening import filled, opened

from analysis.exporting import in_r, in_spss, in_stata
from instruments.reader import read
from instruments.records import columns

every_kind = read(STUDY["every_kind"])


@pytest.fixture
def answers(tmp_path):
    people = [
        {"role": "reader", "mood": 1 + n % 4, "colour": 1 + n % 2, "days": [2], "data": n, "weather": "dry"}
        for n in range(12)
    ]
    people += [{"role": "reader", "mood": 97, "colour": None, "data": "not sure", "weather": "wet"}]
    return opened(filled(tmp_path / "data", people, study=every_kind)).path


def test_an_export_holds_every_answer_and_says_what_it_is(answers, tmp_path):
    """CSV as it lies in the file, scripts beside it, the kind of data in every name, for its owner alone."""
    told = run("analysis", "export", str(answers), "--out", str(tmp_path / "x"))
    assert told.returncode == 0, told.stderr
    names = {path.name for path in (tmp_path / "x").iterdir()}
    assert {f"practice-answers.{kind}" for kind in ("csv", "R", "do", "sps")} | {
        "practice-codebook.csv",
        "practice-texts.csv",
        "practice-manifest.json",
    } == names
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "x").iterdir())
    with (tmp_path / "x" / "practice-answers.csv").open() as file:
        rows = list(csv.DictReader(file))
    kept = list(Database(answers)["answers"].rows)
    assert [{key: "" if value is None else str(value) for key, value in row.items()} for row in kept] == rows
    assert ("", "not sure") in [(row["data"], row["data_missing"]) for row in rows]
    assert json.loads((tmp_path / "x" / "practice-manifest.json").read_text())["fingerprint"] == every_kind.fingerprint


def test_an_export_never_writes_over_anything(answers, tmp_path):
    """Exit 2, and what was there is as it was."""
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine.txt").write_text("mine")
    assert run("analysis", "export", str(answers), "--out", str(tmp_path / "x")).returncode == 2
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["mine.txt"]


def test_what_stands_beside_a_scale_is_no_step_of_it():
    """“It depends” has code 4 in `mood`: not the highest level of an ordered variable, and not lost."""
    held = [column for column in columns(every_kind) if column.name == "mood"]
    assert 'levels = c(1, 2, 3), labels = c("low", "middle", "high"), ordered = TRUE' in in_r(held, "a.csv")
    assert "4=.d" in in_stata(held, "a.csv")
    assert "MISSING VALUES mood (97 THRU 99, 4)." in in_spss(held, "a.csv")


def test_r_reads_the_export(answers, tmp_path):
    """With R itself, where it is installed."""
    if shutil.which("Rscript") is None:
        pytest.skip("SKIPPED LOUDLY: there is no R here (apt-get install r-base-core)")
    run("analysis", "export", str(answers), "--out", str(tmp_path / "x"))
    told = subprocess.run(
        ["Rscript", "-e", 'source("practice-answers.R"); cat(table(answers$mood), levels(answers$mood)[1], table(answers$mood_missing))'],
        cwd=tmp_path / "x", capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.startswith("3 3 3 low ")


def test_words_that_look_like_programs_lie_still(tmp_path):
    """A formula in free text, a quote in a label: spreadsheets and scripts run neither."""
    from analysis.spreadsheet import inert

    assert [inert(words) for words in ("=1+1", " @x", "+1", "-1", "a=b")] == ["'=1+1", "' @x", "'+1", "'-1", "a=b"]
    assert inert("a\x1b[31mb\x00") == "a [31mb "
    assert inert(-3) == -3
    folder = tmp_path / "study"
    shutil.copytree(STUDY["every_kind"], folder)
    path = folder / "questionnaire.yaml"
    path.write_text(path.read_text().replace("1: red", "1: 'it''s \"`red$x\\'"))
    held = [column for column in columns(read(folder)) if column.name == "colour"]
    assert 'c("none", "it\'s \\"`red$x\\\\"' in in_r(held, "a.csv")
    assert "`red" not in in_stata(held, "a.csv")
    assert "$x" not in in_stata(held, "a.csv")
    assert "'it''s " in in_spss(held, "a.csv")


@pytest.mark.slow
def test_the_codebook_says_what_every_column_means(answers, tmp_path):
    """HTML and CSV twins, small numbers hidden, bad endings refused."""
    for name in ("c.html", "c.csv"):
        told = run("analysis", "codebook", str(answers), "--out", str(tmp_path / name), "--audience", "team")
        assert told.returncode == 0, told.stderr
    page = (tmp_path / "c.html").read_text()
    for column in columns(every_kind):
        assert f'id="{column.name}"' in page
    linked = json.loads(page.split('ld+json">')[1].split("</script>")[0])
    assert {each["name"] for each in linked["variableMeasured"]} == {c.name for c in columns(every_kind) if c.question}
    with (tmp_path / "c.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["column"] for row in rows} == {column.name for column in columns(every_kind)}
    assert all(row["n"] in ("", "hidden") or int(row["n"]) >= 5 for row in rows)
    assert {row["stamp"] for row in rows} == {"Practice"}
    assert run("analysis", "codebook", str(answers), "--out", str(tmp_path / "c.pdf")).returncode == 2


def test_a_codebook_compares_nothing_before_the_lock(tmp_path):
    """It is split by nothing but the role; the control is a report's tables of the same answers, which are."""
    from analysis import codebook
    from analysis.loading import load
    from analysis.report.distributions import distributions

    people = [{"role": "reader", "mood": 1 + n % 3, "days": [2 + n % 2], "weather": "dry"} for n in range(60)]
    table = load(opened(filled(tmp_path / "data", people, study=every_kind)).path)
    split = [group.name for group in every_kind.plan.split]
    assert split
    for made in (codebook.as_html(table, "team"), codebook.as_csv(table, "team")):
        assert not [name for name in split if name in made]
    assert any(name in group for asked in distributions(table) for group in asked.counted.groups for name in split)


def test_one_tables_own_csv_lies_still_too():
    """The link under a figure: formulas get an apostrophe, cells are quoted, “None of these” stays what it is."""
    from analysis.report.hiding import Published
    from analysis.report.twins import table_csv

    table = Published(
        id="t", title="t", groups=("=cmd|calc!A0",), columns=("None of these", 'a, "b"'), steps=2, on_scale=0,
        cells=((None, 12),), asked=(None,), answered=(20,), part_of=(None,),
    )  # fmt: skip
    rows = list(csv.reader(table_csv(table).splitlines()))
    assert rows == [
        ["group", "None of these", 'a, "b"', "answered", "asked"],
        ["'=cmd|calc!A0", "hidden", "12", "20", "hidden"],
    ]


def test_the_opened_file_reads_well_with_the_usual_tools(tmp_path):
    """Foreign keys, a view in words, and full-text search, by the sqlite-utils command itself."""
    import sys

    import pyrage
    from test_opening import opened as reopened

    from instruments import records
    from survey_app import sealing
    from survey_app.codes import code
    from survey_app.serve import open_survey

    del pyrage
    survey = open_survey({"en": every_kind}, tmp_path / "data", "practice", None)["en"]
    payload = records.payload(every_kind, "practice", {"role": "reader", "duration": records.duration(0)}, {"mood": 1})
    ticks = {tick.id: 1 for tick in every_kind.consent if tick.kept_with == "text"}
    question = next(each.id for each in every_kind.questions() if type(each).__name__ == "Text")
    text = records.text_payload(every_kind, "practice", "reader", ticks, {question: "walking along a river"})
    survey.store.send(
        code(b"x" * 16), sealing.seal(payload, survey.recipients.answers), sealing.seal(text, survey.recipients.texts)
    )
    survey.store.close()
    path = reopened(tmp_path / "data").path
    database = Database(path)
    assert {(key.column, key.other_table) for key in database["texts"].foreign_keys} == {("question", "codebook")}
    assert {(key.column, key.other_table) for key in database["choices"].foreign_keys} == {("column", "codebook")}
    assert not list(database.query("PRAGMA foreign_key_check"))
    found = subprocess.run(
        [sys.executable, "-m", "sqlite_utils", "search", str(path), "texts", "walks"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "walking along a river" in found.stdout, "stemmed"
    assert database["answers"].columns_dict["mood"] is int
