"""Entries of the leaderboard, broken: refused in one line, or shown with the same figures."""

from __future__ import annotations

import json
import shutil

from tests.campaign.case import Case, Kind
from tests.campaign.commands import call, check
from tests.campaign.damage import damage_file
from tests.campaign.material import RUN
from tests.campaign.traces import check_files


def attack(case: Case) -> None:
    """Break one of two entries; show the table, the page, and verify it against its run."""
    entries = case.folder / "entries"
    shutil.copytree(case.material.entries, entries)
    entry = case.rng.choice(sorted(entries.glob("*.json")))
    case.did(damage_file(case.rng, entry, case.rng.choice([1, 1, 2])))
    shown = case.folder / "table.json"
    table = ("leaderboard", "table", "--no-published", "--json", shown, "--entries")
    found = check(call(case, *table, entries).finish())
    if found.status == 0:
        whole = case.folder / "whole.json"
        check(call(case, *table[:-2], whole, "--entries", case.material.entries).finish(), ends=[0])
        same = json.loads(shown.read_text()) == json.loads(whole.read_text())
        case.insist(same, "silent number: the table of a damaged entry says something else")
    if case.rng.random() < 0.3:
        page = ("leaderboard", "page", "--entries", entries, "--out", case.folder / "page")
        check(call(case, *page).finish())
    if case.rng.random() < 0.5:
        run = case.material.runs / RUN
        verify = (
            "leaderboard",
            "verify",
            entry,
            "--run",
            run,
            "--no-captions",
            "--phrases",
            "token-overlap",
        )
        check(call(case, *verify).finish())
    check_files(case, case.folder)


KINDS = [Kind("damaged-entry", "broken entries for leaderboard table, page and verify", attack)]
