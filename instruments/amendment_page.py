"""Changes between two versions as a page for a board: what is new bold and underlined, what is gone struck out."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from html import escape
from pathlib import Path

from .amending import Amendment, Change
from .doors import Environment, WrongUse

STYLE = """
:root{color-scheme:light dark;--ink:#1c2630;--paper:#f7f6f2;--card:#fff;--soft:#434f5b;--line:#66727e}
@media (prefers-color-scheme:dark){:root{--ink:#e8e6e0;--paper:#14191e;--card:#1d242b;--soft:#b8c0c8;--line:#8a949e}}
html{font:100%/1.5 system-ui,sans-serif}body{margin:0;background:var(--paper);color:var(--ink)}
main{max-width:56rem;margin:auto;padding:1rem;overflow-wrap:anywhere}
section{background:var(--card);border:1px solid var(--line);border-radius:.4rem;padding:.5rem 1rem;margin:1rem 0}
section{break-inside:avoid}
ins{font-weight:700;text-decoration:underline}del{text-decoration:line-through}
.soft{color:var(--soft)}dt{font-weight:600}dd{margin:0 0 .5rem 1rem}
"""
SAID = {
    "none": "No change in meaning: only comments or layout differ.",
    "minor": "Minor: nothing that the study file leaves to a board.",
    "substantial": "Substantial: a board decides on it again.",
}


def page(title: str, found: Amendment) -> str:
    """One HTML file that needs no script and asks nobody for anything."""
    kinds = dict.fromkeys(each.kind for each in found.changes)
    cards = "".join(
        f"<h2>{escape(kind.capitalize())}</h2>" + "".join(_card(each) for each in found.changes if each.kind == kind)
        for kind in kinds
    )
    effects = "".join(f"<li>{escape(line)}</li>" for line in found.effects)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{escape(title)}, changes</title><link rel="icon" href="data:,"><style>{STYLE}</style></head>
<body><main><h1>What changed: {escape(title)}</h1>
<p><strong>{SAID[found.grade]}</strong></p>
<p class="soft">From fingerprint <code>{found.old}</code> to <code>{found.new}</code>.
<ins>What is new</ins> is bold and underlined, <del>what is gone</del> is struck out; “was” and “now” say it again.</p>
{f"<h2>What it does</h2><ul>{effects}</ul>" if effects else ""}{cards}</main></body></html>
"""


def _card(change: Change) -> str:
    was, now = marked(change.was, change.now)
    decides = " · a board decides" if change.substantial else ""
    return (
        f"<section><h3>{escape(change.at)}</h3><p class='soft'>{escape(change.what)}{decides}</p>"
        f"<dl><dt>was</dt><dd>{was}</dd><dt>now</dt><dd>{now}</dd></dl></section>"
    )


def marked(was: str | None, now: str | None) -> tuple[str, str]:
    """Both wordings, with the words that went and the words that came marked."""
    if was is None or now is None:
        gone = "(not there)" if was is None else f"<del>{escape(was)}</del>"
        return gone, "(not there)" if now is None else f"<ins>{escape(now)}</ins>"
    old, new = (re.findall(r"\s+|\w+|[^\w\s]", each) for each in (was, now))
    before, after = [], []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, come = escape("".join(old[i1:i2])), escape("".join(new[j1:j2]))
        before.append(gone if tag == "equal" or not gone else f"<del>{gone}</del>")
        after.append(come if tag == "equal" or not come else f"<ins>{come}</ins>")
    return "".join(before), "".join(after)


def write(path: Path, text: str, force: bool) -> None:
    """Write the page whole, over nothing unless forced. Raises WrongUse, Environment."""
    if path.exists() and not force:
        raise WrongUse(f"{path} exists already; say --force to replace it.")
    fresh = path.with_name(path.name + ".partial")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise Environment(f"{path} cannot be written ({error.strerror}). Nothing half-written is left.") from error
    finally:
        fresh.unlink(missing_ok=True)
