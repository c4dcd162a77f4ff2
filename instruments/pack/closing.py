"""The back of the pack: consent elements and checklists, what changed, where everything stands, sign-off, the files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import yaml

from ..amending import Amendment, amendment
from ..checklists import LATER, NOT_STATED, checklists, of_the_study
from ..paper.blocks import Block, Heading, Listing, NewPage, Paragraph, Points, Run, Table, Words
from ..reader.board_file import ELEMENTS, NOT_APPLICABLE
from ..reader.folder import BESIDE, NEEDED, OPTIONAL
from ..records import FORMAT
from .amended import changes_in
from .given import HERE, Given, decided, open_words, words

CODES = {
    "key_information": "(a)(5)(i)",
    "research": "(b)(1)",
    "risks": "(b)(2)",
    "benefits": "(b)(3)",
    "alternatives": "(b)(4)",
    "confidentiality": "(b)(5)",
    "injury": "(b)(6)",
    "contacts": "(b)(7)",
    "voluntary": "(b)(8)",
    "future_use": "(b)(9)",
    "complaints": "BPS",
    "withdrawal": "BPS",
}


def elements_of_consent(given: Given) -> Iterator[Block]:
    """45 CFR 46.116 (revised) and the BPS guidelines: each element with the words that carry it."""
    study = given.study
    carriers = {each.heading: each.text for each in (*study.information, *study.sheet, *study.closing) if each.heading}
    carriers |= {tick.id: tick.text for tick in study.consent}
    rows: list[tuple[Words, ...]] = []
    for name, asks in ELEMENTS.items():
        listed = given.board.consent_elements.get(name, ())
        said: Words = open_words()
        if listed and listed[0].startswith(NOT_APPLICABLE):
            said = listed[0]
        elif listed:
            said = tuple(
                run
                for each in listed
                for run in (Run(f"{each} ", "strong"), *_runs(decided(given, carriers.get(each, ""))), Run("\n"))
            )[:-1]
        rows.append((CODES[name], asks, said))
    yield NewPage()
    yield Heading(1, "Consent elements and reporting checklists")
    yield Heading(2, "Elements of consent")
    yield Paragraph(
        "45 CFR 46.116 (revised) and the BPS guidelines for internet-mediated research. Compare the letters with the "
        "current text before filing."
    )
    yield Table(
        caption="Elements of consent, and where people read them",
        head=("where it is asked for", "element", "what people read"),
        rows=tuple(rows),
        widths=(1, 2, 6),
    )


def _runs(said: Words) -> tuple[Run, ...]:
    return (Run(said),) if isinstance(said, str) else said


def reporting(given: Given) -> Iterator[Block]:
    """CHERRIES, STROBE and CONSORT as far as they can be answered before anybody takes part."""
    texts = given.board.texts
    facts: dict[str, str | None] = {
        **of_the_study(given.study),
        "items": _items(given),
        "development": texts.get("pilot"),
        "contact_mode": texts.get("recruitment"),
        "advertising": texts.get("recruitment"),
        "open_or_closed": texts.get("recruitment"),
        **dict.fromkeys(("participation", "completion", "flow", "durations", "dates"), LATER),
    }
    if given.approval:
        facts |= {"board": given.approval.board, "reference": given.approval.reference}
        facts["dates"] = f"{given.approval.begins} to {given.approval.ends}"
    for name, items in checklists(facts).items():
        yield Heading(2, name)
        rows = tuple((item, _stated(said)) for item, said in items)
        yield Table(caption=name, head=("item", "answer"), rows=rows, widths=(1, 3))


def _stated(said: str) -> Words:
    """An answer; where a fact is missing the team has still to write it, or it is known after the survey."""
    pieces = said.split(NOT_STATED)
    marked = [Run(pieces[0])]
    for piece in pieces[1:]:
        marked += [*open_words(), Run(piece)]
    return tuple(run for run in marked if run.text)


def _items(given: Given) -> str:
    longest = ", ".join(f"{role.name} at most {given.extents[role.id].questions[1]}" for role in given.study.roles)
    return f"{sum(1 for _ in given.study.questions())} questions in {len(given.study.parts)} parts; {longest}"


def changes(given: Given) -> Iterator[Block]:
    """What changed since another version, or that this is the first."""
    yield NewPage()
    yield Heading(1, "What changed")
    if given.before is None:
        yield Paragraph("First version: there is no other to compare with (pack --since OLD names one).")
        return
    found: Amendment = amendment(given.before, given.study)
    yield from changes_in(found)


def where_everything_stands(given: Given, numbers: Mapping[str, str]) -> Iterator[Block]:
    """What boards want to see, each with its section, its words, or that it is still to be written."""
    yield Heading(1, "Where everything stands")
    rows: list[tuple[Words, ...]] = []
    for number, (item, where) in enumerate(yaml.safe_load((HERE / "elements.yaml").read_text(encoding="utf-8")), 1):
        kind, _, name = where.partition(": ")
        said: Words = f"section {numbers.get(where, '')}"
        if kind == "team":
            said = f"section {numbers[name]}" if given.board.texts.get(name) else open_words()
        elif kind == "detail":
            said = given.study.details.get(name) or open_words()
        elif kind == "none":
            said = name
        rows.append((str(number), item, said))
    yield Table(caption="What boards ask for", head=("no.", "element", "where"), rows=tuple(rows), widths=(1, 5, 6))


def sign_off(given: Given) -> Iterator[Block]:
    """The page that is signed, with the fingerprint that was read."""
    told = words("sign")
    yield NewPage()
    yield Heading(1, "Sign-off")
    yield Paragraph((Run(told["decision"] + " "), Run(given.study.fingerprint, "code"), Run(".")))
    yield Table(
        caption="Signatures", head=tuple(told["head"]), rows=tuple((f"{at}\n\n", "", "", "", "") for at in (1, 2, 3))
    )
    yield Paragraph(told["how"])
    yield Paragraph((Run(told["check"], "code"),))


def appendix(given: Given) -> Iterator[Block]:
    """The files as they stand, each with its own hash."""
    yield NewPage()
    yield Heading(1, "The study files")
    named = [given.folder / name for name in (*NEEDED, *OPTIONAL, *BESIDE)]
    files = [path for path in (*named, *sorted(given.folder.glob("languages/*.yaml"))) if path.is_file()]
    yield Points((f"format of stored records: {FORMAT}", f"fingerprint: {given.study.fingerprint}"))
    hashes = tuple(
        (path.relative_to(given.folder).as_posix(), (Run(hashlib.sha256(path.read_bytes()).hexdigest(), "code"),))
        for path in files
    )
    yield Table(caption="Files", head=("file", "SHA-256"), rows=hashes, widths=(1, 3))
    for path in files:
        yield Heading(2, path.relative_to(given.folder).as_posix())
        yield Listing(path.read_text(encoding="utf-8", errors="replace"))
