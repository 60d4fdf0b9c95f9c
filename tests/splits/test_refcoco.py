import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sama_bench.benchmark import PROTOCOLS, Outcome, Tools
from sama_bench.errors import DataError, IncompleteError, UserError
from sama_bench.media import rle as coco_rle
from sama_bench.media.rle import decode, encode_raw
from sama_bench.nouns import Masklet
from sama_bench.splits._images import polygons as segmentations
from sama_bench.splits._images.polygons import overlap, planes, summed, united
from sama_bench.splits.refcoco import Grefcoco, Refcoco
from sama_bench.splits.refcoco.files import in_split
from sama_bench.storage import json_index
from tests.splits.referring_data import answered, values

H, W = 10, 12
LEFT, RIGHT, MIDDLE = [0, 0, 4, 0, 4, 9, 0, 9], [6, 0, 11, 0, 11, 9, 6, 9], [2, 2, 8, 2, 8, 7, 2, 7]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path / "cache"))


def ref(image, annotation, sentences, split="val"):
    return {
        "ref_id": annotation,
        "ann_id": annotation,
        "image_id": image,
        "split": split,
        "sentences": [{"sent": text, "sent_id": id} for id, text in sentences],
    }


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data" / "refcoco"
    folder.mkdir(parents=True)
    images = tmp_path / "data" / "train2014"
    images.mkdir()
    infos, annotations = [], []
    for id, polygons in ((3, [LEFT]), (1, [RIGHT]), (2, [LEFT, MIDDLE])):
        Image.new("RGB", (W, H)).save(images / f"COCO_{id}.jpg")
        infos.append({"id": id, "file_name": f"COCO_{id}.jpg", "height": H, "width": W})
        annotations.append({"id": 10 * id, "image_id": id, "segmentation": polygons, "iscrowd": 0})
    (folder / "instances.json").write_text(
        json.dumps({"info": {}, "images": infos, "annotations": annotations, "categories": []})
    )
    refs = [
        ref(3, 30, [(1, "Left one."), (2, "that?")]),
        ref(1, 10, [(3, "right")]),
        ref(2, 20, [(4, "both")], "testA"),
    ]
    (folder / "refs(unc).p").write_bytes(pickle.dumps(refs, 2))
    return tmp_path / "data"


def box(left, right):
    mask = np.zeros((1, H, W), np.uint8)
    mask[0, :, left:right] = 1
    return Masklet.from_arrays(mask)


def score(dataset, answers, protocols=PROTOCOLS, **options):
    return dataset.score(answers, protocols, Tools(options=options))


def test_what_is_asked(data):
    dataset = Refcoco().open(data, "val", {})
    assert [entry.id for entry in dataset.entries] == ["1/3", "3/1", "3/2"]
    sample = dataset.sample("3/1")
    assert sample.text == "Left one."
    assert sample.video.frame(0).shape == (H, W, 3)
    assert [entry.id for entry in Refcoco().open(data, "testA", {}).entries] == ["2/4"]
    assert [entry.id for entry in Refcoco().open(data, "test", {}).entries] == ["2/4"]
    with pytest.raises(DataError, match="no sentence of the split testB"):
        Refcoco().open(data, "testB", {})
    with pytest.raises(UserError, match="no such folder"):
        Refcoco().open(data, "val", {"images": str(data / "none")})


def test_splits_of_refs():
    assert in_split("testA", "test")
    assert in_split("testB", "testB")
    assert not in_split("testB", "testA")
    assert not in_split("train", "val")


def test_sums_over_the_split(data):
    dataset = Refcoco().open(data, "val", {})
    guesses = {"1/3": box(5, 11), "3/1": box(0, 4), "3/2": box(0, 12)}
    areas = {}
    for id, guess in guesses.items():
        truth = dataset.reference(id, "strict").masklets[0].decode(0) > 0
        mine = guess.decode(0) > 0
        areas[id] = (truth & mine).sum(), (truth | mine).sum()
    scores = score(dataset, lambda id: answered(guesses[id]))
    ciou = sum(i for i, _ in areas.values()) / sum(u for _, u in areas.values())
    giou = np.mean([i / u for i, u in areas.values()])
    strict, released = (values(scores, protocol, "val") for protocol in ("strict", "released"))
    assert strict["ciou"] == pytest.approx(ciou, abs=1e-15)
    assert strict["giou"] == pytest.approx(giou, abs=1e-15)
    assert released["ciou"] == pytest.approx(ciou, rel=1e-6)
    assert released["ciou"] == np.float32(released["ciou"])  # Q47
    total = [sum(video.pooled["ciou"][k] for video in scores.videos[:2]) for k in (0, 1)]
    assert total[0] / total[1] == pytest.approx(ciou)


def test_sentences_without_a_mask(data):
    dataset = Refcoco().open(data, "val", {})

    def answers(id):
        return answered() if id == "3/2" else answered(dataset.reference(id, "strict").masklets[0])

    scores = score(dataset, answers)
    assert values(scores, "released", "val")["ciou"] == pytest.approx(1.0)
    assert values(scores, "released", "val")["giou"] == pytest.approx(2 / 3)
    assert values(scores, "strict", "val")["ciou"] < 0.8
    v2 = score(dataset, answers, no_mask="zero")
    assert values(v2, "released", "val")["ciou"] == pytest.approx(
        values(scores, "strict", "val")["ciou"], rel=1e-6
    )
    assert "1 sentences without a mask: left out (Q45)" in scores.rows[0].note

    broken = score(dataset, lambda id: answered() if id == "1/3" else answers(id))
    assert values(broken, "released", "val")["ciou"] is None
    assert "no sentence of image 1 has a mask" in broken.rows[0].note


def test_several_masks(data):
    dataset = Refcoco().open(data, "val", {})
    scores = score(dataset, lambda id: answered(box(0, 3), box(3, 12)))
    whole = score(dataset, lambda id: answered(box(0, 12)))
    assert values(scores, "strict", "val")["ciou"] == values(whole, "strict", "val")["ciou"]
    assert values(scores, "released", "val")["ciou"] != values(whole, "released", "val")["ciou"]
    union = score(dataset, lambda id: answered(box(0, 3), box(3, 12)), seg_merge="union")
    assert values(union, "released", "val")["ciou"] == values(whole, "released", "val")["ciou"]


def test_missing_answers(data):
    dataset = Refcoco().open(data, "val", {})

    def answers(id):
        return Outcome("missing") if id == "3/1" else answered(box(0, 12))

    with pytest.raises(IncompleteError, match="1 sentences have no usable answer"):
        score(dataset, answers, ("released",))
    scores = score(dataset, answers)
    assert values(scores, "released", "val")["ciou"] is None
    assert "an empty answer each: 1 missing answers (Q36): 3/1" in scores.rows[-1].note
    dropped = score(dataset, answers, ("released",), missing="drop")
    assert [row.samples for row in dropped.rows] == [2, 2, 2]


def test_an_answer_of_another_size_is_a_failure(data):
    dataset = Refcoco().open(data, "val", {})
    wrong = Masklet.from_arrays(np.ones((1, 3, 3)))
    scores = score(dataset, lambda id: answered(wrong))
    assert scores.coverage["strict"].failed == 3
    assert "a mask of 3x3 for an image of 10x12" in scores.samples[0].notes["error"]


def test_overlapping_polygons(data):
    size = (H, W)
    added = sum(planes([LEFT, MIDDLE], size))
    assert added.max() == 2
    both = planes([united([LEFT, MIDDLE], size)], size)[0]
    assert np.array_equal(both, added > 0)
    assert not np.array_equal(planes([summed([LEFT, MIDDLE], size)], size)[0], added > 0)
    line = np.array([[0, 1, 1, 2, 2, 1, 0, 2]], np.uint8).T
    assert decode(encode_raw(line))[:, 0].tolist() == [0, 1, 1, 0, 0, 1, 0, 1]
    dataset = Refcoco().open(data, "testA", {})
    assert [f.kind for f in dataset.findings(deep=True)] == ["overlapping_polygons"]


@given(
    st.lists(
        st.lists(st.integers(0, 12), min_size=6, max_size=12).filter(lambda p: len(p) % 2 == 0),
        max_size=3,
    )
)
def test_segmentations_agree_with_their_planes(polygons):
    size = (H, W)
    added = sum(planes(polygons, size), np.zeros(size, np.uint8))
    assert np.array_equal(coco_rle.decode(united(polygons, size)), added > 0)
    assert summed(polygons, size) == encode_raw(added)
    assert overlap(polygons, size) == (int((added > 0).sum()), bool((added > 1).any()))


@pytest.mark.parametrize(
    ("segmentation", "says"),
    [
        ("x", "cannot be a str"),
        ([[1, 2]], "a list of x, y"),
        ([[1, 2, 3, 4, 5]], "a list of x, y"),
        ([[1, 2, 3, "4"]], "must hold numbers"),
        ([[1, 2, 3, 4]], "two points"),
        ([[1, 2, 3, 4], [0, 0, 4, 0, 4, 4]], "two points"),
        ([[0, 0, 1e12, 0, 5, 5]], "far outside"),
        ([[0, 0, float("nan"), 0, 5, 5]], "far outside"),
        ([{"size": [9, 9], "counts": "0"}], "size 9 x 9"),
        (None, "no 'segmentation'"),
    ],
)
def test_strangers_segmentations(segmentation, says):
    with pytest.raises(ValueError, match=says):
        planes(segmentation, (H, W))


def test_grefcoco_unites_and_knows_no_target(tmp_path):
    benchmark = Grefcoco()
    dataset = benchmark.open(None, "mini", {})
    empty = [e for e in dataset.entries if e.attributes["objects"] == 0]
    assert empty
    assert dataset.reference(empty[0].id, "released").masklets[0].decode(0).sum() == 0
    scores = dataset.score(lambda id: answered(), PROTOCOLS, Tools())
    for protocol in PROTOCOLS:
        found = values(scores, protocol, "mini")
        assert found["ciou"] == 0
        share = len(empty) / len(dataset.entries)
        assert found["giou"] == pytest.approx(share, rel=1e-6)
    missing = dataset.score(lambda id: Outcome("missing"), ("strict",), Tools())
    assert values(missing, "strict", "mini")["giou"] == 0  # Q36: right by silence is no answer
    assert {sample.values["giou"] for sample in missing.samples} == {0.0}


def test_files_that_lack_something(data, monkeypatch):
    monkeypatch.setattr(json_index, "CHUNK", 7)
    folder = data / "refcoco"
    raw = folder.joinpath("instances.json").read_text()
    assert len(Refcoco().open(data, "val", {}).entries) == 3
    (folder / "instances.json").write_text(raw.replace('"id": 30', '"id": 31'))
    with pytest.raises(DataError, match="lacks 1 annotations, first 30"):
        Refcoco().open(data, "val", {})
    (folder / "instances.json").write_text(raw[:-9])
    with pytest.raises(DataError, match="not a well-formed"):
        Refcoco().open(data, "val", {})
    (folder / "instances.json").write_text(raw.replace("COCO_3.jpg", "../COCO_3.jpg"))
    with pytest.raises(DataError, match="cannot be the name of a file"):
        Refcoco().open(data, "val", {})
    (folder / "instances.json").write_text('{"images": []}')
    with pytest.raises(DataError, match="has no list 'annotations'"):
        Refcoco().open(data, "val", {})
    (folder / "refs(unc).p").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(DataError, match=r"os\.system"):
        Refcoco().open(data, "val", {})
    (folder / "refs(unc).p").unlink()
    with pytest.raises(DataError, match="holds none of"):
        Refcoco().open(data, "val", {})


def changed(data, change):
    """Change what instances.json says and return what is found."""
    path = data / "refcoco" / "instances.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    return [(f.kind, f.fatal) for f in Refcoco().open(data, "val", {}).findings()]


@pytest.mark.parametrize("size", [(144, 1_000_256), (1_000_256, 144), (1 << 14, (1 << 14) + 1)])
def test_sizes_that_no_image_has_are_refused(data, size):
    with pytest.raises(DataError, match="not a believable image size"):
        changed(data, lambda c: c["images"][0].update(height=size[0], width=size[1]))


def test_a_size_that_the_image_has_not_is_found_without_making_such_a_mask(data, monkeypatch):
    monkeypatch.setattr(segmentations.coco, "decode", lambda mask: pytest.fail("a plane was made"))
    found = changed(data, lambda c: c["images"][0].update(height=1 << 14, width=1 << 14))
    assert found == [("frame_size", True)]


def test_ids_that_are_no_numbers_are_nobodys(data):
    def change(content):
        content["images"].append({"id": [3]})
        content["annotations"].append({"id": {"a": 1}})

    assert changed(data, change) == []


def test_what_shares_an_id_is_found(data):
    def change(content):
        content["images"] += [dict(content["images"][0]), {**content["images"][0], "width": W + 1}]
        content["annotations"] += [content["annotations"][0], {"id": 10, "segmentation": [LEFT]}]

    fatal = ("ambiguous_id", True)
    assert changed(data, change) == [("frame_size", True), fatal, fatal]


def test_an_annotation_without_a_mask_is_found(data):
    found = changed(data, lambda c: c["annotations"][0].pop("segmentation"))
    assert found == [("broken_mask", True)]


@pytest.mark.parametrize(
    ("change", "kind", "fatal"),
    [
        (lambda refs: refs[0].update(sentences=[]), "no_sentence", False),
        (lambda refs: refs[0].update(split="vla"), "unknown_split", False),
        (lambda refs: refs[0]["sentences"][0].update(sent=" "), "empty_expression", False),
        (lambda refs: refs[0].update(ann_id=-1), "no_annotation", True),
        (lambda refs: refs[0].update(ann_id=[]), "no_annotation", True),
        (lambda refs: refs[0].update(ann_id=[30, 30]), "repeated_annotation", False),
        (lambda refs: refs[0].update(ann_id=10), "other_image", True),
        (lambda refs: refs[0].update(image_id=1), "other_image", True),
    ],
)
def test_what_is_odd_in_refs_is_found(data, change, kind, fatal):
    path = data / "refcoco" / "refs(unc).p"
    refs = pickle.loads(path.read_bytes())
    change(refs)
    path.write_bytes(pickle.dumps(refs, 2))
    found = {(f.kind, f.fatal) for f in Refcoco().open(data, "val", {}).findings()}
    assert found == {(kind, fatal)}


def test_an_annotation_of_another_image_is_found(data):
    found = changed(data, lambda c: c["annotations"][0].update(image_id=1))
    assert found == [("other_image", True)] * 2


def test_a_mask_that_is_a_crowd_and_is_none_is_found(data):
    found = changed(data, lambda c: c["annotations"].append({**c["annotations"][0], "iscrowd": 1}))
    assert found == [("ambiguous_id", True)]
