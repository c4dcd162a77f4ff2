"""The interface words, one catalogue a language: everything a participant reads that no study wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from ..written import read_yaml
from .pseudo import KEPT, PSEUDO

HERE = Path(__file__).parent


def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, and the pseudo-languages made from the English one."""
    return (*sorted(path.stem for path in HERE.glob("*.yaml")), *PSEUDO)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """id → words of one language. Raises Unreadable if the catalogue cannot be read."""
    if language in PSEUDO:
        return {id: PSEUDO[language](words) for id, words in catalogue("en").items()} | KEPT[language]
    plain = read_yaml(HERE / f"{language}.yaml", f"words/{language}.yaml").plain()
    assert isinstance(plain, dict), "a catalogue is one mapping"
    return {str(key): str(value) for key, value in plain.items()}


def digest(language: str) -> str:
    """What the fingerprint holds of a catalogue: SHA-256 over its words, sorted by id."""
    return hashlib.sha256(json.dumps(catalogue(language), sort_keys=True, ensure_ascii=False).encode()).hexdigest()
