"""Answers that are well sealed and hostile in content: each is a value, a failure or a refusal."""

from __future__ import annotations

import json
import random
import shutil
from typing import Any

import numpy as np
from pycocotools import mask as coco_mask

from sama_bench.formats.prediction_line import Prediction, to_line
from sama_bench.media import rle
from tests.campaign.case import Case, Kind
from tests.campaign.commands import call, check
from tests.campaign.damage import ODD, damage_json
from tests.campaign.material import RUN, SCORING
from tests.campaign.traces import check_files
from tests.metrics.test_hostile import hostile_masks

PIECES = (
    "<p>", "</p>", "[SEG]", "<|im_end|>", "<s>", "\n", "\x00", "\u2028", "é", "|||", "<", "p>",
    "a cat", " ", "\ud800", "{", "\x1b]52;c;eA==\x07", "=1+1", "[x]", "\u202e", "</script>", "\\",
    "%s", "{0}", "İ", "\x9b31m", "<!--", "]]>", "\\input{x}", "&amp;", "'", '"', "`",
)  # fmt: skip
SIZES = ([144, 256], [0, 0], [-1, 5], [10**6, 10**6], [144], "144", None, [144.0, 256], [1, 1])


def attack(case: Case) -> None:
    """Write hostile lines in the place of some; score them, and look at them in a report."""
    folder = case.folder / "runs" / RUN
    shutil.copytree(case.material.runs, case.folder / "runs")
    file = folder / "predictions.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in case.rng.sample(lines, case.rng.randint(1, 4)):
        _spoil(case.rng, line)
    file.write_bytes(b"".join(map(_sealed, lines)))
    out = case.folder / "out.json"
    scored = check(call(case, "score", folder, *SCORING, "--json", out).finish())
    if scored.status in (0, 1):
        for row in json.loads(out.read_text())["scores"]:
            value = row["value"]
            within = value is None or -1e-9 <= value <= 1 + 1e-9
            case.insist(within, f"{row['metric']} of {value}")
        if case.rng.random() < 0.3:
            pages = ("--out", case.folder / "pages", "--max-samples", 3, "--max-frames", 2)
            check(call(case, "report", folder, *pages).finish())
    check(call(case, "status", case.folder / "runs").finish())
    for name in ("out", "err"):  # what others wrote must not steer a terminal
        said = b"".join(p.read_bytes() for p in (case.folder / "said").glob(f"*.{name}"))
        case.insist(b"\x1b" not in said and b"\x07" not in said, f"control characters on std{name}")
    check_files(case, case.folder / "runs")


def attack_masks(case: Case) -> None:
    """Hostile RLEs by the hundred: refused in a short line, or read as pycocotools reads them."""
    for mask in hostile_masks([case.seed & 0xFFFFFFFF, case.number], 300):
        try:
            lengths = rle.runs(mask)
        except ValueError as error:
            fine = str(error) and "\n" not in str(error) and len(str(error)) < 200
            case.insist(fine, f"the reason for {mask} is {str(error)[:200]!r}")
            continue
        theirs = coco_mask.decode({"size": mask["size"], "counts": rle.counts_bytes(mask)})
        case.insist((lengths >= 0).all(), f"runs below 0 in {mask}")
        case.insist(np.array_equal(rle.decode(mask), theirs), f"{mask} is read otherwise")
        case.insist(rle.area(mask) == theirs.sum(), f"the area of {mask} is another")


def text(rng: random.Random) -> str:
    """Return a text that may steer a terminal, a page, a table or a parser."""
    return "".join(rng.choices(PIECES, k=rng.randrange(30)))


def _spoil(rng: random.Random, line: dict[str, Any]) -> None:
    way = rng.randrange(7)
    segments = line["segments"]
    if way == 0:
        line["text"] = text(rng)
    elif way == 1 and segments:
        segments[0]["phrase"] = text(rng)
    elif way == 2 and segments:
        masks = segments[0]["masks"]
        for place in rng.sample(range(len(masks)), 3):
            (masks[place],) = hostile_masks(rng.randrange(2**32), 1)
            if isinstance(masks[place]["counts"], bytes):
                masks[place]["counts"] = masks[place]["counts"].decode("latin-1")
    elif way == 3 and segments:
        for mask in filter(None, segments[0]["masks"]):
            mask["size"] = rng.choice(SIZES)
    elif way == 4 and segments:
        line["segments"] = segments * rng.choice([2, 50])
    elif way == 5:
        line |= {"status": "failed", "error": text(rng), "notes": {text(rng): text(rng)}}
    else:
        line[rng.choice([k for k in line if k not in ("id", "crc32")])] = rng.choice(ODD[:-3])
    if rng.random() < 0.3:
        damage_json(rng, segments)


def _sealed(line: dict[str, Any]) -> bytes:
    """Seal a line whatever it holds; what our writer refuses is written without a checksum."""
    line = {key: value for key, value in line.items() if key != "crc32"}
    try:
        return to_line(Prediction(**{**line, "segments": tuple(line["segments"] or ())}))
    except (TypeError, ValueError, AttributeError, RecursionError):
        return json.dumps(line).encode() + b"\n"


KINDS = [
    Kind("hostile-answers", "hostile texts, phrases, masks and notes in predictions", attack),
    Kind("hostile-masks", "300 hostile RLEs a try, against pycocotools", attack_masks, 0.3),
]
