"""Scored runs made up for tests: a ``scores.json`` from a table of per-sample values."""

import json

import numpy as np

from sama_bench.scoring.versions import SCORING
from sama_bench.storage.seal import sealed


def scores(values, *, model="m", benchmark="mevis", split="valid_u", protocol="strict", **more):
    """``values``: {metric: {video: [value of each sample, or None]}}; video values are means."""
    videos = list(dict.fromkeys(v for by_video in values.values() for v in by_video))
    samples, per_video = [], []
    for video in videos:
        counts = {len(by_video.get(video, [])) for by_video in values.values()}
        for number in range(max(counts)):
            samples.append(
                {
                    "id": f"{video}/{number}",
                    "video": video,
                    "group": f"source-{videos.index(video) % 2}",
                    "protocol": protocol,
                    "status": "answered",
                    "values": {m: by_video[video][number] for m, by_video in values.items()},
                    "attributes": {"turn": number, "objects": 1 + number % 2, "frames": 10},
                }
            )
        per_video.append(
            {
                "video": video,
                "group": f"source-{videos.index(video) % 2}",
                "protocol": protocol,
                "samples": max(counts),
                "values": {m: mean(by_video[video]) for m, by_video in values.items()},
                "weights": {},
            }
        )
    count = {"expected": len(samples), "answered": len(samples)}
    count |= {"refused": 0, "failed": 0, "missing": 0}
    rows = [
        {
            "model": model,
            "benchmark": benchmark,
            "split": split,
            "protocol": protocol,
            "metric": metric,
            "value": mean([v["values"][metric] for v in per_video]),
            "samples": len(samples),
            "videos": len(videos),
            "coverage": 1.0,
            "variant": None,
            "note": None,
            "aggregation": "videos",
            "history": "independent",
            "takes_tracks": False,
        }
        for metric in values
    ]
    data = {"model": model, "benchmark": benchmark, "split": split, "manifest": {}}
    data |= {"scoring": dict(SCORING), "complete": True, "shortfall": [], "problems": []}
    data |= {"remarks": []}
    data |= {"coverage": {protocol: count}, "scores": rows, "videos": per_video}
    return {**data, "samples": samples, **more}


def mean(values):
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def write(folder, data):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scores.json").write_bytes(sealed(json.dumps(data).encode()))
    return folder


def random_scores(seed, shift=0.0, *, videos=40, metrics=("j", "f"), spread=0.03, **more):
    """Runs of different seeds share what makes a video hard."""
    hard = np.random.default_rng(0).beta(4, 2, (videos, 1))
    rng = np.random.default_rng([1, seed])
    values = {
        metric: {
            f"v{v:03d}": np.clip(hard[v] + shift + rng.normal(0, spread, 3), 0, 1).tolist()
            for v in range(videos)
        }
        for metric in metrics
    }
    return scores(values, **more)
