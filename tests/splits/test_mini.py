"""The embedded split: whole, deterministic, in the published layout, with the promised cases."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pycocotools import mask as coco_mask

from sama_bench.errors import UserError
from sama_bench.splits._mini import ensure_mini
from sama_bench.splits._mini.dialogue import parse_round
from sama_bench.splits._mini.sama_files import MASK_FILES, SPLITS
from sama_bench.splits._mini.store import MARKER, MINI_VERSION, generate_once


@pytest.fixture(scope="module")
def root() -> Path:
    return ensure_mini()


@pytest.fixture(scope="module")
def videos(root: Path) -> list[dict[str, Any]]:
    return [v for s in SPLITS for v in json.loads((root / f"{s}.json").read_text())]


@pytest.fixture(scope="module")
def tracks(root: Path) -> dict[str, np.ndarray]:
    """Annotation id -> (T, H, W) masks, over all four dictionaries."""
    planes: dict[str, np.ndarray] = {}
    for source, name in MASK_FILES.items():
        for key, entry in json.loads((root / name).read_text()).items():
            rles = entry["segmentations"] if source == "lvvis" else entry
            size = next(rle["size"] for rle in rles if rle)
            planes[key] = np.stack(
                [coco_mask.decode(rle) if rle else np.zeros(size, np.uint8) for rle in rles]
            )
    return planes


def frame_files(root: Path, video: dict[str, Any]) -> list[Path]:
    folder = Path(video["video"])
    if "lvvis" in video["video"]:
        folder = folder.parent / folder.name.zfill(5)
    names = [f["raw_filename"] if isinstance(f, dict) else f for f in video["frames"]]
    return [root / folder / f"{Path(name).stem}.jpg" for name in names]


def digest(root: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.is_file()):
        total.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def test_same_bytes_again_in_another_process(root: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from sama_bench.splits._mini import ensure_mini; "
        "ensure_mini(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "again")], check=True)
    assert digest(tmp_path / "again") == digest(root)


def test_the_13_files_each_list_a_video(root: Path) -> None:
    assert len(SPLITS) == 13
    for split in SPLITS:
        assert json.loads((root / f"{split}.json").read_text()), split


def test_counts_and_unique_ids(videos: list[dict[str, Any]]) -> None:
    humans = [m for v in videos for m in v["conversation"] if m["from"] == "human"]
    questions = [m["question_id"] for m in humans]
    descriptions = [i for v in videos for i in v["description_id"].values()]
    assert len(videos) >= 8
    assert len(questions) >= 40
    assert len(set(questions)) == len(questions)
    assert len(set(descriptions)) == len(descriptions)
    assert all(v["description"].keys() == v["description_id"].keys() for v in videos)
    assert len({v["video"] for v in videos}) == len(videos)
    assert {v["video"].split("/")[0] for v in videos} == set(MASK_FILES)


def test_frames_exist_and_match_masks(
    root: Path, videos: list[dict[str, Any]], tracks: dict[str, np.ndarray]
) -> None:
    portraits = 0
    for video in videos:
        files = frame_files(root, video)
        assert 24 <= len(files) <= 60
        assert sorted(files[0].parent.iterdir()) == sorted(files)
        shapes = {cv2.imread(str(f)).shape for f in files}
        assert shapes == {(video["height"], video["width"], 3)}
        portraits += video["height"] > video["width"]
        for number in video["anno_map"]:
            if number != -1:
                shape = (len(files), video["height"], video["width"])
                assert tracks[str(number)].shape == shape
    assert portraits == 1


def test_lvvis_pads_and_vidstg_names_every_fourth_frame(
    root: Path, videos: list[dict[str, Any]]
) -> None:
    lvvis = [Path(v["video"]).name for v in videos if v["video"].startswith("lvvis")]
    assert any(len(name) < 5 for name in lvvis)
    vidstg = [v for v in videos if v["video"].startswith("VidSTG")]
    kinds = {type(f) for v in vidstg for f in v["frames"]}
    assert kinds == {dict, str}
    for video in vidstg:
        names = [f["raw_filename"] if isinstance(f, dict) else f for f in video["frames"]]
        assert names == [f"frame_{4 * k}.jpg" for k in range(len(names))]


def test_every_round_is_accepted_by_the_published_filter(videos: list[dict[str, Any]]) -> None:
    for video in videos:
        messages = video["conversation"]
        assert len(messages) == 2 * len(video["obj_masks"]) == 2 * len(video["groundtruth"])
        for number, (regions, targets) in enumerate(
            zip(video["obj_masks"], video["groundtruth"], strict=True)
        ):
            human, gpt = messages[2 * number : 2 * number + 2]
            assert (human["from"], gpt["from"]) == ("human", "gpt")
            assert human["value"].count("<mask>") == len(regions)
            assert gpt["value"].count("[SEG]") == gpt["value"].count("<p>") == len(targets)
            assert all(targets)
            known = set(video["anno_map"]) - {-1}
            assert known.issuperset(regions)
            assert known.issuperset(i for t in targets for i in t)


def test_kinds_of_rounds(videos: list[dict[str, Any]]) -> None:
    regions = [r for v in videos for r in v["obj_masks"]]
    targets = [t for v in videos for t in v["groundtruth"]]
    assert sum(not t for t in targets) >= 8, "questions without an answer to ground"
    assert sum(len(r) > 1 for r in regions) >= 3, "several regions in one question"
    assert any(not r for r in regions), "a question without a region"
    assert sum(len(t) > 1 for t in targets) >= 5, "several [SEG] in one answer"
    assert sum(any(len(i) > 1 for i in t) for t in targets) >= 5, "a union as the target"
    lengths = [len(v["obj_masks"]) for v in videos]
    assert all(3 <= n <= 6 for n in lengths if n != 1)
    single = [v for v in videos if len(v["obj_masks"]) == 1]
    assert len(single) == 1
    assert len(single[0]["description"]) == 1
    assert any(-1 in v["anno_map"] for v in videos)


def test_objects_hide_leave_return_and_arrive_late(tracks: dict[str, np.ndarray]) -> None:
    visible = {key: masks.any(axis=(1, 2)) for key, masks in tracks.items()}
    late = [key for key, seen in visible.items() if not seen[0]]
    returns = [k for k, seen in visible.items() if np.diff(seen.astype(int)).tolist().count(1) > 1
               or (seen[0] and 1 in np.diff(seen.astype(int)))]  # fmt: skip
    areas = {key: masks.sum(axis=(1, 2)) for key, masks in tracks.items()}
    shrinks = [k for k, area in areas.items() if area[visible[k]].min() < 0.5 * area.max()]
    assert len(late) >= 3
    assert len(returns) >= 3
    assert len(shrinks) >= 5
    assert all(seen.any() for seen in visible.values())


def test_masks_of_a_video_never_overlap(
    videos: list[dict[str, Any]], tracks: dict[str, np.ndarray]
) -> None:
    for video in videos:
        planes = [tracks[str(i)] for i in video["anno_map"] if i != -1]
        assert np.sum(planes, axis=0).max() == 1


def iou(a: np.ndarray, b: np.ndarray) -> float:
    union = np.logical_or(a, b).sum()
    return float(np.logical_and(a, b).sum() / union) if union else 0.0


def test_flow_carries_a_mask_better_than_holding_it_but_not_perfectly(
    root: Path, videos: list[dict[str, Any]], tracks: dict[str, np.ndarray]
) -> None:
    """Each object's first visible mask, carried by dense flow against held still."""
    dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    carried, held = [], []
    for video in videos[::3]:
        grey = [cv2.imread(str(f), cv2.IMREAD_GRAYSCALE) for f in frame_files(root, video)]
        truths = [tracks[str(i)] for i in video["anno_map"] if i != -1]
        starts = [int(t.any(axis=(1, 2)).argmax()) for t in truths]
        flows = [np.zeros_like(t) for t in truths]
        rows, columns = np.mgrid[: video["height"], : video["width"]].astype(np.float32)
        for t in range(len(grey)):
            back = dis.calc(grey[t], grey[t - 1], None) if t else None
            for truth, start, track in zip(truths, starts, flows, strict=True):
                if t == start:
                    track[t] = truth[t]
                elif t > start and back is not None:
                    where = columns + back[..., 0], rows + back[..., 1]
                    track[t] = cv2.remap(track[t - 1], *where, cv2.INTER_NEAREST)
        for truth, start, track in zip(truths, starts, flows, strict=True):
            still = np.zeros_like(truth)
            still[start:] = truth[start]
            carried.append(iou(track, truth))
            held.append(iou(still, truth))
    assert 1.5 * np.mean(held) < np.mean(carried) < 0.95


def test_an_interrupted_or_repeated_call_is_safe(tmp_path: Path) -> None:
    target = tmp_path / "data"
    target.mkdir()
    (target / "mine.txt").write_text("keep me")
    with pytest.raises(UserError, match="name an empty folder"):
        ensure_mini(target)
    assert (target / "mine.txt").read_text() == "keep me"
    assert [p.name for p in tmp_path.iterdir()] == ["data"]


def test_a_disk_that_refuses_gives_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match="No space left on device; name another folder"):
        ensure_mini(tmp_path / "data")
    assert not list(tmp_path.iterdir())


def test_default_place_follows_the_environment(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMA_BENCH_CACHE", str(tmp_path))
    place = tmp_path / f"mini-v{MINI_VERSION}" / "sama-bench"
    place.mkdir(parents=True)
    (place / MARKER).write_bytes((root / MARKER).read_bytes())
    assert ensure_mini() == place  # recognised by its marker, not generated again


def test_dialogue_notation() -> None:
    found = parse_round("Is {dog} near {cat}?", "[The dog] and [both|dog+cat] are.")
    assert found.question == "Is <mask> near <mask>?"
    assert found.answer == "<p> The dog </p> [SEG] and <p> both </p> [SEG] are."
    assert found.regions == ("dog", "cat")
    assert found.targets == (("dog",), ("dog", "cat"))


def test_two_at_once_end_with_one_whole_folder(tmp_path: Path) -> None:
    """Both find nothing, both write, and the slower one takes over what the faster one made."""
    meet = threading.Barrier(2)

    def write(folder: Path) -> None:
        meet.wait(timeout=300)
        (folder / "file").write_text("content")
        meet.wait(timeout=300)

    target = tmp_path / "data"
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(generate_once, target, "x", write) for _ in range(2)]
        assert [call.result() for call in calls] == [target, target]
    assert sorted(path.name for path in target.iterdir()) == ["file", MARKER]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
