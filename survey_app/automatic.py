"""Does it look as if a program had answered? A mark inside the seal: nobody is held back, nothing is dropped."""

from __future__ import annotations

TRAP = "note"  # a box that no person meets: it is not shown, not read out and not reached by keyboard
SECONDS_BEFORE, SECONDS_AN_ANSWER = 30, 2  # at the very least: from the consent to the first question, and for each


def looks_automatic(in_the_trap: str, answered: int, minutes: int) -> bool:
    """Something stands where no person can write, or it was quicker than anybody can read; minutes are whole ones."""
    least = (SECONDS_BEFORE + answered * SECONDS_AN_ANSWER) // 60
    return bool(in_the_trap) or max(minutes, 0) < least
