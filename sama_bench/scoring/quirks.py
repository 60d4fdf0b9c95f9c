"""What each quirk of the released protocol is worth: scoring again, one switched off at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from sama_bench.benchmark import Answers, Benchmark, Dataset, Quirk, Scores, Tools
from sama_bench.errors import UserError

Progress = Callable[[Quirk], None]


@dataclass(frozen=True)
class Worth:
    """What one quirk does to one metric of a split: ``released`` with it, ``without`` it."""

    quirk: Quirk
    metric: str
    split: str
    released: float
    without: float


def without_each(
    benchmark: Benchmark,
    dataset: Dataset,
    answers: Answers,
    tools: Tools,
    quirks: Iterable[Quirk],
    progress: Progress = lambda quirk: None,
) -> Iterator[tuple[Quirk, Scores, Scores]]:
    """Score answers with all quirks of a benchmark, and again without each of some.

    Yields:
        quirk, scores with all quirks, scores without this one; in the order of the numbering.
    """
    every = frozenset(benchmark.quirks)

    def scored(acting: frozenset[Quirk]) -> Scores:
        return dataset.score(answers, ("released",), replace(tools, quirks=acting))

    released = scored(every)
    for quirk in sorted(quirks):
        progress(quirk)
        yield quirk, released, scored(every - {quirk})


def explain(
    benchmark: Benchmark,
    dataset: Dataset,
    answers: Answers,
    tools: Tools,
    progress: Progress = lambda quirk: None,
) -> list[Worth]:
    """Say what each quirk of scoring is worth on these answers.

    Returns:
        a line for each quirk and metric whose value changes, on the split as a whole.

    Raises:
        UserError: the benchmark defines no quirk that can be switched off alone.
    """
    if not benchmark.quirks:
        raise UserError(f"{benchmark.name} has no quirk that can be switched off alone")

    def whole(scores: Scores) -> dict[str, float | None]:
        return {row.metric: row.value for row in scores.rows if row.split == dataset.split}

    found: list[Worth] = []
    each = without_each(benchmark, dataset, answers, tools, benchmark.quirks, progress)
    for quirk, with_all, with_less in each:
        released = whole(with_all)
        for metric, value in whole(with_less).items():
            before = released.get(metric)
            if value is not None and before is not None and value != before:
                found.append(Worth(quirk, metric, dataset.split, before, value))
    return found
