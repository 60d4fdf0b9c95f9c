"""CLAIR of texts: requests to a judge, and what its replies are worth under each protocol.

Source: SAMA-Bench-G protocol, section 8.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from sama_bench.metric import JudgeError, JudgeRequest, Reply
from sama_bench.metrics import clair
from sama_bench.metrics.clair import SampleClair

FORMS = {"released": "clair-image-1", "strict": "clair-video-1"}
"""Name and version of the wording, by protocol; part of every cached reply's key."""

Texts = Mapping[str, tuple[str, str]]
"""From sample id to its prediction and its reference."""


class ClairJudge:
    """Judges texts with CLAIR; call it with the texts and a protocol.

    Args:
        judge: who is asked; ``sama_bench.judge.judge.Judge``.
        progress: called with 1 for every request that is settled.
    """

    def __init__(self, judge: Any, progress: Callable[[int], object] | None = None) -> None:
        self.judge = judge
        self._progress = progress

    def __call__(
        self, texts: Texts, protocol: Literal["released", "strict"]
    ) -> dict[str, SampleClair]:
        """Return CLAIR of every sample: a score, or None with the cause.

        Raises:
            JudgeError: nobody can be asked and the cache does not hold every reply; or, under
                ``released``, the spending cap left samples unasked (they would count 0).
        """
        if protocol == "strict":
            replies = self._ask(texts, protocol, 1)
            return {id: _strict(reply) for id, reply in replies.items()}
        return self._released(texts)

    def record(self) -> dict[str, Any]:
        """Return what a result says of its judge; see ``sama_bench.judge.judge.Judge.record``."""
        return {**self.judge.record(), "forms": dict(FORMS)}

    def _released(self, texts: Texts) -> dict[str, SampleClair]:
        """Ask up to three times; only samples whose replies so far cannot be read are asked on."""
        history: dict[str, list[Reply]] = {id: [] for id in texts}
        pending = dict(texts)
        for attempt in range(1, clair.ATTEMPTS + 1):
            if not pending:
                break
            for id, reply in self._ask(pending, "released", attempt).items():
                history[id].append(reply)
                # A refusal is not asked again: it would be refused, and paid, once more.
                if reply.status != "answered" or not clair.wants_another(reply.text):
                    del pending[id]
        unasked = sum(replies[-1].status == "unasked" for replies in history.values())
        if unasked:
            raise JudgeError(
                f"{unasked} of {len(texts)} samples have no judgement: "
                f"{_last_error(history)}; raise it and give the same command to go on"
            )
        return {id: _read_released(replies) for id, replies in history.items()}

    def _ask(
        self, texts: Texts, protocol: Literal["released", "strict"], attempt: int
    ) -> dict[str, Reply]:
        parameters = clair.RELEASED_REQUEST if protocol == "released" else clair.STRICT_REQUEST
        requests = [
            JudgeRequest(
                messages=clair.messages(prediction, reference, protocol=protocol),
                form=FORMS[protocol],
                parameters=parameters,
                attempt=attempt,
            )
            for prediction, reference in texts.values()
        ]
        if self._progress is None:
            replies = self.judge.replies(requests)
        else:
            replies = self.judge.replies(requests, progress=self._progress)
        return dict(zip(texts, replies, strict=True))


def _strict(reply: Reply) -> SampleClair:
    if reply.status == "answered":
        return clair.strict_sample(reply.text)
    return _unjudged(reply, 0)


def _read_released(replies: Sequence[Reply]) -> SampleClair:
    """Read replies as the released code does; a refusal without a verdict is an exception to it."""
    last = replies[-1]
    if last.status in ("failed", "unasked"):
        return _unjudged(last, len(replies))
    if last.status == "refused" and (last.text is None or clair.wants_another(last.text)):
        return _unjudged(last, len(replies))
    return clair.released_sample([reply.text for reply in replies])


def _unjudged(reply: Reply, calls: int) -> SampleClair:
    failed = reply.status in ("failed", "unasked")
    return SampleClair(None, calls, cause=reply.error or reply.status, failed=failed)


def _last_error(history: Mapping[str, Sequence[Reply]]) -> str:
    return next(r[-1].error or "" for r in history.values() if r[-1].status == "unasked")
