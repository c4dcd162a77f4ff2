"""Preview: every page as participants see it, every branch open, and nothing kept anywhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BUNDLED, STUDY, Scripted, Server, spoken_in, to_page
from test_guard import every_route

from instruments.pack.route_map import as_written
from instruments.reader import read
from instruments.route import arms
from instruments.walker import Browser
from survey_app.app import create_app
from survey_app.preview import open_preview


class Preview(Server):
    """The preview as a board would start it, in an empty folder of its own."""

    def start(self) -> None:
        """Start it and wait for its address."""
        command = [sys.executable, "-m", "survey_app", "preview", "--study", str(self.study), "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=self.data,
            env={"PYTHONPATH": str(Path(__file__).parent.parent), "HOME": str(self.data), "TMPDIR": str(self.data), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        self.said = "".join(iter(self.process.stdout.readline, "\n"))  # up to the empty line behind the addresses


@pytest.fixture
def preview(tmp_path):
    """Start a preview of a study."""
    started = []

    def start(study):
        room = tmp_path / "room"
        room.mkdir()
        started.append(Preview(study, room))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.mark.parametrize("name", ["off_hours", "tea", "every_kind"])
def test_every_page_of_every_role_in_every_telling_stands_open(name, preview):
    """The list leads to each page, with who is asked; pressing Continue leads from the first to the last."""
    study = read(STUDY[name])
    server = preview(STUDY[name])
    browser = Browser(server.origin)
    listed = browser.get(f"/{study.language}/preview")
    assert "Preview: nothing is kept." in listed.ribbon
    for role in study.roles:
        for page in as_written(study, role.id):
            path = f"/{study.language}/preview/{role.id}/0/{page.number}"
            assert f'href="{path}"' in listed.html
            shown = browser.get(path)
            text = shown.text
            for each in page.shown:
                assert squeezed(each.question.text[role.id]) in squeezed(text)
            assert "Preview: nothing is kept." in shown.ribbon
        first = browser.get(f"/{study.language}/preview/{role.id}/0/2")
        for _ in as_written(study, role.id)[1:]:
            first = browser.post(first.path, [("_token", "")])
        assert first.path.endswith(f"/{as_written(study, role.id)[-1].number}")
        assert browser.post(first.path, []).path.endswith("/preview")
    if study.story:
        told = set()
        at = next(page.number for page in as_written(study, study.roles[0].id) if page.story)
        for arm in range(len(arms(study.story))):
            told.add(browser.get(f"/{study.language}/preview/{study.roles[0].id}/{arm}/{at}").text)
        assert len(told) == len(arms(study.story))


def squeezed(text):
    """Without spaces."""
    return re.sub(r"\s+", "", text)


def test_who_is_asked_is_said_where_a_rule_decides(preview):
    """In the study's own words, and nowhere where everybody is asked."""
    browser = Browser(preview(BUNDLED).origin)
    pages = {page.shown[0].question.id: page.number for page in as_written(read(BUNDLED), "client")}
    asked = browser.get(f"/en/preview/client/0/{pages['talk_when']}").text
    assert "Asked only if talk is “Yes”, or talk_unmet is “Yes”." in asked
    assert "Asked only" not in browser.get(f"/en/preview/client/0/{pages['country']}").text


def test_somebody_who_clicks_through_to_the_end_leaves_nothing(preview):
    """From the first page to Sent, and withdrawn: not a single file, and the folder is as empty as before."""
    server = preview(STUDY["tea"])
    browser = Browser(server.origin)
    page = to_page(browser, Scripted(), "/sent")
    assert page.path.endswith("/sent")
    assert list(server.data.rglob("*")) == []


def test_practice_leaves_something(tmp_path, serve):
    """The control of the test above: the same walk through the usual survey does leave files."""
    server = serve("tea")
    to_page(Browser(server.origin), Scripted(), "/sent")
    assert list(server.data.rglob("*"))


def test_only_a_preview_has_the_addresses_of_one(serve, tmp_path):
    """No other survey answers there; a role, a page or a telling that is none is not found."""
    study = read(STUDY["tea"])
    assert Browser(serve("tea").origin).get("/en/preview").status == 404
    routes = every_route(create_app(open_preview({study.language: study})))
    usual = (Path(__file__).parent / "routes.txt").read_text().splitlines()
    assert [each for each in routes if each not in usual] == [
        "GET /<language>/preview",
        "GET /<language>/preview/<role>/<int:arm>/<int:number>",
        "POST /<language>/preview/<role>/<int:arm>/<int:number>",
    ]
    client = create_app(open_preview({study.language: study})).test_client()
    for path in ("nobody/0/2", f"{study.roles[0].id}/7/2", f"{study.roles[0].id}/0/99"):
        assert client.get(f"/en/preview/{path}").status_code == 404


def test_in_every_language(tmp_path, preview):
    """The list and the pages speak the language of their address."""
    browser = Browser(preview(spoken_in(["en-XA"], tmp_path / "study")).origin)
    assert browser.get("/en-XA/preview").text != browser.get("/en/preview").text
