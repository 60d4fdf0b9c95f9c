"""What a row says of how it came about is true: its videos give its value in that way."""

import math

import pytest

from sama_bench import registry
from sama_bench.benchmark import PROTOCOLS, Outcome, Part, Tools
from sama_bench.metrics.phrases import TokenOverlap
from sama_bench.nouns import Answer, Masklet, Segment
from sama_bench.runfolder.manifest import Manifest
from sama_bench.scoring.intervals import Intervals
from sama_bench.scoring.result import Result
from sama_bench.scoring.scored_run import ScoredRun

NAMES = sorted(set(registry.benchmarks()) - {"ref-youtube-vos", "refcoco+", "refcocog"})


def half_right(dataset):
    """Every other target is found, on its even frames: values between 0 and 1 that differ."""

    def answers(id):
        reference = dataset.reference(id, "strict")
        kept = [
            Masklet(
                track.height,
                track.width,
                tuple(c if frame % 2 == 0 else None for frame, c in enumerate(track.counts)),
            )
            for track in reference.masklets[::2]
        ]
        said = (reference.text or "a thing").split()[: 2 + len(id) % 5]
        return Outcome("answered", Answer(" ".join(said), tuple(Segment(None, m) for m in kept)))

    return answers


@pytest.mark.parametrize("name", NAMES)
def test_the_videos_give_the_value_of_each_row(name):
    dataset = registry.benchmark(name).open(None, "mini", {})
    tools = Tools(captions=name in ("sama-bench-c", "region-captions"), phrases=TokenOverlap())
    scores = dataset.score(half_right(dataset), PROTOCOLS, tools)
    run = ScoredRun(None, Result("m", name, "mini", Manifest(), scores).scored())
    intervals, carried = Intervals(run, resamples=20, seed=0), 0
    for row in run.rows:
        if row.value is None or row.aggregation == "whole":
            continue
        plain, meant = intervals._of(row.protocol, Part.parse(row.split).group)
        value, _, _ = (meant if row.aggregation == "groups" else plain)[row.metric]
        assert math.isclose(value, row.value, abs_tol=1e-4), row
        carried += 1
    assert carried >= 3
