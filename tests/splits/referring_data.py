"""Small referring data in the public layout, drawn with a seed."""

import json

import numpy as np
from PIL import Image

from sama_bench.benchmark import Outcome
from sama_bench.media import rle as coco_rle
from sama_bench.nouns import Answer, Masklet, Segment

SIZE = (24, 32)


def blob(rng, size=SIZE):
    mask = np.zeros(size, np.uint8)
    top, left = rng.integers(0, size[0] - 6), rng.integers(0, size[1] - 6)
    mask[top : top + rng.integers(3, 7), left : left + rng.integers(3, 7)] = 1
    return mask


def write_referring(folder, meta="meta_expressions_valid.json", frames="videos", sizes=True):
    """Two videos of four frames; objects overlap, vanish, and one expression has two of them."""
    rng = np.random.default_rng(5)
    masks, videos = {}, {}
    for number, video in enumerate(("vid_a", "vid_b")):
        names = [f"{10 * index:05d}" for index in range(4)]
        for name in names:
            path = folder / frames / video / f"{name}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 255, (*SIZE, 3), np.uint8)).save(path)
        for object in range(3):
            track = [coco_rle.encode(blob(rng)) for _ in names]
            track[object] = None
            masks[str(3 * number + object)] = track
        first = 3 * number
        masks[str(first + 1)][2] = masks[str(first)][2]
        expressions = {
            "10": {"exp": "the first one", "anno_id": [first], "obj_id": [0], "type_id": 0},
            "2": {"exp": "both of them", "anno_id": [first, first + 1], "type_id": 1},
            "0": {"exp": "what moves last?", "anno_id": [first + 2], "type_id": number},
        }
        videos[video] = {"frames": names, "expressions": expressions, "vid_id": number}
        if sizes:
            videos[video] |= {"height": SIZE[0], "width": SIZE[1]}
    path = folder / meta
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"videos": videos}))
    (path.parent / "mask_dict.json").write_text(json.dumps(masks))
    return folder


def answered(*masklets):
    segments = tuple(Segment(None, masklet) for masklet in masklets)
    return Outcome("answered" if segments else "refused", Answer("It is [SEG].", segments))


def guess(seed, frames=4, size=SIZE):
    rng = np.random.default_rng(seed)
    return Masklet.from_arrays([blob(rng, size) for _ in range(frames)])


def perfect(dataset):
    def answers(id):
        (target,) = dataset.reference(id, "released").masklets
        return answered(target)

    return answers


def values(scores, protocol, split):
    return {
        row.metric: row.value
        for row in scores.rows
        if (row.protocol, row.split, row.variant) == (protocol, split, None)
    }
