"""What a user sets about sharing, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sama_bench.errors import UserError
from sama_bench.media.sharing.room import GIB, Room, free_gpu_memory, machine_memory

OPTIONS = ("share", "share_check", "share_memory", "share_gpu_memory")
"""Settings of the session; the ``session_options`` of the models that share."""
PART = 4
"""One part in this many of the memory is used unless a size is given."""


@dataclass(frozen=True)
class Settings:
    """Settings of one worker.

    Attributes:
        on: whether anything is shared.
        every: recompute each hit of this many, or none at 0.
        room: the bytes that it may use.
    """

    on: bool
    every: int
    room: Room

    @classmethod
    def read(cls, given: Mapping[str, str], workers: int, device: str) -> Settings:
        """Read the options of the session.

        Raises:
            UserError: a value that is none.
        """
        switch = given.get("share", "on")
        if switch not in ("on", "off"):
            raise UserError(f"--option share={switch}: on or off")
        total = _number(given, "share_memory", machine_memory() / PART / GIB) * GIB
        free = free_gpu_memory(device)
        near = _number(given, "share_gpu_memory", (total if free is None else free / PART) / GIB)
        every = int(_number(given, "share_check", 0, whole=True))
        return cls(
            switch == "on", every, Room(device, int(near * GIB), int(total / max(1, workers)))
        )


def _number(settings: Mapping[str, str], name: str, default: float, whole: bool = False) -> float:
    given = settings.get(name)
    if given is None:
        return default
    try:
        found = float(int(given) if whole else float(given))
    except ValueError:
        found = -1.0
    if not found >= (1 if whole else 0) or found == float("inf"):
        kind = "a whole number of at least 1" if whole else "GiB, from 0"
        raise UserError(f"--option {name}={given}: {kind}")
    return found
