import numpy as np
import pytest

from sama_bench.scoring import breakdown
from sama_bench.scoring.scored_run import read_scored_run
from sama_bench.statistics import bootstrap
from tests.scored import random_scores, scores, write


@pytest.fixture
def run(tmp_path):
    return lambda data: read_scored_run(write(tmp_path / "run", data))


def test_rows_get_the_interval_of_their_videos(run):
    data = random_scores(1)
    (j, f) = breakdown.rows_with_intervals(run(data), resamples=1000)
    values = np.array([[v["values"]["j"]] for v in data["videos"]])
    expected = bootstrap.intervals(*bootstrap.mean_terms(values), resamples=1000)
    assert j["low"] == pytest.approx(expected.low[0], abs=1e-3)
    assert j["high"] == pytest.approx(expected.high[0], abs=1e-3)
    assert j["low"] < j["value"] < j["high"]
    assert f["metric"] == "f"


def test_a_number_that_its_videos_do_not_carry_has_no_interval(run):
    data = random_scores(1)
    data["scores"][0]["value"] += 0.01
    corpus, plain = breakdown.rows_with_intervals(run(data), resamples=100)
    assert "low" not in corpus
    assert "low" in plain


def test_a_group_has_the_interval_of_its_own_videos(run):
    data = random_scores(1, metrics=("j",))
    own = [v["values"]["j"] for v in data["videos"] if v["group"] == "source-1"]
    group = {**data["scores"][0], "split": "valid_u:source-1", "value": float(np.mean(own))}
    data["scores"].append(group)
    whole, part = breakdown.rows_with_intervals(run(data), resamples=500)
    assert part["high"] - part["low"] > whole["high"] - whole["low"]
    assert part["low"] < part["value"] < part["high"]


def test_attributes_split_the_samples_by_hand(run):
    rows = breakdown.attribute_rows(
        run(scores({"j": {"x": [0.1, 0.3, 0.5], "y": [0.7, None]}})), resamples=100
    )
    found = {row["split"]: (row["value"], row["samples"], row["videos"]) for row in rows}
    assert found["valid_u|turn=1"] == (pytest.approx(0.4), 2, 2)
    assert found["valid_u|turn=2"] == (pytest.approx(0.3), 1, 1)
    assert found["valid_u|turn=3"] == (pytest.approx(0.5), 1, 1)
    assert found["valid_u|objects=1"] == (pytest.approx((0.1 + 0.5 + 0.7) / 3), 3, 2)
    assert found["valid_u|length=up to 32"] == (pytest.approx(0.4), 4, 2)
    assert not [split for split in found if "occlusion" in split or "size" in split]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("objects", 3, "3"),
        ("objects", 9, "4 or more"),
        ("turn", 0, "1"),
        ("turn", 5, "6 or more"),
        ("length", 32, "up to 32"),
        ("length", 33, "over 32 to 64"),
        ("length", 1000, "over 256"),
        ("size", 0.004, "up to 1%"),
        ("size", 0.5, "over 20%"),
        ("occlusion", True, "yes"),
        ("occlusion", 1, None),
        ("objects", None, None),
        ("size", "big", None),
    ],
)
def test_bins(name, value, expected):
    assert breakdown.ATTRIBUTES[name].bin(value) == expected


def test_bins_stand_in_their_natural_order(run):
    data = random_scores(1, metrics=("j",))
    for place, sample in enumerate(data["samples"]):
        sample["attributes"]["frames"] = (16, 40, 300, 100)[place % 4]
    rows = [r for r in breakdown.attribute_rows(run(data), resamples=50) if "length" in r["split"]]
    assert [row["split"].partition("=")[2] for row in rows] == [
        "up to 32",
        "over 32 to 64",
        "over 64 to 128",
        "over 256",
    ]


def test_a_stand_in_marks_the_parts_as_it_marks_the_whole(run):
    data = random_scores(1, metrics=("clair",))
    data["scores"][0]["variant"] = "judged by another"
    rows = breakdown.attribute_rows(run(data), resamples=50)
    assert rows
    assert {row["variant"] for row in rows} == {"judged by another"}


def grouped(values):
    """Videos with long and short expressions, as Ref-SAV has: {group: {video: (sum, count)}}."""
    data = scores({"j": {v: [0.0] for group in values.values() for v in group}})
    data["videos"] = [
        {
            "video": video,
            "group": group,
            "protocol": "strict",
            "samples": count,
            "values": {"j": total / count},
            "weights": {"j": {"num": total, "den": count}},
        }
        for group, by_video in values.items()
        for video, (total, count) in by_video.items()
    ]
    row = data["scores"][0]
    sums = {g: np.sum(list(by_video.values()), axis=0) for g, by_video in values.items()}
    figures = {f"valid_u:{g}": total / count for g, (total, count) in sums.items()}
    figures["valid_u:overall"] = float(np.mean(list(figures.values())))
    total, count = np.sum(list(sums.values()), axis=0)
    figures["valid_u"] = total / count
    data["scores"] = [
        {
            **row,
            "split": s,
            "value": float(v),
            "aggregation": "groups" if s.endswith(":overall") else "ratio",
        }
        for s, v in figures.items()
    ]
    return data


def test_groups_their_mean_and_the_whole_have_intervals_though_videos_stand_in_both(run):
    rng = np.random.default_rng(0)
    values = {
        "long": {f"v{n}": (4 * rng.beta(4, 2), 4) for n in range(60)},
        "short": {f"v{n}": (2 * rng.beta(2, 4), 2) for n in range(30)},
    }
    rows = breakdown.rows_with_intervals(run(grouped(values)), resamples=2000)
    by_split = {row["split"].partition(":")[2]: row for row in rows}
    assert all(row["low"] < row["value"] < row["high"] for row in rows)
    width = {name: row["high"] - row["low"] for name, row in by_split.items()}
    assert width["short"] > width["long"]
    # the mean of two groups that are hardly related: half the root of the sum of squares
    expected = np.hypot(width["long"], width["short"]) / 2
    assert width["overall"] == pytest.approx(expected, rel=0.15)


def test_the_row_says_whether_it_is_a_mean_over_videos_or_a_ratio_of_sums(run):
    data = scores({"recall": {"x": [1.0], "y": [0.0], "z": [0.5]}})
    sums = {"x": (1, 1), "y": (0, 6), "z": (1, 2)}
    for video in data["videos"]:
        num, den = sums[video["video"]]
        video["weights"] = {"recall": {"num": num, "den": den}}
    mean = run(data)
    assert mean.means("strict") == {"recall"}
    assert "low" in breakdown.rows_with_intervals(mean, resamples=200)[0]
    data["scores"][0].update(value=2 / 9, aggregation="ratio")
    pooled = run(data)
    assert pooled.means("strict") == frozenset()
    assert "low" in breakdown.rows_with_intervals(pooled, resamples=200)[0]
    data["scores"][0].update(aggregation="whole")  # a corpus score: its videos do not carry it
    assert "low" not in breakdown.rows_with_intervals(run(data), resamples=200)[0]
