"""One request to an OpenAI-compatible endpoint, and what its failure means.

The API key is read from ``OPENAI_API_KEY``. It is never kept in an object of ours, written to a
file, or part of a message: what an endpoint says is cleaned of it before it is kept or shown.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sama_bench.judge.guard import ElsewhereError, TooLargeError, guarded_client
from sama_bench.judge.settings import JudgeSettings
from sama_bench.metric import JudgeError, JudgeRequest, Reply
from sama_bench.storage.secrets import scrub, without_keys

KEY_VARIABLE = "OPENAI_API_KEY"
_OPENAI = "https://api.openai.com/v1"
_LONGEST_WAIT = 120.0


@dataclass(frozen=True)
class Tokens:
    """What the endpoint says that a request used."""

    prompt: int
    reply: int


class RequestError(Exception):
    """A request without a reply.

    Attributes:
        worked: whether the endpoint may have worked on it, and send a bill.
        used: what it says that the request used, None if it does not say.
    """

    def __init__(self, reason: str, *, worked: bool = False, used: Tokens | None = None) -> None:
        super().__init__(reason)
        self.worked, self.used = worked, used


class RetryLaterError(RequestError):
    """A request that may work when it is sent again.

    Attributes:
        wait: in seconds, if the endpoint said.
        alive: whether the endpoint is there and asks for patience.
    """

    def __init__(
        self,
        reason: str,
        *,
        wait: float | None = None,
        alive: bool = False,
        worked: bool = False,
        used: Tokens | None = None,
    ) -> None:
        super().__init__(reason, worked=worked, used=used)
        self.wait, self.alive = wait, alive


class UnanswerableError(RequestError):
    """A request that the endpoint will not take, while it may take others.

    Attributes:
        parameter: which it names as the reason, or None.
    """

    def __init__(self, reason: str, *, parameter: str | None = None, worked: bool = False) -> None:
        super().__init__(reason, worked=worked)
        self.parameter = parameter


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
        max_retries=0,  # a try has to fit under the cap first, and its reason is told
        default_headers={"Accept-Encoding": "identity"},
        http_client=guarded_client(openai, settings.timeout),
    )


async def ask_once(
    client: Any, request: JudgeRequest, settings: JudgeSettings
) -> tuple[Reply, Tokens | None]:
    """Send one request; return its reply and what the endpoint says that it used.

    Raises:
        RetryLaterError: it may work later: 429, 5xx, time-out, lost connection, unreadable
            response.
        UnanswerableError: the endpoint refuses this request (400, 413, 422 and the like), or says
            more than any verdict holds.
        JudgeError: it would refuse every request: bad key, no such model, no credit; or it leads
            to another host.
    """
    import openai

    sent = settings.sent(request)
    try:
        async with asyncio.timeout(settings.timeout):
            completion = await client.chat.completions.create(
                model=settings.model,
                messages=[_sendable(message) for message in request.messages],
                **_arguments(sent),
            )
    except (TimeoutError, openai.APITimeoutError):
        late = f"no complete response within {settings.timeout:g} s"
        raise RetryLaterError(late, worked=True) from None
    except openai.APIStatusError as error:
        raise _from_status(error, settings, sent) from None
    except (openai.APIConnectionError, ElsewhereError, TooLargeError) as error:
        raise _from_connection(error, settings) from None
    except (openai.OpenAIError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise RetryLaterError(f"unreadable response: {cleaned(error)}", worked=True) from None
    return _read(completion)


def _from_connection(error: Exception, settings: JudgeSettings) -> Exception:
    """Return what a connection without a readable response means; older clients wrap the cause."""
    cause = error if error.__cause__ is None else error.__cause__
    if isinstance(cause, TooLargeError):
        return UnanswerableError(str(cause), worked=True)
    if isinstance(cause, ElsewhereError):
        return JudgeError(
            f"the judge at {settings.endpoint or 'OpenAI'} redirects to another host, "
            f"{cleaned(cause)}; name that one with --judge-base-url if it is to get the texts"
        )
    return RetryLaterError(f"no connection: {cleaned(cause)}")


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


def _read(completion: Any) -> tuple[Reply, Tokens | None]:
    """Read a completion. Raises RetryLaterError when it has no choice or no message."""
    used = _used(completion)
    try:
        choice = completion.choices[0]
        message = choice.message
        text, refusal = message.content, getattr(message, "refusal", None)
    except (AttributeError, IndexError, KeyError, TypeError):
        raise RetryLaterError("the response holds no choice", worked=True, used=used) from None
    if text is not None and not isinstance(text, str):
        raise RetryLaterError("the response's content is no text", worked=True, used=used)
    refused = bool(refusal) or getattr(choice, "finish_reason", None) == "content_filter"
    served = getattr(completion, "model", None)
    reply = Reply(
        status="refused" if refused else "answered",
        text=None if text is None else without_keys(text),
        error=f"refused: {cleaned(refusal or 'content filter')}" if refused else None,
        input_tokens=used.prompt if used else 0,
        output_tokens=used.reply if used else 0,
        served_model=scrub(served) if isinstance(served, str) else None,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return reply, used


def _used(completion: Any) -> Tokens | None:
    """Return what a response says that it used; None where that cannot be."""
    usage = getattr(completion, "usage", None)
    prompt, reply = (_count(usage, f"{name}_tokens") for name in ("prompt", "completion"))
    return None if not prompt or reply is None else Tokens(prompt, reply)


def _count(usage: Any, name: str) -> int | None:
    """Return a count, also one that is written as a text; None for anything else."""
    value = usage.get(name) if isinstance(usage, Mapping) else getattr(usage, name, None)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _from_status(error: Any, settings: JudgeSettings, sent: Mapping[str, Any]) -> Exception:
    """Return what an HTTP error status means."""
    status = int(error.status_code)
    said = cleaned(error)
    if getattr(error, "code", None) == "insufficient_quota":
        return JudgeError(f"the judge's account has no credit left: {said}")
    if status in (408, 409, 425, 429) or status >= 500:
        wait = _retry_after(error.response.headers)
        alive = status == 429 or wait is not None
        return RetryLaterError(f"HTTP {status}: {said}", wait=wait, alive=alive)
    if status in (401, 403):
        return JudgeError(f"the judge refused the key (HTTP {status}): check {KEY_VARIABLE}")
    if status in (404, 405):
        where = settings.endpoint or "OpenAI"
        return JudgeError(f"no judge {settings.model!r} at {where} (HTTP {status}): {said}")
    return UnanswerableError(f"HTTP {status}: {said}", parameter=_parameter(error, sent))


def _parameter(error: Any, sent: Mapping[str, Any]) -> str | None:
    """Return the parameter of the request that an error names, if it names one that was sent."""
    told = getattr(error, "param", None)
    if isinstance(told, str) and told in sent:
        return told
    text = str(error)
    named = [name for name in sent if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    return min(named, key=text.index, default=None)


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
    return scrub(text)[:200]
