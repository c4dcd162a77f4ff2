"""What a board reads first: the cover, a page in plain words, and what participants read around the questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..approval import changed_since
from ..asked_of import offered
from ..grade import grade
from ..model import Note, Study, Text
from ..paper.blocks import Block, Heading, NewPage, Paragraph, Picture, Points, Run, Table, Words, fitting
from ..records import columns
from ..terms import Paragraph as Said
from ..terms import SupportLine
from .given import TO_BE_WRITTEN, TOLD_BY_THE_TEAM, Given, decided, open_words, team, words

TOLD_WITH_THE_SUMMARY = 8  # of what the team tells; the rest stands with what it is about
CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aiou"


def spoken(fingerprint: str) -> str:
    """The first 96 bits of a fingerprint as six words to read aloud (proquints, Wilkerson 2009)."""
    found = []
    for at in range(0, 24, 4):
        bits = int(fingerprint[at : at + 4], 16)
        parts = [(bits >> 12 & 15, bits >> 10 & 3), (bits >> 6 & 15, bits >> 4 & 3), (bits & 15, None)]
        found.append("".join(CONSONANTS[one] + ("" if two is None else VOWELS[two]) for one, two in parts))
    return " ".join(found)


def cover(given: Given) -> Iterator[Block]:
    """What it is, which version, who approved it, whom to ask, and what is still open."""
    study, approval = given.study, given.approval
    yield Heading(1, "The study and its fingerprint")
    rows: list[tuple[Words, ...]] = [
        ("title", study.title),
        ("version", study.version or open_words()),
        ("this document", given.day),
        ("status", study.status),
        ("fingerprint", (Run(study.fingerprint, "code"),)),
        ("fingerprint, short", (Run(study.fingerprint[:12], "code"),)),
        ("fingerprint, to read aloud", spoken(study.fingerprint)),
        ("languages", f"{', '.join(study.languages)}; this document: {study.language}"),
        ("who runs it", decided(given, study.who or TO_BE_WRITTEN)),
    ]
    if approval is None:
        rows.append(("approval", (Run("nobody has approved it", "open"),)))
    else:
        whole = (
            f"{approval.board}, {approval.reference}, {approval.begins} to {approval.ends}, at most {approval.cap:,}"
        )
        rows.append(("approval", whole + (", pilot" if approval.pilot else "")))
        same = approval.fingerprint == study.fingerprint
        told = "this version" if same else f"another version: {changed_since(given.folder, study, approval)}"
        rows.append(("approved was", told if same else (Run(told, "open"),)))
    yield Table(caption="The study", head=("what", "as it is"), rows=tuple(rows), widths=(1, 3))
    yield Heading(2, "Faults and open points")
    faults = [f"{each} ({each.rule})" for each in given.checked.faults]
    yield Points(tuple(faults)) if faults else Paragraph("The check of the study finds no fault.")
    if given.checked.waived:
        yield Paragraph("Waived by the team, with its reason:")
        yield Points(tuple(f"{each}: {why}" for each, why in given.checked.waived))
    if given.checked.before_launch:
        yield Paragraph("Still to be decided before anybody is asked:")
        yield Points(tuple((Run(line, "open"),) for line in given.checked.before_launch))


def summary(given: Given) -> Iterator[Block]:
    """One page in plain words, with its own reading grade."""
    study, told = given.study, words("summary")
    yield Heading(1, "Summary in plain words")
    details = study.details
    ticks = sum(tick.required for tick in study.consent)
    gates = [f"{len(study.eligibility)} questions of who can take part"] if study.eligibility else []
    gates.append(f"{ticks} tick{'s' if ticks > 1 else ''} of agreement")
    gates += ["which side one answers for"] if study.role_question else []
    privacy = study.privacy
    withdrawal = told["with_code"] if privacy.withdrawal_code else told["without_code"]
    said = [
        *([str(details["short_purpose"])] if details.get("short_purpose") else []),
        told["who"].format(roles=" and ".join(role.name for role in study.roles)),
        *(
            told["long"].format(
                role=role.name,
                shortest=(met := given.extents[role.id]).questions[0],
                longest=met.questions[1],
                quick=f"{met.minutes[0]:.0f}",
                slow=f"{met.minutes[1]:.0f}",
            )
            for role in study.roles
        ),
        told["must"].format(
            gates=" and ".join(gates),
            refusal=told["refusal"].format(words=study.words["prefer_not"]) if _all_can_be_refused(study) else "",
        ),
        told["stored"].format(columns=len(columns(study))),
        told["deleted"].format(
            withdrawal=withdrawal.format(withdraw_until=privacy.withdraw_until or study.words["not_yet_decided"]),
            keep_until=privacy.keep_until or study.words["not_yet_decided"],
        ),
        told["support"].format(places=", ".join(place.place for place in study.support) or TO_BE_WRITTEN),
    ]
    yield from (Paragraph(decided(given, line)) for line in said)
    yield Paragraph((Run(f"Reading grade of this page: {grade(' '.join(said)):.1f}.", "soft"),))
    for name in list(TOLD_BY_THE_TEAM)[:TOLD_WITH_THE_SUMMARY]:
        yield Heading(2, TOLD_BY_THE_TEAM[name])
        yield from team(given, name)


def _all_can_be_refused(study: Study) -> bool:
    return all(getattr(each, "refusals", ()) for each in study.questions() if not isinstance(each, Note | Text))


def shown(given: Given) -> Iterator[Block]:
    """Information, consent, the questions before the questions, support and the ends: the exact words."""
    study = given.study
    yield NewPage()
    yield Heading(1, "What participants read around the questions")
    yield Heading(2, "Information page")
    yield from _said(given, study.information)
    yield from _pictured(given, "start", "The first page as it looks on a phone")
    if study.sheet:
        yield Heading(2, "Longer information sheet")
        yield from _said(given, study.sheet)
    if study.eligibility:
        yield Heading(2, "Who can take part")
        yield Points(study.eligibility)
    yield from _consent(given)
    yield from _sides(given)
    yield from _help(given)
    yield Heading(2, "Last page, after Send")
    yield from _said(given, study.closing)
    yield Heading(2, "Other ends")
    ends = ("not_for_you", "declined", "deleted", "gone", "closed", "withdrawn")
    yield Table(
        caption="Words of the tool, the same in every study",
        head=("when", "words"),
        rows=tuple((name.replace("_", " "), _end(given, name)) for name in ends),
        widths=(1, 4),
    )


def _consent(given: Given) -> Iterator[Block]:
    """The ticks, and the question that shows what was understood."""
    study = given.study
    yield Heading(2, "Consent")
    rows = tuple(
        (
            tick.id,
            decided(given, tick.text),
            "must be ticked" if tick.required else "an extra choice",
            f"with the {tick.kept_with}" if tick.kept_with else "no",
        )
        for tick in study.consent
    )
    yield Table(
        caption="Ticks; none is set in advance",
        head=("id", "words", "must it be", "stored"),
        rows=rows,
        widths=(1, 5, 2, 1),
    )
    yield from _pictured(given, "agree", "The page of agreement as it looks on a phone")
    if study.consent_check:
        yield Heading(2, "What was understood")
        yield Paragraph(study.consent_check.text, quoted=True)
        right = study.consent_check.correct
        yield Points(
            tuple(
                next(iter(each.label.values())) + (" (right)" if each.code == right else "")
                for each in study.consent_check.choices
            )
        )
        yield Paragraph("A wrong answer shows the key facts again. Nobody is held back, and nothing of it is stored.")


def _sides(given: Given) -> Iterator[Block]:
    """The question that decides the route, where there is one."""
    study, asked = given.study, given.study.role_question
    if asked is None:
        return
    yield Heading(2, "Which side one answers for")
    yield Paragraph(asked.text, quoted=True)
    if asked.hint:
        yield Paragraph(asked.hint, quoted=True)
    names = {role.id: role.name for role in study.roles}
    listed = tuple(
        (str(each.code), each.label, names[each.role] if each.role else "a kind end; nothing is stored")
        for each in asked.choices
    )
    yield Table(caption="Its answers", head=("code", "words", "leads to"), rows=listed, widths=(1, 6, 3))
    yield Paragraph(f"Why it is asked: {asked.reason or TO_BE_WRITTEN}")


def _help(given: Given) -> Iterator[Block]:
    """Who can help, and where to complain, place by place."""
    study = given.study
    yield Heading(2, "Support lines")
    for place in study.support:
        yield Paragraph((Run(place.place, "strong"),))
        emergency = " · ".join(each for each in (place.emergency, place.emergency_phone) if each)
        yield Paragraph(emergency or open_words("emergency number"))
        yield from _lines("Support lines", place.place, place.lines)
        yield from _lines("Where to complain", place.place, place.complaints)
    if not study.support:
        yield Paragraph(open_words())


def inviting(given: Given) -> Iterator[Block]:
    """Words to invite with, a poster with its QR code, and what participants may keep."""
    study = given.study
    yield NewPage()
    yield Heading(1, "Invitation, poster and words to keep")
    for name in ("invitation", "poster", "in_short"):
        yield Heading(2, words(name))
        yield from _said(given, getattr(study, name))
        if name == "poster":
            yield from _code(given)


def _code(given: Given) -> Iterator[Block]:
    """The QR code of the survey's address."""
    if given.address is None:
        yield Paragraph(open_words(words("address")))
        return
    yield Paragraph((Run(given.address, "strong"),))
    try:
        import segno
    except ImportError:
        yield Paragraph("The QR code needs segno (pip install segno).")
        return
    from io import BytesIO

    drawn = BytesIO()
    segno.make(given.address, error="m", micro=False).save(drawn, kind="png", scale=8, border=4)
    yield Picture(
        alt=f"QR code that leads to {given.address}",
        caption="QR code of the survey's address",
        png=drawn.getvalue(),
        width=30,
    )


def _said(given: Given, paragraphs: Sequence[Said]) -> Iterator[Block]:
    if not paragraphs:
        yield Paragraph(open_words())
    for each in paragraphs:
        if each.heading:
            yield Paragraph((Run(each.heading, "strong"),), quoted=True)
        for line in each.text.split("\n"):
            if line:
                yield Paragraph(decided(given, line), quoted=True)


def _lines(what: str, place: str, lines: Sequence[SupportLine]) -> Iterator[Block]:
    rows = []
    for line in lines:
        reached = " · ".join(each for each in (line.how, line.phone, f"text {line.sms}" if line.sms else None) if each)
        cells = (line.name, reached, line.hours, line.cost, line.source_page, line.checked_on)
        rows.append(tuple(cell or open_words() for cell in cells))
    if rows:
        head = ("who", "how", "when", "cost", "source", "checked on")
        yield Table(caption=f"{what}, {place}", head=head, rows=tuple(rows))


def _end(given: Given, name: str) -> str:
    told = given.study.words
    return " ".join(told[key] for key in (f"{name}_heading", name, f"{name}_text") if key in told) or name


def _pictured(given: Given, page: str, caption: str) -> Iterator[Block]:
    png = given.pictures.get(("", page))
    if png:
        yield Picture(alt=f"{caption}; its words stand above", caption=caption, png=png, width=fitting(png, 34))
    elif given.no_pictures:
        yield Paragraph((Run(f"Picture: {given.no_pictures}", "soft"),))


def offered_codes(given: Given) -> int:
    """How many answers can be chosen in the whole study."""
    return sum(len(offered(each)) for each in given.study.questions())
