"""One request to an OpenAI-compatible endpoint, and what its failure means.

The API key is read from ``OPENAI_API_KEY``. It is never kept in an object of ours, written to a
file, or part of a message: what an endpoint says is cleaned of it before it is shown.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sama_bench.judge.settings import JudgeSettings
from sama_bench.metric import JudgeError, JudgeRequest, Reply

KEY_VARIABLE = "OPENAI_API_KEY"
_OPENAI = "https://api.openai.com/v1"
_LONGEST_WAIT = 120.0
_LOOKS_LIKE_A_KEY = re.compile(r"\bsk-[\w*.-]{6,}")


class RetryLaterError(Exception):
    """A request that may work when it is sent again; ``wait`` in seconds if the endpoint said."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class UnanswerableError(Exception):
    """A request that the endpoint will not take, while it may take others."""


def can_ask(settings: JudgeSettings) -> bool:
    """Return whether requests may be sent: not offline, and a key or an endpoint of one's own."""
    return not settings.offline and bool(os.environ.get(KEY_VARIABLE) or settings.base_url)


def open_client(settings: JudgeSettings) -> Any:
    """Return an ``openai.AsyncOpenAI``.

    Raises:
        JudgeError: the package or the key is missing, or ``settings`` are offline.
    """
    if settings.offline:
        raise JudgeError("the cache does not hold every judgement, and the judge is offline")
    key = os.environ.get(KEY_VARIABLE)
    if not key and not settings.base_url:
        raise JudgeError(
            f"the judge needs a key in {KEY_VARIABLE}, an endpoint of your own "
            "(--judge-base-url), or a cache that holds every judgement (--judge-cache)"
        )
    try:
        import openai
    except ImportError:
        raise JudgeError("the judge needs a package: pip install 'sama-bench[judge]'") from None
    return openai.AsyncOpenAI(
        api_key=key or "none",  # an endpoint of one's own may ask for no key; the client insists
        base_url=settings.base_url or _OPENAI,
        timeout=settings.timeout,
        max_retries=0,
    )


async def ask_once(client: Any, request: JudgeRequest, settings: JudgeSettings) -> Reply:
    """Send one request and wait for its reply.

    Raises:
        RetryLaterError: it may work later: 429, 5xx, time-out, lost connection, unreadable
            response.
        UnanswerableError: the endpoint refuses this request (400, 413, 422 and the like).
        JudgeError: it would refuse every request: bad key, no such model, no credit.
    """
    import openai

    try:
        async with asyncio.timeout(settings.timeout):
            completion = await client.chat.completions.create(
                model=settings.model,
                messages=[_sendable(message) for message in request.messages],
                **_arguments(settings.sent(request)),
            )
    except (TimeoutError, openai.APITimeoutError):
        raise RetryLaterError(f"no complete response within {settings.timeout:g} s") from None
    except openai.APIStatusError as error:
        raise _from_status(error, settings) from None
    except openai.APIConnectionError as error:
        raise RetryLaterError(f"no connection: {cleaned(error.__cause__ or error)}") from None
    except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
        raise RetryLaterError(f"unreadable response: {cleaned(error)}") from None
    return _read(completion)


def _sendable(message: Mapping[str, str]) -> dict[str, str]:
    """Replace lone surrogates, which a model may write and no request can carry."""
    return {
        name: text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        for name, text in message.items()
    }


def _arguments(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Pass what the client's method does not name through the body of the request."""
    named = {"temperature", "max_tokens", "max_completion_tokens", "response_format", "seed"}
    arguments = {name: value for name, value in sent.items() if name in named}
    others = {name: value for name, value in sent.items() if name not in named}
    return {**arguments, "extra_body": others} if others else arguments


def _read(completion: Any) -> Reply:
    """Read a completion. Raises RetryLaterError when it has no choice or no message."""
    try:
        choice = completion.choices[0]
        message = choice.message
        text, refusal = message.content, getattr(message, "refusal", None)
    except (AttributeError, IndexError, KeyError, TypeError):
        raise RetryLaterError("the response holds no choice") from None
    if text is not None and not isinstance(text, str):
        raise RetryLaterError("the response's content is no text")
    refused = bool(refusal) or getattr(choice, "finish_reason", None) == "content_filter"
    usage = getattr(completion, "usage", None)
    served = getattr(completion, "model", None)
    return Reply(
        status="refused" if refused else "answered",
        text=text,
        error=f"refused: {cleaned(refusal or 'content filter')}" if refused else None,
        input_tokens=_count(usage, "prompt_tokens"),
        output_tokens=_count(usage, "completion_tokens"),
        served_model=served if isinstance(served, str) else None,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _count(usage: Any, name: str) -> int:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and value > 0 else 0


def _from_status(error: Any, settings: JudgeSettings) -> Exception:
    """Return what an HTTP error status means."""
    status = int(error.status_code)
    said = cleaned(error)
    if getattr(error, "code", None) == "insufficient_quota":
        return JudgeError(f"the judge's account has no credit left: {said}")
    if status in (408, 409, 425, 429) or status >= 500:
        return RetryLaterError(f"HTTP {status}: {said}", _retry_after(error.response.headers))
    if status in (401, 403):
        return JudgeError(f"the judge refused the key (HTTP {status}): check {KEY_VARIABLE}")
    if status in (404, 405):
        where = settings.endpoint or "OpenAI"
        return JudgeError(f"no judge {settings.model!r} at {where} (HTTP {status}): {said}")
    return UnanswerableError(f"HTTP {status}: {said}")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header, at most two minutes; None without a number."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(seconds, _LONGEST_WAIT) if seconds >= 0 else None


def cleaned(error: object) -> str:
    """Return an error's text as one short line without anything that may be a key."""
    text = " ".join(str(error).split()) or type(error).__name__
    key = os.environ.get(KEY_VARIABLE)
    if key:
        text = text.replace(key, "[key]")
    return _LOOKS_LIKE_A_KEY.sub("[key]", text)[:200]
