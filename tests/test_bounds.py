"""Bounds at the door: sizes to the letter, lies about them, slow senders, the same post twice at the same instant."""

from __future__ import annotations

import secrets
import socket
import threading

import pytest
from conftest import FORM, Scripted, raw, to_page
from test_faults import Sender, keys_of, stored

from instruments.walker import Browser
from survey_app.plain import LARGEST_POST, MOST_FIELDS

PAIRS = 500


def test_sizes_hold_to_the_letter(server):
    """128 KiB are read, one byte more is not; so many fields are, one more is not; a million are refused at once."""
    fits = b"a=" + b"b" * (LARGEST_POST - 2)
    assert raw(server, "POST", "/en/agree", fits, Content_Type=FORM)[0] == 422
    assert raw(server, "POST", "/en/agree", fits + b"b", Content_Type=FORM)[0] == 413
    fields = b"&".join(b"a" for _ in range(MOST_FIELDS))
    assert raw(server, "POST", "/en/agree", fields, Content_Type=FORM)[0] == 422
    assert raw(server, "POST", "/en/agree", fields + b"&a", Content_Type=FORM)[0] == 413
    assert raw(server, "POST", "/en/agree", b"&a" * 60_000, Content_Type=FORM)[0] == 413


def said(server, content: bytes, *, ends: bool = False) -> bytes:
    """What the server says to these bytes, within a second or two; nothing where it waits for more."""
    with socket.create_connection(("127.0.0.1", server.port), 2) as line:
        line.sendall(content)
        if ends:
            line.shutdown(socket.SHUT_WR)
        try:
            return line.recv(100)
        except (TimeoutError, ConnectionError):
            return b""


def test_lies_about_a_length_and_a_million_fields_stop_nobody(server):
    """More than was said, less, far too much, no number: refused or left waiting, and the next person goes through."""
    head = f"POST /en/agree HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: ".encode()
    assert said(server, head + b"10\r\n\r\na=1") == b"", "it waits for the rest"
    assert b" 4" in said(server, head + b"3\r\n\r\na=1&b=2&agreed=1")
    assert b" 413 " in said(server, head + b"99999999999\r\n\r\na=1")
    assert b" 4" in said(server, head + b"-1\r\n\r\na=1")
    assert b" 4" in said(server, head + b"x\r\n\r\na=1")
    assert b" 413 " in said(server, head + b"2000000\r\n\r\n" + b"&a" * 1000), "a million fields are not read"
    assert to_page(Browser(server.origin), Scripted(), "/sent").path.endswith("/sent")


def test_slow_senders_hold_nobody_back(server):
    """Forty that have begun a post and say no more: somebody else goes from the first page to the last."""
    head = f"POST /en/agree HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 100\r\n\r\na".encode()
    slow = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(40)]
    try:
        for line in slow:
            line.sendall(head)
        assert to_page(Browser(server.origin), Scripted(), "/sent").path.endswith("/sent")
    finally:
        for line in slow:
            line.close()


@pytest.mark.slow
def test_five_hundred_pairs_of_the_same_post_at_once(serve):
    """Each press twice at the same instant: both are thanked, one row."""
    server = serve("every_kind")
    one, two = Sender(server), Sender(server)
    mine = [secrets.token_bytes(16) for _ in range(PAIRS)]
    together = threading.Barrier(2)

    def pressing(sender: Sender) -> None:
        for secret in mine:
            together.wait(30)
            sender.send(secret)

    threads = [threading.Thread(target=pressing, args=(each,)) for each in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(one.statuses) | set(two.statuses) == {303}
    assert len(one.acknowledged) == len(two.acknowledged) == PAIRS
    assert stored(server.data) == keys_of(server.data, mine)
    assert len(stored(server.data)) == PAIRS
