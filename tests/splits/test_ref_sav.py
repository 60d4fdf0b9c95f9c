import json
from pathlib import Path

import numpy as np
import pytest

from sama_bench.benchmark import PROTOCOLS, Outcome, Tools
from sama_bench.errors import DataError, IncompleteError, UserError
from sama_bench.media import rle as coco_rle
from sama_bench.nouns import Masklet
from sama_bench.splits.ref_sav import RefSav
from tests.splits.referring_data import SIZE, answered, guess, perfect, values, write_referring


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def dataset(tmp_path):
    return RefSav().open(write_referring(tmp_path / "data"), "valid", {})


def score(dataset, answers, protocols=PROTOCOLS, **options):
    return dataset.score(answers, protocols, Tools(options=options))


def test_what_is_asked(dataset):
    ids = [entry.id for entry in dataset.entries]
    assert ids[:3] == ["vid_a/0", "vid_a/10", "vid_a/2"]
    assert [entry.group for entry in dataset.entries[3:]] == ["short", "long", "short"]
    sample = dataset.sample("vid_a/2")
    assert sample.text == "both of them"
    assert sample.wants == {"masks"}
    assert (sample.video.height, sample.video.width) == SIZE
    assert sample.video.frame(3).shape == (*SIZE, 3)
    assert set(dataset.files) == {"meta_expressions_valid.json", "mask_dict.json"}
    with pytest.raises(DataError, match="no sample 'vid_a/3'"):
        dataset.sample("vid_a/3")


def test_the_target_is_the_union_of_the_objects(dataset):
    (target,) = dataset.reference("vid_a/2", "strict").masklets
    parts = dataset.annotations("vid_a/2")
    assert len(parts) == 2
    for frame in range(4):
        both = parts[0].decode(frame) | parts[1].decode(frame)
        assert np.array_equal(target.decode(frame), both)


def test_a_perfect_answer_scores_one_but_for_raw_sums_where_objects_overlap(dataset):
    scores = score(dataset, perfect(dataset))
    strict = values(scores, "strict", "valid")
    assert strict["j"] == strict["f"] == strict["j_and_f"] == strict["accuracy"] == 1.0
    released = values(scores, "released", "valid:overall")
    assert released["j"] == 1.0
    assert released["accuracy"] < 1.0  # Q38: the two objects share a mask in one frame


def test_groups_and_their_mean(dataset):
    guesses = {entry.id: guess(n) for n, entry in enumerate(dataset.entries)}
    scores = score(dataset, lambda id: answered(guesses[id]))
    by_id = {s.id: s.values for s in scores.samples if s.protocol == "strict"}
    groups = {entry.id: entry.group for entry in dataset.entries}
    for metric in ("j", "f", "accuracy"):
        long = np.mean([by_id[id][metric] for id in by_id if groups[id] == "long"])
        short = np.mean([by_id[id][metric] for id in by_id if groups[id] == "short"])
        every = np.mean([by_id[id][metric] for id in by_id])
        assert values(scores, "strict", "valid:long")[metric] == pytest.approx(long, abs=1e-12)
        assert values(scores, "strict", "valid:overall")[metric] == pytest.approx(
            (long + short) / 2, abs=1e-12
        )
        assert values(scores, "strict", "valid")[metric] == pytest.approx(every, abs=1e-12)
        rounded = [round(np.float64(100 * by_id[id][metric]), 2) for id in by_id]
        if metric != "accuracy":
            released = values(scores, "released", "valid")[metric]
            assert 100 * released == pytest.approx(np.mean(rounded), abs=1e-9)  # Q39
    for video in scores.videos:
        total, count = video.pooled["j"]
        assert video.values["j"] == total / count


def test_a_refusal_is_an_empty_answer_and_no_missing_one(dataset):
    def answers(id):
        return answered() if id == "vid_a/0" else answered(guess(1))

    scores = score(dataset, answers)
    empty = Masklet(*SIZE, (None,) * 4)
    same = score(dataset, lambda id: answered(empty) if id == "vid_a/0" else answered(guess(1)))
    assert values(scores, "strict", "valid")["j"] == values(same, "strict", "valid")["j"]
    assert values(scores, "strict", "valid")["refusal_rate"] == pytest.approx(1 / 6)
    assert scores.coverage["strict"].refused == 1
    assert scores.coverage["strict"].share == 1.0


def test_missing_answers_never_leave_the_mean_silently(dataset):
    def answers(id):
        if id == "vid_a/0":
            return Outcome("missing")
        if id == "vid_b/0":
            return Outcome("failed", error="out of memory")
        return perfect(dataset)(id)

    scores = score(dataset, answers)
    assert values(scores, "strict", "valid")["j"] == pytest.approx(4 / 6)
    (row,) = [r for r in scores.rows if (r.split, r.protocol, r.metric) == ("valid", "strict", "j")]
    assert "scored 0: 2 without a usable answer (Q36): vid_a/0, vid_b/0" in row.note
    assert row.coverage == pytest.approx(4 / 6)
    assert values(scores, "released", "valid")["j"] is None
    with pytest.raises(IncompleteError, match=r"2 expressions have no usable answer.*vid_a/0"):
        score(dataset, answers, ("released",))
    dropped = score(dataset, answers, ("released",), missing="drop")
    assert values(dropped, "released", "valid")["j"] == 1.0
    assert [r.samples for r in dropped.rows if (r.split, r.metric) == ("valid", "j")] == [4]
    zero = score(dataset, answers, ("released",), missing="zero")
    assert values(zero, "released", "valid")["j"] == pytest.approx(4 / 6)


def test_several_masks(dataset):
    first, second = guess(1), guess(2)
    scores = score(dataset, lambda id: answered(first, second))
    only = score(dataset, lambda id: answered(first))
    assert values(scores, "strict", "valid")["j"] == values(only, "strict", "valid")["j"]
    union = score(dataset, lambda id: answered(first, second), mask_choice="union")
    (row,) = [r for r in scores.rows if r.variant and r.metric == "j"]
    assert row.variant == "union of all masks"
    assert row.value == values(union, "strict", "valid")["j"]
    assert not any(r.variant for r in only.rows)


def test_an_answer_of_another_shape(dataset):
    small = guess(1, size=(12, 16))
    scores = score(dataset, lambda id: answered(small if id == "vid_a/0" else guess(2)))
    assert values(scores, "released", "valid")["j"] is None
    assert values(scores, "strict", "valid")["j"] > 0
    (sample,) = [s for s in scores.samples if (s.id, s.protocol) == ("vid_a/0", "strict")]
    assert sample.notes["resized_masks"] == 4
    short = score(dataset, lambda id: answered(guess(1, frames=3)))
    assert short.coverage["strict"].failed == 6
    assert values(short, "strict", "valid")["j"] == 0


def test_predicted_values_of_255_change_accuracy_alone(dataset):
    def answers(id):
        return answered(guess(3))

    one = score(dataset, answers)
    png = score(dataset, answers, pred_values="255")
    for protocol, same in (("released", False), ("strict", True)):
        a, b = values(one, protocol, "valid"), values(png, protocol, "valid")
        assert (a["j"], a["f"]) == (b["j"], b["f"])
        assert (a["accuracy"] == b["accuracy"]) == same
    with pytest.raises(UserError, match="choose from 1, 255"):
        score(dataset, answers, pred_values="2")


def test_masks_follow_the_names_of_unsorted_frames(tmp_path):
    folder = write_referring(tmp_path / "data")
    straight = RefSav().open(write_referring(tmp_path / "straight"), "valid", {})
    path = folder / "meta_expressions_valid.json"
    meta = json.loads(path.read_text())
    masks = json.loads((folder / "mask_dict.json").read_text())
    for video in meta["videos"].values():
        video["frames"].reverse()
    path.write_text(json.dumps(meta))
    reverse = {key: list(reversed(value)) for key, value in masks.items()}
    (folder / "mask_dict.json").write_text(json.dumps(reverse))
    turned = RefSav().open(folder, "valid", {})
    for entry in straight.entries:
        assert straight.reference(entry.id, "strict") == turned.reference(entry.id, "strict")
        names = [
            [Path(p).name for p in d.sample(entry.id).video.frames] for d in (straight, turned)
        ]
        assert names[0] == names[1]
    assert "unsorted_frames" in {finding.kind for finding in turned.findings()}


def test_findings(tmp_path):
    folder = write_referring(tmp_path / "data")
    masks = json.loads((folder / "mask_dict.json").read_text())
    masks["0"] = masks["0"][:2]
    masks["1"] = [*masks["1"], None]
    masks["2"][0] = coco_rle.encode(np.ones((3, 3), np.uint8))
    masks["3"] = [None] * 4
    del masks["4"]
    (folder / "mask_dict.json").write_text(json.dumps(masks))
    (folder / "videos/vid_b/00010.jpg").unlink()
    (folder / "videos/vid_a/00010.jpg").write_bytes(b"no picture")
    dataset = RefSav().open(folder, "valid", {})
    found = {finding.kind: finding for finding in dataset.findings(deep=True)}
    assert set(found) == {
        "count", "missing_frame", "broken_frame", "filled_frame", "cut_mask", "resized_mask",
        "empty_masklet", "broken_masklet",
    }  # fmt: skip
    assert found["filled_frame"].count == 2
    assert "published" in found["count"].detail
    assert "broken_frame" not in {finding.kind for finding in dataset.findings()}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda meta: meta.clear(), "key 'videos'"),
        (lambda meta: meta["videos"].update({"../../etc": meta["videos"]["vid_a"]}), "not a path"),
        (lambda meta: meta["videos"].update({"/etc": meta["videos"]["vid_a"]}), "not a path"),
        (lambda meta: meta["videos"]["vid_a"].update(frames=["../00000"]), "frame '../00000'"),
        (lambda meta: meta["videos"].update({"\ud800": meta["videos"]["vid_a"]}), "not a path"),
        (lambda meta: meta["videos"]["vid_a"].update(frames=["\udc80"]), r"frame '\\udc80'"),
        (lambda meta: meta["videos"]["vid_a"].update(frames={}), "list of names"),
        (lambda meta: meta["videos"]["vid_a"].update(height=10**12), "size in pixels"),
        (lambda meta: meta["videos"]["vid_a"].update(expressions=[]), "must be an object"),
        (lambda meta: meta["videos"]["vid_a"]["expressions"].update({"a/b": {}}), "a/b"),
        (lambda meta: meta["videos"]["vid_a"]["expressions"].update({"7": {}}), "no text"),
        (
            lambda meta: meta["videos"]["vid_a"]["expressions"]["0"].update(anno_id=[[1]]),
            "'anno_id' must hold ids",
        ),
        (
            lambda meta: meta["videos"]["vid_a"]["expressions"]["0"].update(type_id="0"),
            "'type_id' must be",
        ),
    ],
)
def test_hostile_files(tmp_path, change, says):
    folder = write_referring(tmp_path / "data")
    path = folder / "meta_expressions_valid.json"
    meta = json.loads(path.read_text())
    change(meta)
    path.write_text(json.dumps(meta))
    with pytest.raises(DataError, match=says):
        RefSav().open(folder, "valid", {})


def test_where_the_files_may_lie(tmp_path):
    write_referring(tmp_path / "all" / "ref_sav_eval")
    assert len(RefSav().open(tmp_path / "all", "valid", {}).entries) == 6
    with pytest.raises(DataError, match=r"looked for .*ref_sav_eval"):
        RefSav().open(tmp_path, "valid", {})
    with pytest.raises(UserError, match="give --data DIR"):
        RefSav().open(None, "valid", {})
