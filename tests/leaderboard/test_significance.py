import json

import pytest

from sama_bench.leaderboard.entry import digest, read_entry, write_entry
from sama_bench.leaderboard.make import entry_of_run
from sama_bench.leaderboard.rows import entry_rows, select
from sama_bench.leaderboard.schema import SchemaError
from sama_bench.leaderboard.significance import p_against_best
from sama_bench.scoring.scored_run import read_scored_run, video_terms
from sama_bench.statistics import multiple_tests, paired
from tests.scored import random_scores, scores, write


@pytest.fixture
def entry(tmp_path):
    def make(name, data):
        return entry_of_run(write(tmp_path / name, {**data, "model": name}), resamples=50)

    def named(name, data):
        for row in data["scores"]:
            row["model"] = name
        return make(name, data)

    return named


def test_videos_travel_in_the_entry_and_come_back(entry, tmp_path):
    data = random_scores(1)
    for video in data["videos"]:
        video["weights"] = {"recall": {"num": 3, "den": 4}}
    data["videos"][0]["values"]["j"] = None
    made = entry("m", data)
    back = read_entry(write_entry(made, tmp_path / "e")).videos["strict"]
    run = read_scored_run(tmp_path / "m").of_protocol("strict")
    ids = sorted(run)
    assert sorted(back) == ids
    ours, theirs = (video_terms(side, ids, ["j", "f", "recall"]) for side in (back, run))
    assert abs(ours.num - theirs.num).max() < 1e-9
    assert (ours.den == theirs.den).all()
    assert back[ids[0]].group == run[ids[0]].group


def test_columns_of_different_lengths_are_refused(entry, tmp_path):
    path = write_entry(entry("m", random_scores(1)), tmp_path / "e")
    data = json.loads(path.read_text())
    data["videos"]["strict"]["values"]["j"].pop()
    path.write_text(json.dumps({**data, "digest": digest(data)}))
    with pytest.raises(SchemaError, match="different lengths"):
        read_entry(path)


def test_p_values_are_those_of_the_swap_test_corrected_within_the_column(entry):
    data = [
        random_scores(s, shift, metrics=("j",)) for s, shift in ((1, 0.02), (2, 0.0), (3, 0.015))
    ]
    entries = [entry(name, item) for name, item in zip("abc", data, strict=True)]
    found = p_against_best(entries, permutations=500)
    ids = sorted(entries[0].videos["strict"])
    a, b, c = (video_terms(e.videos["strict"], ids, ["j"]) for e in entries)
    raw = [float(paired.swap_test(a, other, permutations=500)[0]) for other in (b, c)]
    assert found == {
        (1, 0): pytest.approx(multiple_tests.holm(raw)[0]),
        (2, 0): pytest.approx(multiple_tests.holm(raw)[1]),
    }
    assert found[1, 0] < 0.05
    marked = {r["model"]: r["p"] for r in select(entry_rows(entries))}
    assert marked["a"] is None
    assert marked["b"] < 0.05


@pytest.mark.parametrize("what", ["variant", "coverage", "videos", "corpus"])
def test_what_cannot_be_compared_has_no_p(entry, what):
    other = random_scores(2, metrics=("j",))
    if what == "variant":
        other["scores"][0]["variant"] = "a stand-in"
    elif what == "coverage":
        other["scores"][0]["coverage"] = 0.5
    elif what == "videos":
        other = scores({"j": {"v000": [0.1], "else": [0.2]}})
    else:
        other["scores"][0]["value"] -= 0.1
    entries = [entry("a", random_scores(1, 0.05, metrics=("j",))), entry("b", other)]
    assert p_against_best(entries, permutations=100) == {}
