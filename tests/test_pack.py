"""The review pack: everything of a study in three files, the real pages as they look, and nothing left out unsaid."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
import sys

import pypdf
import pytest
import zxingcpp
from browsing import faults
from conftest import BUNDLED, STUDY, run, spoken_in
from PIL import Image
from test_paper import words_of_docx, words_of_html, words_of_pdf
from test_troubles import said_well

from instruments import pack
from instruments.asked_of import asked_of, offered, picked_out
from instruments.model import Grid
from instruments.pack import given, looking
from instruments.pack.front import spoken
from instruments.pack.route_map import as_written, route_maps, steps
from instruments.paper.blocks import Picture, Points, Table, flat
from instruments.plan import Recode, When
from instruments.reader import read
from instruments.reader.board_file import for_the_board, sources
from instruments.route import arms, told
from instruments.routes import extent
from instruments.rules import ALWAYS, columns, in_words

DAY, ADDRESS = "2026-11-23", "https://survey.example.org/"
OPEN = given.TO_BE_WRITTEN


def packed(folder, **other):
    """What a pack is made from, without pictures and power."""
    known = {"language": None, "day": DAY, "before": None, "address": ADDRESS} | other
    return pack.looked(pack.gathered(folder, **known), True, lambda: None)


@pytest.fixture(scope="module")
def review(tmp_path_factory):
    """The three files of the bundled study."""
    out = tmp_path_factory.mktemp("pack")
    assert pack.written(pack.document(packed(BUNDLED)), out, pack.FILES, force=False) == []
    return out


@pytest.fixture(scope="module", params=pack.FILES)
def words(request, review):
    """All words of one of them, without spaces: where a line breaks says nothing."""
    path = review / request.param
    kind = {".html": lambda: words_of_html(path.read_text()), ".docx": lambda: words_of_docx(path.read_bytes()), ".pdf": lambda: words_of_pdf(path.read_bytes())}  # fmt: skip
    return squeezed(kind[path.suffix]())


def squeezed(text):
    """Without spaces."""
    return re.sub(r"\s+", "", text)


def everything(study):
    """Every word, code and rule that participants or the plan go by."""
    for question in study.questions():
        yield from question.text.values()
        yield from (question.hint or {}).values()
        yield from question.reason.values()
        yield from (row.text[role] for row in getattr(question, "rows", ()) for role in question.roles)
        for choice in offered(question):
            yield from (f"{choice.code} {label}" for label in set(choice.label.values()) if len(set(choice.label.values())) == 1)  # fmt: skip
            yield from (choice.label[role] for role in question.roles)
        yield from (asked_of(study, role, question.show_if) for role in question.roles)
        yield in_words(question.show_if)
    for arm in arms(study.story):
        yield from told(study.story, arm)
    for each in (*study.information, *study.sheet, *study.closing, *study.invitation, *study.poster, *study.in_short):
        yield study.filled(each.text).replace("\n", " ")
        yield each.heading or ""
    yield from (study.filled(tick.text) for tick in study.consent)
    yield from (choice.label for choice in study.role_question.choices)
    for planned in study.plan.comparisons:
        yield from (planned.says, planned.first.name, planned.second.name, planned.falsified_when or "")
    yield study.fingerprint
    yield from (each.name for each in study.plan.derived)


@pytest.mark.slow
def test_every_word_code_and_rule_is_in_all_three(words):
    """Read back from HTML, DOCX and PDF."""
    study = read(BUNDLED)
    exploratory = {each.id for each in study.plan.exploratory}
    missing = [each for each in everything(study) if squeezed(each) not in words]
    assert missing == [], exploratory
    assert squeezed("Whatever nobody ever wrote") not in words


@pytest.mark.slow
def test_the_same_headings_in_all_three(review):
    """So that “item Q12” is the same question in each of them."""
    html = (review / "review.html").read_text()
    import html as entities

    wanted = [entities.unescape(each) for each in re.findall(r"<h[234] id=[^>]*>([^<]*)", html)]
    assert len([each for each in wanted if re.match(r"Q\d+ ", each)]) == len(list(read(BUNDLED).questions()))
    import docx

    word = [each.text for each in docx.Document(review / "review.docx").paragraphs if each.style.name.startswith("Heading")]  # fmt: skip
    assert word == wanted
    assert _titles(pypdf.PdfReader(review / "review.pdf").outline) == wanted


def _titles(entries):
    return [title for each in entries for title in (_titles(each) if isinstance(each, list) else [each.title])]


def test_what_nobody_has_written_is_said(tmp_path):
    """In its place, with the same words everywhere; once it is written it stands there instead."""
    folder = tmp_path / "study"
    shutil.copytree(BUNDLED, folder)
    before = words_of_html(pack.as_html(pack.document(packed(folder))))
    board = folder / "board.yaml"
    board.write_text(board.read_text().replace("involvement: null", "involvement: Ten people with lived experience."))
    after = words_of_html(pack.as_html(pack.document(packed(folder))))
    assert before.count(OPEN) - after.count(OPEN) == 2  # its own section, and the list of everything
    assert "Ten people with lived experience." in after
    (folder / "board.yaml").unlink()
    assert words_of_html(pack.as_html(pack.document(packed(folder)))).count(OPEN) > before.count(OPEN)


def test_what_a_board_is_told_is_read_as_strictly_as_the_rest(tmp_path):
    """An unknown name, a heading that is not there, no YAML at all: each with file, line and the nearest name."""
    folder = tmp_path / "study"
    shutil.copytree(BUNDLED, folder)
    board = folder / "board.yaml"
    text = board.read_text()
    for old, new, said in (
        ("  pilot: |-", "  pilots: |-", "did you mean “pilot”"),
        ("[Will it help me?]", "[Will it help?]", "did you mean “Will it help me?”"),
        ("  employer: null", "  employr: null", "did you mean “employer”"),
        ("owners:", "owners: [", "board.yaml:"),
    ):
        board.write_text(text.replace(old, new, 1))
        assert board.read_text() != text
        assert said in str(for_the_board(folder, read(folder))[1][0])
        said_well(run("instruments", "pack", str(folder), "--out", str(tmp_path / "out"), "--quick"), 2, said)
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["off_hours", "tea", "every_kind"])
def test_the_route_map_shows_every_page_once_and_nothing_over_another(name):
    """Every page of every role stands in the picture and in the list, and no two shapes overlap."""
    study = read(STUDY[name])
    known = packed(STUDY[name])
    blocks = list(flat(tuple(route_maps(known))))
    drawn = [each.svg for each in blocks if isinstance(each, Picture)]
    listed = [line for each in blocks if isinstance(each, Points) for line in each.items]
    for svg in drawn:
        for one, other in itertools.combinations(_shapes(svg), 2):
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1], (one, other)
    for role in study.roles:
        for page in as_written(study, role.id):
            assert any(f"Page {page.number}: " in line for line in listed)
        assert {step.only is None for step in steps(study, role.id)} <= {True, False}
    said = "".join(re.findall(r"<tspan[^>]*>([^<]*)", "".join(drawn))).replace(" ", "")
    for role in study.roles:
        for step in steps(study, role.id):
            assert step.label.replace(" ", "") in said
            assert step.sensitive == ("sensitive" in step.label or step.sensitive)


def _shapes(svg):
    """Boxes and six-sided shapes, as left, top, right, bottom; inner borders and the paper left out."""
    found = []
    for x, y, wide, high in re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', svg):
        found.append((float(x), float(y), float(x) + float(wide), float(y) + float(high)))
    for points in re.findall(r'<polygon points="([^"]+)"', svg):
        xs, ys = zip(*[map(float, each.split(",")) for each in points.split()], strict=True)
        found.append((min(xs), min(ys), max(xs), max(ys)))
    inner = {
        one for one in found for other in found
        if one != other and other[0] < one[0] and other[1] < one[1] and other[2] > one[2] and other[3] > one[3]
    }  # fmt: skip
    return [each for each in found if each not in inner]


def test_counts_are_those_of_the_rules():
    """Routes, questions and minutes are what `check` counts."""
    known = packed(BUNDLED)
    text = words_of_html(pack.as_html(pack.document(known)))
    for role in known.study.roles:
        met = extent(known.study, role.id)
        assert f"{met.routes} different routes" in text
        assert f"{role.name}: {met.questions[0]} to {met.questions[1]} questions" in text


def test_a_fingerprint_to_read_aloud():
    """Proquints as their author gives them: 127.0.0.1 is lusab babad, 63.84.220.193 gutih tugad (Wilkerson 2009)."""
    assert spoken("7f0000013f54dcc1" + "0" * 48).split()[:4] == ["lusab", "babad", "gutih", "tugad"]
    assert len(spoken(read(BUNDLED).fingerprint).split()) == 6


def test_the_poster_leads_to_the_survey(review, tmp_path):
    """Its QR code, read back; without an address it says so."""
    code = next(each for each in flat(pack.document(packed(BUNDLED)).blocks) if isinstance(each, Picture) and "QR" in each.alt)  # fmt: skip
    path = tmp_path / "code.png"
    path.write_bytes(code.png)
    assert [each.text for each in zxingcpp.read_barcodes(Image.open(path))] == [ADDRESS]
    assert "the address of the survey: still to be written" in words_of_html(
        pack.as_html(pack.document(packed(BUNDLED, address=None)))
    )


def test_in_another_language(tmp_path):
    """The words of that language, and the document says so of itself; one that is not offered is named."""
    folder = spoken_in(["ar-XB"], tmp_path / "study")
    paper = pack.document(packed(folder, language="ar-XB"))
    assert (paper.language, paper.direction) == ("ar-XB", "rtl")
    out = tmp_path / "out"
    assert pack.written(paper, out, ("review.html", "review.pdf"), force=False) == []
    said_well(run("instruments", "pack", str(folder), "--out", str(out), "--language", "fr", "--quick", "--force"), 2, "“fr”")  # fmt: skip


@pytest.mark.slow
def test_the_door(tmp_path):
    """Three files and their names; nothing is written over; what changed since another version; a faulty study leaves nothing."""
    out, before = tmp_path / "out", tmp_path / "before"
    shutil.copytree(STUDY["tea"], before)
    asked = before / "questionnaire.yaml"
    asked.write_text("".join(line for line in asked.open() if "id: more" not in line))
    done = run("instruments", "pack", str(STUDY["tea"]), "--out", str(out), "--quick", "--since", str(before))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(out / name) for name in pack.FILES]
    assert "left out of this copy" in done.stderr
    assert "Substantial: a board decides on it again." in (out / "review.html").read_text()
    said_well(run("instruments", "pack", str(STUDY["tea"]), "--out", str(out), "--quick"), 2, "--force")
    again = run("instruments", "pack", str(STUDY["tea"]), "--out", str(out), "--quick", "--force")
    assert again.returncode == 0
    assert "First version" in (out / "review.html").read_text()
    broken = tmp_path / "broken"
    shutil.copytree(STUDY["tea"], broken)
    (broken / "study.yaml").write_text("titel: x\n")
    said_well(run("instruments", "pack", str(broken), "--out", str(tmp_path / "none"), "--quick"), 2, "did you mean")
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
def test_power_is_that_of_the_analysis(tmp_path):
    """The figures in the pack are those that `analysis power` prints, and where it does not run the pack says why."""
    folder = BUNDLED
    command = [sys.executable, "-m", "analysis", "power", "--study", str(folder), "--json"]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    found = looking.power(folder)
    assert found == said
    known = given.Given(**{**_fields(packed(folder)), "power": found, "no_power": ""})
    text = words_of_html(pack.as_html(pack.document(known)))
    for each in said["comparisons"]:
        assert f"{each['id']} {each['n'][0]} + {each['n'][1]}" in re.sub(r"\s+", " ", text)
        assert f"{100 * each['first']:.0f} %" in text
    with pytest.raises(looking.Missing, match="not computed"):
        looking.power(tmp_path)


def _fields(known):
    return {name: getattr(known, name) for name in known.__slots__}


@pytest.mark.browser
@pytest.mark.slow
def test_pictures_of_the_real_pages(tmp_path, monkeypatch):
    """Every page of every role once, as PNG of a phone's width, beside its words; without a browser it is said."""
    study = read(STUDY["every_kind"])
    wanted = looking.wanted(study)
    found = looking.pictures(study, STUDY["every_kind"], lambda: None)
    assert set(found) == set(wanted)
    assert all(int.from_bytes(png[16:20]) == looking.PHONE["width"] for png in found.values())
    assert len(set(found.values())) > len(found) / 2
    known = given.Given(**{**_fields(packed(STUDY["every_kind"])), "pictures": found, "no_pictures": ""})
    shown = [each for each in flat(pack.document(known).blocks) if "see it on a phone" in str(getattr(each, "alt", ""))]
    beside = [one for each in flat(pack.document(known).blocks) for one in getattr(each, "pictures", ())]
    assert len(shown) + len(beside) == len(wanted) - 2
    monkeypatch.setattr(looking.shutil, "which", lambda name: None)
    with pytest.raises(looking.Missing, match="no Chromium"):
        looking.pictures(study, STUDY["every_kind"], lambda: None)
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(looking.Missing, match="pip install"):
        looking.pictures(study, STUDY["every_kind"], lambda: None)


@pytest.mark.slow
@pytest.mark.browser
def test_the_page_for_the_board_is_accessible(chromium, review):
    """No fault by axe, no sideways scrolling at 320 px, light and dark, without scripts."""
    for scheme, wide in (("light", 320), ("dark", 900)):
        page = chromium.new_page(viewport={"width": wide, "height": 800}, color_scheme=scheme)
        asked = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto((review / "review.html").as_uri())
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not [each for each in asked if not each.startswith(("file:", "data:"))]
        page.close()


def test_what_a_study_does_without_is_not_promised(tmp_path):
    """No quick exit, no code, no own device, titles that show: the pack says so, and the usual study says the opposite."""
    folder = tmp_path / "study"
    shutil.copytree(STUDY["tea"], folder)
    more = "leave_to: none\ndiscreet_titles: false\nprivacy: {withdrawal_code: false, ask_device: false}\n"
    (folder / "study.yaml").write_text((folder / "study.yaml").read_text() + more)
    bare, usual = (words_of_html(pack.as_html(pack.document(packed(each)))) for each in (folder, BUNDLED))
    for said in (
        "the quick exit, a break",
        "Limits of leaving fast",
        "a code is shown only if asked for",
        "a day on a device",
        "neutral titles, leaving fast",
    ):
        assert said not in bare
        assert said in usual
    for said in ("This study has no quick exit", "there is no code", "nobody can find them again"):
        assert said in bare
        assert said not in usual


def test_every_source_is_explained_or_said_to_be_open(tmp_path):
    """A letter that only its author understands is explained once; a source that no question names is no source."""
    assert set(for_the_board(BUNDLED, read(BUNDLED))[0].sources) == set(sources(read(BUNDLED)))
    text = words_of_html(pack.as_html(pack.document(packed(BUNDLED))))
    assert "A choice of method; no source outside." in text
    folder = tmp_path / "study"
    shutil.copytree(BUNDLED, folder)
    board = folder / "board.yaml"
    board.write_text(board.read_text().replace("  piche:", "  pich:"))
    assert "did you mean “piche”" in str(for_the_board(folder, read(folder))[1][0])


def test_what_is_sensitive_or_left_out_is_told():
    """Sensitive questions say so and others do not; whom the plan leaves out, and the right answer of the check, are said."""
    study = read(BUNDLED)
    blocks = list(flat(pack.document(packed(BUNDLED)).blocks))
    about = {
        each.caption: dict(each.rows)
        for each in blocks
        if isinstance(each, Table) and each.caption.startswith("About ")
    }
    for question in study.questions():
        assert about[f"About {question.id}"]["sensitive"] == ("yes" if question.sensitive else "no")
    assert {question.sensitive for question in study.questions()} == {True, False}
    text = words_of_html(pack.as_html(pack.document(packed(BUNDLED))))
    assert f"Left out of every comparison: {picked_out(study, study.plan.leave_out)}." in text
    assert "Only the code that I can ask for (right)" in text
    forced = next(each for each in blocks if isinstance(each, Table) and each.caption == "All that must be answered")
    assert [row[0] for row in forced.rows] == [
        *(f"tick {tick.id}" for tick in study.consent if tick.required),
        "page 1",
    ]
    among = [each for each in study.plan.comparisons if each.among != ALWAYS]
    assert among
    for each in among:
        rows = dict(next(b for b in blocks if isinstance(b, Table) and b.caption == f"How {each.id} is compared").rows)
        assert rows["among"] == picked_out(study, each.among)
        named = {"first": each.first.name, "second": each.second.name, None: "neither"}
        assert rows["expected to be higher"] == named[each.predicts]


def test_no_placeholder_reaches_a_board():
    """Facts are filled in or said to be undecided; a name in braces is for authors only."""
    text = words_of_html(pack.as_html(pack.document(packed(BUNDLED))))
    before_the_files = text[: text.rindex("The study files")]
    assert not re.findall(r"\{[a-z_]+\}", before_the_files)


def test_whom_the_plan_picks_out_is_told_as_it_runs():
    """A recode by its codes, a telling by its factor, ticks by their words; a rule on a question that a side is not asked is left out."""
    study = read(BUNDLED)
    told = {each.name: picked_out(study, each.rule) for each in study.plan.derived if isinstance(each, When)}
    assert "the story has story_sign “nod”" in " ".join(
        picked_out(study, group.rule) for each in study.plan.comparisons for group in (each.first, each.second)
    )
    recodes = {each.name for each in study.plan.derived if isinstance(each, Recode) and each.means}
    for each in study.plan.derived:
        if isinstance(each, When) and columns(each.rule) & recodes:
            assert "is “" in told[each.name], "a recode is told with its codes, never as if it were yes or no"
    page = next(step for step in steps(study, "worker") if "talk_agreed" in step.label)
    assert "talk_unmet" not in (page.only or "")


@pytest.mark.slow
def test_odd_words_and_addresses(tmp_path):
    """A letter that no page can hold, an address that leads nowhere: said or left out, never a traceback."""
    folder = tmp_path / "study"
    shutil.copytree(BUNDLED, folder)
    (folder / "board.yaml").write_text('texts: {team: "A bell\\u0007 rings"}\n')
    (folder / "notes.txt").write_bytes(b"\xff\xfe no study file")
    done = run("instruments", "pack", str(folder), "--out", str(tmp_path / "out"), "--quick")
    assert done.returncode == 0, done.stderr
    for address in ("javascript:alert(1)", "", "http://plain.example.org", "https://" + "x" * 400):
        said_well(
            run("instruments", "pack", str(folder), "--out", str(tmp_path / "o2"), "--quick", "--address", address),
            2,
            "https://",
        )


def test_every_question_without_a_rule_is_for_everybody():
    """The words of a rule say what the rule says."""
    study = read(BUNDLED)
    for question in study.questions():
        if question.show_if == ALWAYS:
            assert asked_of(study, question.roles[0], question.show_if) == "everybody"
    grid = next(each for each in study.questions() if isinstance(each, Grid))
    assert offered(grid)
