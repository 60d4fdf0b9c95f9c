"""Questions about the same videos with and without sharing: calls, CPU time, memory, and the bits.

Random weights: transformers' own SAM 2 and Qwen2.5-VL vision tower, smaller than the published
ones, and a stand-in with the call structure of Sa2VA's code. Both ways run in one process, one
after the other, on the same videos; nothing is downloaded, and no GPU is used.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sama_bench.adapter import Setup
from sama_bench.media.sharing import Sharing
from sama_bench.nouns import Masklet, Region, Sample, Video

QUESTIONS = 6
"""A video; SAMA-Bench asks 9.7, MeViS 16, Ref-DAVIS17 8, ReVOS 6."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Way:
    """One way of asking.

    Attributes:
        ask: a question, its number and the video; returns arrays.
        encoder: the module whose calls are counted.
        kept: returns the bytes that are kept.
    """

    ask: Callable[[int, Video], Sequence[Any]]
    encoder: Any
    kept: Callable[[], int]


def run(quick: bool = False) -> list[Row]:
    """Ask with and without sharing; ``quick`` one short video a model."""
    import torch

    torch.set_num_threads(1)
    videos, frames = (1, 6) if quick else (2, 12)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = [_clip(folder / f"{n}", frames, n) for n in range(videos)]
        weights = _save_sam2(folder / "sam2")
        return [
            *_side_by_side("transformers' SAM 2, one region a question", _sam2(weights), clips),
            *_side_by_side("transformers' Qwen2.5-VL vision tower, 5 frames", _qwen, clips),
            *_side_by_side("stand-in for Sa2VA, one [SEG] an answer", _standin, clips),
        ]


def _side_by_side(
    label: str, make: Callable[[dict[str, str]], Way], videos: Sequence[Video]
) -> list[Row]:
    rows, answers = [], []
    for name, session in (("without", {"share": "off"}), ("with", {})):
        way = make(session)
        calls = [0]
        way.encoder.register_forward_pre_hook(lambda *_, n=calls: n.__setitem__(0, n[0] + 1))
        start, most, found = time.process_time(), 0, []
        for video in videos:
            for question in range(QUESTIONS):
                found += way.ask(question, video)
                most = max(most, way.kept())
        answers.append(found)
        row = {"model": label, "sharing": name, "encoder calls": calls[0]}
        row |= {"CPU s": time.process_time() - start, "kept MiB": most / 2**20}
        rows.append(row)
    same = [np.array_equal(a, b) for a, b in zip(*answers, strict=True)]
    rows[1]["answers"] = "the same bits" if all(same) else f"{same.count(False)} differ"
    return rows


def _clip(folder: Path, frames: int, seed: int) -> Video:
    folder.mkdir()
    noise = np.random.default_rng(seed)
    coarse = noise.integers(0, 256, (18, 32, 3), np.uint8)
    paths = []
    for number in range(frames):
        picture = Image.fromarray(np.roll(coarse, number, axis=1)).resize((854, 480))
        picture.save(folder / f"{number:05d}.jpg")
        paths.append(str(folder / f"{number:05d}.jpg"))
    return Video(f"clip{seed}", tuple(paths), 480, 854)


def _standin(session: dict[str, str]) -> Way:
    import torch
    from torch import nn

    from benchmarks._standin import Last, StandIn
    from sama_bench.adapters._sharing import ModelSharing, share_remote

    torch.manual_seed(0)
    width = 64
    convolutions = [nn.Conv2d(3, width, 16, 16), nn.GELU()]
    for _ in range(6):
        convolutions += [nn.Conv2d(width, width, 3, padding=1), nn.GELU()]
    tower = nn.Sequential(nn.Conv2d(3, width, 14, 14), nn.Flatten(2), Last())
    model = StandIn(nn.Sequential(*convolutions), tower, 512, width)
    shared = ModelSharing()
    share_remote(shared, Setup("stand-in", session=session), model, "sa2va", None)

    def ask(question: int, video: Video) -> Sequence[Any]:
        shared.begin(video)
        with torch.no_grad():
            reply = model.predict_forward(video=shared.pictures(video), text=f"{question} 1")
        return reply["prediction_masks"]

    return Way(ask, model.grounding_encoder.sam2_model.image_encoder, _kept(shared.store))


def _kept(store: Sharing | None) -> Callable[[], int]:
    return lambda: 0 if store is None else store.room.host_used


def _sam2(weights: Path) -> Callable[[dict[str, str]], Way]:
    from sama_bench.adapters.sam2 import Sam2

    def make(session: dict[str, str]) -> Way:
        adapter = Sam2()
        adapter.load(Setup("sam2", str(weights), session=session))

        def ask(question: int, video: Video) -> Sequence[Any]:
            answer = adapter.predict(_marked(question, video))
            (segment,) = answer.segments
            return [segment.masklet.decode(frame) for frame in range(len(video))]

        tracker: Any = adapter._tracker
        return Way(ask, tracker._model.vision_encoder.backbone, _kept(tracker.shared.store))

    return make


def _marked(question: int, video: Video) -> Sample:
    mask = np.zeros((video.height, video.width), np.uint8)
    mask[40 * question : 40 * question + 160, 60 : 60 + 80 * (question + 1)] = 1
    rle = Masklet.from_arrays([mask]).rle(0)
    return Sample(f"{video.id}/{question}", "sama-bench-g", video, "<mask>?", (Region(0, rle),))


def _save_sam2(folder: Path, side: int = 256) -> Path:
    import torch
    from transformers import Sam2VideoConfig, Sam2VideoModel, Sam2VisionConfig
    from transformers.models.sam2.configuration_sam2 import Sam2HieraDetConfig

    torch.manual_seed(0)
    grid = side // 4
    backbone = Sam2HieraDetConfig(image_size=[side, side])
    vision = Sam2VisionConfig(
        backbone_config=backbone,
        backbone_feature_sizes=[[grid, grid], [grid // 2, grid // 2], [grid // 4, grid // 4]],
    )
    config = Sam2VideoConfig(
        vision_config=vision,
        image_size=side,
        prompt_encoder_config={"image_size": side, "patch_size": 16},
        memory_attention_rope_feat_sizes=[side // 16, side // 16],
    )
    Sam2VideoModel(config).save_pretrained(folder)
    return folder


def _qwen(session: dict[str, str]) -> Way:
    import torch
    from transformers import Qwen2VLImageProcessor
    from transformers.models.qwen2_5_vl.configuration_qwen2_5_vl import Qwen2_5_VLVisionConfig
    from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import (
        Qwen2_5_VisionTransformerPretrainedModel,
    )

    torch.manual_seed(0)
    config = Qwen2_5_VLVisionConfig(
        depth=4, hidden_size=320, num_heads=5, intermediate_size=640, out_hidden_size=320,
        fullatt_block_indexes=[3],
    )  # fmt: skip
    tower = Qwen2_5_VisionTransformerPretrainedModel(config).eval()
    images = Qwen2VLImageProcessor(min_pixels=256 * 28 * 28, max_pixels=256 * 28 * 28)
    sharing = Sharing(session)
    encode = sharing.kept(tower.forward)
    tower.forward = encode
    prepare = sharing.kept(images.preprocess)

    def ask(question: int, video: Video) -> Sequence[Any]:
        sharing.begin(video)
        seen = [sharing.picture(video, index) for index in range(5)]
        prepared = prepare(seen, return_tensors="pt")
        with torch.no_grad():
            found = tower(prepared["pixel_values"], prepared["image_grid_thw"])
        return [found[0].numpy().copy()]

    return Way(ask, tower.patch_embed, _kept(sharing))
