"""Judges on loopback that reply at random, and their caches, broken: no 0 and no cost unseen."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sama_bench.storage.seal import sealed, unsealed
from tests.campaign.case import Case, Kind
from tests.campaign.commands import Outcome, call, check
from tests.campaign.damage import ODD, damage_file, damage_json
from tests.campaign.material import RUN, SCORING
from tests.campaign.traces import check_files
from tests.judge.judge_server import GOOD, Handler, JudgeServer, completion

SECRET = "sk-campaign-0123456789abcdef"
CAP = 0.02
PRICES = (10.0, 10.0)
"""Dollars for a million tokens: about 0.001 for a reply of 110 tokens."""

TEXTS = (
    "", "null", "80", '{"score": 101, "reason": "x"}', '{"score": -5}', '{"score": "80"}',
    "{" * 500, '{"score": 1e999}', '{"score": NaN}', "I cannot help with that.",
    '{"score": 80}\n{"score": 20}',
    "x" * 200_000, "\ud800", SECRET, '```json\n{"score": 70, "reason": "r"}\n```', "<think>{",
)  # fmt: skip


def attack(case: Case) -> None:
    """Score with a judge whose every reply is drawn; then again, with what the cache kept."""
    at, moods = case.folder, case.rng.sample(sorted(MOODS), case.rng.randint(1, 3))
    case.did(f"moods: {moods}")
    shutil.copytree(case.material.runs / RUN, at / "run")
    lock = threading.Lock()

    def behave(handler: Handler, body: dict[str, Any], number: int) -> None:
        with lock:  # which request comes first is up to the threads: drawn from what it asks
            rng = random.Random(f"{case.seed} {case.number} {body['messages']}")
        MOODS[rng.choice(moods)](handler, rng, number)

    server = JudgeServer(behave)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        for _ in range(2):
            judged = (
                "--judge-model",
                "judge",
                "--judge-base-url",
                server.url,
                "--judge-timeout",
                3,
            )
            spend = ("--judge-prices", *PRICES, "--judge-max-cost", CAP)
            kept = ("--judge-cache", at / "judge.jsonl", "--json", at / "out.json")
            score = ("score", at / "run", *SCORING, *judged, *spend, *kept)
            found = check(call(case, *score, env={"OPENAI_API_KEY": SECRET}).finish(150))
            if found.status in (0, 1):
                _check_figures(case, at / "out.json", moods)
    finally:
        server.stop()
    for path in at.rglob("*"):
        if path.is_file():
            case.insist(SECRET.encode() not in path.read_bytes(), f"the key stands in {path.name}")
    check_files(case, at)


def attack_cache(case: Case) -> None:
    """Break a cache of good replies: what is lost is asked again, and the figures stay."""
    at, whole = case.folder, case.material.root / "judge-cache"
    with _good_judge() as url:
        if not (whole / "out.json").exists():
            shutil.rmtree(whole, ignore_errors=True)
            shutil.copytree(case.material.runs / RUN, whole / "run")
            _judge(case, whole, url)
        shutil.copytree(case.material.runs / RUN, at / "run")
        lines = [unsealed(line) for line in (whole / "judge.jsonl").read_bytes().splitlines()]
        moved = [json.dumps({**line, "endpoint": url}).encode() for line in lines]
        (at / "judge.jsonl").write_bytes(b"".join(sealed(line) + b"\n" for line in moved))
        case.did(damage_file(case.rng, at / "judge.jsonl", case.rng.choice([1, 1, 3])))
        found = _judge(case, at, url)
    if found.status in (0, 1):
        same = _clair(at / "out.json") == _clair(whole / "out.json")
        case.insist(same, "silent number: CLAIR of a damaged cache says something else")
    check_files(case, at)


@contextlib.contextmanager
def _good_judge() -> Iterator[str]:
    server = JudgeServer(lambda handler, body, number: handler.say(GOOD))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.url
    finally:
        server.stop()


def _judge(case: Case, at: Path, url: str) -> Outcome:
    """Score ``at/run`` with ``at/judge.jsonl``; the result is in ``at/out.json``."""
    judged = (
        "--judge-model",
        "judge",
        "--judge-base-url",
        url,
        "--judge-cache",
        at / "judge.jsonl",
    )
    score = ("score", at / "run", *SCORING, *judged, "--json", at / "out.json")
    return check(call(case, *score, env={"OPENAI_API_KEY": SECRET}).finish())


def _check_figures(case: Case, file: Path, moods: list[str]) -> None:
    for row in json.loads(file.read_text())["scores"]:
        if row["metric"] != "clair" or row["value"] is None:
            continue
        case.insist(0 <= row["value"] <= 1, f"CLAIR of {row['value']}")
        told = row["value"] != 0 or row.get("note")  # released counts refusals as 0, and says so
        case.insist(set(moods) & VALUED or told, "failures of the judge became a 0")


def _clair(file: Path) -> list[Any]:
    rows = json.loads(file.read_text())["scores"]
    return [(row["protocol"], row["value"]) for row in rows if row["metric"] == "clair"]


def _odd_reply(handler: Handler, rng: random.Random, number: int) -> None:
    content, _ = damage_json(rng, completion(GOOD))
    handler.send(200, json.dumps(content).encode())


def _odd_usage(handler: Handler, rng: random.Random, number: int) -> None:
    content = completion(GOOD)
    content["usage"] = rng.choice([None, {}, [], "x", {"prompt_tokens": rng.choice(ODD)}])
    handler.send(200, json.dumps(content).encode())


def _cut(handler: Handler, rng: random.Random, number: int) -> None:
    raw = json.dumps(completion(GOOD)).encode()
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(raw))
    handler.wfile.write(raw[: rng.randrange(len(raw))])
    handler.close_connection = True


def _slow(handler: Handler, rng: random.Random, number: int) -> None:
    time.sleep(rng.choice([0.05, 0.5]))
    handler.say(GOOD)


def _error(handler: Handler, rng: random.Random, number: int) -> None:
    status = rng.choice([400, 401, 403, 404, 413, 429, 500, 502, 503, 529])
    handler.error(status, rng.choice(["no", SECRET, "x" * 5000, "\x1b[31m"]), Retry_After="0")


def _redirect(handler: Handler, rng: random.Random, number: int) -> None:
    handler.send(307, b"", Location="http://127.0.0.2:1/v1/chat/completions")


MOODS = {
    "good": lambda handler, rng, number: handler.say(GOOD),
    "text": lambda handler, rng, number: handler.say(rng.choice(TEXTS)),
    "filter": lambda handler, rng, number: handler.say("", finish_reason="content_filter"),
    "cut off": lambda handler, rng, number: handler.say('{"score": 5', finish_reason="length"),
    "null": lambda handler, rng, number: handler.say(None, refusal="no way"),
    "odd": _odd_reply,
    "usage": _odd_usage,
    "cut": _cut,
    "slow": _slow,
    "error": _error,
    "redirect": _redirect,
    "html": lambda handler, rng, number: handler.send(200, b"<html>login</html>"),
}
VALUED = {"text", "odd"}
"""Moods in which a reply may say 0, or what released takes for it."""

KINDS = [
    Kind("judge-replies", "replies of a judge drawn at random, its cap and its key", attack),
    Kind("judge-cache", "broken caches of a judge", attack_cache, 0.5),
]
