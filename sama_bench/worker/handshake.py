"""What a worker says about itself and about an error."""

from __future__ import annotations

import contextlib
import json
import operator
import os
import platform
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from sama_bench._version import __version__
from sama_bench.adapter import Adapter, Oracle, Setup
from sama_bench.errors import AdapterError, SamaBenchError
from sama_bench.storage.secrets import scrub
from sama_bench.worker.abilities import abilities_of
from sama_bench.worker.hello import Checkpoint, Hello

# fmt: off
PACKAGES = (
    "torch", "transformers", "numpy", "pillow", "pycocotools", "opencv-python-headless", "peft",
    "timm", "flash-attn",
)
# fmt: on
"""Whose versions are recorded for every model; an adapter names those of its own."""

MAX_CONCURRENCY = 1024
"""Questions at once; each takes a thread of the worker."""

MAX_HELLO = 1_000_000
"""Characters of what an adapter says about itself, as JSON."""

MAX_LOGGED = 100_000
"""Characters of an exception in the log."""

MAX_REASON = 2000
"""Characters of why a model cannot be used."""


def hello(adapter: Adapter, setup: Setup) -> Hello:
    """Describe a loaded adapter.

    Raises:
        AdapterError: it describes itself in what cannot be written down.
    """
    told: object = adapter.card()
    if told is not None and not isinstance(told, Mapping):
        raise AdapterError(f"card() returned {type(told).__name__}, not a dict")
    said = Hello(
        concurrency=_concurrency(adapter),
        can=tuple(sorted(abilities_of(adapter))),
        takes_tracks=bool(adapter.takes_tracks),
        takes_history=bool(adapter.takes_history),
        oracle=isinstance(adapter, Oracle),
        card=dict(told or {}),
        remarks=tuple(str(line) for line in adapter.remarks),
        checkpoint=checkpoint_facts(adapter, setup),
        packages=packages(adapter.packages),
        python=platform.python_version(),
    )
    try:
        size = len(json.dumps(said.to_json(), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise AdapterError(f"card() must return JSON values, without NaN: {error}") from None
    if size > MAX_HELLO:
        raise AdapterError(f"card() is stored with every run: {size} characters are too many")
    return said


def _concurrency(adapter: Adapter) -> int:
    number: object = adapter.concurrency
    try:
        whole = operator.index(number)  # type: ignore[arg-type]
    except TypeError:
        whole = -1
    if not 1 <= whole <= MAX_CONCURRENCY:
        raise AdapterError(
            f"concurrency is {number!r:.100}; it is a whole number from 1 to {MAX_CONCURRENCY}"
        )
    return whole


def packages(own: Sequence[str] = ()) -> dict[str, str]:
    """Return the installed versions of the packages that may change a model's answers."""
    wanted = {name.lower().replace("-", "_"): name for name in (*PACKAGES, *own)}
    found: dict[str, str] = {}
    for folder in sys.path:
        # Read off the folders' names: importlib.metadata takes longer than the rest of a start.
        with contextlib.suppress(OSError):
            for entry in os.listdir(folder):
                stem, dot, _ = entry.rpartition(".dist-info")
                name, dash, version = stem.rpartition("-")
                if dot and dash and name.lower() in wanted:
                    found.setdefault(wanted[name.lower()], version)
    return {"sama-bench": __version__, **dict(sorted(found.items()))}


def checkpoint_facts(adapter: Adapter, setup: Setup) -> Checkpoint:
    """Return name, revision and, for a local folder, the fingerprint of the weights.

    An adapter that knows the commit that it loaded sets its attribute ``revision``.
    """
    name: object = adapter.checkpoint or setup.checkpoint
    revision: object = adapter.revision or setup.revision
    folder = Path(name).expanduser() if isinstance(name, (str, Path)) else None
    local = folder is not None and folder.exists()
    from sama_bench.storage.weight_files import fingerprint  # once a run, not at every start

    return Checkpoint(
        name=None if name is None else str(name),
        revision=None if revision is None else str(revision),
        fingerprint=fingerprint(folder) if folder is not None and local else None,
    )


def one_line(error: BaseException) -> str:
    """Say an exception in one line: what it is, what it says, and where it was raised."""
    name, text = "exception", "its text cannot be had"
    with contextlib.suppress(BaseException):  # an exception of others whose text or name raises
        name = str(type(error).__name__)[:100]
        text = " ".join(str(error).split())[:500]
    steps = traceback.extract_tb(error.__traceback__)
    if not steps or isinstance(error, SyntaxError):  # which says itself where it is
        return scrub(f"{name}: {text}")
    return scrub(f"{name}: {text} ({Path(steps[-1].filename).name}:{steps[-1].lineno})")


def reason_of(error: BaseException) -> str:
    """Say why a model cannot be used: our own errors as they are, others in one line."""
    if isinstance(error, SamaBenchError):
        with contextlib.suppress(BaseException):  # a text of others that raises
            return str(error)[:MAX_REASON]
    return one_line(error)


def log_error() -> None:
    """Write the exception at hand, with its traceback, to the log."""
    with contextlib.suppress(Exception):  # an adapter may have closed or replaced the stream
        print(scrub(traceback.format_exc()[:MAX_LOGGED]), file=sys.stderr, flush=True)


def out_of_memory(error: BaseException) -> str | None:
    """Return what to say if an exception means that memory ran out, else None."""
    text = one_line(error).lower()
    if not (isinstance(error, MemoryError) or "outofmemory" in text or "out of memory" in text):
        return None
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
    return (
        f"out of memory ({one_line(error)}); try --dtype bfloat16, fewer frames (the model's "
        "options), or --gpus-per-worker 2 --device-map auto"
    )
