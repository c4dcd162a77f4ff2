"""Bounds at the door: sizes to the letter, lies about them, slow senders, the same post twice at the same instant."""

from __future__ import annotations

import re
import secrets
import socket
import threading
from pathlib import Path

import pytest
from conftest import FORM, Scripted, raw, to_page
from everywhere import asked
from test_faults import Sender, keys_of, stored

from instruments.walker import Browser
from survey_app.plain import LARGEST_POST, MOST_FIELDS

PAIRS = 500


def test_sizes_hold_to_the_letter(server):
    """128 KiB are read, and one byte less; one more is not; so many fields are, one more is not; a million are refused."""
    fits = b"a=" + b"b" * (LARGEST_POST - 2)
    sizes = {
        len(body): raw(server, "POST", "/en/agree", body, Content_Type=FORM)[0]
        for body in (fits[:-1], fits, fits + b"b")
    }
    assert sizes == {131071: 422, 131072: 422, 131073: 413}
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


def large_posts(server) -> dict[str, int]:
    """What is large, as a program sends it, and the status of each reply."""
    most, upload = b"a=" + b"b" * (4 * LARGEST_POST - 3), "multipart/form-data; boundary=x"
    file = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n'
    return {
        "what fits": asked(server, "POST", "/en/agree", most[:LARGEST_POST]).status,
        "too much": asked(server, "POST", "/en/agree", most[: LARGEST_POST + 1]).status,
        "as much as the server reads": asked(server, "POST", "/en/agree", most).status,
        "an upload": asked(server, "POST", "/en/agree", file + most[len(file) :], Content_Type=upload).status,
        "piece by piece": asked(server, "POST", "/en/agree", iter([most[:10_000]] * 50)).status,
    }


REFUSED = {
    "what fits": 422,
    "too much": 413,
    "as much as the server reads": 413,
    "an upload": 415,
    "piece by piece": 413,
}
WATCHING = """
import os, sys
import survey_app.serve as serving

MADE = (os.O_CREAT, getattr(os, "O_TMPFILE", os.O_CREAT))  # also a file without a name, which no folder shows

def watching(event, told):
    if event == "open" and not isinstance(told[0], int) and any(told[2] & each == each for each in MADE):
        os.write(2, f"made {told[0]}\\n".encode())

sys.addaudithook(watching)
real = serving.create_server
serving.create_server = lambda *parts, **more: real(*parts, **{**more, CHANGED})
from survey_app.__main__ import door
door(prog_name="watching")
"""


def made(serve, tmp_path, changed: str = "") -> set[Path]:
    """The folders in which a survey makes files while large posts come."""
    (tmp_path / "tmp").mkdir()
    program = ("-c", WATCHING.replace(", CHANGED", changed))
    server = serve("every_kind", program=program, TMPDIR=str(tmp_path / "tmp"), PYTHONDONTWRITEBYTECODE="1")
    assert large_posts(server) == REFUSED
    assert to_page(Browser(server.origin), Scripted(), "/sent").path.endswith("/sent")
    server.stop()
    return {Path(each) for each in re.findall("^made (.+)$", server.log, re.MULTILINE)}


def test_no_temporary_file_appears_however_much_comes(serve, tmp_path):
    """All files that it ever makes are in the data folder: none beside, and none that has no name."""
    found = made(serve, tmp_path)

    assert {path.parent for path in found} == {tmp_path / "data"}
    assert not any((tmp_path / "tmp").iterdir())


def test_control_a_server_that_puts_large_posts_on_the_disk_is_found(serve, tmp_path):
    """Where a kilobyte is held in memory and no more, a file in the folder for temporary ones is seen."""
    found = made(serve, tmp_path, ', "inbuf_overflow": 1000')

    assert tmp_path / "tmp" in {path if path.is_dir() else path.parent for path in found}


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
