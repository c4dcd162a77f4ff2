"""What a file with a private key may look like: plain, protected by a passphrase, or typed off a printed sheet."""

from __future__ import annotations

import base64
import binascii

BEGINS = "AGE-SECRET-KEY-"
LETTERS = 59  # behind that
PROTECTED = b"age-encryption.org/v1"  # how a file begins that a passphrase protects
ARMOR, ARMOR_ENDS = "-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----"
LETTERS_A_LINE = 64


def protected(content: bytes) -> bytes | None:
    """What a passphrase opens, if the file is a protected one, as bytes or as printed letters; else None."""
    if content.startswith(PROTECTED):
        return content
    text = content.decode("utf-8", "replace")
    typed = "".join(text.split())
    begins, ends = ARMOR.replace(" ", ""), ARMOR_ENDS.replace(" ", "")
    if begins not in typed:
        return None
    try:
        return base64.b64decode(typed.split(begins, 1)[1].split(ends, 1)[0], validate=True)
    except binascii.Error:
        return b""


def private_key(content: bytes) -> str | None:
    """The private key, however it was spaced and broken when it was typed; None where there is none."""
    lines = content.decode("utf-8", "replace").splitlines()
    typed = "".join("".join(line.split()).upper() for line in lines if not line.lstrip().startswith("#"))
    if BEGINS not in typed:
        return None
    return typed[typed.index(BEGINS) :][: len(BEGINS) + LETTERS]


def printed(content: bytes) -> list[str]:
    """A key file as lines that can be printed and typed in again."""
    if content.startswith(PROTECTED):
        letters = base64.b64encode(content).decode()
        lines = [letters[at : at + LETTERS_A_LINE] for at in range(0, len(letters), LETTERS_A_LINE)]
        return [ARMOR, *lines, ARMOR_ENDS]
    key = private_key(content)
    if key is None:
        return []
    groups = [key[len(BEGINS) :][at : at + 4] for at in range(0, len(key) - len(BEGINS), 4)]
    return [BEGINS, *(" ".join(groups[at : at + 5]) for at in range(0, len(groups), 5))]
