"""Replies with one ``[SEG]`` for each clip of a video, and one mask track for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sama_bench.adapters._chat.replies import MARK, ModelOutputError, checked_masks, checked_text
from sama_bench.nouns import Answer, Masklet, Sample, Segment

CLIPS = 10
"""``[SEG]`` of a reply of the trained form."""


def clip_answer(reply: Any, sample: Sample, notes: Mapping[str, Any]) -> Answer:
    """Turn a reply with one ``[SEG]`` a clip and one track into an answer of one segment.

    Of more than ten ``[SEG]`` the model uses the first ten; of fewer it repeats the last.

    Args:
        reply: what ``predict_forward`` returned.
        sample: what was asked.
        notes: recorded with the answer.

    Raises:
        ModelOutputError: there is no track, or more than one, or it does not fit the video.
    """
    if not isinstance(reply, Mapping) or "prediction" not in reply:
        raise ModelOutputError("the model returned no 'prediction'")
    text = checked_text(reply["prediction"])
    masks: Sequence[Any] = () if (given := reply.get("prediction_masks")) is None else given
    written = text.count(MARK)
    if len(masks) != 1:
        raise ModelOutputError(
            f"the reply marks {written} {MARK} and came with {len(masks)} mask tracks, not one"
        )
    noted = dict(notes)
    cut = text.rstrip().endswith(MARK)  # the last generated token is never read
    if cut:
        noted["cut_seg"] = True
    if (read := written - cut) != CLIPS:
        used = "the first 10 used" if read > CLIPS else "the last repeated up to 10"
        noted["clip_segs"] = f"{read} {MARK} read instead of {CLIPS}: {used}"
    video = sample.video
    track = Masklet.from_arrays(checked_masks(masks[0], len(video), video.height, video.width))
    return Answer(text, (Segment(None, track),), noted)
