"""The manifest of a run: what was asked, of what, with what; and whether a resume may go on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from sama_bench.adapter import Setup
from sama_bench.benchmark import Dataset
from sama_bench.errors import UserError
from sama_bench.nouns import History
from sama_bench.storage.secrets import public, scrub_all

FORMAT = 1

IDENTITY = (
    "model",
    "adapter",
    "checkpoint",
    "revision",
    "fingerprint",
    "card",
    "takes_tracks",
    "benchmark",
    "split",
    "data",
    "benchmark_options",
    "history",
    "seed",
    "options",
    "dtype",
    "attention",
)
"""What answers depend on: a run folder holds answers of one kind only."""


_AS_ASKED = tuple(
    field.name
    for field in fields(Setup)
    if field.name not in {"model", "checkpoint", "revision", "device", "options"}
)
"""What a manifest holds as it was asked for: all of the setup but what is worded otherwise, and
the device, which each job notes for itself."""


def from_request(
    setup: Setup,
    adapter: str,
    dataset: Dataset,
    benchmark_options: Mapping[str, str],
    history: History,
) -> dict[str, Any]:
    """Return the part of a manifest that is known before a model is loaded."""
    return {
        "format": FORMAT,
        "model": setup.model,
        "adapter": adapter,
        "benchmark": dataset.benchmark,
        "split": dataset.split,
        "shards": list(dataset.shards),
        "samples": len(dataset.entries),
        "videos": len({entry.video for entry in dataset.entries}),
        "data": dict(sorted(dataset.files.items())),
        "benchmark_options": dict(benchmark_options),
        "history": history,
        **{name: getattr(setup, name) for name in _AS_ASKED},
        "options": public(setup.options),
        "asked_checkpoint": scrub_all(setup.checkpoint),
        "asked_revision": scrub_all(setup.revision),
    }


def session(job: str, devices: Sequence[str]) -> dict[str, Any]:
    """Return the entry of one job that works on the run."""
    return {"job": job, "devices": list(devices), "started": now(), "ended": None}


def now() -> str:
    """Return the time, UTC, for people."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def check_same(before: Mapping[str, Any], new: Mapping[str, Any], where: object) -> None:
    """Check that answers of ``new`` may join those of ``before``.

    Raises:
        UserError: what the answers depend on differs; the message lists what and how.
    """
    changes = [
        f"{key}: {_short(before.get(key))} -> {_short(new[key])}"
        for key in (*IDENTITY, "asked_checkpoint", "asked_revision")
        if key in new and key in before and not _same(before[key], new[key])
    ]
    if changes:
        raise UserError(
            f"{where} holds answers of another run ({'; '.join(changes)}); repeat that request, "
            "choose another folder with --runs, or begin again with --fresh"
        )


def _same(before: Any, new: Any) -> bool:
    """Compare two values; fingerprints of files, which former versions made otherwise, are passed
    over where one of them is of that kind."""
    if not isinstance(before, Mapping) or not isinstance(new, Mapping):
        return bool(before == new)
    former = {
        key
        for key, value in before.items()
        if key.endswith("fingerprint") and not str(value).startswith("sha256-ends:")
    }
    one, other = ({k: v for k, v in card.items() if k not in former} for card in (before, new))
    return one == other


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
