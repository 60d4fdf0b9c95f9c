"""Checks what a model returned before it is recorded: a wrong shape is a failure, not a score."""

from __future__ import annotations

import json

from sama_bench.nouns import Answer, Masklet, Sample, Segment

MAX_TEXT = 100_000
"""Characters; a longer reply is a model that did not stop."""

MAX_SEGMENTS = 1000

MAX_NOTES = 1_000_000
"""Characters of an answer's notes as JSON."""

MAX_PHRASE = 10_000
"""Characters of a phrase."""

MAX_WORDS = 1_000_000
"""Characters of text, phrases and notes together."""


class BadAnswerError(ValueError):
    """What the adapter returned is no answer to the sample; the message says why."""


def check_answer(answer: object, sample: Sample) -> Answer:
    """Return ``answer`` if it fits the sample, its masks as plain numbers and texts.

    Raises:
        BadAnswerError: not an Answer; text that is none or endless; a masklet of another number of
            frames or another size than the video; a broken RLE; notes that are not JSON; more
            words in all than can be stored.
    """
    if not isinstance(answer, Answer):
        raise BadAnswerError(f"predict returned {type(answer).__name__}, not an Answer")
    if not isinstance(answer.text, str):
        raise BadAnswerError(f"the answer's text is {type(answer.text).__name__}, not str")
    if len(answer.text) > MAX_TEXT:
        raise BadAnswerError(
            f"the answer's text has {len(answer.text)} characters, over {MAX_TEXT}"
        )
    if not isinstance(answer.segments, (tuple, list)):
        raise BadAnswerError(
            f"the answer's segments are {type(answer.segments).__name__}, no tuple"
        )
    if len(answer.segments) > MAX_SEGMENTS:
        raise BadAnswerError(f"the answer has {len(answer.segments)} segments, over {MAX_SEGMENTS}")
    segments = tuple(
        _checked(segment, sample, f"segment {number}")
        for number, segment in enumerate(answer.segments)
    )
    try:
        noted = dict(answer.notes)
        notes = json.dumps(noted, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadAnswerError(f"the answer's notes are not JSON values: {error}") from None
    if len(notes) > MAX_NOTES:
        raise BadAnswerError(f"the answer's notes have {len(notes)} characters, over {MAX_NOTES}")
    words = len(answer.text) + len(notes) + sum(len(one.phrase or "") for one in segments)
    if words > MAX_WORDS:
        raise BadAnswerError(
            f"the answer's text, phrases and notes have {words} characters, over {MAX_WORDS}"
        )
    return Answer(answer.text, segments, noted)


def _checked(segment: object, sample: Sample, where: str) -> Segment:
    if not isinstance(segment, Segment) or not isinstance(segment.masklet, Masklet):
        raise BadAnswerError(f"{where} is {type(segment).__name__}, not a Segment with a Masklet")
    if segment.phrase is not None and not isinstance(segment.phrase, str):
        raise BadAnswerError(f"{where}: its phrase is {type(segment.phrase).__name__}, not str")
    if segment.phrase is not None and len(segment.phrase) > MAX_PHRASE:
        raise BadAnswerError(f"{where}: its phrase has over {MAX_PHRASE} characters")
    masklet, video = segment.masklet, sample.video
    if not isinstance(masklet.counts, (tuple, list)):
        raise BadAnswerError(f"{where}: its masks are {type(masklet.counts).__name__}, no tuple")
    if len(masklet) != len(video):
        raise BadAnswerError(f"{where} has {len(masklet)} masks, the video {len(video)} frames")
    if (masklet.height, masklet.width) != (video.height, video.width):
        raise BadAnswerError(
            f"{where} has masks of {masklet.height}x{masklet.width}, "
            f"the video frames of {video.height}x{video.width}"
        )
    try:
        plain = Masklet.from_rles(masklet.rles(), masklet.height, masklet.width)
    except ValueError as error:
        raise BadAnswerError(f"{where}: {error}") from None
    return Segment(segment.phrase, plain)
