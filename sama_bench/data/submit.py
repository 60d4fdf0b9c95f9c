"""The archive that a benchmark's server expects (referring video protocol, section 4).

Every frame of every expression becomes a grey PNG of 0 and 255. Answers are checked first; then
each video is packed into a part of its own, so that an interrupted command goes on where it
stopped, and the parts are joined into one archive whose entries are stored uncompressed.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from sama_bench import registry
from sama_bench.benchmark import Answers, Dataset
from sama_bench.errors import IncompleteError, UserError
from sama_bench.media.frames import image_size
from sama_bench.nouns import Answer, Masklet, Video

_DATE = (1980, 1, 1, 0, 0, 0)  # the same answers make the same bytes


@dataclass(frozen=True)
class Submission:
    """What was written.

    Attributes:
        path: of the archive.
        videos: number of videos.
        expressions: number of expressions.
        frames: number of PNG files.
        empty: expressions for which the model returned no mask, written as zeros.
        size: bytes of the archive.
    """

    path: Path
    videos: int
    expressions: int
    frames: int
    empty: int
    size: int


def submit(
    dataset: Dataset,
    answers: Answers,
    out: Path,
    *,
    fill_missing: bool = False,
    progress: Callable[[str, int], None] = lambda stage, done: None,
) -> Submission:
    """Write the archive for the server that a benchmark declares.

    Args:
        dataset: of a benchmark with a ``server``, opened.
        answers: to its samples; the first mask of an answer counts, no mask is zeros.
        out: archive to write; it appears when it is complete.
        fill_missing: write zeros for expressions without a usable answer instead of refusing.
        progress: called with ``checked`` or ``packed`` and 1 for every video.

    Raises:
        IncompleteError: expressions without a usable answer, listed.
        UserError: the benchmark has no server, or the archive cannot be written.
    """
    server = registry.benchmark(dataset.benchmark).server
    if server is None:
        raise UserError(
            f"{dataset.benchmark} has no server; submissions are made for {' and '.join(served())}"
        )
    videos = list(_by_video(dataset))
    keys, empty = _check(dataset, answers, videos, fill_missing, progress)
    parts = out.with_name(f".{out.name}.parts")
    try:
        parts.mkdir(parents=True, exist_ok=True)
        done = []
        for (_, ids), key in zip(videos, keys, strict=True):
            part = parts / f"{key}.zip"
            if not part.is_file():
                _pack(dataset, answers, ids, part, server.prefix)
            done.append(part)
            progress("packed", 1)
        frames = _join(done, out)
        size = out.stat().st_size
    except OSError as error:
        raise UserError(
            f"{out} cannot be written: {error.strerror or error}; what is done is kept, the same "
            "command goes on"
        ) from None
    wanted = sum(len(dataset.sample(ids[0]).video) * len(ids) for _, ids in videos)
    if frames != wanted:
        raise UserError(f"{out} holds {frames} files where {wanted} are expected; remove {parts}")
    shutil.rmtree(parts, ignore_errors=True)
    return Submission(out, len(videos), len(dataset.entries), frames, empty, size)


def served() -> list[str]:
    """Return the names of the benchmarks that have a server."""
    return [name for name, item in registry.benchmarks().items() if item.server is not None]


def _by_video(dataset: Dataset) -> Iterator[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for entry in dataset.entries:
        found.setdefault(entry.video, []).append(entry.id)
    yield from found.items()


def _check(
    dataset: Dataset,
    answers: Answers,
    videos: Sequence[tuple[str, list[str]]],
    fill_missing: bool,
    progress: Callable[[str, int], None],
) -> tuple[list[str], int]:
    """Check every answer; return a key of each video's content, and how many are empty."""
    problems: list[str] = []
    keys, empty = [], 0
    for name, ids in videos:
        video = dataset.sample(ids[0]).video
        if Path(video.frames[0]).is_file() and image_size(Path(video.frames[0])) != (
            video.height,
            video.width,
        ):
            problems.append(f"{name}: its frames are not {video.height}x{video.width}")
        digest = hashlib.sha256(repr((dataset.benchmark, video.frames)).encode())
        for id in ids:
            outcome = answers(id)
            try:
                if outcome.answer is None:
                    raise ValueError(outcome.error or outcome.status)
                masklet = _masklet(outcome.answer, video)
            except ValueError as error:
                if not fill_missing:
                    problems.append(f"{id}: {error}")
                masklet = _zeros(video)
            empty += masklet.first_visible() is None
            digest.update(repr((id, masklet)).encode())
        keys.append(digest.hexdigest()[:40])
        progress("checked", 1)
    if problems:
        raise IncompleteError(
            f"{len(problems)} expressions have no usable answer, and a server scores what lacks "
            f"as wrong or refuses it: {'; '.join(problems[:5])}"
            f"{' ...' if len(problems) > 5 else ''}; answer them, or say --fill-missing"
        )
    return keys, empty


def _masklet(answer: Answer, video: Video) -> Masklet:
    """Return the first mask of an answer, checked against the video; zeros without one."""
    if not answer.segments:
        return _zeros(video)
    masklet = answer.segments[0].masklet
    if len(masklet) != len(video):
        raise ValueError(f"{len(masklet)} masks for {len(video)} frames")
    if (masklet.height, masklet.width) != (video.height, video.width):
        got = f"{masklet.height}x{masklet.width}"
        raise ValueError(f"masks of {got} for a video of {video.height}x{video.width}")
    masklet.check()
    return masklet


def _zeros(video: Video) -> Masklet:
    return Masklet(video.height, video.width, (None,) * len(video))


def _pack(dataset: Dataset, answers: Answers, ids: Sequence[str], part: Path, prefix: str) -> None:
    """Write the frames of one video into an archive of its own, whole or not at all."""
    unfinished = part.with_suffix(".tmp")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        for id in ids:
            video, outcome = dataset.sample(id).video, answers(id)
            try:
                masklet = _zeros(video)
                if outcome.answer is not None:
                    masklet = _masklet(outcome.answer, video)
            except ValueError:
                masklet = _zeros(video)  # reported by the check; --fill-missing was said
            for index, frame in enumerate(video.frames):
                entry = zipfile.ZipInfo(f"{prefix}{id}/{Path(frame).stem}.png", _DATE)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, _png(masklet, index))
    unfinished.replace(part)


def _png(masklet: Masklet, index: int) -> bytes:
    mask = np.ascontiguousarray(masklet.decode(index)) * np.uint8(255)
    done, data = cv2.imencode(".png", mask)
    if not done:
        raise UserError("OpenCV could not encode a PNG")
    return bytes(data)


def _join(parts: Sequence[Path], out: Path) -> int:
    """Copy the entries of all parts into one archive; return how many there are."""
    unfinished = out.with_name(f".{out.name}.tmp")
    names: set[str] = set()
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_STORED) as archive:
        for part in parts:
            with zipfile.ZipFile(part) as source:
                for entry in source.infolist():
                    archive.writestr(entry, source.read(entry))
                    names.add(entry.filename)
    unfinished.replace(out)
    return len(names)
