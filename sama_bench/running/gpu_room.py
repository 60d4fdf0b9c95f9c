"""How many workers share a GPU: as many as asked for, or as many as its memory holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sama_bench.errors import UserError
from sama_bench.launch.devices import Device

AUTO = "auto"
MOST = 4
"""Workers on a GPU that ``auto`` starts at most; each has memory of the machine to itself."""

ANSWERS = 3
"""Of the first worker, the longest video's first, after which ``auto`` decides."""

SPARE = 0.1
"""Share of a worker's peak that is left free beside it: later answers may be larger."""

LARGEST_CONTEXT = 0.02
"""Share of a GPU's memory that its driver takes for a process at most; the rest is others'."""


def workers_a_gpu(text: object) -> int | None:
    """Return how many workers were asked for on each GPU; None for as many as fit.

    Raises:
        UserError: it is no number from 1 on, nor ``auto``.
    """
    if text == AUTO:
        return None
    said = str(text)
    if not (said.isascii() and said.isdigit() and 1 <= int(said) <= 64):
        raise UserError(f"--workers-per-gpu {said:.40}: write a number from 1 to 64, or {AUTO}")
    return int(said)


def on_each(devices: Sequence[Device], number: int | None) -> list[Device]:
    """Return one device a worker; with None one for each, to which others are added.

    Raises:
        UserError: several workers are asked for where there is no GPU.
    """
    if number is not None and number > 1 and not all(device.gpus for device in devices):
        raise UserError(
            f"--workers-per-gpu {number}: these workers have no GPU; several on the CPU are "
            f"--devices cpu:{number}"
        )
    return [device for device in devices for _ in range(number or 1)]


def workers_that_fit(memory: Sequence[Mapping[str, Any]]) -> int:
    """Return how many workers a GPU holds, judged by the only one on it.

    Args:
        memory: of each GPU that it computes on, as ``sama_bench.worker.gpu_memory`` tells it.
    """
    return min((_fit(gpu) for gpu in memory), default=1)


class Filling:
    """Decides once for each device how many workers are added to its first."""

    def __init__(self, devices: Iterable[Device]) -> None:
        self._answers = {device: 0 for device in devices if device.gpus}

    def more(self, device: Device, facts: Mapping[str, Any], units: int) -> tuple[int, str] | None:
        """Take in an answer; return how many workers to add and why, once that is known.

        Args:
            device: of the worker that answered.
            facts: data of the message.
            units: that nobody works on yet.
        """
        if device not in self._answers:
            return None
        self._answers[device] += 1
        if self._answers[device] < ANSWERS:
            return None
        del self._answers[device]
        memory = facts.get("gpu_memory")
        if not memory:
            return 0, "nothing tells what it takes of a GPU's memory"
        return min(
            workers_that_fit(memory) - 1, units
        ), f"the first took {in_words(memory)} at most"


def _fit(gpu: Mapping[str, Any]) -> int:
    taken, peak = gpu["total"] - gpu["free"], gpu["peak"]
    context = min(max(0, taken - gpu["held"]), LARGEST_CONTEXT * gpu["total"])
    each = (1 + SPARE) * peak + context
    left = gpu["free"] - ((1 + SPARE) * peak - gpu["held"])  # the first may grow as well
    return max(1, min(MOST, 1 + int(left // each))) if each > 0 else 1


def in_words(memory: Sequence[Mapping[str, Any]]) -> str:
    """Say what a worker took of its GPU at most; of several, of the one that it filled most."""
    gpu = max(memory, key=lambda one: one["peak"] / one["total"])
    return f"{gpu['peak'] / 1e9:.1f} of {gpu['total'] / 1e9:.1f} GB"
