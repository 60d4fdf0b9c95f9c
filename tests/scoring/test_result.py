"""What a result says of its model and of samples without a score."""

from __future__ import annotations

import pytest

from sama_bench.benchmark import Row, SampleScore, Scores
from sama_bench.cli._scoring import print_results
from sama_bench.runfolder.manifest import Manifest
from sama_bench.scoring.result import Result

MANIFEST = Manifest.of(takes_tracks=True, card={"region_prompt": "whole track"})


def result(status="answered", attributes=None, notes=None):
    sample = SampleScore("v/0", "v", None, "strict", status, {}, attributes or {}, notes or {})
    row = Row("valid", "strict", "j", 0.5, 1, 1, 1.0)
    return Result("m", "mevis", "valid", MANIFEST, Scores({}, [row], [], [sample]))


def test_tracks_are_said_where_the_benchmark_marks_regions_alone():
    (plain,) = result().rows()
    assert plain["takes_tracks"] is False
    (marked,) = result(attributes={"regions": 1}).rows()
    assert (marked["takes_tracks"], marked["prompt"]) == (True, "whole track")


@pytest.mark.parametrize("key", ["note", "error"])
def test_the_reason_of_a_failure_is_the_recorded_one(key, capsys):
    print_results([result("failed", notes={key: "v/0: out of memory"})])
    said = capsys.readouterr().err
    assert "1 samples of mevis valid failed, no score: out of memory (v/0)\n" in said
    assert "no reason" not in said
