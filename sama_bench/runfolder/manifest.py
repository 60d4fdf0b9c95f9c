"""The manifest of a run: what was asked, of what, with what; and whether a resume may go on.

A dataclass and no msgspec: the run folder is read in models' environments too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sama_bench.adapter import Setup
from sama_bench.benchmark import Dataset
from sama_bench.errors import UserError
from sama_bench.nouns import History
from sama_bench.storage.secrets import public, scrub_all
from sama_bench.storage.typed import Record

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


_OTHERWISE = {"model", "checkpoint", "revision", "options", "device", "session", "workers"}
_AS_ASKED = tuple(field.name for field in fields(Setup) if field.name not in _OTHERWISE)
"""What a manifest holds as it was asked for: all of the setup but what is worded otherwise, and
what each job has of its own: the device, the options of a session and the number of workers."""


@dataclass(frozen=True)
class Session(Record):
    """One job's work on a run.

    Attributes:
        job: its name.
        devices: what its workers computed on.
        options: of the adapter, those on which no answer depends, without secrets.
        started: time, UTC.
        ended: time, UTC; None while it works, or where it died.
        gpu: names of the GPUs that it used, or None.
        gpu_memory_peak: bytes that one worker held of one GPU at most.
        gpu_seconds: of all its GPUs.
        shared_calls: calls that were answered from what was kept, and computed.
    """

    job: str = ""
    devices: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    started: str | None = None
    ended: str | None = None
    gpu: str | None = None
    gpu_memory_peak: int = 0
    gpu_seconds: float = 0.0
    shared_calls: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest(Record):
    """What is known of the answers in a run folder; ``scores.json`` repeats it.

    Attributes:
        started: when the first job began, UTC.
        format: of the manifest; of answers from elsewhere, the format of their files.
        model: name under which it is filed.
        adapter: ``module:Class`` that asked it.
        benchmark: name.
        split: as asked for.
        shards: that the split consists of.
        samples: number of samples of the split; None where that was not said.
        videos: number of videos.
        data: checksums of the annotation files by name.
        benchmark_options: as given.
        history: how earlier rounds of a dialogue were given.
        seed: of the run.
        options: of the adapter, without secrets.
        dtype: asked for.
        attention: asked for.
        device_map: asked for.
        offline: no hub was asked.
        trust_remote_code: the checkpoint's own code was allowed to run.
        asked_checkpoint: weights asked for; None for the adapter's default.
        asked_revision: asked for.
        data_root: where the benchmark's files lay; None for embedded ones.
        sessions: the jobs that worked on it.
        checkpoint: name of the weights that were loaded; this and what follows is told by the
            loaded model. See ``sama_bench.worker.hello``.
        revision: of the weights; a number where the adapter of a former version gave one.
        fingerprint: of the weight files.
        card: the protocol card.
        can: abilities in broad words.
        takes_tracks: whole tracks of the objects asked about were given.
        takes_history: earlier rounds can be given.
        oracle: it was given the references.
        packages: versions by name.
        python: version.
        merged_from: of a merge, the run folders that were merged.
        judge: what scored the captions, and how; added by scoring.
        predictions: of answers from elsewhere, where they lay.
    """

    started: str | None = None
    format: int | str | None = None
    model: str = ""
    adapter: str | None = None
    benchmark: str = ""
    split: str = ""
    shards: tuple[str, ...] = ()
    samples: int | None = None
    videos: int | None = None
    data: Mapping[str, str] = field(default_factory=dict)
    benchmark_options: Mapping[str, str] = field(default_factory=dict)
    history: str = "independent"
    seed: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    dtype: str | None = None
    attention: str | None = None
    device_map: str | None = None
    offline: bool = False
    trust_remote_code: bool = False
    asked_checkpoint: str | None = None
    asked_revision: str | None = None
    data_root: str | None = None
    sessions: tuple[Session, ...] = ()
    checkpoint: str | None = None
    revision: str | int | None = None
    fingerprint: str | None = None
    card: Mapping[str, Any] = field(default_factory=dict)
    can: tuple[str, ...] = ()
    takes_tracks: bool = False
    takes_history: bool = False
    oracle: bool = False
    packages: Mapping[str, Any] = field(default_factory=dict)
    python: str | None = None
    merged_from: tuple[str, ...] = ()
    judge: Mapping[str, Any] = field(default_factory=dict)
    predictions: str | None = None

    def begun(
        self, job: str, devices: Sequence[str], options: Mapping[str, str] | None = None
    ) -> Manifest:
        """Return it with the session of a job that begins, with the options that are its own."""
        own = {"options": public(options)} if options else {}
        session = Session.of(job=job, devices=list(devices), **own, started=now(), ended=None)
        return self._with_sessions([*self.sessions, session])

    def ended(self, job: str, **spent: Any) -> Manifest:
        """Return it with the session of a job ended, and what it spent."""
        end = Session.of(ended=now(), **spent)
        return self._with_sessions([one | end if one.job == job else one for one in self.sessions])

    def _with_sessions(self, sessions: Sequence[Session]) -> Manifest:
        return self | Manifest.of(sessions=[session.to_json() for session in sessions])


def from_request(
    setup: Setup,
    adapter: str,
    dataset: Dataset,
    benchmark_options: Mapping[str, str],
    history: History,
) -> Manifest:
    """Return the part of a manifest that is known before a model is loaded."""
    return Manifest.of(
        format=FORMAT,
        model=setup.model,
        adapter=adapter,
        benchmark=dataset.benchmark,
        split=dataset.split,
        shards=list(dataset.shards),
        samples=len(dataset.entries),
        videos=len({entry.video for entry in dataset.entries}),
        data=dict(sorted(dataset.files.items())),
        benchmark_options=dict(benchmark_options),
        history=history,
        **{name: getattr(setup, name) for name in _AS_ASKED},
        options=public(setup.options),
        asked_checkpoint=scrub_all(setup.checkpoint),
        asked_revision=scrub_all(setup.revision),
    )


def now() -> str:
    """Return the time, UTC, for people."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def check_same(before: Manifest, new: Manifest, where: object) -> None:
    """Check that answers of ``new`` may join those of ``before``.

    Raises:
        UserError: what the answers depend on differs; the message lists what and how.
    """
    pairs = {
        key: (getattr(before, key), getattr(new, key))
        for key in (*IDENTITY, "asked_checkpoint", "asked_revision")
        if before.says(key) and new.says(key)
    }
    changes = [
        f"{key}: {_short(one)} -> {_short(other)}"
        for key, (one, other) in pairs.items()
        if not _same(one, other)
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
