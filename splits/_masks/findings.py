"""What is found wrong with the frames and masklets of a video; for ``sama-bench data verify``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sama_bench.benchmark import Finding
from sama_bench.errors import DataError
from sama_bench.media.frames import read_image
from sama_bench.nouns import Video
from sama_bench.splits._masks.alignment import Alignment


def frame_findings(video: Video, where: str, deep: bool) -> Iterator[Finding]:
    """Report frames that are missing, and with ``deep`` those broken or of another size."""
    missing = [path for path in video.frames if not Path(path).is_file()]
    if missing:
        detail = f"{len(missing)} of {len(video)} frames, first {missing[0]}"
        yield Finding("missing_frame", where, detail, len(missing), fatal=True)
    for path in video.frames if deep and not missing else ():
        try:
            height, width = read_image(Path(path)).shape[:2]
        except DataError as error:
            yield Finding("broken_frame", where, str(error), fatal=True)
            continue
        if (height, width) != (video.height, video.width):
            detail = f"{Path(path).name} is {width}x{height}, not {video.width}x{video.height}"
            yield Finding("frame_size", where, detail, fatal=True)


def masklet_findings(
    align: Callable[[], Alignment], annotation: str, where: str
) -> Iterator[Finding]:
    """Report a masklet that is broken or empty, and what aligning it took."""
    try:
        aligned = align()
    except DataError as error:
        yield Finding("broken_masklet", where, str(error), fatal=True)
        return
    yield from alignment_findings(aligned, annotation, where)
    if aligned.masklet.first_visible() is None:
        yield Finding("empty_masklet", where, f"annotation '{annotation}' is visible on no frame")


def alignment_findings(aligned: Alignment, annotation: str, where: str) -> Iterator[Finding]:
    """Report what fitting a list of masks to the frames took."""
    name = f"annotation '{annotation}'"
    if aligned.filled:
        yield Finding("filled_frame", where, f"{name}: list too short", aligned.filled)
    if aligned.cut:
        yield Finding("cut_mask", where, f"{name}: list too long", aligned.cut)
    if aligned.resized:
        yield Finding("resized_mask", where, f"{name}: of another size", aligned.resized)


class Adjusted:
    """Remembers what fitting masklets took while they are read, each masklet once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[Finding, ...]] = {}

    def note(self, aligned: Alignment, annotation: str, where: str) -> None:
        """Remember one masklet; nothing where it fitted."""
        if aligned.filled or aligned.cut or aligned.resized:
            self._found[where, annotation] = tuple(alignment_findings(aligned, annotation, where))

    def __iter__(self) -> Iterator[Finding]:
        for findings in self._found.values():
            yield from findings
