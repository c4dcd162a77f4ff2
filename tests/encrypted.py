"""A survey over HTTP or HTTPS: a proxy as stands in front of it, with a certificate that lives as long as the test."""

from __future__ import annotations

import base64
import hashlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from conftest import Server


@contextmanager
def reached(way: str, serve: Callable[..., Server], folder: Path, **more) -> Iterator[tuple[Server, str, list[str]]]:
    """A survey, the address it is reached at by http or https, and what Chromium has to be told; `more` as to serve."""
    if way == "http":
        server = serve("every_kind", **more)
        yield server, server.origin, []
        return
    key, certificate = made(folder)
    with socket.create_server(("127.0.0.1", 0)) as outside:
        origin = f"https://127.0.0.1:{outside.getsockname()[1]}"
        server = serve("every_kind", "--origin", origin, **more)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        threading.Thread(target=_passes_on, args=(outside, context, server.port), daemon=True).start()
        yield server, origin, [f"--ignore-certificate-errors-spki-list={_mark(certificate)}"]


def made(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate of our own."""
    if shutil.which("openssl") is None:
        pytest.skip("SKIPPED LOUDLY: there is no openssl here (apt-get install openssl)")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    how = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *how.split(), *more], check=True, capture_output=True)
    return key, certificate


def _mark(certificate: Path) -> str:
    """What Chromium knows a certificate by: the hash of its public key."""
    command = ["openssl", "x509", "-in", str(certificate), "-pubkey", "-noout"]
    pem = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    public = base64.b64decode("".join(pem.strip().splitlines()[1:-1]))
    return base64.b64encode(hashlib.sha256(public).digest()).decode()


def _passes_on(outside: socket.socket, context: ssl.SSLContext, inside: int) -> None:
    """What a proxy in front of the survey does: take the encryption off."""
    with suppress(OSError):
        while True:
            there, _ = outside.accept()
            threading.Thread(target=_one, args=(context, there, inside), daemon=True).start()


def _one(context: ssl.SSLContext, there: socket.socket, inside: int) -> None:
    with (
        suppress(OSError),
        context.wrap_socket(there, server_side=True) as near,
        socket.create_connection(("127.0.0.1", inside)) as far,
    ):
        back_again = threading.Thread(target=_pour, args=(far, near), daemon=True)
        back_again.start()
        _pour(near, far)


def _pour(source: socket.socket, into: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            into.sendall(data)
    with suppress(OSError):
        into.shutdown(socket.SHUT_WR)
