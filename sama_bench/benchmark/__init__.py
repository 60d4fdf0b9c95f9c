"""The interface of a benchmark: what it asks, and how its scores are put together.

A file in ``splits/`` defines subclasses of ``Benchmark`` and ``Dataset`` and lists its benchmarks
in ``BENCHMARKS``. ``Dataset`` is what the engine plans from: a light list of entries; samples,
references and tracks are built one at a time and never kept.

Every command that looks a name up imports these files: what only scoring needs is imported inside
``score``.
"""

from __future__ import annotations

from sama_bench.benchmark.dataset import (
    Answers,
    AnswersWithTexts,
    Dataset,
    IndexMapped,
    Tools,
)
from sama_bench.benchmark.entries import (
    Entry,
    Finding,
    tally,
)
from sama_bench.benchmark.interface import (
    Benchmark,
    Option,
    check_options,
)
from sama_bench.benchmark.parts import (
    OVERALL,
    PROTOCOLS,
    Aggregation,
    Part,
    Protocol,
    split_and_subset,
    subset_of,
)
from sama_bench.benchmark.scores import (
    Coverage,
    Outcome,
    Row,
    SampleScore,
    Scores,
    VideoScore,
)
from sama_bench.benchmark.sources import (
    FramePreparation,
    HubSource,
    HumanSource,
    JointSize,
    Server,
    Source,
)
from sama_bench.metric import Quirk

__all__ = [
    "OVERALL",
    "PROTOCOLS",
    "Aggregation",
    "Answers",
    "AnswersWithTexts",
    "Benchmark",
    "Coverage",
    "Dataset",
    "Entry",
    "Finding",
    "FramePreparation",
    "HubSource",
    "HumanSource",
    "IndexMapped",
    "JointSize",
    "Option",
    "Outcome",
    "Part",
    "Protocol",
    "Quirk",
    "Row",
    "SampleScore",
    "Scores",
    "Server",
    "Source",
    "Tools",
    "VideoScore",
    "check_options",
    "split_and_subset",
    "subset_of",
    "tally",
]
