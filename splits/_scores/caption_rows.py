"""METEOR, CIDEr and the others for benchmarks whose captions are one corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sama_bench.benchmark import Protocol
from sama_bench.metrics._captions.java import JavaError
from sama_bench.metrics._captions.scores import CaptionError, CaptionPair
from sama_bench.metrics.captions import score_both

WHOLE = "all"
NOT_COUNTED = "the captions could not be counted (--no-captions leaves them out): {}"
"""What a user is told when a part that was not switched off cannot be given."""


@dataclass(frozen=True)
class CaptionFigures:
    """Caption metrics of a corpus, or why there are none.

    Attributes:
        values: by metric; empty where there are none.
        samples: by metric, of each pair, in order.
        reason: why a value does not exist, by metric; "" for all.
        failed: why the captions could not be counted although they should have been, or None.
    """

    values: Mapping[str, float | None] = field(default_factory=dict)
    samples: Sequence[Mapping[str, float | None]] = ()
    reason: Mapping[str, str] = field(default_factory=dict)
    failed: str | None = None

    def note(self, metric: str) -> str | None:
        """Return why a metric has no value, or None."""
        return self.reason.get(metric, self.reason.get(""))


def caption_figures(
    pairs: Mapping[Protocol, Sequence[CaptionPair]], wanted: bool
) -> dict[Protocol, CaptionFigures]:
    """Score the pairs of each protocol as one corpus, whole texts, no cut.

    Args:
        pairs: prediction and references by protocol.
        wanted: False switches the caption metrics off (they start Java).
    """
    if not wanted:
        return dict.fromkeys(pairs, CaptionFigures(reason={"": "captions were switched off"}))
    found = {
        name: CaptionFigures(reason={"": "no caption to score"})
        for name, corpus in pairs.items()
        if not corpus
    }
    groups = {name: {WHOLE: corpus} for name, corpus in pairs.items() if corpus}
    if not groups:
        return found
    try:
        # One call for both protocols: starting the Java programs takes longest.
        scores = score_both(groups.get("released"), groups.get("strict"), cut_released=False)
    except (JavaError, CaptionError) as error:
        lost = CaptionFigures(reason={"": str(error)}, failed=NOT_COUNTED.format(error))
        return found | dict.fromkeys(groups, lost)
    if scores.released is not None and "released" in groups:
        group = scores.released[WHOLE]
        reason = dict(scores.unavailable)
        if group.cause:
            reason[""] = f"0 as in the published code: {group.cause}"
        found["released"] = CaptionFigures(group.values, group.samples, reason)
    if scores.strict is not None and "strict" in groups:
        strict = scores.strict
        found["strict"] = CaptionFigures(strict.values, strict.samples[WHOLE], scores.unavailable)
    return found


def failures(figures: Mapping[Protocol, CaptionFigures]) -> tuple[str, ...]:
    """Return why captions could not be counted, one line a reason."""
    return tuple(dict.fromkeys(item.failed for item in figures.values() if item.failed))
