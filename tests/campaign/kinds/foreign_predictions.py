"""Answers of other code in every form that is read, broken: refused by name, or read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from sama_bench.media import rle
from tests.campaign.case import Case, Kind
from tests.campaign.commands import call, check
from tests.campaign.damage import damage_file
from tests.campaign.material import SCORING
from tests.campaign.traces import check_files

MODES = ("L", "1", "P", "RGB", "RGBA", "I;16", "LA")


def attack(case: Case) -> None:
    """Write the truth in a form of other code, break it, and score it."""
    form = case.rng.choice(sorted(FORMS))
    benchmark, write = FORMS[form]
    lines = [
        json.loads(line)
        for line in (case.material.truth(benchmark) / "predictions.jsonl").read_text().splitlines()
    ]
    place = write(case.folder / "answers", lines)
    files = [place] if place.is_file() else [p for p in place.rglob("*") if p.is_file()]
    for file in case.rng.sample(files, min(len(files), case.rng.choice([1, 1, 3]))):
        case.did(f"{form}: {_break(case, file)}")
    out = case.folder / "out.json"
    score = ("score", "--benchmark", benchmark, "--split", "mini", "--predictions", place)
    found = check(call(case, *score, *SCORING, "--json", out).finish(60))
    if found.status in (0, 1):
        for row in json.loads(out.read_text())["scores"]:
            value = row["value"]
            case.insist(value is None or -1e-9 <= value <= 1 + 1e-9, f"{row['metric']} of {value}")
    check_files(case, case.folder)


def _break(case: Case, file: Path) -> str:
    way = case.rng.random()
    if way < 0.15:
        return _be_odd(case, file)
    if file.suffix == ".png" and way < 0.6:
        mode = case.rng.choice(MODES)
        with Image.open(file) as image:
            height, width = np.asarray(image).shape[:2]
        top = 65536 if mode == "I;16" else 256
        values = np.random.default_rng(case.rng.randrange(2**32)).integers(0, top, (height, width))
        picture = Image.fromarray(values.astype(np.uint16 if top > 256 else np.uint8))
        picture = picture if top > 256 else picture.convert(mode)
        picture.resize((width + case.rng.randrange(2), height)).save(file)
        return f"{file.name} in mode {mode}"
    return damage_file(case.rng, file, case.rng.choice([1, 1, 2]))


def _be_odd(case: Case, file: Path) -> str:
    """Put something in a file's place that is no regular file."""
    file.unlink()
    way = case.rng.choice(["pipe", "folder", "zero", "nowhere", "itself"])
    if way == "pipe":
        os.mkfifo(file)
    elif way == "folder":
        file.mkdir()
    else:
        target = {"zero": "/dev/zero", "nowhere": "/nonexistent", "itself": str(file)}[way]
        file.symlink_to(target)
    return f"{file.name} is a {way}"


def _results(place: Path, lines: list[dict[str, Any]]) -> Path:
    """``results.json`` of Sa2VA: videos, expressions, masks."""
    content: dict[str, Any] = {}
    for line in lines:
        video, _, expression = line["id"].rpartition("/")
        masks = line["segments"][0]["masks"] if line["segments"] else []
        item = {"text_prediction": line["text"], "prediction_masks": masks}
        content.setdefault(video, {})[expression] = item
    return _json(place / "results.json", content)


def _pngs(place: Path, lines: list[dict[str, Any]]) -> Path:
    """A folder of PNGs, as the servers of MeViS and Ref-YouTube-VOS take them."""
    for line in lines[:3]:
        folder = place / "Annotations" / line["id"]
        folder.mkdir(parents=True)
        for number, mask in enumerate(line["segments"][0]["masks"] if line["segments"] else ()):
            drawn = rle.decode(mask) if mask else np.zeros((144, 256), np.uint8)
            Image.fromarray(drawn * np.uint8(255)).save(folder / f"{number:05d}.png")
    return place


def _jsonl(place: Path, lines: list[dict[str, Any]]) -> Path:
    """Lines of ours, without checksum and with few keys."""
    kept = [{k: line[k] for k in ("id", "status", "text", "segments")} for line in lines]
    place.mkdir()
    file = place / "predictions.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in kept))
    return file


def _images(place: Path, lines: list[dict[str, Any]]) -> Path:
    """A list of results on images."""
    items = []
    for line in lines:
        masks = [m for s in line["segments"] for m in s["masks"] if m]
        items.append({"image_id": line["id"], "caption": line["text"], "pred_masks": masks})
    return _json(place / "results.json", items)


def _gcg(place: Path, lines: list[dict[str, Any]]) -> Path:
    """A folder of one JSON an image, as GLaMM writes it for GCG."""
    place.mkdir()
    for line in lines:
        masks = [m for s in line["segments"] for m in s["masks"] if m]
        phrases = [s["phrase"] for s in line["segments"]]
        name = Path(line["id"]).name
        item = {"image_id": name, "caption": line["text"], "phrases": phrases, "pred_masks": masks}
        _json(place / f"{name}.json", item)
    return place


def _captions(place: Path, lines: list[dict[str, Any]]) -> Path:
    """Descriptions by id, as SAMA and caption evaluators keep them."""
    items = [{"image_id": line["id"], "caption": line["text"]} for line in lines]
    return _json(place / "captions.json", items)


def _json(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


FORMS = {
    "results-ref-sav": ("ref-sav", _results),
    "results-mevis": ("mevis", _results),
    "results-revos": ("revos", _results),
    "results-davis": ("ref-davis17", _results),
    "pngs-mevis": ("mevis", _pngs),
    "pngs-davis": ("ref-davis17", _pngs),
    "lines-sama": ("sama-bench-g", _jsonl),
    "lines-refcoco": ("refcoco", _jsonl),
    "images-refcoco": ("refcoco", _images),
    "images-grefcoco": ("grefcoco", _images),
    "folder-gcg": ("gcg", _gcg),
    "captions-sama": ("sama-bench-c", _captions),
    "captions-regions": ("region-captions", _captions),
}

KINDS = [Kind("foreign-predictions", "answers of other code in 13 forms, broken", attack, 2)]
