"""Frame extraction: the frames that the released script chooses, resumed, compared, reported."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from sama_bench.cli import main
from sama_bench.data import extract_frames, video_frames
from sama_bench.data.prepare_frames import preparation_named, prepare_frames
from sama_bench.errors import DataError, UserError
from sama_bench.splits.sama_bench.sources import frame_items
from tests.shared import shared

VIDSTG = preparation_named("vidstg")


def write_video(path: Path, frames: int, size: tuple[int, int] = (64, 48)) -> None:
    """A video whose frame k is a grey of its own with a moving square."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25, size)
    for index in range(frames):
        frame = np.full((size[1], size[0], 3), (index * 5) % 200, np.uint8)
        frame[8:24, index % 40 : index % 40 + 16] = (40, 220, 250)
        writer.write(frame)
    writer.release()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three videos of 21, 8 and 1 frames, and one without annotation."""
    for name in ("videos", "annotations"):
        (tmp_path / name).mkdir()
    for video, frames in (("b21", 21), ("a8", 8), ("c1", 1), ("nobody", 4)):
        write_video(tmp_path / "videos" / f"{video}.mp4", frames)
        annotation = {"video_id": video, "frame_count": frames, "trajectories": []}
        if video != "nobody":
            (tmp_path / "annotations" / f"{video}.json").write_text(json.dumps(annotation))
    (tmp_path / "videos" / "notes.txt").write_text("not a video")
    return tmp_path


def prepare(source: Path, **options: Any) -> Any:
    root = options.pop("root", source / "root")
    options.setdefault("workers", 1)
    return prepare_frames(VIDSTG, source / "videos", source / "annotations", root, **options)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def by_name(report: Any) -> dict[str, Any]:
    return {video.video: video for video in report.videos}


def test_every_fourth_frame_of_every_annotated_video(source: Path) -> None:
    report = prepare(source)
    frames = source / "root" / "VidSTG" / "val"
    assert names(frames) == {"b21", "a8", "c1"}
    assert names(frames / "b21") == {f"frame_{k}.jpg" for k in (0, 4, 8, 12, 16, 20)}
    assert names(frames / "a8") == {"frame_0.jpg", "frame_4.jpg"}
    assert names(frames / "c1") == {"frame_0.jpg"}
    assert [video.video for video in report.videos] == ["a8", "b21", "c1", "nobody"]
    assert by_name(report)["nobody"].status == "skipped"
    assert report.counts["frames"] == 9
    assert report.complete


def test_bytes_are_those_that_opencv_writes_itself(source: Path, tmp_path: Path) -> None:
    prepare(source)
    capture = cv2.VideoCapture(str(source / "videos" / "b21.mp4"))
    for index in range(21):
        frame = capture.read()[1]
        if index % 4 == 0:
            cv2.imwrite(str(tmp_path / "own.jpg"), frame)
            made = source / "root/VidSTG/val/b21" / f"frame_{index}.jpg"
            assert made.read_bytes() == (tmp_path / "own.jpg").read_bytes()


def test_both_ways_choose_the_same_frames(source: Path) -> None:
    prepare(source, root=source / "one")
    prepare(source, root=source / "two", decoding="seeking")
    for video in ("b21", "a8", "c1"):
        folders = [source / root / "VidSTG/val" / video for root in ("one", "two")]
        assert names(folders[0]) == names(folders[1])


def test_nothing_is_done_twice(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(source)
    monkeypatch.setattr(extract_frames, "frames", lambda *_: pytest.fail("extracted again"))
    report = prepare(source)
    assert report.counts["kept"] == 3
    assert report.counts["frames"] == 9


def test_what_is_damaged_or_made_otherwise_is_made_anew(source: Path) -> None:
    prepare(source)
    frames = source / "root" / "VidSTG" / "val"
    (frames / "b21" / "frame_8.jpg").unlink()
    (frames / "a8" / "frame_0.jpg").write_bytes(b"")
    assert prepare(source).counts["made"] == 2
    assert (frames / "b21" / "frame_8.jpg").stat().st_size > 0
    assert prepare(source, decoding="seeking").counts["made"] == 3
    write_video(source / "videos" / "c1.mp4", 30)
    report = prepare(source, decoding="seeking")
    assert by_name(report)["c1"].frames == 8
    assert "its annotation 1" in by_name(report)["c1"].detail


def test_an_interrupted_video_leaves_no_folder(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = extract_frames.frames

    def torn(*arguments: Any) -> Iterator[Any]:
        yield next(iter(real(*arguments)))
        raise KeyboardInterrupt

    monkeypatch.setattr(extract_frames, "frames", torn)
    with pytest.raises(KeyboardInterrupt):
        prepare(source)
    assert names(source / "root" / "VidSTG" / "val") == set()
    monkeypatch.undo()
    assert prepare(source).complete


def test_folders_of_others_are_left_alone_unless_told(source: Path) -> None:
    theirs = source / "root" / "VidSTG" / "val" / "a8"
    theirs.mkdir(parents=True)
    (theirs / "frame_0.jpg").write_bytes(b"theirs")
    report = prepare(source)
    assert by_name(report)["a8"].status == "foreign"
    assert not report.complete
    assert (theirs / "frame_0.jpg").read_bytes() == b"theirs"
    assert prepare(source, overwrite=True).complete
    assert names(theirs) == {"frame_0.jpg", "frame_4.jpg"}


def test_broken_videos_fail_alone(source: Path) -> None:
    (source / "videos" / "a8.mp4").write_bytes(b"no video at all")
    report = prepare(source)
    assert by_name(report)["a8"].status == "failed"
    assert "it is a text, not a movie" in by_name(report)["a8"].detail
    assert by_name(report)["b21"].status == "made"
    assert names(source / "root" / "VidSTG" / "val") == {"b21", "c1"}


def test_a_full_disk_stops_with_one_line(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, os.strerror(28), str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match="the same command goes on"):
        prepare(source)


def test_comparison_names_the_frame_that_seeking_gives(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = video_frames.seeking

    def late(path: Path, interval: int) -> Iterator[Any]:
        """Lands one frame late from frame 8 on, and misses frame 20."""
        every = dict(real(path, 1))
        for index in range(0, len(every), interval):
            if index < 20:
                yield index, every[index + (index >= 8)]

    assert all(v.seeking_errors is None for v in prepare(source).videos)
    monkeypatch.setattr(video_frames, "seeking", late)
    report = by_name(prepare(source, compare=True))
    assert report["b21"].seeking_errors == {8: 9, 12: 13, 16: 17, 20: None}
    assert report["a8"].seeking_errors == {}
    monkeypatch.setattr(video_frames, "seeking", lambda *_: pytest.fail("compared again"))
    again = by_name(prepare(source, compare=True))
    assert again["b21"].seeking_errors == report["b21"].seeking_errors


def test_several_workers_give_the_same(source: Path) -> None:
    seen: list[str] = []
    report = prepare(
        source, workers=2, root=source / "par", progress=lambda r, n: seen.append(r.video)
    )
    alone = prepare(source)
    assert sorted(seen) == ["a8", "b21", "c1", "nobody"]
    assert report.videos == alone.videos
    for path in (source / "root" / "VidSTG" / "val").rglob("*.jpg"):
        other = source / "par" / path.relative_to(source / "root")
        assert other.read_bytes() == path.read_bytes()


def test_frame_items_as_split_files_hold_them() -> None:
    box = {"xmin": 1, "ymin": 2, "xmax": 30, "ymax": 40}
    annotation = {
        "subject/objects": [{"tid": 0, "category": "bird"}],
        "trajectories": [[{"tid": 0, "bbox": box}, {"tid": 7, "bbox": box}], [], [], [], []],
    }
    first, second, third = frame_items(annotation, 3)
    assert first["boxes"] == [
        {"tid": 0, "category": "bird", "bbox": [1, 2, 30, 40]},
        {"tid": 7, "category": "unknown", "bbox": [1, 2, 30, 40]},
    ]
    assert (second["frame_id"], second["raw_filename"], second["boxes"]) == (4, "frame_4.jpg", [])
    assert third["boxes"] == []


def test_the_command_reports_and_exits(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["data", "prepare", "vidstg", "--videos", str(source / "videos"), "--annotations",
              str(source / "annotations"), "--workers", "1"]  # fmt: skip
    report = source / "report.json"
    with pytest.raises(SystemExit) as ended:
        main([*common, "--data", str(source / "root"), "--compare", "--json", str(report)])
    assert ended.value.code == 0
    assert "4 videos: 3 extracted, 1 skipped (no annotation)" in capsys.readouterr().out
    assert json.loads(report.read_text())["counts"]["frames"] == 9
    (source / "videos" / "a8.mp4").write_bytes(b"")
    with pytest.raises(SystemExit) as ended:
        main([*common, "--data", str(source / "root")])
    assert ended.value.code == 1
    assert "a8: failed" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main([*common[:3], "--videos", "nowhere", *common[5:], "--data", str(source)])
    assert ended.value.code == 2
    assert "nowhere" in capsys.readouterr().err


def test_an_unknown_preparation_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["data", "prepare", "vidst", "--videos", "v", "--annotations", "a", "--data", "d"])
    assert ended.value.code == 2
    assert "did you mean vidstg" in capsys.readouterr().err


def test_missing_folders_and_no_videos(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        prepare_frames(VIDSTG, tmp_path / "x", tmp_path, tmp_path)
    with pytest.raises(DataError, match=r"ends in \.mp4"):
        prepare_frames(VIDSTG, tmp_path, tmp_path, tmp_path)


def test_the_real_clip_yields_what_its_split_file_lists(tmp_path: Path) -> None:
    source = shared("data", "sama_bench_real", "vidstg_source")
    described = json.loads(shared("data", "sama_bench_real", "VidSTG_0.json").read_text())
    report = prepare_frames(
        VIDSTG, source / "videos", source / "annotations", tmp_path, workers=1, compare=True
    )
    for video in described:
        found = names(tmp_path / video["video"])
        assert found == {frame["raw_filename"] for frame in video["frames"]}
        shape = cv2.imread(str(tmp_path / video["video"] / "frame_48.jpg")).shape
        assert shape == (video["height"], video["width"], 3)
    assert report.videos[0].seeking_errors == {}
