"""The captions that will be scored, told from the recorded texts before any mask is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sama_bench.benchmark import Answers, AnswersWithTexts, Dataset, Entry, Protocol
from sama_bench.metric import Quirk
from sama_bench.metrics._captions import text_marks
from sama_bench.metrics._captions.java_scores import Texts
from sama_bench.splits.sama_bench.dataset import SamaDataset
from sama_bench.splits.sama_bench.judging import Judged
from sama_bench.splits.sama_bench.rules import in_order
from sama_bench.splits.sama_bench.score_texts import caption_corpora


def expected_corpora(
    dataset: Dataset,
    answers: Answers,
    entries: Sequence[Entry],
    quirks: Mapping[Protocol, frozenset[Quirk]],
) -> list[Texts]:
    """Return the corpora of part G that scoring will ask for, as far as they can be foretold.

    An answer whose masks turn out to be unusable changes its video's corpus; nothing is wrong
    then but the forecast. Empty where the answers cannot tell their texts alone.
    """
    if not isinstance(answers, AnswersWithTexts) or not isinstance(dataset, SamaDataset):
        return []
    said = {entry.id: answers.text(entry.id) for entry in entries}
    corpora: list[Texts] = []
    for protocol, acting in quirks.items():
        items = [
            Judged(
                entry,
                "answered",
                text_marks.clean(text, acting),
                text_marks.clean(dataset.reference_text(entry.id), acting),
            )
            for entry in in_order(entries, protocol, grounded=True)
            if (text := said[entry.id]) is not None
        ]
        corpora.extend(caption_corpora(items, acting))
    return corpora
