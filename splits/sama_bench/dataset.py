"""One split of SAMA-Bench, opened: entries are light, samples and references built one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal

from sama_bench.benchmark import (
    PROTOCOLS,
    Answers,
    Dataset,
    Entry,
    Finding,
    Protocol,
    Scores,
    Tools,
)
from sama_bench.errors import DataError
from sama_bench.media.frames import image_size
from sama_bench.nouns import Masklet, Reference, Region, Sample, Task, Video, Wanted
from sama_bench.splits._masks.alignment import Alignment, unite
from sama_bench.splits._masks.findings import Adjusted, frame_findings, masklet_findings
from sama_bench.splits._scores.published_counts import count_findings
from sama_bench.splits.sama_bench import layout
from sama_bench.splits.sama_bench.rounds import (
    Round,
    chat_rounds,
    descriptions,
    empty_targets,
    released_targets,
    strict_targets,
)
from sama_bench.splits.sama_bench.shard import VideoItem, read_shard
from sama_bench.splits.sama_bench.tracks import TrackFiles
from sama_bench.storage.untrusted_files import is_text, shown

Part = Literal["g", "c"]
READ: Mapping[Part, tuple[str, frozenset[Wanted], Task]] = {
    "g": ("sama-bench-g", frozenset({"text", "masks"}), "grounded-chat"),
    "c": ("sama-bench-c", frozenset({"text"}), "region-description"),
}


@dataclass(frozen=True)
class _Asked:
    item: VideoItem
    made: Round


class SamaDataset(Dataset):
    """Part G or C of a split.

    Listing reads the split files and opens the mask dictionaries that it needs; frames and masks
    are touched when a sample is built.

    Raises:
        DataError: a split file or a needed mask dictionary is missing or malformed.
    """

    def __init__(self, root: Path, split: str, task: Part) -> None:
        if not root.is_dir():
            what = "is a file, not a folder" if root.exists() else "does not exist"
            raise DataError(f"the data root {root} {what}; give --data DIR")
        self.root = root
        self.benchmark, self._wants, self._asks = READ[task]
        self.split = split
        self.shards = layout.shards_of(split)
        self._task = task
        self._tracks = TrackFiles(root)
        self._found: list[Finding] = []
        self._adjusted = Adjusted()
        self._items: list[VideoItem] = []
        self._asked: dict[str, _Asked] = {}
        self._video = lru_cache(maxsize=64)(self._find_video)
        files: dict[str, str] = {}
        for shard in self.shards:
            items, files[f"{shard}.json"] = read_shard(root, shard)
            for item in items:
                self._list(item)
        for source in {layout.source_of(asked.item.video) for asked in self._asked.values()}:
            if source is not None:
                files[layout.MASK_FILES[source]] = self._tracks.file(source).checksum
        self.files = dict(sorted(files.items()))
        if split == "all":
            self.published = {
                "videos": (len({item.video for item in self._items}), layout.PUBLISHED_VIDEOS),
                "shards": (len({item.shard for item in self._items}), len(layout.SHARDS)),
            }
        self.in_file_order = tuple(self._entry(id) for id in self._asked)
        self.entries = _videos_together(self.in_file_order)

    def _list(self, item: VideoItem) -> None:
        self._items.append(item)
        rounds, findings = chat_rounds(item) if self._task == "g" else descriptions(item)
        self._found.extend(findings)
        for made in rounds:
            id, number = made.id, 1
            if not is_text(id):
                raise DataError(f"{item.shard}.json: '{shown(id)}' cannot be the id of a sample")
            while id in self._asked:
                number += 1
                id = f"{made.id}#{number}"
            if number > 1:
                where = f"{item.shard}.json, {item.video}"
                self._found.append(Finding("duplicate_id", where, f"{made.id} stands again"))
            self._asked[id] = _Asked(item, replace(made, id=id))

    def _entry(self, id: str) -> Entry:
        asked = self._asked[id]
        return Entry(
            id=id,
            video=asked.item.video,
            group=layout.source_of(asked.item.video),
            protocols=asked.made.protocols,
            turn=asked.made.turn,
            frames=len(asked.item.frames),
            attributes={
                "shard": asked.item.shard,
                "objects": sum(1 for number in asked.item.anno_map if number != -1),
                "regions": len(asked.made.regions),
                "targets": sum(1 for target in asked.made.targets if target),
                "turn": asked.made.turn,
                "frames": len(asked.item.frames),
            },
        )

    def _find_video(self, item: VideoItem) -> Video:
        if not item.frames:
            raise DataError(f"video {item.video} has no frames")
        if layout.source_of(item.video) is None:
            raise DataError(f"video {item.video} names none of {', '.join(layout.SOURCES)}")
        folder = layout.frame_folder(self.root, item.video, item.frames)
        height, width = image_size(Path(folder.paths[0]))
        return Video(item.video, folder.paths, height, width)

    def _aligned(self, id: str, annotation: int) -> Alignment:
        video = self._video(self._asked[id].item)
        source = layout.source_of(video.id)
        assert source is not None  # _find_video refuses the others
        size = (video.height, video.width)
        aligned = self._tracks.align(source, annotation, len(video), size)
        self._adjusted.note(aligned, str(annotation), f"{layout.MASK_FILES[source]}, {video.id}")
        return aligned

    def _masklet(self, id: str, annotation: int) -> Masklet:
        return self._aligned(id, annotation).masklet

    def sample(self, id: str, tracks: bool = False) -> Sample:
        """Build one sample; each region is the object's mask on its first visible frame."""
        asked = self._asked[id]
        if asked.made.problem:
            raise DataError(asked.made.problem)
        video = self._video(asked.item)
        regions = []
        for annotation in asked.made.regions:
            masklet = self._masklet(id, annotation)
            frame = masklet.first_visible()
            regions.append(
                Region(
                    frame=frame or 0,
                    mask=None if frame is None else masklet.rle(frame),
                    track=masklet if tracks else None,
                )
            )
        return Sample(
            id=id,
            benchmark=self.benchmark,
            video=video,
            text=asked.made.question,
            regions=tuple(regions),
            wants=self._wants,
            task=self._asks,
        )

    def reference(self, id: str, protocol: Protocol) -> Reference:
        """Build the reference of one sample; the protocols differ in empty targets."""
        made = self._asked[id].made
        if made.problem:
            raise DataError(made.problem)
        try:
            targets = released_targets(made) if protocol == "released" else strict_targets(made)
        except ValueError as error:
            raise DataError(f"{id}: {error}") from None
        return Reference(made.answer, tuple(self._united(id, ids) for ids in targets))

    def reference_text(self, id: str) -> str:
        """Return the text of a reference without building its masks."""
        return self._asked[id].made.answer

    def _united(self, id: str, annotations: Sequence[int]) -> Masklet:
        tracks = [self._masklet(id, number) for number in annotations]
        return unite(tracks, (tracks[0].height, tracks[0].width), len(tracks[0]))

    def adjusted(self) -> Iterator[Finding]:
        """Report rounds that were dropped, and masklets that did not fit, of those read."""
        yield from (finding for finding in self._found if not finding.fatal)
        yield from self._adjusted

    def findings(self, deep: bool = False) -> Iterator[Finding]:
        """Report drops, fills, cuts, resizes and what is missing; ``deep`` decodes every frame."""
        yield from self._found
        yield from count_findings("13 split files", self.published)
        for asked in self._asked.values():
            yield from empty_targets(asked.made)
        first: dict[str, str] = {}
        for id, asked in self._asked.items():
            first.setdefault(asked.item.video, id)
        for id in first.values():
            yield from self._video_findings(id, deep)

    def _video_findings(self, id: str, deep: bool) -> Iterator[Finding]:
        item = self._asked[id].item
        where = f"{item.shard}.json, {item.video}"
        try:
            video = self._video(item)
        except DataError as error:
            yield Finding("unusable_video", where, str(error), fatal=True)
            return
        yield from frame_findings(video, where, deep)
        for annotation in self._annotations(item.video):
            align_it = partial(self._aligned, id, annotation)
            yield from masklet_findings(align_it, str(annotation), where)

    def _annotations(self, video: str) -> list[int]:
        used: dict[int, None] = {}
        for asked in self._asked.values():
            if asked.item.video == video:
                for ids in (asked.made.regions, *asked.made.targets):
                    used.update(dict.fromkeys(ids))
        return list(used)

    def score(self, answers: Answers, protocols: Sequence[Protocol], tools: Tools) -> Scores:
        """Score under each protocol (sama-bench-g.md 5-10, sama-bench-c.md 4-8)."""
        from sama_bench.splits.sama_bench.score import score

        return score(self, answers, protocols, tools, grounded=self._task == "g")


def _videos_together(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    by_video: dict[str, list[Entry]] = {}
    for entry in entries:
        by_video.setdefault(entry.video, []).append(entry)
    return tuple(entry for group in by_video.values() for entry in group)


def counted(dataset: SamaDataset) -> dict[str, dict[str, int]]:
    """Return videos and questions by protocol, for comparison with what is published."""
    totals: dict[str, dict[str, int]] = {}
    for protocol in PROTOCOLS:
        chosen = [entry for entry in dataset.entries if protocol in entry.protocols]
        totals[protocol] = {
            "videos": len({entry.video for entry in chosen}),
            "questions": len(chosen),
        }
    return totals
