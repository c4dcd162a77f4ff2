"""Made-up people at the survey: how they answer the forms that they meet, and what else they do on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import fields as dataclass_fields
from random import Random
from typing import Literal
from urllib.parse import urljoin

from instruments.made_up import Habits
from instruments.model import NOT_SURE, ChooseMany, Number, Question, Study, Text
from instruments.records import MISSING_WORDS
from instruments.route import arms, told
from instruments.walker import MOST_PAGES, Browser, Field, Form, Page, Sent, onward
from instruments.ways import fields

from ..table import ABSENT, SKIPPED, Table

WORDS = ["made", "up", "words", "of", "a", "rehearsal"]

Ending = Literal["sent", "withdrawn", "deleted", "left", "stuck"]
NO_HABITS = Habits(**dict.fromkeys(Habits.__dataclass_fields__, 0.0))
INSTEAD = "-instead"  # the end of a field's name that stands for a number


@dataclass(slots=True)
class Nature:
    """What one person would say, under everything that a survey may draw for them: a row of these tables."""

    tellings: list[Table]
    row: int

    def said(self, question: Question, name: str, drawn: int) -> list[str] | None:
        """The values that they put into a field; None where they would not be asked."""
        values, at, column = self.tellings[drawn].values, self.row, name.removesuffix(INSTEAD)
        if isinstance(question, ChooseMany):
            ticks = {choice.code: int(values[f"{question.id}_{choice.code}"][at]) for choice in question.choices}
            if ABSENT in ticks.values():
                return None
            instead = [str(value) for value in ticks.values() if value >= NOT_SURE][:1]
            return instead or [str(code) for code, value in ticks.items() if value == 1]
        value = int(values[column][at])
        if value in (ABSENT, SKIPPED):
            return None if value == ABSENT else []
        if isinstance(question, Number):  # what stands for a number has a field of its own beside it
            why = str(self.tellings[drawn].missing[column][at])
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
    does: dict[str, bool] = field(default_factory=dict)  # which habits are theirs, settled before the first page
    sent: dict[str, list[str]] = field(default_factory=dict)  # what was answered, by field
    order: int | None = None  # which part came first, once one of them was met
    read: list[int] = field(default_factory=list)  # the arms that were seen, each time that a page told the story
    looked_again: int = 0  # times in a second window
    slip: str | None = None  # the field in which they first said something else
    slipped: bool = False
    skipped: set[str] = field(default_factory=set)  # fields of a part that was skipped as a whole
    improvised: bool = False  # was asked something that nothing was settled for

    def __post_init__(self) -> None:
        every = [each.name for each in dataclass_fields(Habits) if each.name not in ("skips", "refuses")]
        self.does = {name: self.chance.random() < getattr(self.habits, name) for name in every}

    @property
    def drawn(self) -> int:
        """Which of the survey's own draws is theirs, as far as they have seen it: the place in `drawn_by_a_survey`."""
        tales = len(arms(self.study.story)) if self.study.story else 1
        return (self.order or 0) * tales + (self.read[0] if self.read else 0)

    def __call__(self, page: Page, form: Form) -> Sent:
        """Fill in a form as this person would."""
        found: Sent = []
        for each in form.fields.values():
            if each.kind != "hidden":
                chosen = self._chosen(each)
                self.sent[each.name] = chosen
                self.skipped -= {each.name, each.name.removesuffix(INSTEAD)}  # asked after all, on the way back
                found += [(each.name, value) for value in chosen]
        return found

    def _chosen(self, asked: Field) -> list[str]:
        plain = asked.name.removesuffix(INSTEAD)
        question = next((each for each in self.study.questions() if plain in fields(each)), None)
        if question is not None:
            self._order(question)
            return self.route[asked.name] if asked.name in self.route else self._answer(question, asked)
        if asked.name == "role":
            return [str(self.role)]
        if asked.offered == ["yes", "no"]:
            return ["yes"]  # whoever rehearses can take part
        if asked.kind == "checkbox" and len(asked.offered) == 1:
            return asked.offered  # a tick of consent
        return [self.chance.choice(asked.offered)] if asked.offered else []

    def _answer(self, question: Question, asked: Field) -> list[str]:
        if isinstance(question, Text):
            return [" ".join(self.chance.choices(WORDS, k=6))] if self.does["writes"] else []
        said = self.nature.said(question, asked.name, self.drawn) if self.nature else None
        if said is not None:
            return said
        self.improvised = self.improvised or self.slip is None  # a slip is mended later
        if asked.kind in ("radio", "checkbox"):
            return [] if asked.name.endswith(INSTEAD) else [self.chance.choice(asked.offered)]
        return [str(question.low)] if isinstance(question, Number) else []

    def _order(self, question: Question) -> None:
        """Which of the parts that come in either order came first, by the first question of one of them."""
        for at, stretch in enumerate(self.study.either_order or ()):
            parts = [part for part in self.study.parts if part.id in stretch]
            if self.order is None and any(question in page for part in parts for page in part.pages):
                self.order = at


@dataclass(frozen=True, slots=True)
class Lived:
    """How it ended for one person, and what was seen on the way."""

    person: Person
    ending: Ending
    page: Page
    seen: frozenset[str]  # the fields that were asked


def live(person: Person, browser: Browser) -> Lived:
    """Go through the survey as this person, from the front door to whichever end is theirs."""
    pages = _pages(person)
    leaves_at = person.chance.randint(1, pages) if person.does["leaves"] else MOST_PAGES
    slips_at = person.chance.randint(1, pages) if person.does["changes"] else MOST_PAGES
    seen: set[str] = set()
    page = browser.get("/")
    for step in range(MOST_PAGES):
        checking = page.path.endswith("/check")
        if (step >= leaves_at or (checking and person.does["leaves"])) and (away := _leaving(browser, page)):
            return Lived(person, "left", away, frozenset(seen))
        if checking:
            return _at_the_check(person, browser, page, frozenset(seen))
        _story(person, browser, page)
        seen |= {each.name for form in page.forms if form.in_main for each in form.fields.values()}
        following = _slipping(person, browser, page) if step >= slips_at and not person.slipped else None
        following = following or _skipping(person, browser, page) or onward(browser, page, person)
        if following is None or following.status >= 400:
            return Lived(person, "stuck", following or page, frozenset(seen))
        page = following
    return Lived(person, "stuck", page, frozenset(seen))


def _pages(person: Person) -> int:
    """About half of the pages that they may meet: whatever happens on the way, happens by then."""
    chosen = person.study.role_choice(person.role)
    role = chosen.role if chosen and chosen.role else person.study.roles[0].id
    asked = [page for part in person.study.parts for page in part.pages if any(role in each.roles for each in page)]
    return max(1, len(asked) // 2)


def _at_the_check(person: Person, browser: Browser, page: Page, seen: frozenset[str]) -> Lived:
    """Correct what was said wrongly, then send or delete; some press twice, some take it back."""
    page = _mended(person, browser, page)
    forms = [form for form in page.forms if form.in_main]
    if not page.path.endswith("/check") or len(forms) < 2:
        return Lived(person, "stuck", page, seen)
    sending, deleting = forms[-2:]
    if person.does["deletes"]:
        gone = browser.press(page, deleting, [])
        return Lived(
            person, "deleted" if gone.path.endswith("/deleted") and gone.status == 200 else "stuck", gone, seen
        )
    before = dict(browser.cookies)
    receipt = browser.press(page, sending, [])
    if person.does["sends_twice"]:
        after, browser.cookies = browser.cookies, before
        receipt = browser.press(page, sending, [])
        browser.cookies = after
    if not receipt.path.endswith("/sent") or receipt.status != 200:
        return Lived(person, "stuck", receipt, seen)
    if person.does["withdraws"] and (taken := _withdrawing(browser, receipt)) is not None:
        return Lived(person, "withdrawn" if taken.status == 200 else "stuck", taken, seen)
    return Lived(person, "sent", receipt, seen)


def _mended(person: Person, browser: Browser, page: Page) -> Page:
    """The check again, with what was said wrongly mended; what opens up by it is answered on the way."""
    for _ in range(MOST_PAGES):
        if page.path.endswith("/check"):
            change = next((link for link in page.links if link.endswith(f"#{person.slip}")), None)
            if person.slip is None or change is None:
                return page
            page, person.slip = browser.get(urljoin(page.url, change.partition("#")[0])), None
        else:
            _story(person, browser, page)
            following = onward(browser, page, person)
            if following is None or following.status >= 400:
                return following or page
            page = following
    return page


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
    if page.form is None or skip not in page.form.buttons or not person.does["skips_part"]:
        return None
    for part in person.study.parts:
        inside = {name for questions in part.pages for each in questions for name in fields(each)}
        if inside & set(page.form.fields):  # this page, and all of the part that would have followed
            person.skipped |= inside - set(person.sent)
    return browser.press(page, page.form, [], page.form.buttons.index(skip))


def _slipping(person: Person, browser: Browser, page: Page) -> Page | None:
    """Say something else than what is meant, to mend it later; None where the page offers no other answer."""
    form = page.form
    if form is None:
        return None
    sent = person(page, form)
    for each in form.fields.values():
        others = [code for code in each.offered if code not in person.sent[each.name]] if each.kind == "radio" else []
        if others and any(each.name in fields(question) for question in person.study.questions()):
            person.slip, person.slipped = each.name, True
            kept = [(name, value) for name, value in sent if name != each.name]
            return browser.press(page, form, [*kept, (each.name, person.chance.choice(others))])
    return None


def _story(person: Person, browser: Browser, page: Page) -> None:
    """Read which arm the story is told in; some open the page in a second window and read it again."""
    arm = telling(person.study, page.text)
    if arm is None:
        return
    person.read.append(arm)
    if person.does["looks_again"] and not person.looked_again:
        again = telling(person.study, browser.get(page.url).text)
        person.read.append(-1 if again is None else again)
        person.looked_again += 1


def telling(study: Study, text: str) -> int | None:
    """Which arm of the story a page tells, by its words alone; None where it tells none."""
    if study.story is None:
        return None
    tales = [" ".join(" ".join(told(study.story, arm)).split()) for arm in arms(study.story)]
    found = [at for at, tale in enumerate(tales) if tale in text]
    return max(found, key=lambda at: len(tales[at]), default=None)
