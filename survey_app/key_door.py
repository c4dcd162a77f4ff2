"""The door to keys: made, printed on a sheet, and proven before they are needed."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

import click

from instruments import keyfile
from instruments.approval import RECIPIENTS
from instruments.doors import FOLDER, Environment, Tampered, WrongUse, command

from . import sealing

WHAT = "Private key of a researcher. Whoever has it can read every answer sealed to it."
SHEET = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Key sheet</title>
<style>
@page {{ size: A4; margin: 20mm }}
body {{ font: 12pt/1.5 sans-serif; max-width: 170mm; margin: 20mm auto }}
pre {{ font: 15pt/1.8 monospace; border: 1px solid; padding: 4mm; white-space: pre-wrap }}
pre.long {{ font-size: 10pt }}
.line {{ border-bottom: 1px solid; height: 10mm }}
</style></head><body>
<h1>Key sheet: keep this where nobody finds it by chance</h1>
<p><strong>{what}</strong> It is the spare for the day on which the file is lost: without a key the answers are lost for
good. Print it on a printer that keeps nothing, delete this file, and keep the sheet in another place than the file.</p>
<h2>The public half (this may be known)</h2>
<pre class="long">{public}</pre>
<h2>{heading}</h2>
<pre{long}>{lines}</pre>
<h2>To use it, and to try it now</h2>
<p>Type what stands in that box into a new text file, here <code>typed.txt</code>. Spaces and line ends do not matter;
small and capital letters {matter}. Then prove it, today and each quarter:</p>
<pre class="long">python -m survey_app keys check typed.txt</pre>
<p>It says the public half again. If it does not, a letter is wrong. Delete the typed file afterwards.</p>
<h2>Tried by, and on</h2>
<div class="line"></div><div class="line"></div><div class="line"></div>
</body></html>
"""


@click.group()
def keys() -> None:
    """Make the keys that answers are sealed to, and prove that the spare works."""


@keys.command()
@click.option("--out", type=FOLDER, required=True, help="The new key file; never written over.")
@click.option("--passphrase", is_flag=True, help="Protect the file with a passphrase, which is asked for twice.")
@click.option("--sheet", type=FOLDER, help="Also a page to print, from which the key can be typed in again.")
def new(out: Path, passphrase: bool, sheet: Path | None) -> None:
    """Make an age key pair: the file is the private half, the line printed is the public half.

    \b
    Example:  python -m survey_app keys new --out researcher-key.txt --sheet sheet.html
    """
    if sheet is not None and (sheet.exists() or sheet.resolve() == out.resolve()):
        raise WrongUse(f"{sheet} exists already; choose another name for the sheet.")
    said = click.prompt("Passphrase", hide_input=True, confirmation_prompt=True, err=True) if passphrase else None
    recipient = sealing.new_key(out, WHAT, said)
    click.echo(recipient)
    if sheet is not None:
        _print(sheet, out.read_bytes(), str(recipient))
        click.echo(f"Print {sheet}, then delete it: it holds the key.", err=True)
    click.echo(
        f"The private key is in {out.resolve()}. Keep it away from the survey's machine, and keep a second copy: "
        f"without it the answers are lost for good. Prove each copy: {command('survey_app')} keys check {out}",
        err=True,
    )


@keys.command("check")
@click.argument("path", metavar="KEYFILE", type=FOLDER)
@click.option("--study", type=FOLDER, help="Also: is it one of those that this study's answers are sealed to?")
def check_key(path: Path, study: Path | None) -> None:
    """Prove that a key file opens a challenge that is sealed to it just now: try the spare before it is needed.

    \b
    Example:  python -m survey_app keys check spare-key.txt --study my_study
    """
    recipient = str(sealing.proven(path, lambda: click.prompt("Passphrase", hide_input=True, err=True)))
    click.echo(recipient)
    if study is not None:
        known, _ = sealing.recipients_of(study)
        named = {"answers": known.answers, "texts": known.texts}
        sealed_to = [name for name, keys in named.items() if recipient in map(str, keys)]
        if not sealed_to:
            raise Tampered(f"It opens what is sealed to it, but {study / RECIPIENTS} does not name it.")
        click.echo(f"named for {' and '.join(sealed_to)} in {study / RECIPIENTS}")


def _print(sheet: Path, content: bytes, public: str) -> None:
    """Write the sheet, for this user alone. Raises Environment."""
    protected = content.startswith(keyfile.PROTECTED)
    page = SHEET.format(
        what=escape(WHAT),
        public=escape(public),
        heading="The private half, which its passphrase opens" if protected else "The private half (tell it to nobody)",
        matter="do" if protected else "do not either",
        long=' class="long"' if protected else "",
        lines=escape("\n".join(keyfile.printed(content))),
    )
    try:
        with os.fdopen(os.open(sheet, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(page)
    except OSError as error:
        sheet.unlink(missing_ok=True)
        raise Environment(f"{sheet} cannot be written: {error.strerror}. The key file itself is whole.") from error
