"""The hello of a worker: what it says of its loaded model, made and read by one class.

A dataclass and no msgspec: it is made in the model's environment, which stays light.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sama_bench.errors import AdapterError
from sama_bench.storage.secrets import scrub_all
from sama_bench.storage.typed import exactly
from sama_bench.worker.messages import VERSION


@dataclass(frozen=True)
class Checkpoint:
    """The weights that were loaded.

    Attributes:
        name: local folder or hub id; None for a model without weights.
        revision: of the hub repository, or what the adapter knows it by.
        fingerprint: of the weight files of a local folder.
    """

    name: str | None
    revision: str | None
    fingerprint: str | None


@dataclass(frozen=True)
class Hello:
    """The first word of a worker.

    Attributes:
        concurrency: questions that it answers at once; 0 where none may wait at it.
        can: what the adapter can do in broad words, sorted.
        takes_tracks: it may be given whole tracks of the objects that it is asked about.
        takes_history: it may be given earlier rounds.
        oracle: it is given the reference.
        card: the protocol card.
        remarks: lines that the user reads.
        checkpoint: the weights.
        packages: versions by name of what may change a model's answers.
        python: version.
        protocol: version of the messages.
    """

    concurrency: int
    can: tuple[str, ...]
    takes_tracks: bool
    takes_history: bool
    oracle: bool
    card: Mapping[str, Any]
    remarks: tuple[str, ...]
    checkpoint: Checkpoint
    packages: Mapping[str, str]
    python: str
    protocol: int = VERSION

    def to_json(self) -> dict[str, Any]:
        """Return it as the data of a message."""
        return {**vars(self), "checkpoint": vars(self.checkpoint)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Hello:
        """Read the data of a message.

        Raises:
            AdapterError: it is of a worker of another version of sama-bench.
        """
        spoken = data.get("protocol", "none")
        if spoken != VERSION:
            raise _foreign(f"speaks protocol {spoken!r:.20}, not {VERSION}")
        try:
            return exactly(cls, data)
        except ValueError as error:
            raise _foreign(f"says hello in another way, which {error}") from None

    def recorded(self) -> dict[str, Any]:
        """Return what a manifest holds of it, without secrets."""
        return {
            "checkpoint": scrub_all(self.checkpoint.name),
            "revision": scrub_all(self.checkpoint.revision),
            "fingerprint": self.checkpoint.fingerprint,
            "card": scrub_all(self.card),
            "can": list(self.can),
            "takes_tracks": self.takes_tracks,
            "takes_history": self.takes_history,
            "oracle": self.oracle,
            "packages": self.packages,
            "python": self.python,
        }


def _foreign(why: str) -> AdapterError:
    return AdapterError(
        f"the worker {why:.500}; install this version of sama-bench in the model's environment"
    )
