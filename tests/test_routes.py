"""Every route of a study: enumerated by its rules, and the same as trying every answer."""

from __future__ import annotations

from itertools import product

import pytest
from conftest import STUDY

from instruments import ways as rooms
from instruments.model import ChooseMany, ChooseOne, Note, Number, Rating
from instruments.reader import read
from instruments.routes import extent, routes
from instruments.rules import holds
from instruments.ways import TooMany


def test_the_bundled_study_has_thirty_and_twenty():
    """Counted by hand: a client who met has 3 ways to have talked × seen or not × no sign or some × sign or nod (24),
    one who did not 3 × 2 (6); a worker 2 ways to talk in practice × (met: 2 × 2, or not: 1) × sign or nod (20)."""
    study = read(STUDY["off_hours"])
    assert len(routes(study, "client")) == 30
    assert len(routes(study, "worker")) == 20


def test_the_longest_route_is_first_and_says_how_to_get_there():
    """Its answers lead to its questions, by the rules that the survey follows."""
    study = read(STUDY["off_hours"])
    longest, *_, shortest = routes(study, "client")
    assert {"talk_agreed", "why", "first", "hurt"} - {"hurt"} <= set(longest.asked)
    assert longest.by["met"] == 1
    assert len(shortest.asked) == 17
    for route in routes(study, "client"):
        led = [each.id for each in study.questions() if "client" in each.roles and holds(each.show_if, route.by)]
        assert [id for id in led if not isinstance(study.question(id), Note)] == list(route.asked)


@pytest.mark.parametrize("name", ["tea", "every_kind"])
def test_trying_every_answer_finds_no_other_route(name):
    """Brute force over every combination of every answer to whatever a rule looks at."""
    study = read(STUDY[name])
    looked_at = {leaf for each in study.questions() for leaf in rooms.looked_for([each.show_if])}
    offered = {}
    for each in study.questions():
        if each.id in looked_at:
            match each:
                case Rating(scale=scale, off_scale=off, refusals=refusals):
                    offered[each.id] = [*(choice.code for choice in (*scale, *off, *refusals)), None]
                case ChooseOne(choices=choices, refusals=refusals):
                    offered[each.id] = [*(choice.code for choice in (*choices, *refusals)), None]
                case ChooseMany(choices=choices, refusals=refusals):
                    codes = [choice.code for choice in choices]
                    ticks = [
                        tuple(c for c, on in zip(codes, which, strict=True) if on)
                        for which in product((0, 1), repeat=len(codes))
                    ]
                    offered[each.id] = [*ticks, *((choice.code,) for choice in refusals)]
                case Number(low=low, high=high):
                    offered[each.id] = [*range(low, high + 1), None]
    arms = (
        [
            {factor.id: level for factor, level in zip(study.story.factors, levels, strict=True)}
            for levels in product(*(factor.levels for factor in study.story.factors))
        ]
        if study.story
        else [{}]
    )
    firsts = [part[0] for part in study.either_order] if study.either_order else [""]
    for role in study.roles:
        found = set()
        for arm, first, answers in product(arms, firsts, product(*offered.values())):
            by = {"role": role.id, "came_first": first, **arm}
            for each in study.questions():
                if each.id in offered and holds(each.show_if, by):
                    by[each.id] = dict(zip(offered, answers, strict=True))[each.id]
            found.add(
                tuple(
                    each.id
                    for each in study.questions()
                    if role.id in each.roles and not isinstance(each, Note) and holds(each.show_if, by)
                )
            )
        assert found == {route.asked for route in routes(study, role.id)}


@pytest.mark.parametrize("name", ["off_hours", "tea", "every_kind", "bench"])
def test_counting_finds_as_many_as_listing(name):
    """By dynamic programming over the rules, and one by one: the same number, the same lengths."""
    study = read(STUDY[name])
    for role in study.roles:
        listed, counted = routes(study, role.id), extent(study, role.id)
        assert counted.routes == len(listed)
        assert counted.questions == (len(listed[-1].asked), len(listed[0].asked))
        assert counted.never == ()
        assert 0 < counted.minutes[0] <= counted.minutes[1]


def test_more_routes_than_can_be_listed_are_said(monkeypatch):
    """Never a list that looks whole and is not."""
    monkeypatch.setattr(rooms, "MOST", 5)
    with pytest.raises(TooMany, match="client"):
        routes(read(STUDY["off_hours"]), "client")
