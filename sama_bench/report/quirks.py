"""Which quirks of the released protocol acted on which sample, by switching them off in turn."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sama_bench.benchmark import Answers, Benchmark, Dataset, Tools
from sama_bench.report.collect import Shown
from sama_bench.scoring.declarations import declared
from sama_bench.scoring.quirks import Progress, without_each


@dataclass(frozen=True)
class Acted:
    """What one quirk did to one metric of one sample: ``value`` with it, ``without`` it."""

    quirk: str
    metric: str
    value: float | None
    without: float | None


def differing(sample: Shown, view: int) -> list[str]:
    """Return the metrics of a sample whose value depends on the protocol."""
    values = sample.views[view].values
    if set(values) != {"released", "strict"}:
        return []
    one, other = values["released"], values["strict"]
    return [name for name in dict.fromkeys([*one, *other]) if one.get(name) != other.get(name)]


def quirks_that_acted(
    benchmark: Benchmark,
    dataset: Dataset,
    answers: Answers,
    samples: Sequence[Shown],
    view: int,
    tools: Tools,
    progress: Progress = lambda quirk: None,
) -> dict[str, list[Acted]]:
    """Score the samples on which the protocols differ, each time without one quirk.

    Returns:
        by sample id what each quirk did; a sample where none changes a value alone is listed
        with nothing: there several act together.
    """
    touched = {
        sample.id: [name for name in differing(sample, view) if not _of_texts(name)]
        for sample in samples
    }
    found: dict[str, list[Acted]] = {id: [] for id, metrics in touched.items() if metrics}
    quirks = [quirk for quirk in benchmark.quirks if not all(map(_of_texts, quirk.metrics))]
    if not found or not quirks:
        return found
    part = copy.copy(dataset)
    part.entries = [entry for entry in dataset.entries if entry.id in found]
    light = replace(tools, captions=False, judge=None)
    for quirk, released, less in without_each(benchmark, part, answers, light, quirks, progress):
        base = {sample.id: sample.values for sample in released.samples}
        for sample in less.samples:
            before, values = base[sample.id], sample.values
            found[sample.id] += [
                Acted(str(quirk), metric, before.get(metric), values.get(metric))
                for metric in dict.fromkeys([*before, *values])
                if before.get(metric) != values.get(metric)
            ]
    return found


def _of_texts(metric: str) -> bool:
    """Texts are scored together, as a corpus, so that no quirk of theirs is told by sample."""
    return declared().metric(metric).reads == "texts"
