"""From a chat model's reply to an ``Answer``; a malformed reply is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from sama_bench.nouns import Answer, Masklet, Sample, Segment

MARK = "[SEG]"
LONGEST_REPLY = 100_000
"""Characters; 2,048 tokens are about 10,000."""


class ModelOutputError(ValueError):
    """A model returned something that cannot be scored; the sample is counted as failed."""


def checked_text(text: object) -> str:
    """Return a reply's text.

    Raises:
        ModelOutputError: it is no string, or longer than any reply can be.
    """
    if not isinstance(text, str):
        raise ModelOutputError(f"the reply's text is {type(text).__name__}, not a string")
    if len(text) > LONGEST_REPLY:
        raise ModelOutputError(f"the reply never ended: {len(text):,} characters")
    return text


def checked_masks(masks: Any, frames: int, height: int, width: int) -> npt.NDArray[np.bool_]:
    """Return one object's masks as bool (frames, height, width).

    Raises:
        ModelOutputError: another shape or size, values other than 0 and 1, or NaN.
    """
    array = np.asarray(masks.cpu() if hasattr(masks, "cpu") else masks)
    wanted = (frames, height, width)
    if array.shape != wanted:
        raise ModelOutputError(f"masks of shape {array.shape}; the video needs {wanted}")
    if array.dtype == np.bool_:
        return array
    if array.dtype.kind not in "uif":
        raise ModelOutputError(f"masks of dtype {array.dtype}; they must be bool or 0 and 1")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ModelOutputError("masks hold NaN or infinite values")
    if not np.isin(array, (0, 1)).all():
        low, high = array.min(), array.max()
        raise ModelOutputError(f"masks hold values from {low} to {high}; they must be 0 and 1")
    foreground: npt.NDArray[np.bool_] = array != 0
    return foreground


def checked_logits(logits: Any) -> npt.NDArray[np.bool_]:
    """Return foreground (logit above 0) of an array of logits.

    Raises:
        ModelOutputError: NaN among them.
    """
    array = np.asarray(logits.float().cpu() if hasattr(logits, "float") else logits)
    if np.isnan(array).any():
        raise ModelOutputError("the mask logits hold NaN; try --dtype float32")
    foreground: npt.NDArray[np.bool_] = array > 0
    return foreground


def phrases_before_marks(text: str) -> list[str | None]:
    """Return, per ``[SEG]``, the phrase ``<p> ... </p>`` that ends last before it, or None."""
    phrases: list[str | None] = []
    for piece in text.split(MARK)[:-1]:
        found = re.findall(r"<p>((?:(?!<p>).)*?)</p>", piece, re.DOTALL)
        phrases.append(" ".join(found[-1].split()) if found else None)
    return phrases


def chat_answer(
    reply: Mapping[str, Any], sample: Sample, prompted: int = 0, notes: Mapping[str, Any] = {}
) -> Answer:
    """Turn ``{"prediction", "prediction_masks"}`` into an answer.

    Args:
        reply: what ``predict_forward`` returned (protocol adapters.md section 1).
        sample: what was asked.
        prompted: ``[SEG]`` in the prompt that the model also turns into masks, first (Qwen form).
        notes: recorded with the answer.

    Raises:
        ModelOutputError: the masks do not fit the video, or their number the ``[SEG]`` of the text.
    """
    if not isinstance(reply, Mapping) or "prediction" not in reply:
        raise ModelOutputError("the model returned no 'prediction'")
    text = checked_text(reply["prediction"])
    masks: Sequence[Any] = () if (given := reply.get("prediction_masks")) is None else given
    if "masks" not in sample.wants:
        return Answer(text, notes=dict(notes))
    noted = dict(notes)
    if prompted:
        noted["seg_in_question"] = prompted
    marks = text.count(MARK) + prompted
    if len(masks) == marks - 1 and text.rstrip().endswith(MARK):
        # The last generated token is never read, so a [SEG] cut off by the limit has no mask.
        noted["cut_seg"] = True
    elif len(masks) != marks:
        raise ModelOutputError(f"the reply marks {marks} {MARK} but came with {len(masks)} masks")
    video = sample.video
    phrases = [None] * prompted + phrases_before_marks(text)
    segments = tuple(
        Segment(
            phrases[number],
            Masklet.from_arrays(checked_masks(mask, len(video), video.height, video.width)),
        )
        for number, mask in enumerate(masks)
    )
    return Answer(text, segments, noted)
