"""Ask a language model to judge texts: many requests, each paid for once.

Any OpenAI-compatible endpoint serves. Requests run concurrently under a rate limit, are repeated
after passing failures, stop at a spending cap, and every reply is kept in a cache file, so that a
second scoring asks nobody. What a reply means is the metric's affair
(a metric's, such as CLAIR).
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sama_bench.judge.cache import JudgeCache
from sama_bench.judge.client import (
    RetryLaterError,
    UnanswerableError,
    ask_once,
    can_ask,
    open_client,
)
from sama_bench.judge.settings import JudgeSettings, Usage
from sama_bench.metric import JudgeError, JudgeRequest, Reply
from sama_bench.storage.secrets import public

__all__ = ["Judge", "JudgeError", "JudgeRequest", "JudgeSettings", "Reply", "Usage"]

# Cautious guesses, for the cap only; bills use the endpoint's counts.
_BYTES_A_TOKEN = 2.0
_FIXED_TOKENS = 50
_DEFAULT_OUTPUT = 1024
_LOST_IN_A_ROW = 20
_LONGEST_BACKOFF = 60.0


class Judge:
    """A judge with its cache; ``usage`` says what it has done so far.

    Args:
        settings: which judge to ask, and how.
        cache: JSON-lines file of replies; read now, appended to as replies arrive. None keeps
            them in memory only.

    Raises:
        JudgeError: the cache cannot be read.
    """

    def __init__(self, settings: JudgeSettings, cache: str | Path | None = None) -> None:
        self.settings = settings
        self.cache = JudgeCache(cache)
        self.usage = Usage(cost=settings.cost(0, 0))

    def record(self) -> dict[str, Any]:
        """Return what a result says of its judge: who, how asked, and the checksum of the cache."""
        asked = {key: str(value) for key, value in self.settings.extra.items()}
        return {
            "model": self.settings.model,
            "endpoint": self.settings.endpoint,
            "temperature": self.settings.temperature,
            "extra": public(asked),
            "served_models": self.cache.served_models(),
            "replies": len(self.cache),
            "cache": None if self.cache.path is None else self.cache.path.name,
            "cache_checksum": self.cache.checksum(),
        }

    def replies(
        self,
        requests: Sequence[JudgeRequest],
        *,
        progress: Callable[[int], object] | None = None,
    ) -> list[Reply]:
        """Return the reply to each request, in order; equal requests are asked once.

        ``progress`` is called with 1 for every request that is settled.

        Raises:
            JudgeError: replies are needed and nobody can be asked (no key, bad key, no such model,
                no connection, offline). Replies that came before are in the cache.
            UserError: the cache cannot be written.
        """
        asking = can_ask(self.settings)
        settled: dict[str, Reply] = {}
        wanted: dict[str, JudgeRequest] = {}
        keys = [self.settings.key(request) for request in requests]
        for key, request in zip(keys, requests, strict=True):
            if key in settled or key in wanted:
                continue
            kept = self.cache.find(request, self.settings, any_endpoint=not asking)
            if kept is None:
                wanted[key] = request
            else:
                settled[key] = replace(kept, cached=True)
                self._count(settled[key])
        if progress and len(requests) > len(wanted):
            progress(len(requests) - len(wanted))
        if wanted:
            try:
                settled.update(_run(_Round(self, wanted, progress).ask_all))
            finally:
                self.cache.close()
        return [settled[key] for key in keys]

    def _count(self, reply: Reply) -> None:
        """Add a settled reply to ``usage``."""
        spent = (0, 0) if reply.cached else (reply.input_tokens, reply.output_tokens)
        cost = self.settings.cost(*spent)
        self.usage = replace(
            self.usage,
            cached=self.usage.cached + reply.cached,
            failed=self.usage.failed + (reply.status in ("failed", "unasked")),
            refused=self.usage.refused + (reply.status == "refused"),
            input_tokens=self.usage.input_tokens + spent[0],
            output_tokens=self.usage.output_tokens + spent[1],
            cost=None if cost is None or self.usage.cost is None else self.usage.cost + cost,
        )


class _Round:
    """The requests of one call, on one event loop; all state is touched by that loop only."""

    def __init__(
        self,
        judge: Judge,
        wanted: dict[str, JudgeRequest],
        progress: Callable[[int], object] | None,
    ) -> None:
        self._judge = judge
        self._settings = judge.settings
        self._wanted = wanted
        self._progress = progress
        self._reserved = 0.0
        self._next_start = 0.0
        self._lost = 0

    async def ask_all(self) -> dict[str, Reply]:
        """Ask everything; the first JudgeError ends all that is under way."""
        queue = iter(self._wanted.items())
        settled: dict[str, Reply] = {}
        client = open_client(self._settings)

        async def work() -> None:
            for key, request in queue:
                reply = await self._settle(client, request)
                settled[key] = reply
                if reply.status in ("answered", "refused"):
                    self._judge.cache.keep(request, self._settings, reply)
                self._judge._count(reply)
                if self._progress:
                    self._progress(1)

        count = min(self._settings.concurrency, len(self._wanted))
        workers = [asyncio.create_task(work()) for _ in range(count)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await client.close()
        return settled

    async def _settle(self, client: Any, request: JudgeRequest) -> Reply:
        """Ask until there is a reply, a final failure, or no retry left."""
        problem = ""
        for attempt in range(self._settings.retries + 1):
            reserve = self._worst_cost(request)
            if not self._affordable(reserve):
                cap = self._settings.spending_cap
                return Reply("unasked", error=f"the spending cap of {cap:g} USD is reached")
            self._reserved += reserve
            try:
                await self._wait_for_turn()
                self._judge.usage = replace(self._judge.usage, calls=self._judge.usage.calls + 1)
                reply = await ask_once(client, request, self._settings)
                self._lost = 0
                return reply
            except UnanswerableError as error:
                self._lost = 0
                return Reply("failed", error=str(error))
            except RetryLaterError as error:
                problem, wait = str(error), error.wait
            finally:
                self._reserved -= reserve
            if attempt < self._settings.retries:
                await asyncio.sleep(self._pause(attempt) if wait is None else wait)
        self._lost += 1
        if self._lost >= _LOST_IN_A_ROW:
            raise JudgeError(
                f"the judge gave no reply to {self._lost} requests in a row ({problem}); "
                "replies so far are kept, give the same command to go on"
            )
        return Reply("failed", error=f"no reply after {self._settings.retries} retries: {problem}")

    async def _wait_for_turn(self) -> None:
        """Space the starts of requests evenly under the rate limit."""
        rate = self._settings.requests_per_minute
        if rate is None:
            return
        now = asyncio.get_running_loop().time()
        start = max(now, self._next_start)
        self._next_start = start + 60.0 / rate
        await asyncio.sleep(start - now)

    def _pause(self, attempt: int) -> float:
        """Seconds before the next try: doubling, with jitter so that retries spread out."""
        longest = min(_LONGEST_BACKOFF, self._settings.backoff * 2.0**attempt)
        return longest * random.uniform(0.5, 1.0)

    def _worst_cost(self, request: JudgeRequest) -> float:
        """Return what a request may cost at most, in US dollars; 0 without prices."""
        size = sum(len(m.get("content", "").encode("utf-8", "replace")) for m in request.messages)
        sent = self._settings.sent(request)
        output = sent.get("max_completion_tokens") or sent.get("max_tokens") or _DEFAULT_OUTPUT
        return self._settings.cost(int(size / _BYTES_A_TOKEN) + _FIXED_TOKENS, int(output)) or 0.0

    def _affordable(self, reserve: float) -> bool:
        cap = self._settings.spending_cap
        if cap is None:
            return True
        return (self._judge.usage.cost or 0.0) + self._reserved + reserve <= cap


def _run(start: Callable[[], Any]) -> dict[str, Reply]:
    """Run a coroutine on a loop in a thread of its own, which also works inside notebooks.

    An interrupt of the waiting thread cancels the coroutine.
    """
    loop = asyncio.new_event_loop()
    task = loop.create_task(start())
    result: list[dict[str, Reply]] = []
    errors: list[BaseException] = []

    def target() -> None:
        asyncio.set_event_loop(loop)
        try:
            result.append(loop.run_until_complete(task))
        except BaseException as error:
            errors.append(error)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    thread = threading.Thread(target=target, name="judge", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.2)
    except BaseException:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        raise
    if errors:
        raise errors[0]
    return result[0]
