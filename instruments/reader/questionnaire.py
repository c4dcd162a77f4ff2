"""Reading questionnaire.yaml and story.yaml: parts, pages, the story, and which parts change places."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..model import Factor, Part, Question, Story
from ..written import Written
from .questions import Questions
from .section import Problems, Section, did_you_mean, name, words
from .wording import ChoiceLists

FILE = {
    "choices": "lists of choices, written once and used by name",
    "parts": "the stretches of the questionnaire, in order",
    "either_order": "two lists of parts; half of the people get the second list first",
}
PART = {
    "id": "its name in rules and in `either_order`",
    "title": "what a board and a report call it",
    "questions": "one question a page; `page: [...]` puts several on one",
    "story": "true where the story of story.yaml is told",
    "support_open": "true opens the support lines where it begins, for everybody: after the hard part",
    "can_skip": "true offers to skip it as a whole",
}
STORY = {
    "intro": "what stands above the story",
    "text": "the pieces: words, or {factor: {level: words}}",
    "questions": "asked while the story can be read",
    "afterwards": "asked when it can no longer be read",
}


class StoryQuestions(NamedTuple):
    """The questions of story.yaml, as written."""

    while_read: list[Written]
    afterwards: list[Written]


def parts(section: Section, questions: Questions, story: StoryQuestions | None) -> tuple[Part, ...]:
    """All parts, each under a name of its own."""
    found: list[Part] = []
    for each in section.items("parts", needed=True):
        made = _part(each, questions, story)
        if made.id in [other.id for other in found]:
            questions.problems.add(each, f"“{made.id}” is already the name of a part")
        found.append(made)
    return tuple(found)


def _part(at: Written, questions: Questions, story: StoryQuestions | None) -> Part:
    """One part with its pages; a page of which nothing is on disappears."""
    section = Section(at, PART, questions.problems, "a part")
    told: tuple[tuple[Question, ...], ...] = ()
    listed: list[Written] = []
    if not section.truth("story", False):
        section.need("questions")
        listed = section.items("questions")
    elif story is None:
        questions.problems.add(at, "there is no story.yaml to tell here")
    else:
        told = _pages(story.while_read, questions)
        listed = story.afterwards
    id = section.words("id", needed=True) or ""
    return Part(
        id=id,
        title=section.words("title") or "",
        pages=told + _pages(listed, questions),
        told=len(told),
        support_open=section.truth("support_open", False),
        can_skip=section.truth("can_skip", False),
    )


def _pages(listed: list[Written], questions: Questions) -> tuple[tuple[Question, ...], ...]:
    pages = []
    for each in listed:
        together: Any = [each]
        if isinstance(each.value, dict) and set(each.value) == {"page"}:
            together = each.value["page"].value
        if not isinstance(together, list):
            questions.problems.add(each, "“page” holds a list of questions")
            continue
        made = tuple(made for one in together if (made := questions.question(one)) is not None)
        if made:
            pages.append(made)
    return tuple(pages)


def story(at: Written, problems: Problems) -> tuple[Story, StoryQuestions]:
    """The story and its questions."""
    section = Section(at, STORY, problems, "story.yaml")
    pieces: list[str | Factor] = []
    for each in section.items("text", needed=True):
        if not isinstance(each.value, dict):
            pieces.append(words(each, problems, "a piece of the story") or "")
            continue
        for factor, told in each.value.items():
            levels = told.value if isinstance(told.value, dict) else {}
            if len(levels) < 2:
                problems.add(told, f"the factor “{factor}” needs at least two ways to be told")
            told_as = {str(level): words(said, problems, f"{factor} {level}") or "" for level, said in levels.items()}
            pieces.append(Factor(id=name(str(factor), told, problems), place=told.place, levels=told_as))
    return (
        Story(intro=section.words("intro") or "", pieces=tuple(pieces)),
        StoryQuestions(section.items("questions", needed=True), section.items("afterwards")),
    )


def choice_lists(section: Section, problems: Problems) -> ChoiceLists:
    """The named lists of choices."""
    return ChoiceLists({str(name): entry for name, entry in section.mapping("choices")}, problems)


def either_order(
    section: Section, parts: tuple[Part, ...], problems: Problems
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The two lists of parts that change places."""
    at = section.get("either_order")
    if at is None:
        return None
    names = [tuple(str(each.value) for each in one.value) for one in _lists(at)]
    known = {each.id for each in parts}
    unknown = [part for group in names for part in group if part not in known]
    for each in unknown:
        problems.add(at, f"“{each}” is not a part{did_you_mean(each, known)}")
    if unknown or len(known) < len(parts):
        return None
    order = [each.id for each in parts]
    if len(names) != 2 or not all(names):
        problems.add(at, "“either_order” holds two lists of parts: [[first], [second]]")
        return None
    together = [*names[0], *names[1]]
    if order[order.index(together[0]) :][: len(together)] != together:
        problems.add(at, "the parts of “either_order” follow each other in “parts”, in the same order")
        return None
    return names[0], names[1]


def _lists(at: Written) -> list[Any]:
    return [one for one in at.value if isinstance(one.value, list)] if isinstance(at.value, list) else []
