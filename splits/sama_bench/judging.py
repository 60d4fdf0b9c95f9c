"""From one video's answers to what each sample is worth, under every protocol at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sama_bench.benchmark import Answers, Dataset, Entry, Outcome, Protocol, Tools
from sama_bench.errors import DataError
from sama_bench.metric import Quirk
from sama_bench.metrics._captions import text_marks
from sama_bench.metrics._masks.overlap import Overlap
from sama_bench.metrics.grounding import BROKEN_VIDEO_ZERO
from sama_bench.nouns import Answer, Reference
from sama_bench.splits._masks.object_facts import object_facts
from sama_bench.splits.sama_bench.rules import acting
from sama_bench.splits.sama_bench.score_masks import MaskScore, score_masks, shared_pixels


@dataclass(frozen=True)
class Judged:
    """One sample under one protocol, before it is averaged.

    Attributes:
        entry: of the sample.
        status: of its outcome; ``failed`` too where the reference or masks cannot be used.
        prediction: cleaned text, or None without an answer.
        reference: cleaned text of the reference.
        masks: scores of its masks, None for part C and without an answer.
        note: why it has no value, or None.
        attributes: facts for reports, the entry's own and what the masks tell.
    """

    entry: Entry
    status: str
    prediction: str | None = None
    reference: str = ""
    masks: MaskScore | None = None
    note: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


def judge_entry(
    dataset: Dataset,
    entry: Entry,
    outcome: Outcome,
    protocols: Sequence[Protocol],
    tools: Tools,
    grounded: bool,
) -> dict[Protocol, Judged]:
    """Judge one sample under the protocols in which it exists; pixels are compared once."""
    judged: dict[Protocol, Judged] = {}
    compared: list[tuple[Reference, Overlap]] = []
    for protocol in protocols:
        if protocol not in entry.protocols:
            continue
        if outcome.answer is None:
            judged[protocol] = Judged(entry, outcome.status, note=outcome.error)
            continue
        try:
            reference = dataset.reference(entry.id, protocol)
        except DataError as error:
            judged[protocol] = Judged(entry, "failed", note=str(error))
            continue
        judged[protocol] = _judge(
            entry, outcome, reference, acting(protocol, tools), tools, grounded, compared
        )
    return judged


def _judge(
    entry: Entry,
    outcome: Outcome,
    reference: Reference,
    quirks: frozenset[Quirk],
    tools: Tools,
    grounded: bool,
    compared: list[tuple[Reference, Overlap]],
) -> Judged:
    answer = outcome.answer
    assert answer is not None
    masks: MaskScore | None = None
    note: str | None = None
    if grounded:
        try:
            shared = _shared(answer, reference, BROKEN_VIDEO_ZERO in quirks, compared)
            masks = score_masks(answer, reference, quirks, tools, shared)
        except ValueError as error:
            note = f"its masks cannot be compared: {error}"
            if BROKEN_VIDEO_ZERO not in quirks:
                return Judged(entry, "failed", note=note)
            masks = MaskScore(len(answer.segments), len(reference.masklets), error=note)
    return Judged(
        entry=entry,
        status=outcome.status,
        prediction=text_marks.clean(answer.text, quirks),
        reference=text_marks.clean(reference.text or "", quirks),
        masks=masks,
        note=note,
        attributes={**entry.attributes, **object_facts(reference.masklets)},
    )


def _shared(
    answer: Answer,
    reference: Reference,
    broadcast: bool,
    compared: list[tuple[Reference, Overlap]],
) -> Overlap:
    one_length = len({len(segment.masklet) for segment in answer.segments}) <= 1
    if one_length:
        for other, shared in compared:
            if other.masklets == reference.masklets:
                return shared
    shared = shared_pixels(answer, reference, broadcast)
    if not broadcast or all(
        len(segment.masklet) == len(target)
        for segment in answer.segments
        for target in reference.masklets
    ):
        compared.append((reference, shared))
    return shared


def judge_all(
    dataset: Dataset,
    answers: Answers,
    protocols: Sequence[Protocol],
    tools: Tools,
    grounded: bool,
) -> dict[Protocol, dict[str, Judged]]:
    """Judge every sample, one answer in memory at a time; by protocol and sample id."""
    everything: dict[Protocol, dict[str, Judged]] = {protocol: {} for protocol in protocols}
    for entry in dataset.entries:
        outcome = answers(entry.id)
        for protocol, judged in judge_entry(
            dataset, entry, outcome, protocols, tools, grounded
        ).items():
            everything[protocol][entry.id] = judged
    return everything
