"""The judge of the command line: CLAIR asked through ``sama_bench.judge``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sama_bench.benchmark import Protocol
from sama_bench.judge import Judge, JudgeRequest, JudgeSettings, Reply
from sama_bench.metrics import clair

Texts = Mapping[str, tuple[str, str]]
"""Prediction and reference by sample id."""


class ClairJudge:
    """What scoring calls to have texts judged (``Tools.judge``).

    Args:
        settings: which judge to ask, and how.
        cache: file of replies, read and appended to; None keeps them in memory.
    """

    def __init__(self, settings: JudgeSettings, cache: Path | None = None) -> None:
        self.judge = Judge(settings, cache)

    def __call__(self, texts: Texts, protocol: Protocol) -> dict[str, clair.SampleClair]:
        """Judge every text; what cannot be judged has no score but a cause."""
        if protocol == "strict":
            replies = self._ask(texts, protocol, 1)
            return {id: _strict(reply) for id, reply in replies.items()}
        asked: dict[str, list[Reply]] = {id: [] for id in texts}
        open_texts = texts
        for attempt in range(1, clair.ATTEMPTS + 1):
            replies = self._ask(open_texts, protocol, attempt)
            for id, reply in replies.items():
                asked[id].append(reply)
            open_texts = {
                id: texts[id]
                for id, reply in replies.items()
                if reply.status == "answered" and clair.wants_another(reply.text)
            }
        return {id: _released(replies) for id, replies in asked.items()}

    def _ask(self, texts: Texts, protocol: Protocol, attempt: int) -> dict[str, Reply]:
        parameters = clair.RELEASED_REQUEST if protocol == "released" else clair.STRICT_REQUEST
        requests = [
            JudgeRequest(
                messages=clair.messages(said, reference, protocol=protocol),
                form=f"clair-{protocol}",
                parameters=parameters,
                attempt=attempt,
            )
            for said, reference in texts.values()
        ]
        return dict(zip(texts, self.judge.replies(requests), strict=True)) if requests else {}

    def summary(self) -> str:
        """Return one line on what was asked and spent."""
        usage = self.judge.usage
        parts = [f"{usage.calls} calls", f"{usage.cached} replies from the cache"]
        parts += [f"{usage.input_tokens} + {usage.output_tokens} tokens"] * bool(usage.calls)
        if usage.calls and usage.cost is not None:
            parts.append(f"{usage.cost:.2f} USD")
        parts += [f"{usage.failed} without a reply"] * bool(usage.failed)
        parts += [f"{usage.refused} refused"] * bool(usage.refused)
        return f"judge {self.judge.settings.model}: {', '.join(parts)}"


def _strict(reply: Reply) -> clair.SampleClair:
    if reply.status in ("failed", "unasked"):
        return clair.SampleClair(None, cause=reply.error)
    return clair.strict_sample(reply.text)


def _released(replies: list[Reply]) -> clair.SampleClair:
    for reply in replies:
        if reply.status in ("failed", "unasked"):
            return clair.SampleClair(None, len(replies), cause=reply.error)
    return clair.released_sample([reply.text for reply in replies])
