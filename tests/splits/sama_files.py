"""A small data root in the SAMA-Bench layout, written by hand, one rule at a time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from sama_bench.media import rle
from sama_bench.splits.sama_bench.layout import MASK_FILES, SHARDS

HEIGHT, WIDTH = 20, 30


def box(left=2, top=3, size=6, height=HEIGHT, width=WIDTH):
    mask = np.zeros((height, width), np.uint8)
    mask[top : top + size, left : left + size] = 1
    return rle.encode(mask)


def said(question, answer, id="q"):
    return [
        {"from": "human", "value": question, "question_id": id},
        {"from": "gpt", "value": answer},
    ]


def video(path="mevis/val_u/JPEGImages/a", frames=3, **fields):
    item = {
        "video": path,
        "video_id": 0,
        "height": HEIGHT,
        "width": WIDTH,
        "frames": [f"{number:05d}" for number in range(frames)],
        "anno_map": [1, 2],
        "conversation": said("What is <mask>?", "<p>a box</p> [SEG]."),
        "obj_masks": [[1]],
        "groundtruth": [[[1]]],
        "description": {"obj0": "A box."},
        "description_id": {"obj0": "d0"},
    }
    return item | fields


class Root:
    """Writes split files, masks and frames below a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.masks = {source: {} for source in MASK_FILES}
        for shard in SHARDS:
            self.shard(shard, [])

    def shard(self, name, videos):
        (self.path / f"{name}.json").write_text(json.dumps(videos))
        for item in videos:
            folder = self.path / item["video"]
            if item["video"].startswith("lvvis"):
                folder = folder.parent / folder.name.zfill(5)
            self.frames(folder, item["frames"])
        return self

    def frames(self, folder, names, size=(HEIGHT, WIDTH)):
        folder.mkdir(parents=True, exist_ok=True)
        for number, item in enumerate(names):
            name = item["raw_filename"] if isinstance(item, dict) else item
            path = folder / f"{name.removesuffix('.jpg')}.jpg"
            Image.fromarray(np.full((*size, 3), 40 * number % 255, np.uint8)).save(path)

    def tracks(self, source="mevis", **entries):
        self.masks[source].update({key.removeprefix("a"): value for key, value in entries.items()})
        for name, held in self.masks.items():
            (self.path / MASK_FILES[name]).write_text(json.dumps(held))
        return self
