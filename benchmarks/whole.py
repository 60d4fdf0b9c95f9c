"""Everything for a benchmark-sized SAMA-Bench-G run: masks, phrases, captions and the judge.

522 videos, 5,067 rounds and the real split files' layout are generated, VidSTG's videos ten times
as long as the others; the answers are on disk and the judge's replies in its cache. Both protocols
are scored in a process of their own. Its memory is counted together with that of its JVMs.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks._memory import Watch
from benchmarks._scoring_load import _masks
from benchmarks.captions import generate
from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.judge.cache import JudgeCache
from sama_bench.judge.settings import JudgeSettings
from sama_bench.metric import JudgeRequest, Reply
from sama_bench.metrics._judged.clair_judge import ClairJudge
from sama_bench.runfolder.folder import RunFolder, run_path
from sama_bench.runfolder.manifest import Manifest
from sama_bench.splits.sama_bench.dataset import SamaDataset
from sama_bench.splits.sama_bench.layout import MASK_FILES, SHARDS

VIDEOS, ROUNDS = 522, 5067
SIZE = (480, 854)
FRAMES = {"VidSTG": 300}
FOLDERS = {
    "mevis": "mevis/val_u/JPEGImages",
    "lvvis": "lvvis/val/JPEGImages",
    "ref_youtube_vos": "ref_youtube_vos/valid/JPEGImages",
    "VidSTG": "VidSTG/val",
}
Row = dict[str, Any]

MEASURE = """
import json, resource, sys, time
from pathlib import Path
start = time.monotonic()
from sama_bench.judge.judge import Judge
from sama_bench.judge.settings import JudgeSettings
from sama_bench.scoring.score import score_run, standard_tools
from sama_bench.metrics._judged.clair_judge import ClairJudge
judge = ClairJudge(Judge(JudgeSettings(model="judge"), Path(sys.argv[3])))
tools = standard_tools("token-overlap", judge=judge)
result = score_run(Path(sys.argv[1]), Path(sys.argv[2]), tools=tools)
rows = {row.metric: row.value for row in result.scores.rows if row.split == "all"}
assert all(rows[name] is not None for name in ("miou", "recall", "meteor", "clair")), rows
usage = resource.getrusage(resource.RUSAGE_SELF)
children = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({
    "seconds": time.monotonic() - start,
    "cpu": usage.ru_utime + usage.ru_stime + children.ru_utime + children.ru_stime,
}))
"""


def run(quick: bool = False) -> list[Row]:
    """Measure scoring of a whole benchmark; ``quick`` with a tenth of it."""
    part = 10 if quick else 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root, path, cache = make(folder, VIDEOS // part, ROUNDS // part)
        command = [sys.executable, "-c", MEASURE, str(path), str(root), str(cache)]
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,
            Watch(process.pid) as watch,
        ):
            printed = process.communicate()[0]
        if process.returncode:
            raise RuntimeError(f"scoring ended with status {process.returncode}")
        found = json.loads(printed.splitlines()[-1])
        size = (path / "predictions.jsonl").stat().st_size / 2**20
    label = f"scoring {VIDEOS // part} videos, {ROUNDS // part} rounds, both protocols"
    return [
        {
            "measure": f"{label}: wall time",
            "value": found["seconds"],
            "bound": 60.0,
            "unit": "s",
            "beside": f"{found['cpu']:.0f} s of CPU, {size:.0f} MB of answers",
        },
        {"measure": f"{label}: memory", "value": watch.highest, "bound": 1024.0, "unit": "MB"},
    ]


def make(folder: Path, videos: int, rounds: int) -> tuple[Path, Path, Path]:
    """Write data, a run that answered it all, and a judge's cache."""
    rng = random.Random(0)
    pool = [_masks(FRAMES["VidSTG"], SIZE, shift) for shift in range(4)]
    texts = list(generate(videos, rounds).values())
    root, path = folder / "data", run_path(folder / "runs", "made", "sama-bench-g", "all")
    shards: dict[str, list[Row]] = {shard: [] for shard in SHARDS}
    masks: dict[str, Row] = {source: {} for source in MASK_FILES}
    replies: dict[str, tuple[str, int]] = {}
    for video, pairs in enumerate(texts):
        shard = SHARDS[video % len(SHARDS)]
        source = next(name for name in FOLDERS if shard.startswith(name))
        frames = FRAMES.get(source, 30)
        ids = [2 * video, 2 * video + 1]
        for number, id in enumerate(ids):
            track = pool[number][:frames]
            masks[source][str(id)] = {"segmentations": track} if source == "lvvis" else track
        item = _video(f"{FOLDERS[source]}/{video:05d}", ids, frames)
        for turn, pair in enumerate(pairs):
            targets = rng.choice(([], [[ids[0]]], [[ids[0]], [ids[1]]]))
            marks = " and ".join(f"<p> thing {n} </p> [SEG]" for n in range(len(targets)))
            question = {"from": "human", "value": "What does <mask> do?", "question_id": str(turn)}
            item["conversation"] += [
                question,
                {"from": "gpt", "value": f"{pair.references[0]} {marks}"},
            ]
            item["obj_masks"].append([ids[0]])
            item["groundtruth"].append(targets)
            replies[f"{item['video']}/{turn}"] = (f"{pair.prediction} {marks}", len(targets))
        shards[shard].append(item)
        (root / item["video"]).mkdir(parents=True)
        first = "frame_0" if source == "VidSTG" else "00000"
        Image.new("RGB", SIZE[::-1]).save(root / item["video"] / f"{first}.jpg")
    for shard, items in shards.items():
        (root / f"{shard}.json").write_text(json.dumps(items))
    for source, held in masks.items():
        (root / MASK_FILES[source]).write_text(json.dumps(held))
    _answer(root, path, replies, pool)
    return root, path, _judge(folder / "judge.jsonl", root, path)


def _video(video: str, ids: list[int], frames: int) -> Row:
    names = [f"frame_{4 * n}" if "VidSTG" in video else f"{n:05d}" for n in range(frames)]
    return {
        "video": video,
        "video_id": video,
        "height": SIZE[0],
        "width": SIZE[1],
        "frames": names,
        "anno_map": ids,
        "conversation": [],
        "obj_masks": [],
        "groundtruth": [],
    }


def _answer(
    root: Path, path: Path, replies: dict[str, tuple[str, int]], pool: list[list[Row]]
) -> None:
    dataset = SamaDataset(root, "all", "g")
    folder = RunFolder(path)
    with folder.appender() as appender:
        for entry in dataset.entries:
            text, number = replies[entry.id]
            segments = tuple(
                {"phrase": None, "size": list(SIZE), "masks": pool[n + 1][: entry.frames]}
                for n in range(number)
            )
            status = "answered" if segments else "refused"
            appender.append(to_line(Prediction(entry.id, status, text, segments)), wait=False)
    folder.write_manifest(
        Manifest.of(model="made", benchmark="sama-bench-g", split="all", data=dict(dataset.files))
    )


class _Scribe:
    """Stands in for a judge that answers everything, to fill a cache."""

    def __init__(self, cache: JudgeCache, settings: JudgeSettings) -> None:
        self.cache, self.settings = cache, settings

    def record(self) -> dict[str, str]:
        return {"model": "judge"}

    def replies(self, requests: list[JudgeRequest], progress: object = None) -> list[Reply]:
        made = [Reply("answered", '{"score": 62, "reason": "alike"}') for _ in requests]
        for request, reply in zip(requests, made, strict=True):
            self.cache.keep(request, self.settings, reply)
        return made


def _judge(file: Path, root: Path, path: Path) -> Path:
    """Fill a cache with a reply to everything that scoring will ask."""
    from sama_bench.scoring.score import score_run, standard_tools

    settings = JudgeSettings(model="judge")
    cache = JudgeCache(file)
    scribe: Any = _Scribe(cache, settings)
    tools = standard_tools("token-overlap", captions=False, judge=ClairJudge(scribe))
    score_run(path, root, tools=tools, write=False)
    cache.close()
    return file
