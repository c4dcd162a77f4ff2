"""Reading words and choices: one wording for all roles, or one a role, side by side."""

from __future__ import annotations

from collections.abc import Mapping

from ..model import HIGHEST_CODE
from ..terms import Choice, Wording
from ..written import Written
from .section import Problems, Section, did_you_mean, words


def wording(at: Written, roles: tuple[str, ...], problems: Problems, what: str) -> Wording:
    """role → words. Every role that is asked needs words; a role nobody knows is a problem."""
    if not isinstance(at.value, dict):
        said = words(at, problems, what)
        return dict.fromkeys(roles, said or "")
    for role, entry in at.value.items():
        if role not in roles:
            problems.add(entry, f"“{role}” is not a role that is asked this{did_you_mean(str(role), roles)}")
    said_by_role: dict[str, str] = {}
    for role in roles:
        if role in at.value:
            said_by_role[role] = words(at.value[role], problems, f"{what} for {role}") or ""
        else:
            problems.add(at, f"{what} has no words for “{role}”", "no-words")
            said_by_role[role] = ""
    return said_by_role


class ChoiceLists:
    """The choice lists of a questionnaire, written once and used by name."""

    def __init__(self, lists: Mapping[str, Written], problems: Problems) -> None:
        self.lists, self.problems = lists, problems

    def choices(self, section: Section, key: str, roles: tuple[str, ...], *, needed: bool = True) -> tuple[Choice, ...]:
        """The choices under `key`: a list's name, or codes with labels; `labels` rewords some of them."""
        at = section.need(key) if needed else section.get(key)
        if at is None:
            return ()
        if isinstance(at.value, str):
            if at.value not in self.lists:
                self.problems.add(
                    at,
                    f"“{at.value}” is not a list of choices{did_you_mean(at.value, set(self.lists))}",
                    "leads-nowhere",
                )
                return ()
            at = self.lists[at.value]
        if not isinstance(at.value, dict) or not at.value:
            self.problems.add(at, "choices are written as “code: label” lines, or as the name of a list")
            return ()
        found = []
        for code, entry in at.value.items():
            if not isinstance(code, int):
                self.problems.add(
                    entry, f"“{code}” is not a code; codes are whole numbers from 0 to {HIGHEST_CODE}", "code"
                )
            elif not 0 <= code <= HIGHEST_CODE:
                self.problems.add(
                    entry,
                    f"code {code} is outside 0 to {HIGHEST_CODE}; higher ones are kept for the kinds of missing",
                    "code",
                )
            else:
                found.append(Choice(code=code, label=self._label(entry, code, section, roles)))
        return tuple(found)

    def _label(self, entry: Written, code: int, section: Section, roles: tuple[str, ...]) -> Wording:
        reworded: Written | None = None
        labels = section.get("labels")
        if labels is not None and isinstance(labels.value, dict):
            reworded = labels.value.get(code)
        return wording(self._for_roles(reworded or entry, roles), roles, self.problems, f"choice {code}")

    @staticmethod
    def _for_roles(entry: Written, roles: tuple[str, ...]) -> Written:
        """A shared list may hold words for more roles than this question asks."""
        if not isinstance(entry.value, dict):
            return entry
        return Written(
            {role: said for role, said in entry.value.items() if role in roles} or entry.value, entry.file, entry.line
        )
