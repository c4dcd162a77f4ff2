"""Pseudo-languages, made from the English words: longer and accented, or forced right-to-left.

Nobody speaks them. They show what a translation would meet: words that do not fit, words that are not in a
catalogue (they stay plain), pages that run the other way.
"""

from __future__ import annotations

import re
from collections.abc import Callable

ACCENTED = str.maketrans(
    "aceinosuyzACEINOSUYZ",
    "áçéïñöšüýžÁÇÉÏÑÖŠÜÝŽ",
)
MIRRORED = str.maketrans(
    "abcdefghijklmnopqrstuvwxyz",
    "ابثدهفغحيجكلمنوپقرستعڤطخئز",
)
LONGER_BY = 0.4
PLACEHOLDER = re.compile(r"(\{\w+\})")


def longer(words: str) -> str:
    """en-XA: every letter that has one takes an accent, and two fifths more letters follow."""
    more = "".join(" ~" if place % 8 == 0 else "~" for place in range(max(1, round(len(words) * LONGER_BY))))
    return _outside_placeholders(words, lambda part: part.translate(ACCENTED)) + more


def right_to_left(words: str) -> str:
    """ar-XB: every small letter becomes an Arabic one; only the direction matters."""
    return _outside_placeholders(words.lower(), lambda part: part.translate(MIRRORED))


PSEUDO: dict[str, Callable[[str], str]] = {"en-XA": longer, "ar-XB": right_to_left}
KEPT = {
    "en-XA": {"language_name": "English, longer", "direction": "ltr"},
    "ar-XB": {"language_name": "right to left", "direction": "rtl"},
}
"""What says something about the language itself."""


def _outside_placeholders(words: str, change: Callable[[str], str]) -> str:
    return "".join(part if PLACEHOLDER.match(part) else change(part) for part in PLACEHOLDER.split(words))
