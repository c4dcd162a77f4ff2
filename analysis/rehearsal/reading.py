"""Reading what a rehearsal needs: the study, how its people are made up, and what is planted from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from instruments.doors import WrongUse
from instruments.made_up import MadeUp
from instruments.model import Study
from instruments.plan import FirstOf
from instruments.reader import Faulty, made_up, planted, read


def read_with_model(folder: Path, plant: Sequence[str] = (), null: bool = False) -> tuple[Study, MadeUp]:
    """A study and its model; `plant` holds NAME=VALUE, in the place of what the model plants, or one file
    that is another model. Raises WrongUse."""
    try:
        study = read(folder)
    except Faulty as error:
        raise WrongUse(f"The study in {folder} cannot be rehearsed:\n{error}") from error
    files = [Path(each) for each in plant if "=" not in each]
    if len(files) > 1:
        raise WrongUse("--plant takes one file; what it plants can be changed with --plant NAME=VALUE.")
    model, problems = made_up(folder, study, *files)
    if problems:
        listed = "\n".join(str(each) for each in problems)
        raise WrongUse(f"How people are made up cannot be used:\n{listed}")
    effects = dict(_effect(study, each) for each in plant if "=" in each)
    if null and effects:
        raise WrongUse("--null takes every effect away; leave --plant out.")
    model = replace(model, plant=effects or model.plant)
    return study, _null(study, model) if null else model


def _null(study: Study, model: MadeUp) -> MadeUp:
    """No structure, and no other weights for one of the questions that a compared column is taken from."""
    answers = dict(model.answers)
    derived = {each.name: each for each in study.plan.derived}
    for comparison in study.plan.comparisons:
        made = derived.get(comparison.outcome)
        if isinstance(made, FirstOf):
            answers |= {name: model.answers.get(made.of[0], {}) for name in made.of}
    return replace(model.null(), answers=answers)


def _effect(study: Study, said: str) -> tuple[str, float]:
    name, _, value = said.partition("=")
    try:
        effect = float(value)
    except ValueError:
        raise WrongUse(f"--plant {said}: “{value}” is not a number; write NAME=VALUE, such as H1a=0.65.") from None
    wrong = planted(study, name, effect)
    if wrong:
        raise WrongUse(f"--plant {said}: {wrong}.")
    return name, effect
