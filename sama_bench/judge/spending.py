"""What a judge's requests cost: estimated before, counted after, and held below a cap."""

from __future__ import annotations

import asyncio
from typing import Any

from sama_bench.judge.settings import JudgeSettings
from sama_bench.metric import JudgeRequest

# Cautious guesses; bills use the endpoint's counts where it gives some.
_BYTES_A_TOKEN = 2.0
_FIXED_TOKENS = 50
_DEFAULT_OUTPUT = 1024


class Spending:
    """The money of one round of requests, in US dollars; used by one event loop.

    A request reserves the most that it may cost before it is sent, so that what is under way can
    never carry the sum above the cap. Where an endpoint counts more than was reserved, later
    reservations grow by as much.
    """

    def __init__(self, settings: JudgeSettings, spent: float) -> None:
        self._settings = settings
        self._spent = spent
        self._reserved = 0.0
        self._factor = 1.0
        self._changed = asyncio.Event()

    def worst(self, request: JudgeRequest) -> float:
        """Return what a request may cost at most; 0 without prices."""
        size = sum(len(m.get("content", "").encode("utf-8", "replace")) for m in request.messages)
        sent = self._settings.sent(request)
        output = _whole(sent.get("max_completion_tokens")) or _whole(sent.get("max_tokens"))
        replies = _whole(sent.get("n")) or 1
        cost = self._settings.cost(
            int(size / _BYTES_A_TOKEN) + _FIXED_TOKENS, (output or _DEFAULT_OUTPUT) * replies
        )
        return (cost or 0.0) * self._factor

    async def reserve(self, amount: float) -> bool:
        """Set money aside, waiting for what is under way; False if the cap leaves too little."""
        cap = self._settings.spending_cap
        while cap is not None and self._spent + self._reserved + amount > cap:
            if self._spent + amount > cap:
                return False
            self._changed.clear()
            await self._changed.wait()
        self._reserved += amount
        return True

    def settle(self, reserved: float, cost: float) -> None:
        """Give a reservation back and count what the request did cost."""
        self._reserved -= reserved
        self._spent += cost
        if cost > reserved > 0:
            self._factor *= cost / reserved
        self._changed.set()


def _whole(value: Any) -> int | None:
    """Return a positive whole number, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
