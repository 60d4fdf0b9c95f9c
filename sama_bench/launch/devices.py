"""Which devices the workers of a run get."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sama_bench.errors import UserError

_IDENTIFIER = re.compile(r"(GPU|MIG)-[0-9A-Za-z/-]+")
"""What CUDA_VISIBLE_DEVICES may hold instead of a number, on clusters for one."""


@dataclass(frozen=True)
class Device:
    """What one worker computes on.

    Attributes:
        gpus: values for ``CUDA_VISIBLE_DEVICES``; empty for the CPU.
        threads: number of CPU threads its libraries should start, or None for their default.
    """

    gpus: tuple[str, ...] = ()
    threads: int | None = None

    def __str__(self) -> str:
        return "gpu " + "+".join(self.gpus) if self.gpus else "cpu"

    @property
    def name(self) -> str:
        """As the worker calls it: it sees its own GPUs only, so the first is ``cuda:0``."""
        return "cuda:0" if self.gpus else "cpu"

    def environment(self) -> dict[str, str]:
        """Return the variables to set before the worker starts."""
        values = {"CUDA_VISIBLE_DEVICES": ",".join(self.gpus)}
        if self.threads is not None and "OMP_NUM_THREADS" not in os.environ:
            values["OMP_NUM_THREADS"] = str(self.threads)
        return values


def parse_devices(text: str | None, gpus_per_worker: int = 1) -> list[Device]:
    """Turn ``--devices`` into one device per worker.

    Args:
        text: ``0,1,2,3`` (GPUs, also ``cuda:0`` or identifiers as nvidia-smi shows them), ``cpu``,
            ``cpu:4`` (four workers), or None for all GPUs that can be seen, else one CPU worker.
        gpus_per_worker: how many GPUs each worker gets.

    Raises:
        UserError: not a device, a GPU named twice, or GPUs that do not divide.
    """
    if text is None:
        gpus = visible_gpus()
        if not gpus:
            return [Device()]
    elif text.partition(":")[0] == "cpu":
        return _cpus(text)
    else:
        gpus = [_gpu(part, text) for part in text.split(",")]
    if len(set(gpus)) != len(gpus):
        raise UserError(
            f"--devices {text}: a GPU is named twice; for several workers on each GPU give "
            "--workers-per-gpu 2, or auto"
        )
    if gpus_per_worker < 1 or len(gpus) % gpus_per_worker:
        raise UserError(f"{len(gpus)} GPUs do not divide into groups of {gpus_per_worker}")
    return [
        Device(tuple(gpus[start : start + gpus_per_worker]))
        for start in range(0, len(gpus), gpus_per_worker)
    ]


def visible_gpus(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Return the GPUs that this process may use, without importing a GPU library."""
    named = environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [part.strip() for part in named.split(",") if part.strip() not in ("", "-1")]
    return installed_gpus() or []


def installed_gpus() -> list[str] | None:
    """Return the numbers of this machine's GPUs; None where nothing tells them.

    Without nvidia-smi there may still be some: other makers', or a container's without the tool.
    """
    if shutil.which("nvidia-smi") is None:
        return None
    listed = subprocess.run(
        ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"],
        capture_output=True,
        text=True,
        check=False,
    )
    return listed.stdout.split() if listed.returncode == 0 else None


def check_gpus(devices: Sequence[Device], model: str, uses_gpu: bool) -> str | None:
    """Check the devices that a user named for a model.

    Returns:
        what the user should know: that the GPUs are not used, or that nothing tells whether they
        are there; else None.

    Raises:
        UserError: a GPU that this machine does not have.
    """
    named = list(dict.fromkeys(gpu for device in devices for gpu in device.gpus))
    if not named:
        return None
    gpus = f"GPU{'s' * (len(named) > 1)} {', '.join(named)}"
    installed = installed_gpus()
    numbered = [gpu for gpu in named if gpu.isdigit()]  # identifiers may be parts of a GPU (MIG)
    absent = [] if installed is None else [gpu for gpu in numbered if gpu not in installed]
    if absent:
        there = f"nvidia-smi lists {', '.join(installed)}" if installed else "it has none, give cpu"
        raise UserError(f"--devices: this machine has no GPU {', '.join(absent)}; {there}")
    if not uses_gpu:
        verb = "are" if len(named) > 1 else "is"
        return (
            f"--devices: {model} uses no GPU; {gpus} {verb} not used, "
            f"{len(devices)} worker{'s run' if len(devices) > 1 else ' runs'} on the CPU"
        )
    if installed is None:
        return f"--devices: {gpus} taken as given: nvidia-smi does not list this machine's GPUs"
    return None


def share_of(gpus: Sequence[str], rank: int, size: int) -> list[str]:
    """Divide the GPUs that all ``size`` processes of a node see; fewer than processes: all."""
    each = len(gpus) // size
    return list(gpus[rank * each : (rank + 1) * each]) if each else list(gpus)


def _cpus(text: str) -> list[Device]:
    _, colon, number = text.partition(":")
    if colon and not (number.isdigit() and 1 <= int(number) <= 1024):
        raise UserError(f"--devices {text}: write cpu, or cpu:4 for four workers")
    count = int(number) if colon else 1
    threads = max(1, (os.cpu_count() or 1) // count) if count > 1 else None
    return [Device(threads=threads)] * count


def _gpu(part: str, text: str) -> str:
    number = part.strip().removeprefix("cuda:")
    if not number.isdigit() and not _IDENTIFIER.fullmatch(number):
        raise UserError(f"--devices {text}: write GPU numbers as in 0,1,2,3, or cpu, or cpu:4")
    return number
