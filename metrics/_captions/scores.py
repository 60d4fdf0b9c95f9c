"""What goes into caption scoring and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sama_bench.metric import Quirk

CAPTION_METRICS = (
    *(f"bleu_{n}" for n in range(1, 5)),
    "meteor",
    "rouge_l",
    "cider",
    "spice",
)
"""Names of the caption metrics, in the order of the reference's tables."""

Values = Mapping[str, float | None]
"""One value per name of CAPTION_METRICS; None where it does not exist. CIDEr is in [0, 10], all
others in [0, 1]."""


_SECTION = "SAMA-Bench-G protocol, section 10"
VIDEO_CORPORA = Quirk(
    22, "video_corpora", "each video is a caption corpus of its own", CAPTION_METRICS, _SECTION
)
FAILED_VIDEO_ZERO = Quirk(
    24,
    "failed_video_zero",
    "a video on which the chain of caption metrics fails scores 0 in all of them",
    CAPTION_METRICS,
    _SECTION,
)
NAN_SPREADS = Quirk(
    25, "nan_spreads", "SPICE's missing sub-scores make a whole mean NaN", ("spice",), _SECTION
)


class CaptionError(ValueError):
    """Captions that have no score under the strict protocol, or a malformed request."""


@dataclass(frozen=True)
class CaptionPair:
    """One sample: the predicted text and one or more reference texts.

    Texts are cleaned of special tokens (``metrics.caption_cleaning``) but neither cut nor
    tokenised. An empty prediction is legal. Raises CaptionError when there is no reference.
    """

    prediction: str
    references: tuple[str, ...]

    def __post_init__(self) -> None:
        if isinstance(self.references, str) or not self.references:
            raise CaptionError("a caption needs a tuple of one or more reference texts")


@dataclass(frozen=True)
class CorpusScores:
    """Released scores of one group, which is a corpus of its own.

    ``values``: corpus values as COCOEvalCap prints them. ``samples``: per sample, in the order
    given; BLEU of the sentence, CIDEr with the idf of this group. ``cause``: None, or why the
    reference's chain fails on this group; then every value is the 0 that it stores and every
    sample's value is None.
    """

    values: Values
    samples: tuple[Values, ...]
    cause: str | None = None


@dataclass(frozen=True)
class StrictScores:
    """Strict scores: one corpus of all samples.

    ``values``: BLEU of the corpus, mean over samples of everything else. ``groups``: the same
    within each group (BLEU of the group's corpus; CIDEr with the idf of the whole benchmark).
    ``samples``: per group, per sample, in the order given.
    """

    values: Values
    groups: Mapping[str, Values]
    samples: Mapping[str, tuple[Values, ...]]


@dataclass(frozen=True)
class CaptionScores:
    """Both protocols' scores of the same captions.

    ``released`` and ``strict`` are None when not asked for. ``unavailable``: metrics that could
    not be computed here, each with the reason; their values are None. ``notes``: what else a
    reader of the numbers should know, one line each.
    """

    released: Mapping[str, CorpusScores] | None
    strict: StrictScores | None
    unavailable: Mapping[str, str]
    notes: tuple[str, ...] = ()
