"""Chat requests with images to an OpenAI-compatible endpoint: retries, cost, no key in any log."""

from __future__ import annotations

import base64
import io
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from sama_bench.adapters._checkpoints.loading import one_line, require
from sama_bench.errors import AdapterError
from sama_bench.storage.secrets import scrub

KEY = "OPENAI_API_KEY"
MILLION = 1_000_000


class EndpointError(RuntimeError):
    """The endpoint gave no answer to a request; the sample is counted as failed."""


@dataclass(frozen=True)
class Endpoint:
    """Where and how requests are sent.

    Attributes:
        model: name that the endpoint knows.
        base_url: of the endpoint, or None for OpenAI's own.
        attempts: requests per question before it counts as failed; the client repeats what may
            pass (429, 5xx, lost connections).
        timeout: of one request, seconds.
        max_tokens: longest reply.
        temperature: 0 for answers that can be repeated, as far as the endpoint allows.
        prices: US dollars per million prompt and reply tokens, or None when not known.
        limit: US dollars after which no request is sent, or None.
    """

    model: str
    base_url: str | None = None
    attempts: int = 5
    timeout: float = 120.0
    max_tokens: int = 1024
    temperature: float = 0.0
    prices: tuple[float, float] | None = None
    limit: float | None = None


@dataclass
class Spent:
    """Tokens and money used so far; shared by the threads of one worker."""

    prompt: int = 0
    reply: int = 0
    dollars: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, prompt: int, reply: int, prices: tuple[float, float] | None) -> float:
        """Count one reply and return what it cost, US dollars (0 when prices are not known)."""
        cost = 0.0 if prices is None else (prompt * prices[0] + reply * prices[1]) / MILLION
        with self.lock:
            self.prompt += prompt
            self.reply += reply
            self.dollars += cost
        return cost


@dataclass(frozen=True)
class Said:
    """One reply, with what it used."""

    text: str
    prompt_tokens: int
    reply_tokens: int
    dollars: float
    attempts: int
    cut: bool


class ChatClient:
    """Asks an endpoint; safe to use from several threads."""

    def __init__(self, endpoint: Endpoint, client: Any = None) -> None:
        self.endpoint, self.spent = endpoint, Spent()
        self._client = client or _open(endpoint)

    def ask(self, text: str, images: Sequence[Image.Image]) -> Said:
        """Send one question with its images, the images first.

        Raises:
            EndpointError: no answer after all attempts, or the spending limit is reached.
        """
        limit = self.endpoint.limit
        if limit is not None and self.spent.dollars >= limit:
            raise EndpointError(f"the spending limit of {limit} US dollars is reached")
        content: list[dict[str, Any]] = [
            {"type": "image_url", "image_url": {"url": data_url(image)}} for image in images
        ]
        content.append({"type": "text", "text": text})
        try:
            return self._said(content)
        except Exception as error:
            raise EndpointError(
                f"{self.endpoint.model} gave no answer (attempts allowed: "
                f"{self.endpoint.attempts}): {scrub(one_line(error))}"
            ) from None

    def _said(self, content: list[dict[str, Any]]) -> Said:
        response = self._client.chat.completions.with_raw_response.create(
            model=self.endpoint.model,
            messages=[{"role": "user", "content": content}],
            max_tokens=self.endpoint.max_tokens,
            temperature=self.endpoint.temperature,
        )
        reply = response.parse()
        if not reply.choices:
            raise EndpointError("the reply holds no choices")
        choice, usage = reply.choices[0], reply.usage
        prompt = usage.prompt_tokens if usage else 0
        replied = usage.completion_tokens if usage else 0
        cost = self.spent.add(prompt, replied, self.endpoint.prices)
        text = choice.message.content or ""
        attempts = 1 + int(response.retries_taken)
        return Said(text, prompt, replied, cost, attempts, choice.finish_reason == "length")


def _open(endpoint: Endpoint) -> Any:
    require("openai", "openai")
    from openai import OpenAI

    key = os.environ.get(KEY)
    if not key and endpoint.base_url is None:
        raise AdapterError(
            f"set {KEY} in the environment, or name an endpoint of your own with "
            "--option base_url=http://localhost:8000/v1"
        )
    return OpenAI(
        api_key=key or "none",
        base_url=endpoint.base_url,
        timeout=endpoint.timeout,
        max_retries=endpoint.attempts - 1,  # it heeds Retry-After, and backs off by itself
    )


def data_url(image: Image.Image) -> str:
    """Return an image as a PNG data URL: lossless, so that marks keep their colours."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
