"""Flushing: the file is rewritten within seconds of any change, and never while a participant waits."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from . import clock

SECONDS_TO_FLUSH = 5.0
SECONDS_TO_LOOK = 3600.0  # at the calendar
SECONDS_TO_WAIT = 10.0  # for another process that holds the lock


class Flusher:
    """One background thread that flushes within seconds of any change, never in a participant's request."""

    def __init__(self, flush: Callable[[], None], due: Callable[[], bool], look: Callable[[], None]) -> None:
        """Once an hour in which nothing happens `look` is called, and `due` says whether something must go today."""
        self.flush, self.due, self.look = flush, due, look
        self.wanted, self.ended = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._run, name="flush", daemon=True)
        self.thread.start()

    def soon(self) -> None:
        """Ask for a flush."""
        self.wanted.set()

    def stop(self) -> None:
        """End the thread."""
        self.ended.set()
        self.wanted.set()
        self.thread.join(timeout=SECONDS_TO_WAIT)

    def _run(self) -> None:
        pause = 0.0
        while not self.ended.wait(pause):
            called = self.wanted.wait(SECONDS_TO_LOOK)
            if self.ended.is_set():
                return
            self.wanted.clear()
            began = clock.seconds()
            try:
                if called or self.due():
                    self.flush()
                else:
                    self.look()
            except Exception as error:
                print(f"survey: {type(error).__name__} at flush", file=sys.stderr)
                self.wanted.set()  # the next round tries again: whoever sends later must not stay in order of arrival
            pause = max(SECONDS_TO_FLUSH / 2, 50 * (clock.seconds() - began))
