"""How many may begin a minute, whoever they are: a flood is held back without looking at anybody's address.

Whoever has begun is never held back by it. It lives in memory and forgets.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from . import clock

USUAL = 1200  # a minute: far more than come to a study, far less than a machine can take


class Newcomers:
    """A bucket that holds a minute's worth and fills up steadily."""

    def __init__(self, a_minute: int, seconds: Callable[[], float] = clock.seconds) -> None:
        """`a_minute` of 0 is no limit."""
        self.a_minute, self.seconds = a_minute, seconds
        self.lock, self.left, self.looked = threading.Lock(), float(a_minute), seconds()

    def another(self) -> bool:
        """May one more begin now?"""
        if self.a_minute == 0:
            return True
        with self.lock:
            now = self.seconds()
            self.left = min(self.a_minute, self.left + (now - self.looked) * self.a_minute / 60)
            self.looked = now
            if self.left < 1:
                return False
            self.left -= 1
            return True
