"""Serving: waitress on one port, told to keep quiet, and every start-up trouble in one sentence."""

from __future__ import annotations

import gc
import logging
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

from waitress.server import create_server

from instruments import records
from instruments.doors import Environment, Refused, WrongUse, is_loopback
from instruments.model import Study
from instruments.reader import Faulty, read_in_every_language

from . import drafts, sealing
from .app import create_app, note
from .drafts import DraftKeys, usually
from .live import LIVE, Gate, Watched
from .live import gate as again
from .machine import leave_no_core
from .mint import Mint
from .newcomers import USUAL, Newcomers
from .outermost import Outermost
from .plain import LARGEST_POST
from .showing import Templates
from .store import Store
from .survey import Survey

HOST = re.compile(r"^[0-9a-z.:-]+$")
THREADS = 4
GARBAGE = 20_000  # objects
MOST_CONNECTIONS = 2000  # browsers keep theirs open between pages


def studies_in(folder: Path) -> dict[str, Study]:
    """The study in a folder, language by language. Raises WrongUse with every problem."""
    try:
        return read_in_every_language(folder)
    except Faulty as error:
        raise WrongUse(f"The study in {folder} cannot be served:\n{error}") from error


def public_address(origin: str | None) -> str | None:
    """The public address as browsers write it: scheme, host and port alone. Raises WrongUse for anything else."""
    if origin is None:
        return None
    try:
        parts = urlsplit(origin)
        port = f":{parts.port}" if parts.port is not None else ""
        host = parts.hostname or ""
    except ValueError:
        parts, port, host = urlsplit(""), "", ""
    plain = HOST.match(host) and not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in ("http", "https") or not plain or parts.path not in ("", "/"):
        raise WrongUse(f"--origin {origin} is not an address like https://survey.example.org")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def address_allowed(host: str, origin: str | None, practice: bool) -> None:
    """Only loopback may go without a public address, and practice leaves loopback only on request."""
    if is_loopback(host):
        return
    if origin is None:
        raise Refused(f"--host {host} can be reached from outside; say --origin with the public https:// address.")
    if not practice:
        raise Refused(
            f"--host {host} can be reached from outside, and this is practice; say --practice if you mean it."
        )


def open_survey(
    studies: Mapping[str, Study],
    data: Path,
    kind: str,
    origin: str | None,
    gate: Gate | None = None,
    newcomers: int = USUAL,
) -> dict[str, Survey]:
    """Everything a survey needs, ready, language by language. Practice makes a key beside the data."""
    study = next(iter(studies.values()))
    watched: Gate | Watched | None = gate
    if gate is not None and gate.keys is not None and kind == LIVE:
        watched = Watched(gate, partial(again, gate.keys.parent, study, data, origin))
    pilot = bool(gate and gate.approval and gate.approval.pilot and kind == LIVE)
    store = Store(data, study, kind, pilot=pilot)
    if gate is not None and kind == LIVE:  # those that were read at the start; with none of them nothing is sent
        recipients = gate.recipients or sealing.Recipients(answers=(), texts=())
    else:
        recipients = _practice_recipients(data / records.PRACTICE_KEY)
    if recipients.answers:
        store.introduce(*sealing.introduction(recipients))
    words = {language: each.words for language, each in studies.items()}
    made = {language: Templates(each, kind, words) for language, each in studies.items()}
    own = Survey(
        study=study,
        templates=made[study.language],
        store=store,
        draft_keys=DraftKeys(data / (drafts.LIVE if kind == LIVE else drafts.PRACTICE), usually(study)),
        mint=Mint(study),
        newcomers=Newcomers(newcomers),
        deletions=Newcomers(newcomers),
        recipients=recipients,
        gate=watched,
        kind=kind,
        origin=origin,
    )
    return {language: replace(own, study=each, templates=made[language]) for language, each in studies.items()}


def _practice_recipients(key: Path) -> sealing.Recipients:
    """One key beside the data, made at the first start."""
    if key.exists():
        known = sealing.public_half(key)
    else:
        known = sealing.new_key(key, "Practice only: this key opens what is answered here while practising.")
    return sealing.Recipients(answers=(known,), texts=(known,))


def serve(surveys: Mapping[str, Survey], host: str, port: int, ready: Callable[[str], str]) -> NoReturn:
    """Serve until told to stop; then flush and let go. Raises Environment when the port is taken."""
    _keep_quiet()
    survey = next(iter(surveys.values()))
    if not leave_no_core() and survey.kind == LIVE:
        survey.store.close()
        raise Refused("This system lets no program forbid an image of its memory; no real answers are taken here.")
    try:
        taken = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        survey.store.close()
        raise Environment(
            f"Port {port} on {host} cannot be used: {error.strerror}. "
            "Another survey may be running there; name another --port."
        ) from error
    application = Outermost(create_app(surveys), https=survey.https, scripts=survey.study.quick_exit_script)
    server = create_server(
        application,
        sockets=[taken],
        threads=THREADS,
        ident=None,
        expose_tracebacks=False,
        max_request_body_size=4 * LARGEST_POST,  # what is a little too large is refused by a page of ours
        inbuf_overflow=8 * LARGEST_POST,
        outbuf_overflow=8 * LARGEST_POST,
        connection_limit=MOST_CONNECTIONS,
        asyncore_use_poll=True,
        clear_untrusted_proxy_headers=False,  # the outermost layer lets none of them in
    )
    signal.signal(signal.SIGTERM, _stop)
    _say_only_the_place()
    gc.freeze()  # what is made by now stays: the collector need not look at it again,
    gc.set_threshold(GARBAGE)  # and what a request leaves behind goes by itself, but for a little
    shown = f"[{host}]" if ":" in host else host
    try:
        print(ready(f"http://{shown}:{taken.getsockname()[1]}/"), flush=True)
        server.run()
    except (KeyboardInterrupt, SystemExit):
        pass
    finally:
        server.close()
        survey.store.close()
    sys.exit(0)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _say_only_the_place() -> None:
    """What nobody caught, in any thread, is one line too: its words may be a participant's, or an address."""
    sys.excepthook = lambda kind, error, trace: note(error)
    threading.excepthook = lambda args: note(args.exc_value) if args.exc_value else None


def _keep_quiet() -> None:
    """The server's own log lines may carry the peer's address: only class and code location are written."""

    class Place(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else record.levelname
            return f"survey: {kind} at {record.module}:{record.lineno}"

    handler = logging.StreamHandler()
    handler.setFormatter(Place())
    for name in ("waitress", "waitress.queue"):
        logging.getLogger(name).handlers = [handler]
        logging.getLogger(name).propagate = False
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
