"""Minis of the other benchmarks: layouts and the odd cases that their loaders must cope with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from sama_bench.errors import UserError
from sama_bench.splits._files.safe_pickle import load_pickle
from sama_bench.splits._mini import MINI_VERSION, ensure_mini
from sama_bench.splits._mini.store import MARKER, write_json

REFERRING = {
    "mevis": (
        ("video_datas/mevis/valid_u/meta_expressions.json", "video_datas/mevis/valid_u/JPEGImages"),
        ("video_datas/mevis/valid/meta_expressions.json", "video_datas/mevis/valid/JPEGImages"),
        ("video_datas/mevis/test/meta_expressions_release.json",
         "video_datas/mevis/test/JPEGImages"),
    ),
    "ref-youtube-vos": (
        ("video_datas/rvos/meta_expressions/valid/meta_expressions.json",
         "video_datas/rvos/valid/JPEGImages"),
    ),
    "ref-davis17": (
        ("video_datas/davis17/meta_expressions/valid/meta_expressions.json",
         "video_datas/davis17/valid/JPEGImages"),
    ),
    "revos": (("video_datas/revos/meta_expressions_valid_.json", "video_datas/revos"),),
    "ref-sav": (("ref_sav_eval/meta_expressions_valid.json", "ref_sav_eval/videos"),),
}  # fmt: skip


class Minis(dict[str, Path]):
    """Generates a benchmark's mini when a test first asks for it."""

    def __missing__(self, name: str) -> Path:
        self[name] = ensure_mini(benchmark=name)
        return self[name]


@pytest.fixture(scope="session")
def roots() -> Minis:
    return Minis()


def load(path: Path) -> Any:
    return json.loads(path.read_text())


def expressions(meta: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for video, item in meta["videos"].items():
        for expression in item["expressions"].values():
            yield video, item, expression


def decode(entry: Any, shape: tuple[int, int]) -> np.ndarray:
    return coco_mask.decode(entry) if entry else np.zeros(shape, np.uint8)


@pytest.mark.parametrize("name", REFERRING)
def test_every_listed_frame_lies_where_the_layout_says(name: str, roots: Minis) -> None:
    for file, folder in REFERRING[name]:
        videos = load(roots[name] / file)["videos"]
        assert videos
        for video, item in videos.items():
            assert item["expressions"]
            assert len(item["frames"]) == len(set(item["frames"])) >= 24
            for frame in item["frames"]:
                picture = cv2.imread(str(roots[name] / folder / video / f"{frame}.jpg"))
                assert picture.shape == (item["height"], item["width"], 3)


@pytest.mark.parametrize(
    ("name", "meta", "masks"),
    [
        ("mevis", "video_datas/mevis/valid_u/meta_expressions.json", "mask_dict.json"),
        ("revos", "video_datas/revos/meta_expressions_valid_.json", "mask_dict.json"),
        ("ref-sav", "ref_sav_eval/meta_expressions_valid.json", "mask_dict.json"),
    ],
)
def test_masks_align_with_frames(name: str, meta: str, masks: str, roots: Minis) -> None:
    content = load(roots[name] / meta)
    found = load((roots[name] / meta).parent / masks)
    several = 0
    for _, item, expression in expressions(content):
        several += len(expression["anno_id"]) > 1
        for annotation in expression["anno_id"]:
            track = found[str(annotation)]
            assert len(track) == len(item["frames"])
            assert all(e is None or e["size"] == [item["height"], item["width"]] for e in track)
    assert several >= 2


def test_hidden_splits_give_no_masks_away(roots: Minis) -> None:
    hidden = [REFERRING["mevis"][1][0], REFERRING["mevis"][2][0]]
    for name, file in [*(("mevis", f) for f in hidden),
                       ("ref-youtube-vos", REFERRING["ref-youtube-vos"][0][0])]:  # fmt: skip
        for _, _, expression in expressions(load(roots[name] / file)):
            assert expression.keys() == {"exp"}


def test_ref_sav_has_long_short_and_absent_expressions(roots: Minis) -> None:
    base = roots["ref-sav"] / "ref_sav_eval"
    meta, masks = load(base / "meta_expressions_valid.json"), load(base / "mask_dict.json")
    kinds = [e["type_id"] for _, _, e in expressions(meta)]
    assert set(kinds) == {0, 1}
    assert any(
        all(entry is None for i in e["anno_id"] for entry in masks[str(i)])
        for _, _, e in expressions(meta)
    )
    assert all(v["frames"][1] == "00004" for v in meta["videos"].values())
    assert any(v["height"] > v["width"] for v in meta["videos"].values())


def test_revos_instances_overlap_and_foreground_is_their_union(roots: Minis) -> None:
    base = roots["revos"] / "video_datas" / "revos"
    meta = load(base / "meta_expressions_valid_.json")
    masks, foreground = load(base / "mask_dict.json"), load(base / "mask_dict_foreground.json")
    assert {e["type_id"] for _, _, e in expressions(meta)} == {0, 1, 2}
    assert any("/" in video for video in meta["videos"])
    used = {str(i) for _, _, e in expressions(meta) for i in e["anno_id"]}
    assert set(masks) > used
    highest = 0
    for video, item in meta["videos"].items():
        ids = {i for e in item["expressions"].values() for i in e["anno_id"]}
        shape = (item["height"], item["width"])
        fore = foreground[video]
        assert len(fore["masks_rle"]) == len(fore["foreground_ratio"]) == len(item["frames"])
        for t, rle in enumerate(fore["masks_rle"]):
            total = np.sum([decode(masks[str(i)][t], shape) for i in ids], axis=0)
            highest = max(highest, int(total.max()))
            union = coco_mask.decode(rle)
            np.testing.assert_array_equal(union, total > 0)
            assert fore["foreground_ratio"][t] == pytest.approx(union.mean())
    assert highest >= 2


def test_ref_davis_counts_over_string_sorted_ids(roots: Minis) -> None:
    base = roots["ref-davis17"] / "video_datas" / "davis17"
    videos = load(base / "meta_expressions" / "valid" / "meta_expressions.json")["videos"]
    masks = load_pickle(base / "valid" / "mask_dict.pkl")
    listed = (base / "DAVIS" / "ImageSets" / "2017" / "val.txt").read_text().split()
    assert sorted(videos) == listed != list(videos)
    assert any(len(v["expressions"]) > 10 for v in videos.values())
    counter = 0
    for video in sorted(videos):
        assert list(videos[video]["expressions"]) == [
            str(i) for i in range(len(videos[video]["expressions"]))
        ]
        for expression in sorted(videos[video]["expressions"]):
            index = int(expression) // 4 + 1
            assert videos[video]["expressions"][expression]["obj_id"] == str(index)
            track = masks[str(counter)]
            folder = base / "DAVIS" / "Annotations_unsupervised" / "480p" / video
            for t, name in enumerate(videos[video]["frames"]):
                drawn = np.asarray(Image.open(folder / f"{name}.png"))
                mask = decode(track[t], drawn.shape)
                known = drawn != 255
                np.testing.assert_array_equal(mask[known], drawn[known] == index)
            counter += 1
    assert counter == len(masks)


def test_davis_images_are_indexed_with_void_and_the_usual_palette(roots: Minis) -> None:
    folder = roots["ref-davis17"] / "video_datas/davis17/DAVIS/Annotations_unsupervised/480p"
    values: set[int] = set()
    for path in folder.rglob("*.png"):
        image = Image.open(path)
        assert image.mode == "P"
        assert image.getpalette()[:15] == [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0, 0, 0, 128]
        values |= set(np.unique(np.asarray(image)).tolist())
    assert values == {0, 1, 2, 3, 255}
    for video in folder.iterdir():
        first = set(np.unique(np.asarray(Image.open(video / "00000.png"))).tolist()) - {0, 255}
        later = set().union(*(np.unique(np.asarray(Image.open(p))) for p in video.iterdir()))
        assert later - {0, 255} <= first  # every object is there from frame 0


@pytest.mark.parametrize(
    ("name", "file", "splits"),
    [
        ("refcoco", "refs(unc).p", {"train", "val", "testA", "testB"}),
        ("refcoco+", "refs(unc).p", {"train", "val", "testA", "testB"}),
        ("refcocog", "refs(umd).p", {"train", "val", "test"}),
    ],
)
def test_refcoco_files(name: str, file: str, splits: set[str], roots: Minis) -> None:
    folder = roots[name] / "ref_seg" / name
    refs = load_pickle(folder / file)
    instances = load(folder / "instances.json")
    annotations = {a["id"]: a for a in instances["annotations"]}
    images = {i["id"]: i for i in instances["images"]}
    assert {ref["split"] for ref in refs} == splits
    sums = []
    for ref in refs:
        annotation = annotations[ref["ann_id"]]
        image = images[ref["image_id"]]
        assert annotation["image_id"] == image["id"]
        assert ref["sentences"]
        picture = roots[name] / "glamm_data/images/coco2014/train2014" / image["file_name"]
        assert cv2.imread(str(picture)).shape[:2] == (image["height"], image["width"])
        rles = coco_mask.frPyObjects(annotation["segmentation"], image["height"], image["width"])
        planes = coco_mask.decode(rles).sum(axis=2)
        sums.append(int(planes.max()))
        assert (planes > 0).sum() == pytest.approx(annotation["area"], rel=0.25)
    assert sums.count(2) >= 1, "polygons of one annotation overlap somewhere"
    sentences = [s["sent_id"] for ref in refs for s in ref["sentences"]]
    assert len(set(sentences)) == len(sentences)


def test_grefcoco_has_no_target_several_targets_and_a_crowd(roots: Minis) -> None:
    folder = roots["grefcoco"] / "ref_seg" / "grefcoco"
    refs = load(folder / "grefs(unc).json")
    annotations = {a["id"]: a for a in load(folder / "instances.json")["annotations"]}
    targets = [ref["ann_id"] for ref in refs]
    assert [-1] in targets
    assert any(len(t) > 2 for t in targets)
    assert any(annotations[i]["iscrowd"] for t in targets for i in t if i != -1)
    assert {ref["split"] for ref in refs} == {"train", "val", "testA", "testB"}


@pytest.mark.parametrize("split", ["val", "test"])
def test_gcg_files_are_coco(split: str, roots: Minis) -> None:
    folder = roots["gcg"] / "glamm_data/annotations/gcg_val_test"
    masks = COCO(str(folder / f"{split}_gcg_coco_mask_gt.json"))
    captions = COCO(str(folder / f"{split}_gcg_coco_caption_gt.json"))
    assert masks.getCatIds() == [1]
    assert captions.imgs.keys() == masks.imgs.keys()
    for image_id, image in captions.imgs.items():
        path = roots["gcg"] / "glamm_data/images/grandf/val_test" / image["file_name"]
        assert path.stem == image_id
        assert path.is_file()
        (caption,) = captions.imgToAnns[image_id]
        assert len(caption["labels"]) == len(masks.imgToAnns[image_id])
        assert all(label in caption["caption"] for label in caption["labels"])


def test_region_captions_pair_image_and_annotation_by_id(roots: Minis) -> None:
    folder = roots["region-captions"] / "region_caption"
    regions = load(folder / "refcocog" / "finetune_refcocog_val_with_mask.json")
    captions = COCO(str(folder / "mdetr_annotations" / "finetune_refcocog_val_captions.json"))
    annotations = {a["id"]: a for a in regions["annotations"]}
    for image in regions["images"]:
        assert annotations[image["id"]]["segmentation"]
        assert len(captions.imgToAnns[image["id"]]) == 2
        folder = roots["region-captions"] / "glamm_data/images/coco2014/train2014"
        assert (folder / image["file_name"]).is_file()


def test_parts_of_sama_bench_share_its_data_and_unknown_names_get_a_hint(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    write_json(whole / MARKER, {
        "generated": "sama-bench mini", "benchmark": "sama-bench", "version": MINI_VERSION,
    })  # fmt: skip
    assert ensure_mini(whole, "sama-bench-g") == ensure_mini(whole, "sama-bench-c") == whole
    with pytest.raises(UserError, match="did you mean ref-sav"):
        ensure_mini(tmp_path / "x", "ref-say")
