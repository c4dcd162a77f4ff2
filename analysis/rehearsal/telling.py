"""What came of a rehearsal, in lines for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from instruments.made_up import MadeUp

from ..findings import Finding
from .repeating import Repeats
from .running import Rehearsed
from .watching import Watched


def lines(done: Rehearsed, model: MadeUp) -> Iterator[str]:
    """What a person reads, the files last."""
    if done.watched is not None:
        yield from _walked(done.watched)
    seen = done.watched
    if seen is not None and done.stored is not None:
        yield f"kept: {done.stored} stored, {done.opened} opened, {seen.kept} sent and not withdrawn"
        yield f"as said: {done.as_said} of {done.opened} opened rows hold exactly what their person said"
    for found in done.found:
        yield _found(found, model)
    if done.hidden:
        told = " · ".join(f"{count:,} for the {audience}" for audience, count in done.hidden.items())
        yield f"suppression hides: {told} (numbers in the report)"
    for path in done.files:
        yield str(path)


def as_json(done: Rehearsed, model: MadeUp) -> dict[str, Any]:
    """The same for a program."""
    seen = done.watched
    return {
        "endings": dict(seen.endings) if seen else None,
        "routes": {"all": seen.routes, "walked": seen.walked, "scouted": seen.scouted, "missed": list(seen.missed)}
        if seen
        else None,
        "story": {"told": {role: list(counts) for role, counts in seen.told.items()}, "p": seen.told_p}
        | {"looked_again": seen.looked_again, "told_otherwise": seen.told_otherwise}
        if seen
        else None,
        "stored": done.stored,
        "opened": done.opened,
        "as_said": done.as_said,
        "comparisons": [
            {
                "id": each.planned.id,
                "planted": model.plant.get(each.planned.id),
                "n": list(each.n),
                "effect": each.effect.value if each.effect else None,
                "interval": _interval(each),
                "verdict": each.verdict,
            }
            for each in done.found
        ],
        "hidden": dict(done.hidden),
        "files": [str(path) for path in done.files],
    }


def repeated_lines(done: Repeats) -> Iterator[str]:
    """How the plan did over many made-up studies."""
    yield f"{done.times} made-up studies"
    for each in done.comparisons:
        said = ", ".join(f"{name} {share:.1%}" for name, share in each.verdicts.items() if share)
        true = "" if each.true is None else f", true {each.true:.3f}, covered {each.covered or 0:.1%}"
        mean = "never computed" if each.mean is None else f"mean {each.mean:.3f}{true}; {said or 'no verdict'}"
        yield f"{each.comparison.id}: {mean} ({each.computed} computed)"
    for family, share in done.families.items():
        yield f"family {family}: called in {share:.1%} of the studies"


def repeated_json(done: Repeats) -> dict[str, Any]:
    """The same for a program."""
    return {
        "times": done.times,
        "comparisons": [
            {
                "id": each.comparison.id,
                "family": each.family,
                "true": each.true,
                "computed": each.computed,
                "mean": each.mean,
                "covered": each.covered,
                "verdicts": dict(each.verdicts),
            }
            for each in done.comparisons
        ],
        "families": dict(done.families),
    }


def _walked(seen: Watched) -> Iterator[str]:
    yield "people: " + ", ".join(f"{count} {name}" for name, count in seen.endings.items() if count or name == "sent")
    if seen.routes is None:
        yield "routes: too many to list, so they were not all walked"
    else:
        yield (
            f"routes: {seen.walked + seen.scouted} of {seen.routes} walked ({seen.walked} by people, "
            f"{seen.scouted} by scouts who deleted everything at the end)"
        )
    for route in seen.missed:
        yield f"  not walked: {route}"
    if seen.told_p is not None:
        alike = "alike" if seen.alike else "NOT ALIKE"
        yield f"stories: told {alike} (chi-square p {seen.told_p:.3f}); " + "; ".join(
            f"{role} {' '.join(str(count) for count in counts)}" for role, counts in seen.told.items()
        )
        yield f"stories: {seen.looked_again} second looks, {seen.told_otherwise} people were told another one"


def _found(found: Finding, model: MadeUp) -> str:
    planted = model.plant.get(found.planned.id)
    told = "" if planted is None else f" planted {planted:.2f},"
    if found.effect is None:
        return f"{found.planned.id}:{told} {found.refused}"
    low, high = found.effect.low, found.effect.high
    held = "" if planted is None else (", holds it" if low <= planted <= high else ", misses it")
    return f"{found.planned.id}:{told} found {found.effect.value:.2f} [{low:.2f}, {high:.2f}]{held}; {found.verdict}"


def _interval(found: Finding) -> list[float] | None:
    if found.effect is None or found.effect.low != found.effect.low:
        return None
    return [found.effect.low, found.effect.high]
