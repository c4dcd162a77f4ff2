"""How the report writes numbers and says rules: APA form, true minus signs, the study's own words."""

from __future__ import annotations

from instruments.rules import ALWAYS, Is, Rule, in_words

from ..table import Table
from .hiding import Published

MANY = 5  # more groups than that are summed up by their extremes


def fraction(value: float, digits: int = 2) -> str:
    """A number between −1 and 1 in APA form: no leading zero, a true minus."""
    text = f"{abs(value):.{digits}f}"
    return ("−" if value < 0 and float(text) else "") + text.removeprefix("0")


def p_value(p: float) -> str:
    """p in APA form; what would round to 1 says so."""
    return "≤ .001" if p == 0.001 else "< .001" if p < 0.001 else "> .999" if p > 0.999 else f"= {fraction(p, 3)}"


def signed(value: float) -> str:
    """A whole number with its sign."""
    return f"{value:+.0f}".replace("-", "−")


def sentence(words: str) -> str:
    """The first letter raised, and names left as they are."""
    return words[:1].upper() + words[1:]


def count(n: int | None, k: int) -> str:
    """A number of people with thin spaces, or what is said instead of a small one."""
    return f"fewer than {k}, or beside such a number" if n is None else f"{n:,}".replace(",", "\u202f")


def most(table: Published) -> str:
    """The finding of a figure in one sentence: what each whole group says most often, or how far apart many are."""
    whole = [at for at, part in enumerate(table.part_of) if part is None]
    if len(whole) > MANY:
        return _from_to(table, whole)
    told = []
    for at in whole:
        known = [(share, place) for place, share in enumerate(table.shares(at)) if share is not None]
        if known:
            share, place = max(known, key=lambda each: (each[0], -each[1]))
            told.append(f"{table.groups[at]} “{table.columns[place]}” ({share:.0f} %)")
    return "Most often: " + ", ".join(told) if told else "Too few answers to show"


def _from_to(table: Published, whole: list[int]) -> str:
    """How far the share of the highest step reaches over many groups."""
    top = (table.on_scale or table.steps) - 1
    shares = [(share, table.groups[at]) for at in whole if (share := table.shares(at)[top]) is not None]
    if len(shares) < 2:
        return "Too few answers to show"
    (least, lowest), (greatest, highest) = min(shares), max(shares)
    return f"“{table.columns[top]}” runs from {least:.0f} % ({lowest}) to {greatest:.0f} % ({highest})"


def rule_in_words(table: Table, rule: Rule) -> str:
    """A rule in the study's own words: what a derived column means, what a code is called."""
    if rule == ALWAYS:
        return "everybody"
    means = {each.name: each.means for each in table.study.plan.derived if each.means}
    roles = {role.id: role.name for role in table.study.roles}

    def named(leaf: Is) -> str:
        if leaf.column == "role":
            return " or ".join(roles.get(str(value), str(value)) for value in leaf.any_of)
        if leaf.column in means and set(leaf.any_of) == {1}:
            return str(means[leaf.column])
        if leaf.column in means and set(leaf.any_of) == {0}:
            return f"not ({means[leaf.column]})"
        question = table.study.question(leaf.column)
        asked = f"“{next(iter(question.text.values()))}”" if question else leaf.column
        column = table.columns.get(leaf.column)
        labels = {choice.code: next(iter(choice.label.values())) for choice in column.choices} if column else {}
        said = " or ".join(f"“{labels[value]}”" if value in labels else f"“{value}”" for value in leaf.any_of)
        return f"{asked} is {said}"

    return in_words(rule, named)


FILTERS = {
    "signed": signed,
    "fraction": fraction,
    "p_value": p_value,
    "sentence": sentence,
    "count": count,
    "most": most,
}
