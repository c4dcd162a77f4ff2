"""Made-up people at the survey: how they answer the forms that they meet, and what else they do on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal
from urllib.parse import urljoin

from instruments.made_up import Habits
from instruments.model import NOT_SURE, ChooseMany, Number, Question, Study, Text
from instruments.records import MISSING_WORDS
from instruments.route import arms
from instruments.ways import fields

from ..table import ABSENT, SKIPPED, Table
from .walker import MOST_PAGES, Browser, Field, Form, Page, Sent, onward

WORDS = ["made", "up", "words", "of", "a", "rehearsal"]

Ending = Literal["sent", "withdrawn", "deleted", "left", "stuck"]
NO_HABITS = Habits(**dict.fromkeys(Habits.__dataclass_fields__, 0.0))
INSTEAD = "-instead"  # the end of a field's name that stands for a number


@dataclass(slots=True)
class Nature:
    """What one person would say, for every arm of the story that they may read: a row of these tables."""

    study: Study
    tellings: list[Table]
    row: int

    def said(self, question: Question, name: str, arm: int) -> list[str] | None:
        """The values that they put into a field; None where they would not be asked."""
        values, at, column = self.tellings[arm].values, self.row, name.removesuffix(INSTEAD)
        if isinstance(question, ChooseMany):
            codes = [choice.code for choice in question.choices]
            ticks = {code: int(values[f"{question.id}_{code}"][at]) for code in codes}
            if ticks[codes[0]] == ABSENT:
                return None
            instead = [str(code) for code in ticks.values() if code >= NOT_SURE][:1]
            return instead or [str(code) for code in codes if ticks[code] == 1]
        value = int(values[column][at])
        if value in (ABSENT, SKIPPED):
            return None if value == ABSENT else []
        if isinstance(question, Number):  # what stands for a number has a field of its own beside it
            why = str(self.tellings[arm].missing[column][at])
            refused = [str(code) for code, words in MISSING_WORDS.items() if why and words == why]
            return refused if name.endswith(INSTEAD) else [] if refused else [str(value)]
        return [str(value)]


@dataclass(slots=True)
class Person:
    """One made-up participant: `role` is the code that the role question is answered with."""

    study: Study
    role: int | None
    chance: Random
    habits: Habits = field(default_factory=Habits)
    nature: Nature | None = None
    route: Mapping[str, list[str]] = field(default_factory=dict)  # answers that somebody gives who tries out a route
    sent: dict[str, list[str]] = field(default_factory=dict)  # what was answered, by field
    arm: int = 0
    read: list[int] = field(default_factory=list)  # the arms that were seen, each time that a page told the story
    looked_again: int = 0  # times in a second window
    slip: str | None = None  # the field in which they first said something else
    slipped: bool = False
    skipped: set[str] = field(default_factory=set)  # fields of a part that was skipped as a whole
    improvised: bool = False  # was asked something that nothing was settled for

    def __call__(self, page: Page, form: Form) -> Sent:
        """Fill in a form as this person would."""
        found: Sent = []
        for each in form.fields.values():
            if each.kind != "hidden":
                chosen = self._chosen(each)
                self.sent[each.name] = chosen
                found += [(each.name, value) for value in chosen]
        return found

    def _chosen(self, asked: Field) -> list[str]:
        if asked.name == "role":
            return [str(self.role)]
        if asked.offered == ["yes", "no"]:
            return ["yes"]  # whoever rehearses can take part
        if asked.kind == "checkbox" and len(asked.offered) == 1 and not asked.name.endswith(INSTEAD):
            return asked.offered  # a tick of consent
        if asked.name in self.route:
            return self.route[asked.name]
        return self._by_nature(asked)

    def _by_nature(self, asked: Field) -> list[str]:
        plain = asked.name.removesuffix(INSTEAD)
        question = next((each for each in self.study.questions() if plain in fields(each)), None)
        if isinstance(question, Text):
            return [" ".join(self.chance.choices(WORDS, k=6))] if self.chance.random() < self.habits.writes else []
        said = self.nature.said(question, asked.name, self.arm) if self.nature and question else None
        if said is not None:
            return said
        self.improvised = self.improvised or (question is not None and self.slip is None)  # a slip is mended later
        if asked.kind in ("radio", "checkbox"):
            return [] if asked.name.endswith(INSTEAD) else [self.chance.choice(asked.offered)]
        return [str(question.low)] if isinstance(question, Number) else []


@dataclass(frozen=True, slots=True)
class Lived:
    """How it ended for one person, and what was seen on the way."""

    person: Person
    ending: Ending
    page: Page
    seen: frozenset[str]  # the fields that were asked


def live(person: Person, browser: Browser) -> Lived:
    """Go through the survey as this person, from the front door to whichever end is theirs."""
    habits, chance = person.habits, person.chance
    pages = sum(len(part.pages) for part in person.study.parts)
    leaves_at = chance.randint(1, pages) if chance.random() < habits.leaves else MOST_PAGES
    slips_at = chance.randint(1, pages) if chance.random() < habits.changes else MOST_PAGES
    seen: set[str] = set()
    page = browser.get("/")
    for step in range(MOST_PAGES):
        if step == leaves_at and (away := _leaving(browser, page)) is not None:
            return Lived(person, "left", away, frozenset(seen))
        if page.path.endswith("/check"):
            return _at_the_check(person, browser, page, frozenset(seen))
        _story(person, browser, page)
        seen |= {each.name for form in page.forms if form.in_main for each in form.fields.values()}
        following = _slipping(person, browser, page) if step >= slips_at and person.slip is None else None
        following = following or _skipping(person, browser, page) or onward(browser, page, person)
        if following is None or following.status >= 400:
            return Lived(person, "stuck", following or page, frozenset(seen))
        page = following
    return Lived(person, "stuck", page, frozenset(seen))


def _at_the_check(person: Person, browser: Browser, page: Page, seen: frozenset[str]) -> Lived:
    """Correct what was said wrongly, then send or delete; some press twice, some take it back."""
    habits, chance = person.habits, person.chance
    for _ in range(MOST_PAGES if person.slip else 0):  # what opens up again is answered on the way back to the check
        change = next((link for link in page.links if link.endswith(f"#{person.slip}")), None)
        if page.path.endswith("/check"):
            if change is None or person.slip is None:
                break
            page, person.slip = browser.get(urljoin(page.url, change.partition("#")[0])), None
        else:
            _story(person, browser, page)
            page = onward(browser, page, person) or page
    sending, deleting = [form for form in page.forms if form.in_main][-2:]
    if chance.random() < habits.deletes:
        return Lived(person, "deleted", browser.press(page, deleting, []), seen)
    before = dict(browser.cookies)
    receipt = browser.press(page, sending, [])
    if chance.random() < habits.sends_twice:
        after, browser.cookies = browser.cookies, before
        receipt = browser.press(page, sending, [])
        browser.cookies = after
    if not receipt.path.endswith("/sent"):
        return Lived(person, "stuck", receipt, seen)
    if chance.random() < habits.withdraws and (taken := _withdrawing(browser, receipt)) is not None:
        return Lived(person, "withdrawn", taken, seen)
    return Lived(person, "sent", receipt, seen)


def _withdrawing(browser: Browser, receipt: Page) -> Page | None:
    """Ask for the code, and take the answers back with it; None where the study shows no code."""
    asking = receipt.form
    if asking is None or ("code", "show") not in asking.buttons:
        return None
    shown = browser.press(receipt, asking, [], asking.buttons.index(("code", "show")))
    page = browser.get(urljoin(receipt.url, "withdraw"))
    if page.form is None or not shown.code:
        return None
    return browser.press(page, page.form, [("code", shown.code)])


def _leaving(browser: Browser, page: Page) -> Page | None:
    """The quick exit, where the page has one."""
    form = next((form for form in page.forms if form.action == "/leave"), None)
    return browser.press(page, form, []) if form is not None else None


def _skipping(person: Person, browser: Browser, page: Page) -> Page | None:
    """Skip a part as a whole, where it can be and the person would."""
    skip = ("go", "skip")
    if page.form is None or skip not in page.form.buttons or person.chance.random() >= person.habits.skips_part:
        return None
    for part in person.study.parts:
        inside = {name for questions in part.pages for each in questions for name in fields(each)}
        if inside & set(page.form.fields):  # this page, and all of the part that would have followed
            person.skipped |= inside - set(person.sent)
    return browser.press(page, page.form, [], page.form.buttons.index(skip))


def _slipping(person: Person, browser: Browser, page: Page) -> Page | None:
    """Say something else than what is meant, to mend it later; None where the page offers no other answer."""
    form = page.form
    sent = person(page, form) if form is not None else []
    for each in form.fields.values() if form is not None else ():
        others = [code for code in each.offered if code not in person.sent[each.name]] if each.kind == "radio" else []
        if others and each.name != "role" and person.study.question(each.name) is not None:
            person.slip, person.slipped = each.name, True
            wrong = [(name, value) for name, value in sent if name != each.name]
            return browser.press(page, form, [*wrong, (each.name, person.chance.choice(others))])  # type: ignore[arg-type]
    return None


def _story(person: Person, browser: Browser, page: Page) -> None:
    """Read which arm the story is told in; some open the page in a second window and read it again."""
    told = telling(person.study, page.text)
    if told is not None:
        person.arm = told
        person.read.append(told)
        if person.chance.random() < person.habits.looks_again:
            again = telling(person.study, browser.get(page.url).text)
            person.read.append(-1 if again is None else again)
            person.looked_again += 1


def telling(study: Study, text: str) -> int | None:
    """Which arm of the story a page tells, by its words alone; None where it tells none."""
    if study.story is None:
        return None
    said = {
        factor.id: [level for level, words in factor.levels.items() if " ".join(words.split()) in text]
        for factor in study.story.factors
    }
    found = [
        at for at, arm in enumerate(arms(study.story)) if all(said[factor] == [level] for factor, level in arm.items())
    ]
    return found[0] if found else None
