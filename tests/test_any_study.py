"""Any study: what passes `check` can be served, and somebody comes to its end on every route there is."""

from __future__ import annotations

import json
import random
import shutil

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from instruments.checking import check
from instruments.model import Grid, Note
from instruments.records import MISSING_WORDS
from instruments.routes import routes
from instruments.walker import Browser
from survey_app.app import create_app
from survey_app.forms import INSTEAD
from survey_app.serve import open_survey, studies_in

LABELS = {1: "one", 2: "two", 3: "three"}
PAGES = 120


class Inside(Browser):
    """A browser that asks the application itself, without a socket."""

    def __init__(self, app) -> None:
        super().__init__("http://127.0.0.1:9")
        self.client = app.test_client(use_cookies=False)

    def _exchange(self, method, path, body, headers):
        reply = self.client.open(path, method=method, data=body, headers=headers, base_url=self.origin)
        return reply.status_code, [(name.lower(), value) for name, value in reply.headers], reply.get_data()


@st.composite
def questions(draw):
    """Two to seven questions of any kind, with rules on those before them."""
    made, codes = [], {}
    for number in range(draw(st.integers(2, 7))):
        kind = draw(st.sampled_from(["rating", "choose_one", "choose_many", "number", "text", "grid", "note"]))
        one = {
            "id": f"q{number}",
            "type": kind,
            "text": f"What about thing {number}?",
            "reason": "why",
            "source": ["M"],
        }
        one |= {} if kind == "note" else {"construct": f"c{number}"}
        if kind in ("rating", "choose_one", "choose_many", "grid"):
            one["choices"] = {code: LABELS[code] for code in range(1, draw(st.integers(2, 3)) + 1)}
            one["not_sure"] = draw(st.booleans())
        if kind == "grid":
            one["rows"] = {f"q{number}_{row}": f"row {row}" for row in range(draw(st.integers(1, 6)))}
        if kind == "number":
            one |= {"low": 0, "high": draw(st.integers(1, 200))}
        known = sorted(codes)
        if known and draw(st.booleans()):
            looked = draw(st.sampled_from(known))
            wanted = draw(st.lists(st.sampled_from([*codes[looked], "blank"]), min_size=1, max_size=2, unique=True))
            rule = {looked: wanted}
            one["show_if"] = draw(st.sampled_from([rule, {"not": rule}, {"any": [rule, {looked: [codes[looked][0]]}]}]))
        if kind in ("rating", "choose_one", "choose_many"):
            codes[one["id"]] = [*one["choices"], 98]
        made.append(one)
    return made


@pytest.mark.slow
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(asked=questions(), together=st.booleans(), seed=st.integers(0, 99))
def test_what_passes_check_is_finished_on_every_route(asked, together, seed, tmp_path):
    """Every route of every side: each page comes up, asks what the route says, and ends with Sent."""
    folder, data = tmp_path / "study", tmp_path / "data"
    for path in (folder, data):
        shutil.rmtree(path, ignore_errors=True)
    folder.mkdir()
    (folder / "study.yaml").write_text("id: anything\ntitle: Any study\nprivacy: {month: true}\n")
    listed = [{"page": asked[:2]}, *asked[2:]] if together and "show_if" not in asked[1] else asked
    text = json.dumps({"parts": [{"id": "whole", "title": "All", "questions": listed}]}, ensure_ascii=False)
    (folder / "questionnaire.yaml").write_text(_with_codes(text))
    found = check(folder)
    assert found.study is not None, found.faults
    assume(not found.errors)
    study, chance = found.study, random.Random(seed)
    surveys = open_survey(studies_in(folder), data, "practice", None)
    here = next(iter(surveys.values()))
    try:
        app = create_app(surveys)
        ways = [route for role in study.roles for route in routes(study, role.id)]
        for count, route in enumerate(ways, 1):
            assert walked(Inside(app), study, route.by, chance) == set(route.asked)
            assert here.store.count() == count
    finally:
        here.store.close()


def _with_codes(text: str) -> str:
    """JSON is YAML, but for the codes, which JSON writes as words."""
    for code in LABELS:
        text = text.replace(f'"{code}": ', f"{code}: ")
    return text


def walked(browser: Inside, study, by, chance: random.Random) -> set[str]:
    """From the first page to Sent by these answers, anything elsewhere; the questions that were asked on the way."""
    owner = {
        name: each.id
        for each in study.questions()
        for name in ([row.id for row in each.rows] if isinstance(each, Grid) else [each.id])
    }
    seen: set[str] = set()
    page = browser.get("/")
    for _ in range(PAGES):
        assert page.status == 200, (page.status, page.path)
        if page.path.endswith("/sent"):
            return {id for id in seen if not isinstance(study.question(id), Note)}
        if page.form is None:
            page = browser.get(page.links[0])
            continue
        sent = []
        for each in page.form.fields.values():
            name = each.name.removesuffix(INSTEAD)
            seen |= {owner[name]} if name in owner else set()
            if each.kind != "hidden":
                sent += [(each.name, value) for value in _said(each, name, by, chance)]
        page = browser.press(page, page.form, sent)
    raise AssertionError(f"no end, is at {page.path}")


def _said(field, name: str, by, chance: random.Random) -> list[str]:
    """What is given for one field: what the route says, else one of what is offered, or nothing."""
    words = {word: code for code, word in MISSING_WORDS.items()}
    if name in by:
        answer = by[name]
        if field.name.endswith(INSTEAD):
            return [str(words[answer])] if isinstance(answer, str) else []
        given = answer if isinstance(answer, tuple) else () if answer is None or isinstance(answer, str) else (answer,)
        return [str(each) for each in given]
    if field.kind in ("radio", "checkbox") and not field.name.startswith("q"):
        return field.offered[:1]  # consent, whose device it is
    if field.name.endswith(INSTEAD) or chance.random() < 0.3:
        return []
    return [chance.choice(field.offered)] if field.offered else [str(chance.randint(0, 1))]
