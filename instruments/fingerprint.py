"""The fingerprint: what the board approved is what ran, what was stored and what was analysed.

SHA-256 over the canonical JSON of the values in the study's files as written, before any default.
Comments and layout may change, meaning may not. Keys of ours are sorted. Where the author's own order
is seen (choices, rows, the plan's comparisons) it is meaning, and kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from .written import Plain

IN_ORDER = "in order"
KEPT_IN_ORDER = frozenset(
    {
        "rows",
        "roles",
        "derived",
        "families",
        "comparisons",
        "contrast",
        "split",
        "models",
        "notes",
        "apart",
        "beside",
        "sensitivity",
        "exploratory",
        "show",
        "columns",
    }
)
RECHECKED = frozenset({"checked_on", "checked_by"})  # re-checking a support line needs no new approval


def canonical(files: Mapping[str, Plain], words: Mapping[str, str]) -> str:
    """The canonical JSON of a study: its files by name, and the digest of its interface words."""
    return json.dumps(
        {"files": {name: _canonical(plain, name) for name, plain in files.items()}, "words": dict(words)},
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
    )


def fingerprint(canonical_json: str) -> str:
    """64 hexadecimal letters that name exactly these values."""
    return hashlib.sha256(canonical_json.encode()).hexdigest()


def files_of(canonical_json: str) -> dict[str, Plain]:
    """The files again, from the JSON that the store keeps."""
    kept = json.loads(canonical_json)["files"]
    return {name: _restored(plain) for name, plain in kept.items()}


def _canonical(plain: Plain, key: object) -> Plain:
    match plain:
        case dict() if key in KEPT_IN_ORDER or any(isinstance(each, int) for each in plain):
            return {IN_ORDER: [[name, _canonical(value, name)] for name, value in plain.items()]}
        case dict():
            return {name: _canonical(value, name) for name, value in plain.items() if name not in RECHECKED}
        case list():
            return [_canonical(item, None) for item in plain]
        case _:
            return plain


def _restored(plain: Plain) -> Plain:
    if isinstance(plain, dict):
        pairs = plain.get(IN_ORDER)
        if isinstance(pairs, list):
            return {pair[0]: _restored(pair[1]) for pair in pairs if isinstance(pair, list)}
        return {name: _restored(value) for name, value in plain.items()}
    return [_restored(item) for item in plain] if isinstance(plain, list) else plain
