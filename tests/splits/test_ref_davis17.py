import io
import json
import pickle
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.optimize import linear_sum_assignment

from sama_bench.benchmark import PROTOCOLS, Outcome, Tools
from sama_bench.errors import DataError
from sama_bench.media import rle as coco_rle
from sama_bench.nouns import Masklet
from sama_bench.splits.ref_davis17 import RefDavis17
from sama_bench.splits.ref_davis17.annotators import ANNOTATORS, read_labels
from sama_bench.splits.ref_davis17.unsupervised import merge, score_sequence
from tests.splits.referring_data import SIZE, answered, blob, guess, values


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))


def dense_j(a, b):
    union = (a | b).sum()
    return 1.0 if union == 0 else (a & b).sum() / union


def dense_boundary(mask):
    east, south, diagonal = (np.zeros_like(mask) for _ in range(3))
    east[:, :-1], south[:-1], diagonal[:-1, :-1] = mask[:, 1:], mask[1:], mask[1:, 1:]
    edge = (mask ^ east) | (mask ^ south) | (mask ^ diagonal)
    edge[-1] = mask[-1] ^ east[-1]
    edge[:, -1] = mask[:, -1] ^ south[:, -1]
    edge[-1, -1] = False
    return edge


def dense_f(truth, result):
    radius = int(np.ceil(0.008 * np.linalg.norm(truth.shape)))
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disk = (x**2 + y**2 <= radius**2).astype(np.uint8)
    edges = [dense_boundary(mask) for mask in (result, truth)]
    wide = [cv2.dilate(edge.astype(np.uint8), disk).astype(bool) for edge in edges]
    n_result, n_truth = edges[0].sum(), edges[1].sum()
    if n_result == 0 or n_truth == 0:
        precision, recall = (1.0, float(n_truth == 0)) if n_result == 0 else (0.0, 1.0)
    else:
        precision = (edges[0] & wide[1]).sum() / n_result
        recall = (edges[1] & wide[0]).sum() / n_truth
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


def dense_sequence(truth, result):
    """The published evaluator's rules, object by object on whole arrays."""
    void = truth == 255
    objects = np.where(truth[0] == 255, 0, truth[0]).max()
    planes = max(result.max(), objects)
    j, f = np.zeros((planes, objects, len(truth))), np.zeros((planes, objects, len(truth)))
    for row in range(planes):
        for column in range(objects):
            for frame in range(len(truth)):
                a = (truth[frame] == column + 1) & ~void[frame]
                b = (result[frame] == row + 1) & ~void[frame]
                j[row, column, frame], f[row, column, frame] = dense_j(a, b), dense_f(a, b)
    rows, columns = linear_sum_assignment(-(j.mean(axis=2) + f.mean(axis=2)) / 2)
    return j[rows, columns].mean(axis=1), f[rows, columns].mean(axis=1)


def index_maps(rng, frames, objects, void):
    maps = np.zeros((frames, *SIZE), np.uint8)
    for frame in maps:
        for number in range(1, objects + 1):
            if rng.random() > 0.2:
                frame[blob(rng) > 0] = number
        if void:
            frame[blob(rng) > 0] = 255
    return maps


@pytest.mark.parametrize("seed", range(60))
def test_sequences_score_as_the_davis_evaluator_does(seed):
    rng = np.random.default_rng(seed)
    truth = index_maps(rng, 3, rng.integers(0, 4), void=seed % 2)
    result = index_maps(rng, 3, rng.integers(0, 5), void=False)
    ours = score_sequence(list(truth), list(result))
    j, f = dense_sequence(truth, result)
    assert [a for a, _ in ours] == pytest.approx(list(j), abs=1e-12)
    assert [b for _, b in ours] == pytest.approx(list(f), abs=1e-12)


def test_void_counts_on_neither_side():
    truth = np.zeros((1, 8, 8), np.uint8)
    truth[0, 2:6, 2:4], truth[0, 2:6, 4:6] = 1, 255
    result = np.zeros_like(truth)
    result[0, 2:6, 2:6] = 1
    assert score_sequence(list(truth), list(result)) == [(1.0, 1.0)]


def test_objects_are_those_of_the_first_frame():
    truth = np.zeros((2, 8, 8), np.uint8)
    truth[0, :3, :3] = 1
    truth[1, 5:, 5:] = 2
    assert len(score_sequence(list(truth), list(truth))) == 1


def test_the_first_of_overlapping_objects_wins():
    a, b = np.zeros((1, 4, 4)), np.zeros((1, 4, 4))
    a[0, :2], b[0, 1:] = 1, 1
    merged = merge([Masklet.from_arrays(a), Masklet.from_arrays(b)], 0, (4, 4))
    assert merged[:, 0].tolist() == [1, 1, 2, 2]


@pytest.fixture
def data(tmp_path):
    """Two videos of two objects, eight expressions each in the file order of the annotators."""
    rng = np.random.default_rng(3)
    root = tmp_path / "davis17"
    videos, tracks = {}, {}
    for video in ("walk", "bear"):
        names = ["00000", "00001", "00002"]
        maps = index_maps(rng, 3, 2, void=True)
        maps[0] = 0
        maps[0, :6, :6], maps[0, 10:20, 10:20] = 1, 2
        folder = root / "DAVIS/Annotations_unsupervised/480p" / video
        folder.mkdir(parents=True)
        for name, labels in zip(names, maps, strict=True):
            image = Image.fromarray(labels, "P")
            image.putpalette([value for value in range(256) for _ in range(3)])
            image.save(folder / f"{name}.png")
        expressions = {str(n): {"exp": f"thing {n // 4} by {n % 4}"} for n in range(8)}
        videos[video] = {"frames": names, "expressions": expressions}
        for n in range(8):
            tracks[video, str(n)] = [coco_rle.encode(frame == n // 4 + 1) for frame in maps]
    keys = [(video, id) for video in sorted(videos) for id in sorted(videos[video]["expressions"])]
    masks = {str(number): tracks[key] for number, key in enumerate(keys)}
    path = root / "meta_expressions/valid/meta_expressions.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"videos": videos}))
    (root / "valid").mkdir()
    (root / "valid/mask_dict.pkl").write_bytes(pickle.dumps(masks))
    return root


def score(dataset, answers, **options):
    return dataset.score(answers, PROTOCOLS, Tools(options=options))


def test_masks_are_keyed_by_the_counted_expressions(data):
    dataset = RefDavis17().open(data, "valid", {})
    first = read_labels(data / "DAVIS/Annotations_unsupervised/480p/walk/00000.png")
    for id, number in (("walk/3", 1), ("walk/4", 2)):
        (target,) = dataset.reference(id, "released").masklets
        assert np.array_equal(target.decode(0), first == number)


def test_labels_are_read_from_pngs_alone(tmp_path):
    path = tmp_path / "00000.png"
    Image.new("L", (4, 3)).save(path, "GIF")
    with pytest.raises(DataError, match="it is no PNG"):
        read_labels(path)
    whole = io.BytesIO()
    Image.new("L", (4, 3)).save(whole, "PNG")
    chunk = b"\0\0\0\0pHYs" + zlib.crc32(b"pHYs").to_bytes(4, "big")
    path.write_bytes(whole.getvalue()[:33] + chunk + whole.getvalue()[33:])
    with pytest.raises(DataError, match=r"00000\.png: it cannot be read"):
        read_labels(path)


def test_both_protocols(data):
    dataset = RefDavis17().open(data, "valid", {})
    targets = {
        entry.id: dataset.reference(entry.id, "strict").masklets[0] for entry in dataset.entries
    }
    scores = score(dataset, lambda id: answered(targets[id]))
    for split in ("valid", "valid:annotators", *(f"valid:{name}" for name in ANNOTATORS)):
        assert values(scores, "released", split)["j_and_f"] == 1.0
    notes = {row.split: row.note for row in scores.rows if row.metric == "j"}
    assert "protocol (a)" in notes["valid"]
    assert "protocol (b)" in notes["valid:annotators"]

    def one_annotator_wrong(id):
        return answered(guess(1, 3) if id.endswith(("/1", "/5")) else targets[id])

    scores = score(dataset, one_annotator_wrong)
    assert values(scores, "strict", "valid:annot1")["j"] == 1.0
    wrong = values(scores, "strict", "valid:annot1_full_video")["j"]
    assert wrong < 0.5
    assert values(scores, "strict", "valid:annotators")["j"] == pytest.approx((3 + wrong) / 4)


def test_matching_makes_protocol_b_blind_to_swapped_objects(data):
    dataset = RefDavis17().open(data, "valid", {})

    def swapped(id):
        video, number = id.split("/")
        return answered(dataset.reference(f"{video}/{(int(number) + 4) % 8}", "strict").masklets[0])

    scores = score(dataset, swapped)
    assert values(scores, "strict", "valid:annotators")["j"] == 1.0
    assert values(scores, "strict", "valid")["j"] < 0.5


def test_missing_answers_and_annotations(data, tmp_path):
    dataset = RefDavis17().open(data, "valid", {})

    def answers(id):
        return Outcome("missing") if id == "walk/0" else answered()

    scores = score(dataset, answers)
    assert values(scores, "released", "valid:annotators")["j"] is None
    assert values(scores, "strict", "valid:annotators")["j"] is not None
    off = score(dataset, answers, protocol_b="off")
    assert {row.split for row in off.rows} == {"valid"}
    (data / "DAVIS").rename(tmp_path / "elsewhere")
    (row, *_) = [r for r in score(dataset, answers).rows if r.split == "valid:annotators"]
    assert row.value is None
    assert "Annotations_unsupervised/480p" in row.note


def test_annotations_that_do_not_fit(data):
    dataset = RefDavis17().open(data, "valid", {})
    path = data / "DAVIS/Annotations_unsupervised/480p/walk/00001.png"
    Image.new("P", (5, 4)).save(path)
    with pytest.raises(DataError, match="is 5x4, the video 32x24"):
        score(dataset, lambda id: answered())
    Image.new("RGB", (32, 24)).save(path)
    with pytest.raises(DataError, match="holds colours"):
        score(dataset, lambda id: answered())
    path.unlink()
    with pytest.raises(DataError, match="does not exist"):
        score(dataset, lambda id: answered())


def rewrite(data, change):
    path = data / "meta_expressions/valid/meta_expressions.json"
    meta = json.loads(path.read_text())
    for video, item in meta["videos"].items():
        item["expressions"] = change(video, item["expressions"])
    path.write_text(json.dumps(meta))


def named(expressions):
    return {id: {**item, "obj_id": str(int(id) // 4 + 1)} for id, item in expressions.items()}


@pytest.mark.parametrize("with_ids", [True, False])
def test_a_missing_expression_moves_no_annotator(data, with_ids):
    """Protocol (b) has no figure where an object lacks an annotator's expression; it is named."""

    def lose(video, expressions):
        kept = named(expressions) if with_ids else expressions
        return {id: item for id, item in kept.items() if (video, id) != ("walk", "1")}

    rewrite(data, lose)
    dataset = RefDavis17().open(data, "valid", {})
    scores = score(dataset, lambda id: answered(guess(1, 3)))
    rows = [row for row in scores.rows if row.split.startswith("valid:")]
    assert {row.split for row in rows} == {"valid:annotators"}
    assert all(row.value is None for row in rows)
    where = "walk, obj_id 1: 3 expressions" if with_ids else "walk, object 1: 3 expressions"
    assert where in rows[0].note
    assert any(f.kind == "unpaired_annotators" for f in dataset.findings())
    assert values(scores, "strict", "valid")["j"] is not None


def test_annotators_are_told_by_the_object_and_not_by_position(data):
    before = RefDavis17().open(data, "valid", {})
    targets = {e.id: before.reference(e.id, "strict").masklets[0] for e in before.entries}

    def one_annotator_wrong(id):
        return answered(guess(1, 3) if id.endswith(("/1", "/5")) else targets[id])

    usual = {row.split: row.value for row in score(before, one_annotator_wrong).rows}

    def interleave(video, expressions):
        ids = [str(4 * thing + person) for person in range(4) for thing in range(2)]
        return {id: named(expressions)[id] for id in ids}

    rewrite(data, interleave)
    after = RefDavis17().open(data, "valid", {})
    assert {row.split: row.value for row in score(after, one_annotator_wrong).rows} == usual
