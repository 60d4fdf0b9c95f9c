"""Whether the GPUs that a model's code asks for are there, and as large as its authors state."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sama_bench.errors import UserError
from sama_bench.launch.devices import Device, check_gpus
from sama_bench.launch.local_process import OUTSIDE
from sama_bench.launch.readiness import Check, Home, Start

PROBE = "import torch; torch.zeros(1).cuda()"
PROBE_PATIENCE = 120.0
"""Seconds; a first import of torch from a network disk takes long."""


def gpu_checks(start: Start, home: Home, code: str | None) -> Iterator[Check]:
    """Check devices, CUDA and GPU memory of workers on this machine.

    Args:
        start: what is started.
        home: the interpreter that workers get.
        code: of the checkpoint, or None where it is not at hand yet.
    """
    named = list(dict.fromkeys(gpu for device in start.devices for gpu in device.gpus))
    note = None
    try:
        if start.named:
            note = check_gpus(start.devices, start.spec.name, start.spec.uses_gpu)
    except UserError as error:
        yield Check("devices", "missing", str(error))
        return
    words = f"{len(start.devices)} worker{'s' * (len(start.devices) > 1)}: "
    words += ", ".join(dict.fromkeys(str(device) for device in start.devices))
    yield Check("devices", "note", note) if note else Check("devices", "ok", words)
    if start.spec.needs.cuda:
        yield _cuda(start, home, code, named)
    if start.spec.needs.weights and start.spec.uses_gpu:
        yield _memory(start.spec.needs.gpu_memory, named)


def _cuda(start: Start, home: Home, code: str | None, named: list[str]) -> Check:
    if named:
        return Check("CUDA", "ok", f"GPU {', '.join(named)}, for code that calls .cuda()")
    if code is not None and ".cuda(" not in code:
        return Check("CUDA", "ok", "the code of these weights does not call .cuda()")
    python = home.python
    if python is not None and _cuda_works(python, start.devices[0]):
        return Check("CUDA", "ok", f".cuda() works in {python} without a GPU being named")
    return Check(
        "CUDA",
        "missing",
        f"the code of {start.spec.name} calls .cuda(), and no CUDA GPU is "
        + ("listed by nvidia-smi" if shutil.which("nvidia-smi") else "known here (no nvidia-smi)"),
        "run it on a machine with a GPU, and name it, e.g. --devices 0",
    )


def _cuda_works(python: Path, device: Device) -> bool:
    """Try what the code does, as a worker would: a stand-in for CUDA counts."""
    try:
        done = subprocess.run(
            [str(python), "-c", OUTSIDE + PROBE],
            capture_output=True,
            timeout=PROBE_PATIENCE,
            env={**os.environ, **device.environment()},
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _memory(published: float | None, named: list[str]) -> Check:
    if published is None:
        return Check("GPU memory", "ok", "what it needs is not published")
    stated = f"its authors state {published:g} GB"
    small = [gpu for gpu in named if (have := _gigabytes(gpu)) is not None and have < published]
    if small:
        return Check(
            "GPU memory", "note", f"{stated} of GPU memory; GPU {', '.join(small)} has less"
        )
    return Check("GPU memory", "ok", stated)


def _gigabytes(gpu: str) -> float | None:
    """Return a GPU's memory in GB of 10^9 bytes, None where nothing tells it."""
    command = ["nvidia-smi", f"--id={gpu}", "--query-gpu=memory.total"]
    try:
        done = subprocess.run(
            [*command, "--format=csv,noheader,nounits"], capture_output=True, text=True, timeout=30
        )
        return float(done.stdout.strip()) * 2**20 / 1e9
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
