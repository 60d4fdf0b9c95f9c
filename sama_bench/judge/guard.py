"""Limits on what an endpoint may do to the client: size of a reply, and where it sends us."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

LARGEST_REPLY = 1 << 20
"""Bytes of a response that are read; a judge's verdict needs some hundred."""


class TooLargeError(Exception):
    """A response is larger than any verdict, or packed so that its size cannot be known."""


class ElsewhereError(Exception):
    """The endpoint redirects to another host; the message names it."""


def guarded_client(openai: Any, timeout: float) -> Any:
    """Return an HTTP client for ``openai`` that reads no large response and stays on its host."""
    return openai.DefaultAsyncHttpxClient(timeout=timeout, event_hooks={"response": [_check]})


async def _check(response: Any) -> None:
    """Look at a response before its body is read.

    Raises:
        ElsewhereError: it leads to another host, which would get the texts.
        TooLargeError: it is packed, although that was not asked for, or (while read) too large.
    """
    if response.has_redirect_location:
        asked = response.request.url
        try:
            target = asked.join(response.headers["location"])
        except Exception:  # httpx.InvalidURL, which is no error of a request
            raise ElsewhereError("which no address names") from None
        upgraded = asked.host == target.host and (asked.scheme, target.scheme) == ("http", "https")
        if _place(asked) != _place(target) and not (upgraded and target.port is None):
            raise ElsewhereError(target.host)
    if response.headers.get("content-encoding", "identity") not in ("", "identity"):
        raise TooLargeError("the response is compressed, which was not asked for")
    response.stream = _bounded(response.stream)


def _place(url: Any) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme, 0)


def _bounded(stream: Any) -> Any:
    """Wrap the stream of a response; its class is that of the HTTP library which openai uses."""
    base: Any = next(kind for kind in type(stream).__mro__ if kind.__name__ == "AsyncByteStream")

    class Bounded(base):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for part in stream:
                size += len(part)
                if size > LARGEST_REPLY:
                    raise TooLargeError(f"the response is larger than {LARGEST_REPLY >> 20} MiB")
                yield part

        async def aclose(self) -> None:
            await stream.aclose()

    return Bounded()
