"""Data of every benchmark, broken: split files, masks, pictures; found by verify, or said."""

from __future__ import annotations

import json
from pathlib import Path

from sama_bench.splits._mini import MINI_BENCHMARKS
from tests.campaign.case import Case, Kind
from tests.campaign.commands import call, check
from tests.campaign.damage import damage_file
from tests.campaign.material import SCORING, numbers
from tests.campaign.traces import check_files

PICTURES = (".jpg", ".png")
HEAVY = {"sama-bench": "sama-bench-g"}
"""The folder of a mini that two benchmarks share, and the one that is asked."""


def attack(case: Case) -> None:
    """Break a file of a benchmark; verify it, and score whole answers against it."""
    folder = case.rng.choice(sorted(MINI_BENCHMARKS))
    benchmark = HEAVY.get(folder, folder)
    data = case.material.data(folder, case.folder / "data")
    file = _chosen(case, data)
    case.did(f"{benchmark}: " + damage_file(case.rng, file, case.rng.choice([1, 1, 2])))
    where = ("--data", data, "--split", "mini")
    deep = ("--deep",) * (file.suffix in PICTURES or case.rng.random() < 0.2)
    check(call(case, "data", "verify", benchmark, *where, *deep).finish())
    truth, out = case.material.truth(benchmark), case.folder / "out.json"
    scored = ("score", truth, "--data", data, *SCORING, "--json", out)
    before = _whole(case, benchmark, truth)
    found = check(call(case, *scored).finish())
    if found.status == 0 and before is not None:
        content = json.loads(out.read_text())
        told = content.get("remarks") or content.get("failed") or "changed" in found.err
        same = numbers(out) == before
        case.insist(same or told, f"silent number: {benchmark} scores otherwise over {file.name}")
    if case.rng.random() < 0.3:  # without a manifest, nothing is known of the data's checksums
        lines = truth / "predictions.jsonl"
        from_elsewhere = ("--benchmark", benchmark, "--predictions", lines, *where, *SCORING)
        check(call(case, "score", *from_elsewhere).finish())
    check_files(case, case.folder)


def _chosen(case: Case, data: Path) -> Path:
    """Choose an annotation file three times out of four, else a picture."""
    files = sorted(path for path in data.rglob("*") if path.is_file() and path.name != "mini.json")
    pictures = [path for path in files if path.suffix in PICTURES]
    others = [path for path in files if path.suffix not in PICTURES]
    return case.rng.choice(others if case.rng.random() < 0.75 else pictures)


def _whole(case: Case, benchmark: str, truth: Path):
    """Return the scores of the whole data, made once; None where the benchmark has none here."""
    kept = case.material.root / f"whole-{benchmark}.json"
    if not kept.exists():
        check(call(case, "score", truth, *SCORING, "--json", kept).finish())
    return numbers(kept) if kept.exists() else None


KINDS = [Kind("split-files", "broken annotations, mask dictionaries and pictures", attack, 2)]
