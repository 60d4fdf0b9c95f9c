"""Models that misbehave on one question: the others are answered as ever, and the fault is told."""

from __future__ import annotations

import json

from tests.campaign.case import Case, Kind
from tests.campaign.commands import call, check
from tests.campaign.material import ASKING, RUN
from tests.campaign.traces import check_files, check_processes

HEAD = """
import os, signal, subprocess, sys, threading, time, warnings
import numpy as np
from sama_bench.nouns import Answer, Masklet, Segment
from tests.campaign import steady

def masks(sample, height=0, width=0, frames=0):
    video = sample.video
    shape = (len(video) + frames, video.height + height, video.width + width)
    return Masklet.from_arrays(np.ones(shape, np.uint8))

def put(**fields):
    answer = object.__new__(Answer)
    for name, value in {"text": "", "segments": (), "notes": {}, **fields}.items():
        object.__setattr__(answer, name, value)
    return answer

class Odd(Exception):
    def __str__(self):
        raise RuntimeError("no text")

class Steady(steady.Steady):
%s
"""
PREDICT = """
    def predict(self, sample):
        if %(chosen)s:
            %(deed)s
        return super().predict(sample)
"""

DEEDS = (
    "raise ValueError('no\\nway ' + 'x' * 10**6)",
    "raise Odd()",
    "raise KeyboardInterrupt",
    "raise SystemExit('enough')",
    "raise BaseExceptionGroup('several', [ValueError('a'), KeyboardInterrupt()])",
    "raise RecursionError",
    "os._exit(7)",
    "os.kill(os.getpid(), signal.SIGSEGV)",
    "os.kill(os.getpid(), signal.SIGKILL)",
    "os.abort()",
    "sys.exit(3)",
    "threading.Thread(target=time.sleep, args=(3600,)).start()",
    "threading.Thread(target=os._exit, args=(5,)).start(); time.sleep(5)",
    "threading.Thread(target=lambda: 1 / 0).start()",
    "subprocess.Popen(['sleep', '3600']); os._exit(7)",
    "subprocess.Popen(['sleep', '3600'])",
    "subprocess.Popen(['sleep', '3600'], start_new_session=True, close_fds=False)",
    "os.fork() or time.sleep(3600)",
    "time.sleep(3600)",
    "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(3600)",
    "(lambda: [None for _ in iter(int, 1)])()",
    "print('x' * 10**7)",
    "os.write(1, b'\\xff\\x00junk' * 1000); os.write(2, b'\\x1b[2J')",
    "os.closerange(0, 3)",
    "sys.stdout = sys.stderr = None",
    "os.chdir('/')",
    "os.environ.clear()",
    "warnings.warn('odd')",
    "return None",
    "return 5",
    "return 'a text'",
    "return [Answer('x')]",
    "return Answer",
    "return put(text=None)",
    "return put(text=5)",
    "return put(text='x' * 10**7)",
    "return put(text='\\ud800\\x00\\x1b[31m')",
    "return put(text='<p> a </p> [SEG]' * 5000)",
    "return put(text='x', segments=None)",
    "return put(text='x', segments=[5])",
    "return put(text='x', segments=(Segment('it', masks(sample, 1)),))",
    "return put(text='x', segments=(Segment('it', masks(sample, 0, -1)),))",
    "return put(text='x', segments=(Segment('it', masks(sample, 0, 0, 1)),))",
    "return put(text='x', segments=(Segment(5, masks(sample)),))",
    "return put(text='x', segments=(Segment('p' * 10**6, masks(sample)),))",
    "return put(text='x', segments=(Segment('it', masks(sample)),) * 200)",
    "return put(text='x', notes={'a': float('nan')})",
    "return put(text='x', notes={'a': {1, 2}, 3: object()})",
    "return put(text='x', notes='notes')",
    "return put(text='x', notes={'a': 'x' * 10**7})",
    "return put(text=np.float32('nan'))",
    "return put(text='x', segments=(Segment('it', Masklet(144, 256, (b'zz',) * 40)),))",
)  # fmt: skip
SELF = (
    "    def load(self, setup): raise ValueError('no weights')",
    "    def load(self, setup): os._exit(3)",
    "    def load(self, setup): sys.exit('no')",
    "    def load(self, setup): time.sleep(3600)",
    "    def load(self, setup): raise Odd()",
    "    def load(self, setup): subprocess.Popen(['sleep', '3600']); os._exit(1)",
    "    def card(self): raise KeyError('x')",
    "    def card(self): return {'a': float('nan')}",
    "    def card(self): return 5",
    "    def card(self): return {'a': 'x' * 10**6}",
    "    can = None",
    "    can = 5",
    "    can = frozenset({'describe'})",
    "    can = frozenset({'fly'})",
    "    concurrency = -1",
    "    concurrency = 'many'",
    "    takes_tracks = 'yes'",
    "    predict = None",
    "    def __init__(self): raise ValueError('no')",
    "    def __init__(self, more): pass",
    "    def close(self): raise ValueError('no')",
    "    def close(self): time.sleep(3600)",
    "    def close(self): os._exit(9)",
    "    raise SyntaxError('in the class')",
    "    this is no Python",
)
LIMITS = ("--timeout", "3", "--load-timeout", "8", "--max-failures", "50")
FEW = 4


def attack(case: Case) -> None:
    """Do one deed on one question or several; the rest is answered as by the model of the runs."""
    modulus, deed = case.rng.choice([4, 7, 12]), case.rng.choice(DEEDS)
    chosen = f"int(sample.id.rsplit('_', 1)[1]) % {modulus} == 1"
    body = PREDICT % {"chosen": chosen, "deed": deed}
    if case.rng.random() < 0.3:
        body = f"    concurrency = {case.rng.randint(2, 4)}\n{body}"
    case.did(f"{chosen}: {deed}")
    known = _run(case, body, FEW)
    whole = _answers(case.material.runs / RUN)
    for id, line in known.items():
        if int(id.rsplit("_", 1)[1]) % modulus == 1:
            continue  # whatever became of it
        answered = (line["status"], line["text"], line["segments"])
        right = (whole[id]["status"], whole[id]["text"], whole[id]["segments"])
        case.insist(answered == right, f"{id} paid for another: {line['status']} {line['error']}")


def attack_self(case: Case) -> None:
    """Misbehave before the first question, or after the last."""
    body = case.rng.choice(SELF)
    case.did(body)
    _run(case, body, 2)


def _run(case: Case, body: str, limit: int) -> dict[str, dict]:
    adapter = case.folder / "steady.py"
    adapter.write_text(HEAD % body)
    at_end = list(ASKING)
    at_end[at_end.index("--limit") + 1] = limit
    devices = case.rng.choice(["cpu", "cpu", "cpu:2"])
    at_end[at_end.index("--devices") + 1] = devices
    runs = case.folder / "runs"
    run = ("run", "--model", f"{adapter}:Steady", *at_end, *LIMITS, "--no-score", "--runs", runs)
    outcome = check(call(case, *run).finish(90))
    check_processes(case, 10)
    known = _answers(runs / RUN)
    if outcome.status in (0, 1):
        case.insist(len(known) == limit, f"{limit - len(known)} samples have no line")
        failed = sum(line["status"] == "failed" for line in known.values())
        case.insist(outcome.status == bool(failed), f"status {outcome.status}, {failed} failed")
        for id, line in known.items():
            case.insist(
                line["status"] != "failed" or line["error"], f"{id} failed without a reason"
            )
    check_files(case, runs)
    return known


def _answers(folder) -> dict[str, dict]:
    lines = [line for path in folder.glob("predictions*.jsonl") for line in path.open()]
    return {line["id"]: line for line in map(json.loads, lines)}


KINDS = [
    Kind("adapter-answers", "models that crash, hang, print, fork or answer oddly", attack, 2),
    Kind("adapter-self", "models that misbehave in load, card, can, close", attack_self),
]
