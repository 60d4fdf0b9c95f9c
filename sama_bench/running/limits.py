"""Limits of a run: seconds that workers and samples may take, and failures that are allowed."""

from __future__ import annotations

from dataclasses import dataclass

from sama_bench.errors import SamaBenchError


@dataclass(frozen=True)
class Limits:
    """How patient the supervisor is; seconds.

    Attributes:
        timeout: for one sample.
        heartbeat: between two signs of life of a worker.
        silence: without a sign of life after which a worker is taken for hung.
        loading: in which its model has to be loaded.
        max_failures: failures in a row after which the run stops.
        crashes: of a worker on one sample, by a fault of its own, after which it is set aside.
        kills: the same, when somebody else ended the worker.
        back_off: before a worker is started again, doubled with each death without an answer.
        longest_back_off: which it does not exceed.
        starts: deaths in a row without an answer after which a worker is given up.
    """

    timeout: float = 1800.0
    heartbeat: float = 5.0
    silence: float = 180.0
    loading: float = 3600.0
    max_failures: int = 20
    crashes: int = 2
    kills: int = 5
    back_off: float = 1.0
    longest_back_off: float = 60.0
    starts: int = 5

    def wait(self, deaths: int) -> float:
        """Return how long a worker that died this often in a row is left alone."""
        doubled = self.back_off * 2 ** min(deaths - 2, 30) if deaths > 1 else 0.0
        return min(self.longest_back_off, doubled)


class StoppedError(SamaBenchError):
    """The run stopped early on purpose; the message says why and how to go on."""
