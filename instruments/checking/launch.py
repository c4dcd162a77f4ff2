"""What still has to be decided before anybody is asked: lines for the team, never a fault of the study."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Study
from ..terms import SupportLine


def before_launch(study: Study, approved: bool) -> Iterator[str]:
    """Every null, every support line without a number, a source or a day of checking, and a missing approval.

    Reads no clock: how old a check is, whoever hosts the survey is told.
    """
    undecided = [name for name, value in study.details.items() if value is None]
    if undecided:
        yield f"study.yaml: not yet decided: {', '.join(undecided)}"
    privacy = study.privacy
    for name in ("withdraw_until", "keep_until"):
        if getattr(privacy, name) is None:
            yield f"study.yaml: privacy.{name} has no day"
    if study.quick_exit and study.leave_to is None:
        yield "study.yaml: leave_to names no page to leave to"
    if not study.support:
        yield "study.yaml: there are no support lines"
    for place in study.support:
        for line in (*place.lines, *place.complaints):
            lacking = _lacking(line)
            if lacking:
                yield f"study.yaml: a support line of {place.place} has no {', no '.join(lacking)}"
    if not approved:
        yield "approval.yaml: nobody has approved this study"


def _lacking(line: SupportLine) -> list[str]:
    needed = {"name": line.name, "way to reach it": line.how or line.phone, "source_page": line.source_page}
    return [name for name, value in {**needed, "checked_on": line.checked_on}.items() if not value]
