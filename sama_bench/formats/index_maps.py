"""Index maps of several objects, a folder for each annotator: Ref-DAVIS17's official output.

``<name>_<annotator>/<video>/<frame>.png``: the label of a pixel is the number of its object.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from sama_bench.benchmark import Dataset, IndexMapped, Outcome
from sama_bench.formats.foreign_answers import Imported, failed, matching
from sama_bench.media import rle as coco_rle
from sama_bench.media.mask_pictures import Plane, UnreadableMaskError, read_index_map
from sama_bench.nouns import Answer, Masklet, Segment

FORMAT = "index maps by annotator"


def folders_of(path: Path, dataset: IndexMapped) -> Mapping[str, Path]:
    """Return the folders of index maps below ``path`` by annotator; empty where there are none."""
    entries = dataset.entries if isinstance(dataset, Dataset) else ()
    names = {dataset.index_map_of(entry.id)[0] for entry in entries}
    return {
        name: folder
        for folder in sorted(path.iterdir())
        if folder.is_dir()
        for name in names
        if folder.name == name or folder.name.endswith(f"_{name}")
        if not any(folder.name.endswith(longer) for longer in names if longer.endswith(f"_{name}"))
    }


def read_index_maps(path: Path, dataset: Dataset) -> Imported:
    """Match the objects of index maps with samples; frames are matched by name.

    An object without a pixel and no answer look the same in such files: none counts as refused.
    """
    assert isinstance(dataset, IndexMapped)
    folders = folders_of(path, dataset)
    read = lru_cache(maxsize=512)(read_index_map)
    objects: dict[tuple[str, str], int] = {}
    for entry in dataset.entries:
        name, number = dataset.index_map_of(entry.id)
        objects[entry.video, name] = max(number, objects.get((entry.video, name), 0))

    def answers(id: str) -> Outcome:
        annotator, label = dataset.index_map_of(id)
        video = dataset.sample(id).video
        folder = folders.get(annotator)
        if folder is None or not (folder / video.id).is_dir():
            return Outcome("missing")
        planes: list[Plane] = []
        for frame in video.frames:
            file = folder / video.id / f"{Path(frame).stem}.png"
            if not file.is_file():
                return failed(f"{annotator}: {file.name} is missing")
            try:
                planes.append(read(file))
            except UnreadableMaskError as error:
                return failed(f"{annotator}, {file.name}: {error}")
            largest, number = int(planes[-1].max()), objects[video.id, annotator]
            if largest > number:
                return failed(
                    f"{annotator}, {file.name}: label {largest}, but the video has {number} objects"
                )
        if len({plane.shape for plane in planes}) != 1:
            return failed(f"{annotator}: frames of different sizes")
        masks = [coco_rle.encode(plane == label) if (plane == label).any() else None
                 for plane in planes]  # fmt: skip
        height, width = planes[0].shape
        masklet = Masklet.from_rles(masks, height, width)
        return Outcome("answered", Answer("", (Segment(None, masklet),)))

    ids = [entry.id for entry in dataset.entries]
    found = {id for id in ids if answers_exist(dataset, folders, id)}
    return matching(FORMAT, answers, ids, found, len(folders))


def answers_exist(dataset: Dataset, folders: Mapping[str, Path], id: str) -> bool:
    """Whether the folder of a sample's annotator holds its video."""
    assert isinstance(dataset, IndexMapped)
    folder = folders.get(dataset.index_map_of(id)[0])
    return folder is not None and (folder / id.rpartition("/")[0]).is_dir()
