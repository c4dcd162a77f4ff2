"""Minting secrets, so that the stories come out balanced without anything being written down.

A secret's story is read off the secret alone. To fill the arms evenly, a new secret is drawn until its arm
is the next of a shuffled block, held in memory, one block of every arm a role.
"""

from __future__ import annotations

import secrets
import threading
from random import SystemRandom

from instruments import route
from instruments.model import Study

BYTES = 16


class Mint:
    """Draws secrets for one study."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.arms = len(route.arms(study.story)) if study.story else 1
        self.blocks: dict[str, list[int]] = {}
        self.lock = threading.Lock()

    def secret(self, role: str) -> bytes:
        """A new secret whose arm is the next of this role's block."""
        with self.lock:
            block = self.blocks.setdefault(role, [])
            if not block:
                block.extend(SystemRandom().sample(range(self.arms), self.arms))
            arm = block.pop()
        while True:
            secret = secrets.token_bytes(BYTES)
            if route.arm_number(self.study, role, secret) == arm:
                return secret
