"""A split of referring expressions over videos, opened: what all of these benchmarks share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from sama_bench.benchmark import Dataset, Entry, Finding, Protocol
from sama_bench.errors import DataError
from sama_bench.media.frames import image_size
from sama_bench.nouns import Masklet, Reference, Sample, Task, Video
from sama_bench.splits._masks.alignment import Alignment, align, unite
from sama_bench.splits._masks.findings import Adjusted, frame_findings, masklet_findings
from sama_bench.splits._masks.mask_dict import MaskDict
from sama_bench.splits._referring.meta_expressions import Expression, MetaExpressions, VideoMeta
from sama_bench.splits._scores.published_counts import count_findings
from sama_bench.storage.untrusted_files import inside


@dataclass(frozen=True)
class Source:
    """Where a split lies and what it holds.

    Attributes:
        benchmark: name.
        split: as asked for.
        folder: the benchmark's folder, to which ``Dataset.files`` are relative.
        meta: its expressions.
        frames: folder that holds one folder of frames per video.
        masks: of the annotated objects, or None where a server keeps them.
        groups: ``type_id`` to the name of the group that an expression also counts in.
        tasks: ``type_id`` to what its expressions ask, where it is another thing than referring.
        remarks: findings of the benchmark itself.
        published: numbers held and published, by what is counted.
    """

    benchmark: str
    split: str
    folder: Path
    meta: MetaExpressions
    frames: Path
    masks: MaskDict | None
    groups: Mapping[int, str] = field(default_factory=dict)
    tasks: Mapping[int, Task] = field(default_factory=dict)
    remarks: tuple[Finding, ...] = ()
    published: Mapping[str, tuple[int, int]] = field(default_factory=dict)


class ReferringDataset(Dataset):
    """One sample per video and expression, id ``video/expression``.

    Raises:
        DataError: the mask dictionary is missing or malformed.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.benchmark, self.split, self.shards = source.benchmark, source.split, (source.split,)
        self.published = source.published
        self._asked: dict[str, tuple[VideoMeta, Expression]] = {
            f"{video.id}/{expression.id}": (video, expression)
            for video in source.meta.videos
            for expression in video.expressions
        }
        self._meta = {video.id: video for video in source.meta.videos}
        self._video = lru_cache(maxsize=64)(self._find_video)
        self._aligned = lru_cache(maxsize=32)(self._align)
        self._adjusted = Adjusted()
        self.entries = tuple(self._entry(id) for id in self._asked)
        files = {source.meta.path: source.meta.checksum}
        if source.masks is not None:
            files[source.masks.path] = source.masks.checksum
        self.files = {_relative(path, source.folder): value for path, value in files.items()}

    def _entry(self, id: str) -> Entry:
        video, expression = self._asked[id]
        kind = expression.type_id
        return Entry(
            id=id,
            video=video.id,
            group=None if kind is None else self.source.groups.get(kind),
            frames=len(video.frames),
            attributes={
                "expression": expression.id,
                "objects": len(expression.annotations),
                "words": len(expression.text.split()),
                "type_id": kind,
            },
        )

    def asked(self, id: str) -> tuple[VideoMeta, Expression]:
        """Return the video and expression that a sample asks about.

        Raises:
            DataError: there is no such sample.
        """
        if id not in self._asked:
            raise DataError(f"{self.benchmark} {self.split} has no sample '{id[:80]}'")
        return self._asked[id]

    def video(self, id: str) -> Video:
        """Return the video of a sample, its size from the file, else masks, else first frame.

        Raises:
            DataError: the size is known from none of them, or the video has no frames.
        """
        return self._video(self.asked(id)[0].id)

    def _find_video(self, name: str) -> Video:
        meta = self._meta[name]
        if not meta.frames:
            raise DataError(f"{self.source.meta.path.name}, {name}: the video lists no frame")
        folder = inside(self.source.frames, name)
        paths = tuple(str(folder / f"{frame}.jpg") for frame in meta.frames)
        size = self._size(meta) or image_size(Path(paths[0]))
        return Video(name, paths, *size)

    def _size(self, meta: VideoMeta) -> tuple[int, int] | None:
        if meta.height is not None and meta.width is not None:
            return meta.height, meta.width
        masks = self.source.masks
        for expression in meta.expressions if masks is not None else ():
            for annotation in expression.annotations:
                assert masks is not None
                for mask in masks.get(annotation) if annotation in masks else ():
                    if mask is not None:
                        return mask["size"][0], mask["size"][1]
        return None

    def sample(self, id: str, tracks: bool = False) -> Sample:
        """Build one sample: the expression verbatim, about the whole video."""
        _, expression = self.asked(id)
        kind = expression.type_id
        return Sample(
            id,
            self.benchmark,
            self.video(id),
            expression.text,
            wants=frozenset({"masks"}),
            task=self.source.tasks.get(-1 if kind is None else kind, "referring-segmentation"),
        )

    def annotations(self, id: str) -> list[Masklet]:
        """Return the masklets of the expression's objects, which evaluators add up.

        Raises:
            DataError: the benchmark keeps its masks, or one of them is missing or broken.
        """
        video, expression = self.asked(id)
        return [self._aligned(video.id, number).masklet for number in expression.annotations]

    def _align(self, video: str, annotation: str) -> Alignment:
        masks = self.source.masks
        if masks is None:
            raise DataError(
                f"{self.benchmark} {self.split} keeps its masks on a server; "
                f"'sama-bench submit {self.benchmark}' makes the file to upload"
            )
        meta = self._meta[video]
        found = self._video(video)
        size = (found.height, found.width)
        aligned = align(masks.get(annotation), meta.file_frames, meta.frames, size)
        self._adjusted.note(aligned, annotation, f"{masks.path.name}, {video}")
        return aligned

    def filled(self, id: str) -> int:
        """Return on how many frames of a sample's objects the list of masks had ended."""
        video, expression = self.asked(id)
        return sum(self._aligned(video.id, number).filled for number in expression.annotations)

    def adjusted(self) -> Iterator[Finding]:
        """Report the masklets that did not fit their frames, of those that were read."""
        yield from self._adjusted

    def reference(self, id: str, protocol: Protocol) -> Reference:
        """Build the one target of an expression: the union of its objects."""
        video = self.video(id)
        size = (video.height, video.width)
        return Reference(None, (unite(self.annotations(id), size, len(video)),))

    def findings(self, deep: bool = False) -> Iterator[Finding]:
        """Report what is missing, filled, cut or resized; ``deep`` also opens every frame."""
        yield from self.source.remarks
        yield from count_findings(self.source.meta.path.name, self.published)
        yield from self.source.meta.findings()
        for annotation in self.source.masks.repeated if self.source.masks is not None else ():
            yield Finding("repeated_annotation", f"annotation '{annotation}'", "the last counts")
        for meta in self.source.meta.videos:
            if meta.frames and meta.expressions:
                yield from self._video_findings(meta, deep)

    def _video_findings(self, meta: VideoMeta, deep: bool) -> Iterator[Finding]:
        where = f"{self.source.meta.path.name}, {meta.id}"
        try:
            video = self._video(meta.id)
        except DataError as error:
            yield Finding("unusable_video", where, str(error), fatal=True)
            return
        yield from frame_findings(video, where, deep)
        if self.source.masks is None:
            return
        for expression in meta.expressions:
            if not expression.annotations:
                yield Finding("no_annotation", where, f"expression '{expression.id}' has no object")
        used = {number for item in meta.expressions for number in item.annotations}
        for annotation in sorted(used):
            align_it = partial(self._aligned, meta.id, annotation)
            yield from masklet_findings(align_it, annotation, where)


def _relative(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name
