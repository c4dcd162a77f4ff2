"""Reading study.yaml: who runs it, information, consent, roles, privacy, support."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model import Role, RoleChoice, RoleQuestion
from ..terms import KINDS, Checks, Choice, ConsentCheck, Paragraph, Privacy, SupportLine, SupportPlace, Tick
from ..words import languages
from ..written import Written
from .section import Problems, Section, did_you_mean, name, words
from .stop_rule import stop_rule

FILE = {
    "id": "a short name for files and columns",
    "version": "the author's own version",
    "title": "the public title",
    "public_name": "the neutral name in page titles and browser history",
    "status": "approved by whom, or not; in words",
    "languages": "the languages it is offered in, the first one as written here",
    "roles": "role: its name in sentences",
    "role_question": "the question that decides the route",
    "modules_on": "which modules are asked",
    "information": "what people read before they agree",
    "sheet": "the longer information sheet, on a page of its own",
    "eligibility": "questions that must be answered with yes; nothing of them is stored",
    "consent": "the ticks",
    "consent_check": "one question that shows whether the key facts were understood",
    "closing": "the words on the last page",
    "invitation": "what people are invited with, by letter, by e-mail or in a post",
    "poster": "the words on the poster",
    "in_short": "the study in plain words, for participants to keep",
    "who": "who runs it, who checked it and whom to ask, in a line or two; one link from every page",
    "other_ways": "how to take part without this page",
    "details": "facts that the words name in braces; null is not yet decided",
    "privacy": "what is kept, and for how long",
    "support": "places with their support lines",
    "stop_rule": "when so many say that it did them harm that the survey is paused",
    "checks": "what the words and numbers of the study are held to",
    "amendments": "which changes a board decides on again",
    "discreet_titles": "false shows the question in the page title, and so in the browser's history",
    "quick_exit_script": "true adds a small script to the quick exit, for comfort only",
    "leave_to": "the neutral page that “leave” goes to; none for a study without a quick exit",
}
ROLE_QUESTION = {
    "text": "the words",
    "hint": "a second line",
    "choices": "code: {says: words, role: a role or nothing}",
    "construct": "what it measures",
    "reason": "why it is asked",
    "source": "where it comes from",
}
ROLE_CHOICE = {"says": "the words", "role": "the role it leads to; nothing is a kind end"}
PARAGRAPH = {"heading": "its heading", "text": "its words"}
TICK = {
    "id": "its column, where it is kept",
    "text": "the words",
    "required": "false for an extra choice",
    "kept_with": "answers or text, for an extra choice",
}
CHECK = {"text": "the words", "choices": "the answers", "correct": "the code of the right one"}
PRIVACY = {
    "month": "true keeps the month inside the sealed answers",
    "withdrawal_code": "true offers a code that deletes",
    "ask_device": "false asks nobody whose device it is: answers wait half an hour on every device",
    "withdraw_until": "the last day to delete, a date in quotes",
    "keep_until": "the day on which everything is deleted, a date in quotes",
    "min_cell_public": "the smallest count a public report shows",
    "min_cell_team": "the smallest count the team's report shows",
}
PLACE = {
    "place": "the country",
    "emergency": "words for danger",
    "emergency_phone": "its number, to call with one touch",
    "lines": "who can help",
    "complaints": "where to complain about a worker",
}
LINE = {
    "name": "who",
    "how": "number or address",
    "phone": "a number, to call with one touch",
    "sms": "a number, to write to with one touch",
    "hours": "when",
    "cost": "what it costs",
    "source_page": "the provider's own page",
    "checked_on": "the day somebody looked",
    "checked_by": "who looked",
}

AMENDMENTS = {"substantial": ", ".join(KINDS)}
CHECKS = {
    "words_to_avoid": "a word, or how it begins: why",
    "reading_grade": "the highest reading grade of a screen",
    "longest_question": "how many words a question may have",
    "gates": "how many ticks and answers may be asked for as a must",
    "identifying": "columns that could single somebody out, taken together",
    "waived": "rule: {where: why}, what is meant to be so",
}

NO_QUICK_EXIT = "none"


def fields(section: Section, language: str, interface: Mapping[str, str], problems: Problems) -> dict[str, Any]:
    """The fields of a `Study` that study.yaml decides."""
    title = section.words("title", needed=True) or ""
    roles = _roles(section, problems)
    return {
        "id": _id(section, problems),
        "version": section.words("version") or "",
        "title": title,
        "public_name": section.words("public_name") or interface["survey"],
        "status": section.words("status") or interface["status_unknown"],
        "language": language,
        "roles": roles,
        "role_question": _role_question(section, tuple(role.id for role in roles), problems),
        "information": _paragraphs(section, "information", problems),
        "sheet": _paragraphs(section, "sheet", problems),
        "eligibility": tuple(words(each, problems, "a question") or "" for each in section.items("eligibility")),
        "consent": _consent(section, interface, problems),
        "consent_check": _consent_check(section, roles, problems),
        "closing": _paragraphs(section, "closing", problems),
        **{key: _paragraphs(section, key, problems) for key in ("invitation", "poster", "in_short")},
        "who": section.words("who"),
        "other_ways": section.words("other_ways"),
        "details": {
            str(name): words(entry, problems, f"“{name}”", empty=True) for name, entry in section.mapping("details")
        },
        "privacy": _privacy(section, problems),
        "support": tuple(_support(each, problems) for each in section.items("support")),
        "stop_rule": stop_rule(section, problems),
        "checks": _checks(section, problems),
        "substantial": _substantial(section, problems),
        "discreet_titles": section.truth("discreet_titles", True),
        "quick_exit_script": section.truth("quick_exit_script", False),
        "quick_exit": section.words("leave_to") != NO_QUICK_EXIT,
        "leave_to": _leave_to(section, problems),
    }


def languages_of(section: Section, problems: Problems) -> tuple[str, ...]:
    """The languages it is offered in, the one it is written in first; the interface words must speak them too."""
    listed = section.items("languages")
    for each in listed:
        if str(each.value) not in languages():
            problems.add(each, f"there are no interface words in “{each.value}” (there are: {', '.join(languages())})")
    return tuple(str(each.value) for each in listed if str(each.value) in languages()) or ("en",)


def _id(section: Section, problems: Problems) -> str:
    id = section.words("id", needed=True)
    return name(id, section.entries["id"], problems) if id else ""


def _roles(section: Section, problems: Problems) -> tuple[Role, ...]:
    """The roles; a study that names none has participants."""
    found = tuple(
        Role(id=name(str(id), entry, problems), name=str(entry.value or id), place=entry.place)
        for id, entry in section.mapping("roles")
    )
    return found or (Role(id="participant", name="participants"),)


def _role_question(section: Section, roles: tuple[str, ...], problems: Problems) -> RoleQuestion | None:
    at = section.get("role_question")
    if at is None:
        if len(roles) > 1:
            problems.add(section.at, "several roles need a “role_question”")
        return None
    inner = Section(at, ROLE_QUESTION, problems, "the role question")
    choices = []
    for code, entry in inner.mapping("choices", needed=True):
        one = Section(entry, ROLE_CHOICE, problems, "a role choice")
        role = one.words("role")
        if role is not None and role not in roles:
            problems.add(entry, f"“{role}” is not a role{did_you_mean(role, roles)}")
        if isinstance(code, int):
            choices.append(RoleChoice(code=code, label=one.words("says", needed=True) or "", role=role))
        else:
            problems.add(entry, f"“{code}” is not a code")
    for role in roles:
        if role not in [each.role for each in choices]:
            problems.add(at, f"no choice leads to the role “{role}”", "dead-end")
    return RoleQuestion(
        construct=inner.words("construct"),
        reason=inner.words("reason"),
        source=tuple(str(each.value) for each in inner.items("source")),
        text=inner.words("text", needed=True) or "",
        hint=inner.words("hint"),
        choices=tuple(choices),
    )


def _paragraphs(section: Section, key: str, problems: Problems) -> tuple[Paragraph, ...]:
    found = []
    for each in section.items(key):
        if isinstance(each.value, dict):
            inner = Section(each, PARAGRAPH, problems, "a paragraph")
            said = inner.words("text", needed=True) or ""
            found.append(Paragraph(heading=inner.words("heading"), text=said, place=each.place))
        else:
            found.append(Paragraph(heading=None, text=words(each, problems, "a paragraph") or "", place=each.place))
    return tuple(found)


def _substantial(section: Section, problems: Problems) -> tuple[str, ...] | None:
    at = section.get("amendments")
    if at is None:
        return None
    found = []
    for each in Section(at, AMENDMENTS, problems, "amendments").items("substantial", needed=True):
        if each.value not in KINDS:
            problems.add(each, f"“{each.value}” is no kind of change{did_you_mean(str(each.value), KINDS)}")
        found.append(str(each.value))
    return tuple(found)


def _checks(section: Section, problems: Problems) -> Checks:
    at = section.get("checks")
    if at is None:
        return Checks()
    inner, usual = Section(at, CHECKS, problems, "checks"), Checks()
    return Checks(
        place=at.place,
        words_to_avoid={str(word): str(entry.value) for word, entry in inner.mapping("words_to_avoid")},
        reading_grade=float(inner.whole("reading_grade", int(usual.reading_grade))),
        longest_question=inner.whole("longest_question", usual.longest_question),
        gates=inner.whole("gates", usual.gates),
        identifying=tuple(str(each.value) for each in inner.items("identifying")),
        waived={
            str(rule): {str(where): str(why.value) for where, why in entry.value.items()}
            for rule, entry in inner.mapping("waived")
            if isinstance(entry.value, dict)
        },
    )


def _consent(section: Section, interface: Mapping[str, str], problems: Problems) -> tuple[Tick, ...]:
    ticks = []
    for each in section.items("consent"):
        inner = Section(each, TICK, problems, "a consent tick")
        required = inner.truth("required", True)
        kept_with = inner.one_of("kept_with", ("answers", "text"), "") or None
        if required and kept_with:
            problems.add(each, "a required tick is not kept: without it there is nothing to keep")
        id = inner.words("id", needed=True)
        ticks.append(
            Tick(
                id=name(id, each, problems) if id else "",
                place=each.place,
                text=inner.words("text", needed=True) or "",
                required=required,
                kept_with=kept_with,
            )
        )
    if ticks and not any(tick.required for tick in ticks):
        problems.add(section.entries["consent"], "at least one tick is required: it says that the person agrees")
    return tuple(ticks) or (
        Tick(id="agree", place=section.at.place, text=interface["agree_tick"], required=True, kept_with=None),
    )


def _consent_check(section: Section, roles: tuple[Role, ...], problems: Problems) -> ConsentCheck | None:
    at = section.get("consent_check")
    if at is None:
        return None
    inner = Section(at, CHECK, problems, "the consent check")
    names = [role.id for role in roles]
    choices = tuple(
        Choice(code=code, label=dict.fromkeys(names, words(entry, problems, f"choice {code}") or ""))
        for code, entry in inner.mapping("choices", needed=True)
        if isinstance(code, int)
    )
    correct = inner.whole("correct", -1)
    if correct not in [choice.code for choice in choices]:
        problems.add(at, "“correct” is the code of one of its choices")
    return ConsentCheck(text=inner.words("text", needed=True) or "", choices=choices, correct=correct)


def _privacy(section: Section, problems: Problems) -> Privacy:
    at = section.get("privacy")
    inner = Section(at or Written({}, section.at.file, section.at.line), PRIVACY, problems, "privacy")
    return Privacy(
        month=inner.truth("month", False),
        withdrawal_code=inner.truth("withdrawal_code", True),
        ask_device=inner.truth("ask_device", True),
        withdraw_until=inner.day("withdraw_until"),
        keep_until=inner.day("keep_until"),
        min_cell_public=inner.whole("min_cell_public", 10),
        min_cell_team=inner.whole("min_cell_team", 5),
    )


def _support(at: Written, problems: Problems) -> SupportPlace:
    inner = Section(at, PLACE, problems, "a place of support")
    return SupportPlace(
        place=inner.words("place", needed=True) or "",
        emergency=inner.words("emergency"),
        emergency_phone=inner.words("emergency_phone"),
        lines=tuple(_line(each, problems) for each in inner.items("lines")),
        complaints=tuple(_line(each, problems) for each in inner.items("complaints")),
    )


def _line(at: Written, problems: Problems) -> SupportLine:
    inner = Section(at, LINE, problems, "a support line")
    inner.words("checked_by")
    said = {key: inner.words(key) for key in LINE if key not in ("checked_by", "checked_on")}
    return SupportLine(**said, checked_on=inner.day("checked_on"))


def _leave_to(section: Section, problems: Problems) -> str | None:
    address = section.words("leave_to")
    if address == NO_QUICK_EXIT:
        return None
    if address is not None and not address.startswith("https://"):
        problems.add(section.entries["leave_to"], f"“{address}” is not an https:// address")
        return None
    return address
