"""Extracting the frames of one video: whole or not at all, with a record of how."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import cv2

from sama_bench.benchmark import FramePreparation
from sama_bench.data.video_frames import (
    Decoding,
    UnreadableVideoError,
    declared_frames,
    frames,
    seeking_errors,
)  # fmt: skip
from sama_bench.storage.append import write_atomically

Status = Literal["made", "kept", "skipped", "foreign", "failed"]


@dataclass(frozen=True)
class Task:
    """One video to extract.

    Attributes:
        video: id, the name of the mp4 without extension.
        source: the mp4.
        annotation: its JSON file; a video without one is skipped.
        target: folder that receives ``frame_<k>.jpg``.
        record: file that says how the folder was made.
        decoding: how to choose frames.
        preparation: which frames, and how they are written.
        compare: also find out where seeking differs from sequential decoding.
        overwrite: make folders anew that something else has made.
    """

    video: str
    source: Path
    annotation: Path
    target: Path
    record: Path
    decoding: Decoding
    preparation: FramePreparation
    compare: bool
    overwrite: bool


@dataclass(frozen=True)
class VideoReport:
    """What became of one video.

    Attributes:
        status: ``made`` now; ``kept``, made by an earlier run; ``skipped``, no annotation file;
            ``foreign``, its folder exists but something else made it; ``failed``.
        frames: number of frames in its folder.
        declared: number of frames that the video's header declares.
        detail: why it was skipped or failed, or what is odd about it; None if nothing is.
        disk_full: it failed because the disk is full.
        seeking_errors: see ``seeking_errors``; None where nobody compared.
    """

    video: str
    status: Status
    frames: int = 0
    declared: int = 0
    detail: str | None = None
    disk_full: bool = False
    seeking_errors: Mapping[int, int | None] | None = None


def extract(task: Task) -> VideoReport:
    """Extract the frames of one video unless they are there already; never raises for its fault."""
    if not task.annotation.is_file():
        return VideoReport(task.video, "skipped", detail=f"no annotation {task.annotation.name}")
    try:
        report = _kept(task)
        if report is None:
            report = _extract(task)
        if task.compare and report.seeking_errors is None and report.status in ("made", "kept"):
            errors = seeking_errors(task.source, task.preparation.interval)
            report = replace(report, seeking_errors=errors)
            _write_record(task, report, task.target)
    except UnreadableVideoError as error:
        return VideoReport(task.video, "failed", detail=f"{task.source.name}: {error}")
    except (OSError, cv2.error) as error:
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        detail = str(error).strip().replace("\n", " ")
        return VideoReport(task.video, "failed", detail=detail, disk_full=full)
    return report


def _kept(task: Task) -> VideoReport | None:
    """Report on a folder that needs no work, or None if the video has to be extracted."""
    if not task.target.exists():
        return None
    try:
        record = json.loads(task.record.read_text(encoding="utf-8"))
        made = _recorded(task, record)
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        made = None
        if not task.overwrite:
            detail = "its folder was not made by this command; --overwrite makes it anew"
            count = sum(1 for _ in task.target.glob("frame_*.jpg"))
            return VideoReport(task.video, "foreign", frames=count, detail=detail)
    return made


def _recorded(task: Task, record: dict[str, Any]) -> VideoReport | None:
    """The earlier report, if source and settings are the same and all frames still lie there."""
    if record["source_bytes"] != task.source.stat().st_size or record["decoding"] != task.decoding:
        return None
    report = record["report"]
    step = task.preparation.interval
    names = {f"frame_{step * k}.jpg": size for k, size in enumerate(record["frame_bytes"])}
    if any(
        not (task.target / name).is_file() or (task.target / name).stat().st_size != size
        for name, size in names.items()
    ):
        return None
    errors = report["seeking_errors"]
    found = None if errors is None else {int(index): other for index, other in errors.items()}
    return VideoReport(
        task.video, "kept", report["frames"], report["declared"], report["detail"],
        seeking_errors=found,
    )  # fmt: skip


def _extract(task: Task) -> VideoReport:
    cv2.setNumThreads(1)
    quality = [cv2.IMWRITE_JPEG_QUALITY, task.preparation.quality]
    part = task.target.with_name(f".{task.target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        count = 0
        for index, frame in frames(task.source, task.preparation.interval, task.decoding):
            done, data = cv2.imencode(".jpg", frame, quality)
            if not done:
                raise OSError(f"frame {index} cannot be encoded")
            (part / f"frame_{index}.jpg").write_bytes(data.tobytes())
            count += 1
        if not count:
            raise UnreadableVideoError("not one frame can be decoded")
        declared = declared_frames(task.source)
        report = VideoReport(task.video, "made", count, declared, _oddity(task, count, declared))
        _write_record(task, report, part)  # before the folder appears: a kill leaves no orphan
        if task.target.exists():
            shutil.rmtree(task.target)
        part.rename(task.target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return report


def _oddity(task: Task, count: int, declared: int) -> str | None:
    """Say what does not fit together: header, decoded frames, annotation."""
    expected = max(1, -(-declared // task.preparation.interval))
    if count != expected:
        return f"{declared} frames declared, so {expected} expected, but {count} could be decoded"
    try:
        annotation = json.loads(task.annotation.read_text(encoding="utf-8"))
        annotated = task.preparation.frame_count(annotation)
    except (OSError, ValueError, AttributeError, RecursionError):
        return f"{task.annotation.name} is not a readable annotation"
    if annotated is not None and annotated != declared:
        return f"the video declares {declared} frames, its annotation {annotated}"
    return None


def _write_record(task: Task, report: VideoReport, folder: Path) -> None:
    step = task.preparation.interval
    sizes = [(folder / f"frame_{step * k}.jpg").stat().st_size for k in range(report.frames)]
    record = {
        "report": asdict(report),
        "decoding": task.decoding,
        "source_bytes": task.source.stat().st_size,
        "frame_bytes": sizes,
        "opencv": cv2.__version__,
    }
    content = (json.dumps(record) + "\n").encode()
    write_atomically(task.record, content, "choose another folder with --data")
