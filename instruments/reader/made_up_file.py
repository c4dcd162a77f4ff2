"""Reading rehearsal.yaml: how made-up people answer. Whatever it names must be there, as in a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from ..made_up import Habits, Joining, Leaning, MadeUp, Misremembered, Weights
from ..model import ChooseMany, Number, Study
from ..plan import Comparison
from ..records import columns_of
from ..rules import Rule
from ..rules import columns as columns_in
from ..written import Place, Problem, Unreadable, Written, read_yaml
from .plan_references import Nameable, nameable
from .rules import rule
from .section import Problems, Section, did_you_mean

FILE_NAME = "rehearsal.yaml"
MOST_OFTEN = 1_000_000.0  # weights and “times” beyond it are slips of the pen
FILE = {
    "answers": "question: {code: how often}, beside the other codes; all others are chosen alike",
    "depends": "question: a list of other weights for some people; the first that fits counts",
    "plant": "id of a planned comparison: the effect that the made-up people have",
    "recall": "a list: answers that are told otherwise than they were",
    "joins": "a list: who is more likely to take part",
    "habits": "how people go about it, as shares between 0 and 1",
}
LEANING = {"where": "a rule: for whom", "weights": "{code: how often}"}
RECALL = {
    "of": "a question",
    "was": "the code of what happened",
    "told": "the code that is told instead",
    "share": "how many tell it so, from 0 to 1",
    "where": "a rule: among whom",
}
JOINS = {"where": "a rule: who", "times": "so many times as likely as anybody else to take part"}
HABITS = {each.name: "a share between 0 and 1" for each in fields(Habits)}


def made_up(folder: Path, study: Study, file: Path | None = None) -> tuple[MadeUp, tuple[Problem, ...]]:
    """How a study's people are made up, with every problem; from another `file` if one is named."""
    path, problems = file or folder / FILE_NAME, Problems()
    if file is None and not path.exists():
        return MadeUp(), ()
    try:
        at = read_yaml(path, path.name)
    except Unreadable as error:
        return MadeUp(), (error.problem,)
    made = _made_up(at, study, problems)
    return made, tuple(sorted(problems.found))


def planted(study: Study, id: str, effect: float) -> str | None:
    """What is wrong with planting this effect in a comparison, in words; None if nothing is."""
    known = {each.id: each for each in study.plan.comparisons}
    if id not in known:
        return f"“{id}” is not a comparison of the plan{did_you_mean(id, set(known))}"
    low, high = effects(known[id])
    return None if low < effect < high else f"{id}: an effect lies between {low:g} and {high:g}, not at {effect:g}"


def effects(comparison: Comparison) -> tuple[float, float]:
    """Between which values its effect lies: a probability of superiority, or a difference."""
    match comparison.test:
        case "risk_difference":
            return -1.0, 1.0
        case "superiority_contrast":
            return -0.5, 0.5
        case _:
            return 0.0, 1.0


def _made_up(at: Written, study: Study, problems: Problems) -> MadeUp:
    section, here = Section(at, FILE, problems, at.file), nameable(study, problems)
    asked = _asked(study)
    answers = {
        str(name): _weights(entry, str(name), asked, problems)
        for name, entry in section.mapping("answers")
        if _is_asked(str(name), asked, entry.place, problems)
    }
    depends = {
        str(name): tuple(_leanings(entry, str(name), asked, here, problems))
        for name, entry in section.mapping("depends")
        if _is_asked(str(name), asked, entry.place, problems)
    }
    plant = {}
    for name, entry in section.mapping("plant"):
        value = _number(entry, f"the effect of {name}", problems)
        if value is not None and (wrong := planted(study, str(name), value)) is not None:
            problems.add(entry, wrong)
        plant[str(name)] = value or 0.0
    return MadeUp(
        answers=answers,
        depends=depends,
        plant=plant,
        recall=tuple(each for entry in section.items("recall") if (each := _recall(entry, here, asked, problems))),
        joins=tuple(_joins(entry, study, here, problems) for entry in section.items("joins")),
        habits=_habits(section, problems),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A field whose answers are drawn: the codes that weights may name, whether ticks, whether one column."""

    codes: frozenset[int]
    ticks: bool = False
    column: bool = True


def _leanings(
    at: Written, name: str, asked: Mapping[str, _Asked], here: Nameable, problems: Problems
) -> Iterator[Leaning]:
    for each in at.value if isinstance(at.value, list) else [at]:
        inner = Section(each, LEANING, problems, f"what “{name}” depends on")
        where, weights = _rule(inner, here, problems), inner.need("weights")
        if weights is not None:
            yield Leaning(where=where, weights=_weights(weights, name, asked, problems))


def _asked(study: Study) -> dict[str, _Asked]:
    """Every field whose answers can be drawn. What stands for a number, and refusing to tick, are habits alone."""
    found: dict[str, _Asked] = {}
    for question in study.questions():
        match question:
            case ChooseMany(choices=choices):
                codes = frozenset(choice.code for choice in choices)
                found[question.id] = _Asked(codes, ticks=True, column=False)
            case Number():
                found[question.id] = _Asked(frozenset(), column=False)
            case _:
                for column in columns_of(question):
                    found[column.name] = _Asked(frozenset(choice.code for choice in column.choices))
    return found


def _is_asked(name: str, asked: Mapping[str, _Asked], place: Place, problems: Problems) -> bool:
    if name not in asked or not asked[name].codes:
        problems.add(place, f"“{name}” is not a question with answers to choose{did_you_mean(name, set(asked))}")
        return False
    return True


def _weights(at: Written, name: str, asked: Mapping[str, _Asked], problems: Problems) -> Weights:
    found: dict[int, float] = {}
    if not isinstance(at.value, dict):
        problems.add(at, f"“{name}” holds codes and how often each is chosen, like {{1: 3, 2: 1}}")
        return found
    most = 1.0 if asked[name].ticks else MOST_OFTEN
    for code, entry in at.value.items():
        if not isinstance(code, int) or code not in asked[name].codes:
            problems.add(entry, f"{code} is not a code of “{name}”; it has {_listed(asked[name].codes)}")
        elif (often := _number(entry, f"how often {code} is chosen", problems)) is not None:
            if not 0 <= often <= most:
                what = "a share of those who tick it" if asked[name].ticks else "how often it is chosen"
                problems.add(entry, f"{code}: {what} lies between 0 and {most:,.0f}, not at {often:g}")
            found[code] = often
    if found and not sum(found.values()) > 0:
        problems.add(at, f"“{name}” has no answer that is ever chosen")
    return found


def _recall(at: Written, here: Nameable, asked: Mapping[str, _Asked], problems: Problems) -> Misremembered | None:
    section = Section(at, RECALL, problems, "recall")
    of = section.words("of", needed=True) or ""
    if not _is_asked(of, asked, at.place, problems):
        return None
    if not asked[of].column:
        problems.add(at, f"“{of}” has several answers at once; only a question with one answer is told otherwise")
        return None
    codes = [section.whole(key, -1) for key in ("was", "told")]
    for key, code in zip(("was", "told"), codes, strict=True):
        if code not in asked[of].codes:
            problems.add(section.get(key) or at, f"“{key}” is a code of “{of}”: {_listed(asked[of].codes)}")
    where = _rule(section, here, problems)
    return Misremembered(of=of, was=codes[0], told=codes[1], share=section.fraction("share", 0.0), where=where)


def _joins(at: Written, study: Study, here: Nameable, problems: Problems) -> Joining:
    section = Section(at, JOINS, problems, "joins")
    where, times = _rule(section, here, problems), section.need("times")
    told = {factor.id for factor in study.story.factors} if study.story else set()
    for name in sorted(columns_in(where) & told):
        problems.add(at, f"nobody decides to take part by “{name}”: the story is drawn later")
    often = _number(times, "“times”", problems) if times else None
    if times and often is not None and not 0 < often <= MOST_OFTEN:
        problems.add(times, f"“times” is more than 0, and at most {MOST_OFTEN:,.0f}")
    return Joining(where=where, times=often or 1.0)


def _habits(section: Section, problems: Problems) -> Habits:
    at = section.get("habits")
    if at is None:
        return Habits()
    inner = Section(at, HABITS, problems, "habits")
    return Habits(**{key: inner.fraction(key, getattr(Habits(), key)) for key in HABITS})


def _rule(section: Section, here: Nameable, problems: Problems) -> Rule:
    found = rule(section.get("where"), problems)
    here.rule(found, section.at.place)
    return found


def _number(at: Written, what: str, problems: Problems) -> float | None:
    if isinstance(at.value, int | float) and not isinstance(at.value, bool):
        return float(at.value)
    problems.add(at, f"{what} is a number, not “{at.value}”")
    return None


def _listed(codes: frozenset[int]) -> str:
    return ", ".join(str(code) for code in sorted(codes)) or "none: it is a number"
