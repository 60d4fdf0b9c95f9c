"""Runs of any size in the SAMA-Bench files, to measure memory and growth of scoring."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.media import rle
from sama_bench.runfolder.folder import RunFolder, run_path
from sama_bench.runfolder.manifest import Manifest

ROUNDS = 10
PHRASES = ("the red ball", "a small dog", "the tall man")
Row = dict[str, Any]

MEASURE = """
import json, resource, sys, time
from pathlib import Path
what, run, runs, data = sys.argv[1], *map(Path, sys.argv[2:5])
from sama_bench.scoring.score import score_run, standard_tools
tools = standard_tools("token-overlap", captions=False)
if what == "score":
    score_run(run, data, tools=tools)
else:
    from sama_bench.scoring.merge import merge
    merge([run], runs, data=data, tools=tools)
seconds = time.process_time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"seconds": seconds, "megabytes": peak}))
"""


def memory_row(folder: Path, samples: int) -> Row:
    """Peak memory of scoring samples of 150 frames at 720p with 3 objects."""
    height, width, frames, objects = 720, 1280, 150, 3
    run, data = make_run(folder / "memory", samples, frames, objects, (height, width))
    found = measure("score", run, data)
    held = 2 * samples * frames * objects * height * width / 2**30
    return {
        "measure": f"peak memory of scoring {samples} samples, 150 frames, 720p, 3 objects",
        "value": found["megabytes"],
        "bound": 1024.0,
        "unit": "MB",
        "beside": f"answers and references held as decoded masks: {held:.0f} GB",
    }


def growth_rows(folder: Path, sizes: tuple[int, ...]) -> list[Row]:
    """Time and memory of scoring and merging runs of growing size."""
    rows = []
    for samples in sizes:
        run, data = make_run(folder / f"growth{samples}", samples, 4, 1, (48, 64))
        for what in ("score", "merge"):
            found = measure(what, run, data)
            rows.append(
                {
                    "measure": f"{what} of {samples} samples",
                    "value": found["seconds"],
                    "unit": "CPU s",
                    "beside": f"{found['megabytes']:.0f} MB",
                    "what": what,
                    "samples": samples,
                    "megabytes": found["megabytes"],
                }
            )
    return rows


def measure(what: str, run: Path, data: Path) -> dict[str, float]:
    """Score or merge one run in a process of its own; CPU seconds and peak memory."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, what, run, run.parents[2], data],
        capture_output=True,
        text=True,
        check=True,
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def make_run(
    folder: Path, samples: int, frames: int, objects: int, size: tuple[int, int]
) -> tuple[Path, Path]:
    """Write a MeViS shard with ``samples`` rounds, and a run that answered them all."""
    data, path = folder / "data", run_path(folder / "runs", "made", "sama-bench-g", "mevis")
    masks = [_masks(frames, size, shift) for shift in range(objects + 1)]
    videos = -(-samples // ROUNDS)
    text = " and ".join(f"<p> {PHRASES[n]} </p> [SEG]" for n in range(objects)) + "."
    shard, dictionary = [], {}
    for video in range(videos):
        ids = [video * objects + n for n in range(objects)]
        dictionary |= {str(id): masks[n] for n, id in enumerate(ids)}
        rounds = min(ROUNDS, samples - video * ROUNDS)
        shard.append(_video(video, ids, rounds, frames, size, text))
        _first_frame(data / shard[-1]["video"], size)
    (data / "mevis.json").write_text(json.dumps(shard))
    (data / "Mevis_mask_dict_val.json").write_text(json.dumps(dictionary))
    _answer(path, data, masks[1:], text, size)
    return path, data


def _video(
    video: int, ids: list[int], rounds: int, frames: int, size: tuple[int, int], text: str
) -> Row:
    messages = []
    for turn in range(rounds):
        question = {"from": "human", "value": "What does <mask> do?"}
        messages.append({**question, "question_id": f"{video}_{turn}"})
        messages.append({"from": "gpt", "value": text})
    return {
        "video": f"mevis/val_u/JPEGImages/{video:06d}",
        "video_id": f"{video:06d}",
        "height": size[0],
        "width": size[1],
        "frames": [f"{n:05d}" for n in range(frames)],
        "anno_map": ids,
        "conversation": messages,
        "obj_masks": [[ids[0]]] * rounds,
        "groundtruth": [[[id] for id in ids]] * rounds,
    }


def _answer(path: Path, data: Path, masks: list, text: str, size: tuple[int, int]) -> None:
    from sama_bench import registry

    dataset = registry.benchmark("sama-bench-g").open(data, "mevis", {})
    segments = tuple(
        {"phrase": PHRASES[n], "size": list(size), "masks": found} for n, found in enumerate(masks)
    )
    folder = RunFolder(path)
    with folder.appender() as appender:
        for entry in dataset.entries:
            record = Prediction(entry.id, "answered", text, segments)
            appender.append(to_line(record), wait=False)
    folder.write_manifest(
        Manifest.of(
            format=1,
            model="made",
            benchmark="sama-bench-g",
            split="mevis",
            samples=len(dataset.entries),
            data=dict(dataset.files),
            data_root=str(data),
            benchmark_options={},
            history="independent",
        )
    )


def _masks(frames: int, size: tuple[int, int], shift: int) -> list[dict[str, Any]]:
    """A disk with a rough edge that moves through the picture."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    found = []
    for frame in range(frames):
        x = size[1] * (0.2 + 0.6 * frame / frames) + shift * size[1] * 0.02
        angle = np.arctan2(rows - size[0] / 2, columns - x)
        radius = size[0] * (0.25 + 0.01 * np.sin(24 * angle + frame))
        found.append(rle.encode(np.hypot(rows - size[0] / 2, columns - x) < radius))
    return found


def _first_frame(folder: Path, size: tuple[int, int]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (size[1], size[0])).save(folder / "00000.jpg")
