"""The haystack finds a word wherever it lies in a file: across pieces, at the edge of emptiness, in any writing."""

from __future__ import annotations

import base64

import pytest

from survey_app import haystack
from survey_app.haystack import traces, ways_of_writing, ways_of_writing_an_address

WORD = "ANSCANARY"


def found_in(folder, content: bytes) -> set[str]:
    """How the word was written where it was found."""
    (folder / "file").write_bytes(content)
    return {each.written for each in traces({"what": ways_of_writing(WORD)}, [folder])}


@pytest.mark.parametrize("before", range(20))
def test_a_word_across_pieces_and_beside_emptiness_is_found(tmp_path, monkeypatch, before):
    """Pieces of eight bytes: wherever the nine letters begin, after zeros, before zeros, alone between other bytes."""
    monkeypatch.setattr(haystack, "AT_A_TIME", 8)
    for filling in (b"\0", b"x"):
        assert found_in(tmp_path, filling * before + WORD.encode() + filling * 40) == {"text", "text in capitals"}
    assert found_in(tmp_path, b"\0" * before + WORD[:-1].encode() + b"\0" * 40) == set(), "the control"


@pytest.mark.parametrize(
    "written",
    [
        WORD.encode().hex().encode(),
        WORD.encode("utf-16-le"),
        WORD.encode("utf-16-be"),
        *(base64.b64encode(b"?" * shift + WORD.encode() + b"???") for shift in range(3)),
    ],
)
def test_a_word_in_another_writing_is_found(tmp_path, written):
    """As hexadecimal, with two bytes a letter, in base64 at each offset."""
    assert found_in(tmp_path, b"before" + written + b"after")


def test_an_address_is_found_packed_and_hashed(tmp_path):
    """What stands in place of an address is as telling as the address."""
    import hashlib
    from ipaddress import ip_address

    for content in (ip_address("2001:db8::77").packed, hashlib.sha256(b"2001:db8::77").hexdigest().encode()):
        (tmp_path / "file").write_bytes(b"\0" * 9 + content + b"\0")
        assert traces({"address": ways_of_writing_an_address("2001:db8::77")}, [tmp_path])
