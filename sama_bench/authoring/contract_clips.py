"""Generated clips and questions on which an adapter is tried: small, drawn, the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from sama_bench.adapter import Adapter
from sama_bench.nouns import Masklet, Region, Sample, Turn, Video, Wanted
from sama_bench.worker.abilities import tasks_of

RED, BLUE = (200, 40, 40), (40, 60, 200)


@dataclass(frozen=True)
class Trial:
    """One question of the contract suite.

    Attributes:
        name: what it tries.
        sample: what is asked.
        needs: the ability of ``can`` that is needed for this, where an adapter declares no tasks.
    """

    name: str
    sample: Sample
    needs: str


@dataclass(frozen=True)
class Clip:
    """A generated video with the tracks of its two squares."""

    video: Video
    red: Masklet
    blue: Masklet


def draw_clip(folder: Path, name: str, frames: int, height: int, width: int) -> Clip:
    """Draw a red square that moves right and a blue one that moves down, as PNG files."""
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    ramp = np.linspace(60, 160, width)[None, :, None] * np.ones((height, 1, 3))
    side = min(height, width) // 4
    tracks = np.zeros((2, frames, height, width), np.uint8)
    paths = []
    for number in range(frames):
        image = ramp.astype(np.uint8)
        shift = number * max(1, (min(height, width) - 2 * side) // max(frames, 2))
        boxes = ((side // 2, shift, RED), (shift, width - side, BLUE))
        for track, (top, left, colour) in zip(tracks, boxes, strict=True):
            image[top : top + side, left : left + side] = colour
            track[number, top : top + side, left : left + side] = 1
        path = place / f"{number:05d}.png"
        Image.fromarray(image).save(path)
        paths.append(str(path.resolve()))
    video = Video(f"contract/{name}", tuple(paths), height, width)
    return Clip(video, Masklet.from_arrays(tracks[0]), Masklet.from_arrays(tracks[1]))


def trials(folder: Path, adapter: Adapter) -> Iterator[Trial]:
    """Yield the questions that an adapter is tried on, by what it declares that it can do."""
    for trial in _all(folder, adapter.takes_tracks):
        able = trial.sample.task in tasks_of(adapter)
        if adapter.tasks is None:
            able = trial.needs in adapter.can
        if able and (not trial.sample.dialogue or adapter.takes_history):
            yield trial


def _all(folder: Path, tracks: bool) -> Iterator[Trial]:
    wide = draw_clip(folder, "six frames", 6, 90, 160)
    four = draw_clip(folder, "four frames", 4, 90, 160)
    one = draw_clip(folder, "one frame", 1, 96, 128)
    tall = draw_clip(folder, "portrait", 5, 160, 90)
    grounded: frozenset[Wanted] = frozenset({"text", "masks"})
    request = " Response with interleaved segmentation masks."

    def ask(name: str, clip: Clip, text: str, *marked: Masklet, **more: object) -> Sample:
        regions = tuple(_region(track, tracks) for track in marked)
        settings = {"benchmark": "contract", "wants": grounded, "task": "grounded-chat", **more}
        return Sample(f"contract/{name}", video=clip.video, text=text, regions=regions, **settings)  # type: ignore[arg-type]

    one_region = f"What is <mask> doing in the video?{request}"
    turn = Turn("Which colour is <mask>?", (_region(wide.red, tracks),), "It is red.")
    masks = frozenset({"masks"})
    yield Trial("one region", ask("one region", wide, one_region, wide.red), "ground")
    yield Trial("four frames", ask("four frames", four, one_region, four.red), "ground")
    yield Trial("one frame", ask("one frame", one, one_region, one.red), "ground")
    yield Trial("portrait", ask("portrait", tall, one_region, tall.blue), "ground")
    two = f"Is <mask> near <mask>?{request}"
    yield Trial("two regions", ask("two regions", wide, two, wide.red, wide.blue), "ground")
    yield Trial("no region", ask("no region", wide, f"What moves?{request}"), "ground")
    no_target = ask("unanswerable", wide, "How many elephants are there?")
    yield Trial("an unanswerable question", no_target, "ground")
    dialogue = ask("dialogue", wide, f"And <mask>?{request}", wide.blue, dialogue=(turn,))
    yield Trial("a dialogue", dialogue, "ground")
    describe = "Please describe the region <mask> in the video in detail."
    text = frozenset({"text"})
    described = ask("c", wide, describe, wide.red, wants=text, task="region-description")
    yield Trial("a description", described, "describe")
    refers = {"wants": masks, "task": "referring-segmentation"}
    phrase = ask("r", wide, "the red square moving right", **refers)
    yield Trial("a referring expression", phrase, "segment")
    reasons = {"wants": masks, "task": "reasoning-segmentation"}
    question = ask("q", tall, "Which square moves down?", **reasons)
    yield Trial("an expression that is a question", question, "segment")
    image = ask("i", one, "the red square", wants=masks, task="phrase-in-image")
    yield Trial("a phrase in an image", image, "image")


def _region(track: Masklet, tracks: bool) -> Region:
    frame = track.first_visible() or 0
    return Region(frame, mask=track.rle(frame), track=track if tracks else None)
