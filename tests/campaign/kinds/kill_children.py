"""Models that start processes of their own, in any group or session, and killed engines."""

from __future__ import annotations

import time

from tests.campaign.case import Case, Kind
from tests.campaign.commands import check, start
from tests.campaign.kinds.adapters import HEAD
from tests.campaign.kinds.kill_runs import disturb
from tests.campaign.material import ASKING, RUN
from tests.campaign.steady import PAUSE
from tests.campaign.traces import check_processes, processes

WAYS = (
    "subprocess.Popen(['sleep', '300'])",
    "subprocess.Popen(['sleep', '300'], start_new_session=True)",
    "subprocess.Popen(['sh', '-c', 'sleep 300 & sleep 300 & wait'])",
    "subprocess.Popen(['sh', '-c', 'trap \"\" TERM HUP; sleep 300; sleep 300'])",
    "os.fork() or time.sleep(300) or os._exit(0)",
)
BODY = """
    def load(self, setup):
        %s
"""


def attack(case: Case) -> None:
    """Kill a run whose model has a child, or let it end: the child ends with it."""
    way = case.rng.choice(WAYS)
    adapter = case.folder / "steady.py"
    adapter.write_text(HEAD % (BODY % way))
    case.did(way)
    runs = case.folder / "runs"
    run = ("run", "--model", f"{adapter}:Steady", *ASKING, "--no-score", "--runs", runs)
    job = start(case, *run, env={PAUSE: str(case.rng.choice([0.0, 0.2]))})
    until = time.monotonic() + 60
    while len(processes(case.mark)) < 3 and job.poll() is None and time.monotonic() < until:
        time.sleep(0.05)  # engine, worker, child
    signals = set[int]()
    if case.rng.random() < 0.8:
        signals = disturb(case, [job], runs / RUN, {})
    check(job.finish(), signals)
    check_processes(case)


KINDS = [Kind("kill-children", "kills of a run whose model started processes of its own", attack)]
