"""Made-up people: how they answer the forms that they meet. They are chance, and are never taken for anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from instruments.doors import WrongUse
from instruments.model import NOT_SURE
from instruments.written import Unreadable, read_yaml

from .walker import Field, Form, Page, Sent

FILE = "rehearsal.yaml"
LEFT_EMPTY = 0.03  # how often a question is skipped
REFUSED = 0.05  # how often “not sure” or “prefer not to say” is chosen, where it is offered
WRITES = 0.3  # how often somebody writes in their own words
WORDS = ["made", "up", "words", "of", "a", "rehearsal"]

Weights = Mapping[str, Mapping[str, float]]
"""field → code → how often, beside the others."""


@dataclass(slots=True)
class Person:
    """One made-up participant: `role` is the code that the role question is answered with; the rest is chance."""

    role: int | None
    chance: Random
    weights: Weights = field(default_factory=dict)
    sent: dict[str, list[str]] = field(default_factory=dict)  # what was answered, by field

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
        if asked.name.endswith("-instead"):
            return []  # beside a number that is given
        if asked.kind == "checkbox" and len(asked.offered) == 1:
            return asked.offered  # a tick of consent
        if self.chance.random() < LEFT_EMPTY:
            return []
        if asked.kind == "textarea":
            return [" ".join(self.chance.choices(WORDS, k=6))] if self.chance.random() < WRITES else []
        if asked.kind not in ("radio", "checkbox"):
            return [str(self.chance.randint(0, 40))]
        refusals = [code for code in asked.offered if code.isdigit() and int(code) >= NOT_SURE]
        answers = [code for code in asked.offered if code not in refusals]
        if not answers or (refusals and self.chance.random() < REFUSED):
            return [self.chance.choice(refusals)]
        weights = [self.weights.get(asked.name, {}).get(code, 0.0) for code in answers]
        return self.chance.choices(answers, weights if any(weights) else None)


def weights(study: Path) -> Weights:
    """The weights of a study's rehearsal.yaml; none where there is no such file. Raises WrongUse."""
    if not (study / FILE).exists():
        return {}
    try:
        plain = read_yaml(study / FILE, FILE).plain()
    except Unreadable as error:
        raise WrongUse(str(error)) from error
    told = plain.get("weights") if isinstance(plain, dict) else None
    found: dict[str, dict[str, float]] = {}
    for name, rates in told.items() if isinstance(told, dict) else ():
        if not isinstance(rates, dict) or not all(isinstance(often, int | float) for often in rates.values()):
            raise WrongUse(f"{FILE}: “{name}” holds codes and how often each is chosen, like {{1: 3, 2: 1}}.")
        found[str(name)] = {str(code): float(str(often)) for code, often in rates.items()}
    return found
