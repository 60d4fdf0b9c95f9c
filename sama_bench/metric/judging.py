"""What a metric asks of a judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sama_bench.errors import UserError


class JudgeError(UserError):
    """No judgement can be had: no key, no such model, no connection, no package."""


@dataclass(frozen=True)
class JudgeRequest:
    """One question to a judge.

    Attributes:
        messages: of the chat, each with ``role`` and ``content``.
        form: name and version of the prompt's wording; replies to other forms never count.
        parameters: ``temperature``, ``max_tokens`` and the like, as the protocol demands.
        attempt: 1 for the first; a further attempt is another draw, not the same reply again.
    """

    messages: Sequence[Mapping[str, str]]
    form: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    attempt: int = 1


Status = Literal["answered", "refused", "failed", "unasked"]


@dataclass(frozen=True)
class Reply:
    """What became of one question.

    Attributes:
        status: ``answered`` (``text`` may still be unreadable), ``refused`` by the judge or its
            content filter, ``failed``: no reply could be had, or ``unasked``: the spending cap was
            reached.
        text: of the reply as it came; None if there is none.
        error: why there is no answer; None where there is one.
        cached: whether it came from the cache.
        input_tokens: of the prompt, as the endpoint counts.
        output_tokens: of the reply, as the endpoint counts.
        served_model: the model that the endpoint says it used.
        created: when the reply was made, ISO 8601 in UTC.
    """

    status: Status
    text: str | None = None
    error: str | None = None
    cached: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    served_model: str | None = None
    created: str | None = None
