"""What one answer to a referring expression is worth: counts of its frames, then J, F, A and R.

Definitions: referring video protocol, sections 2, 3 and 6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sama_bench.benchmark import Protocol
from sama_bench.metric import Quirk
from sama_bench.metrics._masks.counts import FrameCounts, frame_counts
from sama_bench.metrics._masks.refvos_aggregate import ROUNDED
from sama_bench.metrics.accuracy import PNG_VALUES, SUMMED_INSTANCES, masklet_accuracy
from sama_bench.metrics.jf import masklet_f, masklet_j
from sama_bench.metrics.robustness import masklet_robustness
from sama_bench.nouns import Answer, Masklet, Video
from sama_bench.splits._masks.alignment import SIZE_UNUSABLE, fit, unite
from sama_bench.splits._masks.rle_tracks import coded
from sama_bench.splits._scores.coverage import UNANSWERED_REFUSED


@dataclass(frozen=True)
class Rules:
    """How answers are turned into values.

    Attributes:
        missing: ``refuse``, ``drop`` or ``zero`` for an expression without a usable answer.
        mask_choice: ``first`` or ``union``.
        quirks: of the released protocol that act.
        resize: bring predictions of another size to the reference's (strict); without it
            they are unusable, as in the published evaluators, whose arrays do not fit.
        fill: take frames past the end of a reference's list as empty (strict); without it the
            expression has no value, as in the published evaluators, which break off there.
    """

    missing: str
    mask_choice: str
    quirks: frozenset[Quirk]
    resize: bool
    fill: bool


def rules(
    protocol: Protocol, settings: Mapping[str, str], quirks: frozenset[Quirk] | None
) -> Rules:
    """Return the rules of a protocol.

    Args:
        protocol: whose quirks act.
        settings: the values of the benchmark's options.
        quirks: only these act, or None for all of the protocol's.
    """
    missing = settings["missing"]
    if protocol == "strict":
        return Rules(missing, settings["mask_choice"], frozenset(), resize=True, fill=True)
    acting = {SUMMED_INSTANCES, ROUNDED}
    if settings.get("pred_values") == "255":
        acting.add(PNG_VALUES)
    if quirks is None:
        fill = missing == "zero"
        return Rules(missing, settings["mask_choice"], frozenset(acting), resize=False, fill=fill)
    return Rules(
        missing if UNANSWERED_REFUSED in quirks else "zero",
        settings["mask_choice"],
        frozenset(acting & quirks),
        resize=SIZE_UNUSABLE not in quirks,
        fill=UNANSWERED_REFUSED not in quirks or missing == "zero",
    )


@dataclass(frozen=True)
class Value:
    """The values of one expression under one set of rules.

    Attributes:
        id: of the sample.
        video: id of its video.
        group: row of its own that it counts in, or None.
        type_id: of the expression.
        status: ``answered``, ``refused``, ``failed`` or ``missing``.
        scores: metric to value in 0..1; zeros where there is no usable answer.
        counted: whether it enters the means.
        notes: what to know about it.
        short: frames past the end of its reference's list of masks, where the rules give it no
            value for that; else 0.
        attributes: facts about the expression and its objects, for scores by attribute.
    """

    id: str
    video: str
    group: str | None
    type_id: int | None
    status: str
    scores: Mapping[str, float]
    counted: bool = True
    notes: Mapping[str, Any] = field(default_factory=dict)
    short: int = 0
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Counted:
    """Frame counts of one answer, made once for all protocols that ask for the same masks."""

    def __init__(self, annotations: Sequence[Masklet], video: Video, answer: Answer) -> None:
        self._tracks = coded(annotations)
        self._video, self._answer = video, answer
        self._known: dict[str, tuple[FrameCounts, int]] = {}

    def by(self, applied: Rules) -> tuple[FrameCounts, int]:
        """Return the counts under some rules, and how many masks had to be resized.

        Raises:
            ValueError: the answer does not fit the video, in one line.
        """
        single = len(self._answer.segments) < 2
        choice = "first" if single else applied.mask_choice
        found = self._known.get(choice)
        if found is None:
            size = (self._video.height, self._video.width)
            predicted, resized = _prediction(self._answer, self._video, applied)
            found = frame_counts(self._tracks, coded([predicted])[0], size), resized
            self._known[choice] = found
        if found[1] and not applied.resize:
            _prediction(self._answer, self._video, applied)
        return found

    def sizes(self) -> str:
        """Say which size the masks have and which the video, as width x height."""
        size = (self._video.height, self._video.width)
        other = next(
            found
            for segment in self._answer.segments
            if (found := (segment.masklet.height, segment.masklet.width)) != size
        )
        swapped = " (width and height swapped?)" if other == size[::-1] else ""
        return f"masks of {_told(other)} for a video of {_told(size)}{swapped}"


def _told(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}"


def measure(
    counted: Counted, applied: Rules, foreground: Sequence[int] | None = None
) -> tuple[dict[str, float], dict[str, Any]]:
    """Score an answer.

    Args:
        counted: its frame counts.
        applied: the rules.
        foreground: pixels of all annotated objects per frame where R is wanted, or None.

    Returns:
        metric to value in 0..1 (``j``, ``f``, ``accuracy``, and ``robustness`` with a foreground),
        and notes.

    Raises:
        ValueError: the answer does not fit the video, in one line.
    """
    counts, resized = counted.by(applied)
    notes: dict[str, Any] = {}
    borderless = int(counts.borderless.sum())
    if borderless:
        notes["frames_without_boundary"] = borderless
    if resized:
        notes["resized_masks"] = resized
        notes["size"] = counted.sizes()
    return _scores(counts, applied, foreground), notes


def zero_scores(robustness: bool) -> dict[str, float]:
    """Return what an expression without a usable answer scores under strict: nothing."""
    names = ("j", "f", "accuracy", "robustness") if robustness else ("j", "f", "accuracy")
    return dict.fromkeys(names, 0.0)


def _scores(
    counts: FrameCounts, applied: Rules, foreground: Sequence[int] | None
) -> dict[str, float]:
    scores = {
        "j": masklet_j(counts),
        "f": masklet_f(counts),
        "accuracy": masklet_accuracy(counts, applied.quirks),
    }
    if foreground is not None:
        scores["robustness"] = masklet_robustness(counts, foreground, applied.quirks)
    return scores


def _prediction(answer: Answer, video: Video, applied: Rules) -> tuple[Masklet, int]:
    size = (video.height, video.width)
    used = answer.segments[:1] if applied.mask_choice == "first" else answer.segments
    masklets, resized = [], 0
    for segment in used:
        masklet = segment.masklet
        if len(masklet) != len(video):
            raise ValueError(f"{len(masklet)} masks for {len(video)} frames")
        if (masklet.height, masklet.width) != size:
            if not applied.resize:
                got = f"{masklet.height}x{masklet.width}"
                raise ValueError(f"masks of {got} for a video of {size[0]}x{size[1]}")
            resized += sum(mask is not None for mask in masklet.counts)
            masklet = _resized(masklet, size)
        masklets.append(masklet)
    return unite(masklets, size, len(video)), resized


def _resized(masklet: Masklet, size: tuple[int, int]) -> Masklet:
    counts = []
    for mask in masklet.rles():
        counts.append(None if mask is None else str(fit(mask, size)["counts"]))
    return Masklet(*size, tuple(counts))
