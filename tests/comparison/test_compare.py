import json
import math

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import stats

from sama_bench.cli import build
from sama_bench.comparison import compare
from sama_bench.comparison.text import to_text
from sama_bench.errors import DataError, UserError
from sama_bench.scoring.scored_run import read_scored_run
from sama_bench.storage.seal import sealed
from tests.scored import random_scores, scores, write


@pytest.fixture
def runs(tmp_path):
    def read(a, b):
        return [
            read_scored_run(write(tmp_path / name, data)) for name, data in (("a", a), ("b", b))
        ]

    return read


def test_a_small_case_by_hand(runs):
    a = scores({"j": {"x": [0.9, 0.7], "y": [0.5], "z": [0.4]}}, model="one")
    b = scores({"j": {"x": [0.5, 0.5], "y": [0.4], "z": [0.3]}}, model="two")
    result = compare(*runs(a, b))
    (metric,) = result.metrics
    assert (metric.a, metric.b) == (pytest.approx(1.7 / 3), pytest.approx(0.4))
    assert metric.difference == pytest.approx(0.5 / 3)
    # differences 0.3, 0.1, 0.1: only + + + and - - - of 8 signs reach their mean
    assert metric.p == 0.25
    assert metric.dz == pytest.approx(np.mean([0.3, 0.1, 0.1]) / np.std([0.3, 0.1, 0.1], ddof=1))
    # pairs: 0.8 beats three, 0.5 beats two and ties with one, 0.4 beats one and ties with one
    assert metric.cliffs_delta == pytest.approx((3 + 2 + 1 - 1) / 9)
    assert metric.videos == 3
    videos = [(v.video, v.a, v.b, v.difference, v.share) for v in result.videos]
    assert videos[0] == ("x", pytest.approx(0.8), 0.5, pytest.approx(0.1), pytest.approx(0.6))
    assert sum(share for *_, share in videos) == pytest.approx(1)
    assert [s.id for s in result.samples][:2] == ["x/0", "x/1"]
    assert result.samples[0].difference == pytest.approx(0.4)


def test_a_real_difference_is_found_and_noise_is_not(runs):
    result = compare(*runs(random_scores(1, 0.03), random_scores(2)), resamples=2000)
    assert [d.sure for d in result.metrics] == [True, True]
    assert all(d.low > 0 for d in result.metrics)
    same = compare(*runs(random_scores(1), random_scores(3)), resamples=2000)
    assert [d.sure for d in same.metrics] == [False, False]
    assert "No metric differs surely" in to_text(same)


def test_values_that_print_alike_never_differ_surely(runs):
    """BLEU-4 of 8e-6 and 2e-10: the sign holds on every video, and there is nothing to tell."""
    videos = [f"v{number}" for number in range(60)]
    a = scores({"bleu_4": {video: [8e-6 + 1e-8 * n] for n, video in enumerate(videos)}}, model="a")
    b = scores({"bleu_4": {video: [2e-10] for video in videos}}, model="b")
    result = compare(*runs(a, b), resamples=2000)
    (bleu,) = result.metrics
    assert bleu.p_holm < 0.05
    assert not bleu.sure
    assert result.to_json()["metrics"][0]["sure"] is False
    text = to_text(result)
    assert "No metric differs surely" in text
    assert "differ by less than the metric tells" in text
    assert "*" not in text.partition("bleu")[2].partition("\n")[0]


def test_the_p_value_agrees_with_the_paired_t_test_on_tame_data(runs):
    a, b = runs(random_scores(1, 0.008), random_scores(2))
    (j, _) = compare(a, b).metrics
    pairs = [[v.values["j"] for v in run.videos] for run in (a, b)]
    assert j.p == pytest.approx(stats.ttest_rel(*pairs).pvalue, abs=0.01)


def test_correction_covers_all_metrics_and_protocols(runs):
    result = compare(*runs(random_scores(1, 0.01), random_scores(2)), resamples=1000)
    assert all(d.p_holm >= d.p for d in result.metrics)
    assert max(d.p_holm for d in result.metrics) <= min(1, 2 * max(d.p for d in result.metrics))


def test_pooled_scores_are_compared_by_their_terms(runs):
    def pooled(hits):
        data = scores({"recall": {v: [h / 4] for v, h in zip("xyz", hits, strict=True)}})
        for video, h, targets in zip(data["videos"], hits, (4, 2, 2), strict=True):
            video["weights"] = {"recall": {"num": h, "den": targets}}
        data["scores"][0].update(value=sum(hits) / 8, aggregation="ratio")
        return data

    (recall,) = compare(*runs(pooled([4, 1, 1]), pooled([2, 1, 0]))).metrics
    assert (recall.a, recall.b) == (6 / 8, 3 / 8)


def test_only_common_videos_count_and_the_others_are_named(runs):
    a = scores({"j": {"x": [0.9], "y": [0.5], "only": [0.0]}})
    result = compare(*runs(a, scores({"j": {"x": [0.5], "y": [0.4]}})))
    assert result.metrics[0].a == pytest.approx(0.7)
    assert result.only_a == {"strict": ["only"]}
    assert "1 videos of A alone are left out" in to_text(result)


def test_a_number_with_a_stand_in_is_not_compared_with_one_without(runs):
    a, b = random_scores(1, 0.2, metrics=("clair",)), random_scores(2, metrics=("clair",))
    a["scores"][0]["variant"] = "judged by smollm"
    (clair,) = compare(*runs(a, b), resamples=200).metrics
    assert math.isnan(clair.p)
    assert math.isnan(clair.difference)
    assert not clair.sure
    assert clair.note == "not compared: A is judged by smollm, B is by the protocol"


def test_what_else_differs_between_the_runs_is_said(runs):
    a = random_scores(1, manifest={"history": "independent", "card": {"frames": {"count": 5}}})
    b = random_scores(2, manifest={"history": "teacher-forced", "card": {"frames": {"count": 8}}})
    b["coverage"]["strict"]["failed"] = 3
    notes = compare(*runs(a, b), resamples=200).notes
    assert "history: A independent, B teacher-forced" in notes
    assert "card.frames.count: A 5, B 8" in notes
    assert "B (m): 3 failed of 120 samples (strict)" in notes


def test_a_benchmark_that_weighs_otherwise_is_pointed_out(runs):
    a, b = random_scores(1), random_scores(2)
    a["scores"][0]["value"] = 0.5
    first, second = compare(*runs(a, b), resamples=200).metrics
    assert "the benchmark weighs otherwise and prints 0.5000" in first.note
    assert second.note is None


def test_runs_that_cannot_be_compared_are_refused(runs, tmp_path):
    with pytest.raises(UserError, match="compare two runs of one benchmark"):
        compare(*runs(random_scores(1), random_scores(2, benchmark="revos")))
    with pytest.raises(UserError, match="common protocol"):
        compare(*runs(random_scores(1), random_scores(2, protocol="released")))
    with pytest.raises(UserError, match="no video in common"):
        compare(*runs(scores({"j": {"x": [1.0]}}), scores({"j": {"y": [1.0]}})))
    with pytest.raises(DataError, match="score it first"):
        read_scored_run(tmp_path)
    (tmp_path / "scores.json").write_bytes(sealed(b'{"model": "m"}'))
    with pytest.raises(DataError, match="missing required field `benchmark`"):
        read_scored_run(tmp_path)


def test_the_command_prints_and_writes(tmp_path):
    a = write(tmp_path / "a", random_scores(1, 0.05, model="better\x1b[31m"))
    b = write(tmp_path / "b", random_scores(2, model="worse"))
    out = tmp_path / "new" / "out.json"
    arguments = ["compare", str(a), str(b), "--resamples", "500"]
    result = CliRunner().invoke(build(), [*arguments, "--json", str(out)])
    assert result.exit_code == 0, result.output
    assert "A = better, B = worse" in result.output
    assert "A is better in J (strict), F (strict)." in result.output
    assert "Samples that differ most" in result.output
    data = json.loads(out.read_text())
    assert {m["metric"] for m in data["metrics"]} == {"j", "f"}
    only_json = CliRunner().invoke(build(), [*arguments, "--json", "-"])
    assert json.loads(only_json.output) == data
    missing = CliRunner().invoke(build(), ["compare", str(a), str(tmp_path / "none")])
    assert missing.exit_code != 0
