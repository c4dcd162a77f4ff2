"""Reading grade: how many years of school a text asks for, without counting syllables."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+(?:[’'\-][^\W_]+)*")
SENTENCE = re.compile(r"[.!?]+(?=[\s”’\"')]|$)|\n+")


def grade(text: str) -> float:
    """Automated readability index (Senter & Smith 1967): 4.71 letters a word + 0.5 words a sentence − 21.43.

    Never below 0; 0 for a text without words.
    """
    words = WORD.findall(text)
    if not words:
        return 0.0
    sentences = max(1, sum(1 for each in SENTENCE.split(text) if WORD.search(each)))
    letters = sum(len(re.sub(r"[\W_]", "", word)) for word in words)
    return max(0.0, 4.71 * letters / len(words) + 0.5 * len(words) / sentences - 21.43)
