"""Files of a run folder broken byte by byte: what can no longer be read is said, never guessed."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from tests.campaign.case import Case, Kind
from tests.campaign.commands import Outcome, call, check
from tests.campaign.damage import damage_file
from tests.campaign.material import (
    ASKING,
    OTHER,
    RUN,
    SCORING,
    STEADY,
    Numbers,
    numbers,
)
from tests.campaign.traces import check_files, check_processes

FILES = ("predictions.jsonl",) * 4 + ("manifest.json",) * 2 + ("events.jsonl",)


def attack(case: Case) -> None:
    """Break a file of a run; look at it, score it, and sometimes go on with it."""
    runs = _copy(case)
    folder = runs / RUN
    name = case.rng.choice(FILES)
    case.did(damage_file(case.rng, folder / name, case.rng.choice([1, 1, 1, 2, 5])))
    check(call(case, "status", runs, "--json", case.folder / "status.json").finish())
    scored = check(
        call(case, "score", folder, *SCORING, "--json", case.folder / "out.json").finish()
    )
    check_numbers(case, scored, case.folder / "out.json")
    if case.rng.random() < 0.3:
        merged = ("merge", folder, "--allow-partial", *SCORING, "--out", case.folder / "tables")
        found = check(call(case, *merged, "--json", case.folder / "merged.json").finish())
        check_numbers(case, found, case.folder / "merged.json")
    if case.rng.random() < 0.3:
        go_on(case, runs)
    check_files(case, runs)


def attack_claims(case: Case) -> None:
    """Leave claims and beats of dead jobs, broken: nobody waits for them, nothing is lost."""
    runs = _copy(case)
    claims = runs / RUN / "claims"
    claims.mkdir()
    lines = (runs / RUN / "predictions.jsonl").read_bytes().splitlines(keepends=True)
    (runs / RUN / "predictions.jsonl").write_bytes(
        b"".join(lines[: case.rng.randrange(len(lines))])
    )
    machine = json.dumps({"machine": "another", "pid": 1, "started": "5", "beat": 3})
    for number in range(case.rng.randint(1, 4)):
        job = claims / f"gone-{number}.job"
        job.write_text(
            case.rng.choice([machine, "", "{", "[]", "null", "\x00" * 99, '{"pid": "x"}'])
        )
        old = time.time() - 1000
        os.utime(job, (old, old))
    for number in range(case.rng.randint(0, 3)):
        name = case.rng.choice([f"{number:020x}.0", "x", "a.0.0", ".name", f"{number}.9999"])
        (claims / name).write_text(case.rng.choice(["nobody", "", "../../x", "\x00", "gone-77"]))
    check(call(case, "status", runs, "--json", case.folder / "status.json").finish())
    go_on(case, runs, status=0)
    check_files(case, runs)


def attack_scores(case: Case) -> None:
    """Break scores.json: compare, report and leaderboard read it whole or refuse it."""
    runs = _copy(case)
    at, folder = case.folder, runs / RUN
    case.did(damage_file(case.rng, folder / "scores.json", case.rng.choice([1, 1, 2])))
    compare = ("compare", folder, runs / OTHER, "--resamples", 100)
    found = check(call(case, *compare, "--json", at / "compared.json").finish())
    if found.status == 0:
        whole = _compared(case, compare)
        same = json.loads((at / "compared.json").read_text()) == whole
        case.insist(same, "silent number: compare of damaged scores says something else")
    add = ("leaderboard", "add", folder, "--partial", "--to", at / "entries")
    added = check(call(case, *add).finish())
    if added.status == 0:
        (entry,) = (at / "entries").glob("steady*.json")
        kept = case.material.entries / entry.name
        case.insist(_figures(entry) == _figures(kept), "silent number: entry of damaged scores")
    if case.rng.random() < 0.2:
        report = ("report", folder, "--out", at / "pages", "--max-samples", 1, "--max-frames", 2)
        check(call(case, *report).finish())
    check_files(case, at)


def check_numbers(case: Case, outcome: Outcome, file: Path) -> None:
    """Insist that scores are the undisturbed ones, or that it is said what they lack."""
    if outcome.status == 2:
        return
    found, whole = numbers(file), case.material.numbers
    told = _told(json.loads(file.read_text())) or _coverage(found) != _coverage(whole)
    case.insist(found == whole or told, "silent number: scores differ and nothing is said")


def _told(content: dict[str, Any]) -> bool:
    """Whether a result tells of problems, or of answers that failed."""
    return bool(content.get("failed") or [r for r in content["results"] if r["problems"]])


def _coverage(found: Numbers) -> list[float | None]:
    return [coverage for _, coverage in found.values()]


def go_on(case: Case, runs: Path, status: int | None = None) -> None:
    """Give the run again: it is refused with a reason, or ends in the undisturbed scores."""
    run = ("run", "--model", STEADY, *ASKING, *SCORING, "--runs", runs)
    found = check(call(case, *run).finish())
    check_processes(case)
    case.insist(
        status is None or found.status == status, f"status {found.status}: {found.err[-200:]}"
    )
    if found.status == 0:
        now = numbers(runs / RUN / "scores.json")
        case.insist(now == case.material.numbers, "scores differ after the run was given again")


def _copy(case: Case) -> Path:
    return Path(shutil.copytree(case.material.runs, case.folder / "runs"))


def _compared(case: Case, compare: tuple[Any, ...]) -> Any:
    """Compare the whole scores, from the same place."""
    whole = case.material.runs / RUN / "scores.json"
    shutil.copy(whole, compare[1] / "scores.json.damaged")
    damaged = (compare[1] / "scores.json").rename(compare[1] / "damaged")
    shutil.copy(whole, compare[1] / "scores.json")
    check(call(case, *compare, "--json", case.folder / "whole.json").finish(), ends=[0])
    damaged.replace(compare[1] / "scores.json")
    (compare[1] / "scores.json.damaged").unlink()
    return json.loads((case.folder / "whole.json").read_text())


def _figures(entry: Path) -> Any:
    content = json.loads(entry.read_text())
    return content["scores"], content["videos"], content["coverage"]


KINDS = [
    Kind("damaged-run", "broken predictions.jsonl, manifest.json, events.jsonl", attack, 2),
    Kind("damaged-claims", "claims and beats of dead jobs, broken", attack_claims, 0.7),
    Kind("damaged-scores", "broken scores.json for compare, report, leaderboard", attack_scores),
]
