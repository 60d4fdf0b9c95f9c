"""Telling a user that a judge does not answer, also where no progress is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

QUIET_SECONDS = 30.0
"""Without a reply for so long, a line is due; the next one after twice as long."""


class Watch:
    """Notes replies and problems; ``run`` says when no reply came for a while.

    Args:
        say: receives a line.
        left: returns how many texts are still without a reply.
    """

    def __init__(self, say: Callable[[str], object], left: Callable[[], int]) -> None:
        self._say, self._left = say, left
        self._replies = 0
        self.problem = "it does not answer"

    def replied(self) -> None:
        """Note that a reply came."""
        self._replies += 1

    async def run(self, quiet: float = QUIET_SECONDS) -> None:
        """Watch until cancelled."""
        silent, seen = 0.0, self._replies
        pause = quiet
        while True:
            await asyncio.sleep(pause)
            silent, pause = silent + pause, pause * 2
            if self._replies != seen:
                silent, seen, pause = 0.0, self._replies, quiet
                continue
            self._say(
                f"the judge gave no reply for {silent:.0f} s ({self.problem}); "
                f"{self._left()} texts are left, still trying"
            )
