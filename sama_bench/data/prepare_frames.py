"""``sama-bench data prepare``: frames that a benchmark reads, extracted from videos."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sama_bench import registry
from sama_bench.benchmark import FramePreparation
from sama_bench.data.extract_frames import Task, VideoReport, extract
from sama_bench.data.video_frames import Decoding
from sama_bench.errors import DataError, UserError, did_you_mean

_MOST_WORKERS = 8  # as many as the released script


@dataclass(frozen=True)
class PrepareReport:
    """What became of all videos, sorted by id."""

    preparation: FramePreparation
    root: Path
    decoding: Decoding
    videos: Sequence[VideoReport]

    @property
    def frames(self) -> Path:
        """The folder that holds a folder of frames for every video."""
        return self.root / self.preparation.frames

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of videos by status, and of all frames under ``frames``."""
        found = Counter[str](video.status for video in self.videos)
        found["frames"] = sum(video.frames for video in self.videos)
        return found

    @property
    def complete(self) -> bool:
        """Whether every video that has an annotation is extracted, by this command."""
        return not any(video.status in ("failed", "foreign") for video in self.videos)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "root": str(self.root),
            "decoding": self.decoding,
            "interval": self.preparation.interval,
            "counts": dict(self.counts),
            "videos": [asdict(video) for video in self.videos],
        }


def preparation_named(name: str) -> FramePreparation:
    """Return the preparation that a user named.

    Raises:
        UserError: there is none, with the nearest names.
    """
    every = (one for item in registry.benchmarks().values() for one in item.preparations)
    known = {one.name: one for one in every}
    if name not in known:
        raise did_you_mean("preparation", name, known)
    return known[name]


def prepare_frames(
    preparation: FramePreparation,
    videos: Path,
    annotations: Path,
    root: Path,
    *,
    decoding: Decoding = "sequential",
    compare: bool = False,
    overwrite: bool = False,
    workers: int | None = None,
    progress: Callable[[VideoReport, int], None] | None = None,
) -> PrepareReport:
    """Extract every n-th frame of videos into ``<root>/<frames>/<video>/frame_<k>.jpg``.

    Frames 0, n, 2n, ... below the declared number of frames are kept, as JPEG. A video's folder
    appears when it is whole; videos that an earlier call extracted in the same way are kept. One
    call at a time may work on a root.

    Args:
        preparation: which frames, and where they go.
        videos: folder of ``<video>.mp4``.
        annotations: folder of ``<video>.json``; videos without one are skipped, as released.
        root: the benchmark's data root.
        decoding: ``sequential`` decodes strictly in order; ``seeking`` sets the position before
            every frame, as the released script does.
        compare: also report where seeking gives other frames than sequential decoding.
        overwrite: make folders anew that something else has made.
        workers: processes; by default one a core, at most 8.
        progress: called in this process with each video's report and the number of videos.

    Raises:
        DataError: one of the folders does not exist, or there is no mp4.
        UserError: the disk is full or a worker was killed; what was extracted before stays.
    """
    tasks = _tasks(
        preparation, Path(videos), Path(annotations), Path(root), decoding, compare, overwrite
    )
    count = workers or min(_MOST_WORKERS, os.cpu_count() or 1)
    reports: list[VideoReport] = []
    with closing(_run(tasks, min(count, len(tasks)))) as finished:
        for report in finished:
            reports.append(report)
            if progress is not None:
                progress(report, len(tasks))
            if report.disk_full:
                made = sum(item.status == "made" for item in reports)
                raise UserError(
                    f"the disk of {root} is full; {made} videos were extracted: make room, and "
                    "the same command goes on"
                )
    reports.sort(key=lambda report: report.video)
    return PrepareReport(preparation, Path(root), decoding, tuple(reports))


def frame_items(report: PrepareReport, annotations: Path) -> dict[str, list[Mapping[str, Any]]]:
    """Return what the benchmark's files say of the frames of every extracted video, by id.

    Raises:
        DataError: an annotation file is malformed.
    """
    items = {}
    for video in report.videos:
        if video.status in ("made", "kept"):
            path = annotations / f"{video.video}.json"
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
                items[video.video] = list(report.preparation.items(content, video.frames))
            except (
                OSError,
                ValueError,
                TypeError,
                LookupError,
                AttributeError,
                RecursionError,
            ) as error:
                title = report.preparation.title
                raise DataError(f"{path} is not an annotation of {title}: {error!r}") from None
    return items


def _tasks(
    preparation: FramePreparation,
    videos: Path,
    annotations: Path,
    root: Path,
    decoding: Decoding,
    compare: bool,
    overwrite: bool,
) -> list[Task]:
    for folder, option in ((videos, "--videos"), (annotations, "--annotations")):
        if not folder.is_dir():
            raise DataError(f"{option} {folder}: there is no such folder")
    names = sorted(path.name for path in videos.iterdir() if path.name.endswith(".mp4"))
    if not names:
        raise DataError(f"--videos {videos}: no file in it ends in .mp4")
    return [
        Task(
            video=(video := name.removesuffix(".mp4")),
            source=videos / name,
            annotation=annotations / f"{video}.json",
            target=root / preparation.frames / video,
            record=root / preparation.records / f"{video}.json",
            decoding=decoding,
            preparation=preparation,
            compare=compare,
            overwrite=overwrite,
        )
        for name in names
    ]


def _run(tasks: Sequence[Task], workers: int) -> Generator[VideoReport, None, None]:
    if workers <= 1:
        yield from map(extract, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with _children_outside():  # the first starts with the pool, the others with the tasks
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_ignore_ctrl_c)
        waiting: list[Future[VideoReport]] = [pool.submit(extract, task) for task in tasks]
    try:
        for future in as_completed(waiting):
            yield future.result()
    except BrokenProcessPool:
        raise UserError(
            "a worker process was ended from outside, perhaps for want of memory; "
            "the same command goes on: try fewer --workers"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _children_outside() -> Iterator[None]:
    """Start Python's without the working folder on their import path, as its ``-P`` does."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


def _ignore_ctrl_c() -> None:
    """Leave Ctrl-C to the main process, which lets the videos in progress end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
