"""Every benchmark on its mini data: what is asked can be answered, and truth scores one."""

from itertools import pairwise

import pytest

from sama_bench import registry
from sama_bench.benchmark import PROTOCOLS, Outcome, Tools
from sama_bench.metrics.phrases import TokenOverlap
from sama_bench.nouns import Answer, Segment
from sama_bench.splits._mini import ensure_mini
from tests.splits.referring_data import write_referring

NAMES = (
    "ref-sav", "mevis", "ref-davis17", "revos", "refcoco", "refcoco+", "refcocog", "grefcoco",
    "gcg",
)  # fmt: skip
PERFECT = ("j", "f", "j_and_f", "ciou", "giou", "ap50", "miou")


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_scores_one(name):
    benchmark = registry.benchmark(name)
    dataset = benchmark.open(None, "mini", {})

    def answers(id):
        reference = dataset.reference(id, "released")
        segments = tuple(Segment(None, masklet) for masklet in reference.masklets)
        return Outcome("answered", Answer(reference.text or "", segments))

    tools = Tools(captions=False, phrases=TokenOverlap())
    scores = dataset.score(answers, PROTOCOLS, tools)
    rows = [row for row in scores.rows if row.metric in PERFECT]
    assert {row.protocol for row in rows} == set(PROTOCOLS)
    for row in rows:
        assert row.value == pytest.approx(1.0, abs=1e-6), row
        assert row.coverage == 1.0
    for sample in (dataset.sample(entry.id) for entry in dataset.entries[:2]):
        assert sample.video.frame(0).shape[:2] == (sample.video.height, sample.video.width)


@pytest.mark.parametrize("name", [*NAMES, "ref-youtube-vos", "region-captions"])
def test_nothing_in_a_mini_is_unusable(name):
    dataset = registry.benchmark(name).open(None, "mini", {})
    assert not [finding for finding in dataset.findings(deep=True) if finding.fatal]
    assert dataset.files
    videos = [entry.video for entry in dataset.entries]
    assert len(set(videos)) == 1 + sum(a != b for a, b in pairwise(videos))


def test_mini_never_means_real_data(tmp_path):
    real = write_referring(tmp_path / "real")
    dataset = registry.benchmark("ref-sav").open(real, "mini", {})
    assert not dataset.source.folder.is_relative_to(real)
    made = ensure_mini(tmp_path / "made", "ref-sav")
    dataset = registry.benchmark("ref-sav").open(made, "mini", {})
    assert dataset.source.folder.is_relative_to(made)
