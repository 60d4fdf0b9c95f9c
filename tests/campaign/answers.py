"""Which answers a run folder acknowledged: a whole line on disk must never go away or change."""

from __future__ import annotations

import json
from pathlib import Path

from tests.campaign.case import Case


def acknowledged(folder: Path) -> dict[bytes, Path]:
    """Return the whole lines of answers in a run folder, with the file of each."""
    found = {}
    for path in sorted(folder.glob("predictions*.jsonl")):
        for line in path.read_bytes().split(b"\n")[:-1]:
            if b'"status": "answered"' in line:
                found[line] = path
    return found


def check_kept(case: Case, folder: Path, known: dict[bytes, Path]) -> None:
    """Insist that every line that was once seen still stands in the folder.

    Raises:
        FaultError: an acknowledged answer was lost.
    """
    lost = known.keys() - acknowledged(folder).keys()
    ids = [json.loads(line)["id"] for line in lost]
    case.insist(not lost, f"{len(lost)} acknowledged answers lost: {', '.join(ids[:3])}")
