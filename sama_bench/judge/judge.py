"""Ask a language model to judge texts: many requests, each paid for once.

Any OpenAI-compatible endpoint serves. Requests run concurrently under a rate limit, are repeated
after passing failures, stop at a spending cap, and every reply is kept in a cache file, so that a
second scoring asks nobody. What a reply means is the metric's affair
(a metric's, such as CLAIR).
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sama_bench.judge.cache import JudgeCache
from sama_bench.judge.client import (
    RequestError,
    RetryLaterError,
    Tokens,
    UnanswerableError,
    ask_once,
    can_ask,
    open_client,
)
from sama_bench.judge.settings import JudgeSettings, Usage
from sama_bench.judge.spending import Spending
from sama_bench.judge.watch import Watch
from sama_bench.metric import JudgeError, JudgeRequest, Reply
from sama_bench.storage.secrets import hold, public, secret_values

__all__ = ["Judge", "JudgeError", "JudgeRequest", "JudgeSettings", "Reply", "Usage"]

_LOST_IN_A_ROW = 20
_LOST_AT_FIRST = 3
_LONGEST_BACKOFF = 60.0
_DEAD_SECONDS = 45.0


class Judge:
    """A judge with its cache; ``usage`` says what it has done so far.

    Args:
        settings: which judge to ask, and how.
        cache: JSON-lines file of replies; read now, appended to as replies arrive. None keeps
            them in memory only.
        say: receives a line where the judge does not answer for half a minute.

    Raises:
        JudgeError: the cache cannot be read.
    """

    def __init__(
        self,
        settings: JudgeSettings,
        cache: str | Path | None = None,
        say: Callable[[str], object] = lambda line: None,
    ) -> None:
        hold(*secret_values(settings.extra, known_only=True))
        self.settings = settings
        self.say = say
        self.answering: set[str] = set()
        self.cache = JudgeCache(cache)
        if damaged := self.cache.damaged:
            say(
                f"the judge's cache {self.cache.path}: {len(damaged)} damaged "
                f"line{'s are' if len(damaged) > 1 else ' is'} passed over ({damaged[0]})"
            )
        self.usage = Usage(cost=settings.cost(0, 0))

    def record(self) -> dict[str, Any]:
        """Return what a result says of its judge: who, how asked, and the checksum of the cache."""
        asked = public(self.settings.extra, known_only=True)
        return {
            "model": self.settings.model,
            "endpoint": self.settings.endpoint,
            "temperature": self.settings.temperature,
            "extra": {name: str(value) for name, value in asked.items()},
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
                self.answering.add(_parameters(self.settings, request))
                self.count(settled[key])
        if progress and len(requests) > len(wanted):
            progress(len(requests) - len(wanted))
        if wanted:
            try:
                settled.update(_run(_Round(self, wanted, progress).ask_all))
            finally:
                self.cache.close()
        return [settled[key] for key in keys]

    def count(self, reply: Reply) -> None:
        """Add a settled reply to ``usage``."""
        self.usage = replace(
            self.usage,
            cached=self.usage.cached + reply.cached,
            failed=self.usage.failed + (reply.status in ("failed", "unasked")),
            refused=self.usage.refused + (reply.status == "refused"),
        )

    def pay(self, used: Tokens | None, worst: float) -> float:
        """Add what a request cost to ``usage``, and return it; ``worst`` if it was not counted."""
        prompt, reply = (used.prompt, used.reply) if used else (0, 0)
        cost = (self.settings.cost(prompt, reply) or 0.0) if used else worst
        total = self.usage.cost
        self.usage = replace(
            self.usage,
            input_tokens=self.usage.input_tokens + prompt,
            output_tokens=self.usage.output_tokens + reply,
            uncounted=self.usage.uncounted + (used is None),
            cost=None if total is None else total + cost,
        )
        return cost


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
        self._settled: dict[str, Reply] = {}
        self._spending = Spending(judge.settings, judge.usage.cost or 0.0)
        self._watch = Watch(judge.say, lambda: len(wanted) - len(self._settled))
        self._next_start = 0.0
        self._began = 0.0
        self._lost = 0
        self._refused = 0

    async def ask_all(self) -> dict[str, Reply]:
        """Ask everything; the first JudgeError ends all that is under way."""
        queue = iter(self._wanted.items())
        client = open_client(self._settings)
        self._began = asyncio.get_running_loop().time()

        async def work() -> None:
            for key, request in queue:
                reply = await self._settle(client, request)
                self._settled[key] = reply
                if reply.status in ("answered", "refused"):
                    self._judge.cache.keep(request, self._settings, reply)
                self._judge.count(reply)
                if self._progress:
                    self._progress(1)

        count = min(self._settings.concurrency, len(self._wanted))
        workers = [asyncio.create_task(work()) for _ in range(count)]
        watching = asyncio.create_task(self._watch.run())
        try:
            await asyncio.gather(*workers)
        finally:
            for task in (*workers, watching):
                task.cancel()
            await asyncio.gather(*workers, watching, return_exceptions=True)
            await client.close()
        self._check_any()
        return self._settled

    async def _settle(self, client: Any, request: JudgeRequest) -> Reply:
        """Ask until there is a reply, a final failure, or no retry left.

        Raises:
            JudgeError: this failure is one too many: the judge is dead, or refuses everything.
        """
        tries = 0
        for attempt in range(self._settings.retries + 1):
            try:
                reply = await self._try(client, request)
            except UnanswerableError as error:
                self._lost = 0
                self._check_refused(request, error)
                return Reply("failed", error=str(error))
            except RetryLaterError as error:
                tries, problem = tries + 1, error
                self._watch.problem = str(error)
            else:
                self._lost = self._refused = 0
                if reply.status != "unasked":
                    self._watch.replied()
                    self._judge.answering.add(_parameters(self._settings, request))
                return reply
            if attempt == self._settings.retries or (tries > 1 and self._dead(request, problem)):
                break
            await asyncio.sleep(self._pause(attempt) if problem.wait is None else problem.wait)
        self._check_lost(request, problem)
        return Reply("failed", error=f"no reply after {tries - 1} retries: {problem}")

    async def _try(self, client: Any, request: JudgeRequest) -> Reply:
        """Send a request once, as soon as the cap and the rate allow, and pay for it."""
        worst = self._spending.worst(request)
        if not await self._spending.reserve(worst):
            cap = self._settings.spending_cap
            return Reply("unasked", error=f"the spending cap of {cap:g} USD is reached")
        cost = 0.0
        try:
            await self._wait_for_turn()
            self._judge.usage = replace(self._judge.usage, calls=self._judge.usage.calls + 1)
            reply, used = await ask_once(client, request, self._settings)
            cost = self._judge.pay(used, worst)
            return reply
        except RequestError as error:
            if error.worked:
                cost = self._judge.pay(error.used, worst)
            raise
        finally:
            self._spending.settle(worst, cost)

    def _known(self, request: JudgeRequest) -> bool:
        """Tell whether the judge ever answered a request with these parameters."""
        return _parameters(self._settings, request) in self._judge.answering

    def _dead(self, request: JudgeRequest, problem: RetryLaterError) -> bool:
        """Tell whether a judge that never answered has been given time enough."""
        elapsed = asyncio.get_running_loop().time() - self._began
        return not (problem.alive or self._known(request)) and elapsed > _DEAD_SECONDS

    def _check_refused(self, request: JudgeRequest, error: UnanswerableError) -> None:
        """End the round where the judge takes no request of this kind."""
        self._refused += 1
        if self._known(request) or self._refused < min(len(self._wanted), _LOST_IN_A_ROW):
            return
        name = error.parameter
        hint = "if a parameter is the reason, leave it out with --judge-option NAME=null"
        if name is not None:
            hint = f"leave the parameter out with --judge-option {name}=null"
        if name == "max_tokens":
            hint += ", or rename it with --judge-option max_completion_tokens=300 as well"
        if error.worked:
            raise JudgeError(f"the judge gives no reply that can be read ({error})")
        raise JudgeError(f"the judge refuses every request ({error}): {hint}")

    def _check_lost(self, request: JudgeRequest, problem: RetryLaterError) -> None:
        """End the round after many requests without a reply, after few if there never was one."""
        self._lost += 1
        most = _LOST_IN_A_ROW
        if not self._known(request):
            most = min(most, len(self._wanted), max(_LOST_AT_FIRST, self._settings.concurrency))
        if self._lost >= most:
            raise JudgeError(
                f"the judge gave no reply to {self._lost} requests in a row ({problem}); "
                "replies so far are kept, give the same command to go on"
            )

    def _check_any(self) -> None:
        """Refuse a round in which nothing was answered, for whatever reasons."""
        errors = [reply.error for reply in self._settled.values() if reply.status == "failed"]
        if len(errors) == len(self._settled) and not any(map(self._known, self._wanted.values())):
            raise JudgeError(f"the judge answered none of {len(errors)} requests ({errors[0]})")

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


def _parameters(settings: JudgeSettings, request: JudgeRequest) -> str:
    """Return what an endpoint may refuse in every request: the parameters, as one text."""
    return json.dumps(settings.sent(request), sort_keys=True, default=str)


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
