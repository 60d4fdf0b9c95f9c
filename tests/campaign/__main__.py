"""``python -m tests.campaign --minutes N --seed S``; status 1 if an attack succeeds."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests import kernels
from tests.campaign.commands import preload
from tests.campaign.kinds import all_kinds
from tests.campaign.loop import Tally, again, run, try_once
from tests.campaign.material import Material


def main(argv: list[str] | None = None) -> int:
    given = _arguments(argv)
    kinds = {kind.name: kind for kind in all_kinds()}
    unknown = set(given.kind) - kinds.keys()
    if unknown or given.list or (given.case is not None and len(given.kind) != 1):
        for kind in kinds.values():
            print(f"{kind.name:20} {kind.what}")
        if not given.list:
            print("--kind takes these names, and --case one --kind", file=sys.stderr)
        return 0 if given.list else 2
    chosen = [kinds[name] for name in given.kind] or list(kinds.values())
    work = (given.folder or Path(tempfile.mkdtemp(prefix="sama-bench-campaign-"))).absolute()
    _prepare(work)
    print(
        f"campaign: seed {given.seed}, {given.minutes:g} min, {len(chosen)} kinds, in {work}",
        flush=True,
    )
    material, began = Material(work / "material"), time.monotonic()
    if given.case is not None:
        tallies = [Tally(chosen[0])]
        try_once(tallies[0], given.seed, work, material, _say, number=given.case)
    else:
        tallies = run(chosen, given.seed, 60 * given.minutes, work, material, _say)
    return _close(tallies, given.seed, work, time.monotonic() - began)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument(
        "--seed", type=int, default=int(time.strftime("%Y%m%d")), help="default: the date"
    )
    parser.add_argument("--kind", action="append", default=[], help="only this kind; repeatable")
    parser.add_argument("--case", type=int, help="only this case of one kind")
    parser.add_argument("--folder", type=Path, help="where to work and to keep what failed")
    parser.add_argument("--list", action="store_true", help="name the kinds and stop")
    return parser.parse_args(argv)


def _prepare(work: Path) -> None:
    """Give the campaign a cache of its own, kernels that are compiled, and no threads to fork."""
    os.environ["NUMBA_CACHE_DIR"] = str(kernels.folder())
    kernels.start_compiling()
    kernels.wait_for_compiling()
    os.environ["SAMA_BENCH_CACHE"] = str(work / "cache")
    os.environ["OMP_NUM_THREADS"] = "1"
    # a shell starts what it puts in the background deaf to Ctrl-C, and so would be all commands
    signal.signal(signal.SIGINT, signal.default_int_handler)
    preload()


def _say(line: str) -> None:
    print(line, flush=True)


def _close(tallies: list[Tally], seed: int, work: Path, seconds: float) -> int:
    for tally in tallies:
        print(tally.line())
        for number, fault in tally.failures:
            print(f"    {again(tally.kind, seed, number)}: {fault}")
    tries = sum(tally.tries for tally in tallies)
    failures = sum(len(tally.failures) for tally in tallies)
    print(f"{tries} tries, {failures} failures in {seconds / 60:.1f} min, seed {seed}; in {work}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
