"""Under which settings a judge is asked, and what it has done so far."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sama_bench.metric import JudgeError, JudgeRequest
from sama_bench.storage.secrets import names_a_secret


@dataclass(frozen=True)
class JudgeSettings:
    """Which judge to ask, and how.

    Attributes:
        model: name of the model, as the endpoint knows it.
        base_url: of an OpenAI-compatible endpoint (``http://localhost:8000/v1``); None for OpenAI.
        temperature: instead of the request's own; None keeps that.
        max_tokens: instead of the request's own; None keeps that.
        json_mode: False leaves ``response_format`` out, for endpoints that refuse it; True sends it
            always; None keeps what the request says.
        extra: further parameters of every request; None as a value removes one.
        concurrency: requests under way at once.
        requests_per_minute: rate limit; None for none.
        retries: how often one request is sent again after 429, 5xx, a time-out, a lost connection
            or an unreadable response.
        backoff: seconds before the first retry; doubles each time. A Retry-After header counts
            more.
        timeout: seconds until a response must be complete.
        spending_cap: US dollars that this judge may spend; needs both prices.
        input_price: US dollars for a million tokens of prompt.
        output_price: US dollars for a million tokens of reply.
        offline: ask nobody; only replies of the cache count.

    Raises:
        JudgeError: a value makes no sense.
    """

    model: str
    base_url: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    json_mode: bool | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    concurrency: int = 8
    requests_per_minute: float | None = None
    retries: int = 5
    backoff: float = 1.0
    timeout: float = 60.0
    spending_cap: float | None = None
    input_price: float | None = None
    output_price: float | None = None
    offline: bool = False

    def __post_init__(self) -> None:
        if not self.model:
            raise JudgeError("name the judge's model (--judge-model)")
        if self.concurrency < 1 or self.retries < 0 or self.timeout <= 0:
            raise JudgeError("a judge needs concurrency >= 1, retries >= 0 and a timeout > 0")
        if self.requests_per_minute is not None and self.requests_per_minute <= 0:
            raise JudgeError("requests per minute must be above 0")
        for name in ("timeout", "requests_per_minute", "input_price", "output_price"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:  # nor NaN, which passes any limit
                raise JudgeError(f"the judge's {name.replace('_', ' ')} cannot be {value:g}")
        if self.spending_cap is not None and not self.spending_cap >= 0:
            raise JudgeError(f"the judge's spending cap cannot be {self.spending_cap:g}")
        if self.base_url is not None:
            _check_url(self.base_url)
        if self.spending_cap is not None and None in (self.input_price, self.output_price):
            raise JudgeError("a spending cap needs the price of input and output tokens")

    @property
    def endpoint(self) -> str | None:
        """The base URL without trailing slash; None for OpenAI's own."""
        return None if self.base_url is None else self.base_url.rstrip("/")

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """Return what a reply costs in US dollars, None where no prices were given."""
        if self.input_price is None or self.output_price is None:
            return None
        return (input_tokens * self.input_price + output_tokens * self.output_price) / 1e6

    def sent(self, request: JudgeRequest) -> dict[str, Any]:
        """Return the parameters that a request is sent with, after these settings' changes."""
        sent = dict(request.parameters)
        for name in ("temperature", "max_tokens"):
            value = getattr(self, name)
            if value is not None:
                sent[name] = value
        if self.json_mode is not None:
            sent.pop("response_format", None)
        if self.json_mode:
            sent["response_format"] = {"type": "json_object"}
        sent.update(self.extra)
        return {name: value for name, value in sent.items() if value is not None}

    def key(self, request: JudgeRequest) -> str:
        """Return the SHA-256 of all that shapes the reply to a request, except the endpoint.

        Keys and passwords shape none; without them a published cache serves everybody.
        """
        sent = {k: v for k, v in self.sent(request).items() if not names_a_secret(k)}
        matter = {
            "model": self.model,
            "form": request.form,
            "messages": [dict(message) for message in request.messages],
            "parameters": sent,
            "attempt": request.attempt,
        }
        text = json.dumps(matter, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("ascii")).hexdigest()


def _check_url(url: str) -> None:
    """Refuse what is no web address, and one with secrets in it: addresses are logged and kept.

    No part of it is repeated: what stands where a port belongs may be half of a password.
    """
    try:
        parts = urlsplit(url)
        secret = parts.username is not None or parts.password is not None or parts.query
    except ValueError:
        parts, secret = urlsplit(""), ""
    try:
        _ = parts.port
    except ValueError:
        raise JudgeError("the judge's base URL has a port that is no number up to 65535") from None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise JudgeError("the judge's base URL must start with http:// or https:// and a host")
    if secret:
        raise JudgeError(
            "the judge's base URL must hold no user, password or query; "
            "put the key into OPENAI_API_KEY"
        )


@dataclass(frozen=True)
class Usage:
    """What a judge has done so far.

    Attributes:
        calls: requests sent, retries included.
        cached: replies taken from the cache.
        failed: questions without a reply, those included that the spending cap left unasked.
        refused: questions that the judge refused to answer, cached ones included.
        input_tokens: of the replies that were not cached.
        output_tokens: of the replies that were not cached.
        cost: US dollars for these, retries included; None where no prices were given.
        uncounted: requests whose tokens the endpoint did not count; their costs are estimates.
    """

    calls: int = 0
    cached: int = 0
    failed: int = 0
    refused: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    uncounted: int = 0

    def summary(self) -> str:
        """Return one line for a user."""
        cost = "" if self.cost is None else f", {self.cost:.4f} USD"
        if cost and self.uncounted:
            cost += f", {self.uncounted:,} replies estimated since their tokens were not counted"
        return (
            f"judge: {self.calls:,} calls ({self.input_tokens:,} + {self.output_tokens:,} tokens"
            f"{cost}), {self.cached:,} from the cache, {self.refused:,} refused, "
            f"{self.failed:,} failed"
        )
