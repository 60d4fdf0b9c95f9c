"""One case of an attack: its folder, its random numbers, and how it says what went wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.campaign.material import Material

MARK = "SAMA_BENCH_CAMPAIGN_CASE"
"""Environment variable by which all that a case started is found again."""


class FaultError(Exception):
    """What must not happen happened; one line."""


@dataclass
class Case:
    """One drawn attack.

    Attributes:
        folder: empty at first, its own; kept if the case fails.
        rng: the same for the same seed, kind and number.
        material: whole runs and data to copy and damage.
        steps: what was done, for whoever looks at a failure.
    """

    kind: str
    seed: int
    number: int
    folder: Path
    material: Material
    steps: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.seed} {self.kind} {self.number}")

    @property
    def mark(self) -> str:
        """Value of ``MARK`` in every process of this case."""
        return str(self.folder)

    @property
    def temporary(self) -> Path:
        """Folder that processes of this case have for temporary files."""
        return self.folder / "tmp"

    def did(self, what: str) -> None:
        """Note a step."""
        self.steps.append(what)

    def insist(self, condition: object, what: str) -> None:
        """Raise a ``FaultError`` unless something holds."""
        if not condition:
            raise FaultError(what)


Attack = Callable[[Case], None]


@dataclass(frozen=True)
class Kind:
    """A kind of attack.

    Attributes:
        name: as in ``--kind``.
        what: one line.
        attack: draws a case, does it, and checks what came of it; raises ``FaultError``.
        share: of the campaign's time, against that of the others.
    """

    name: str
    what: str
    attack: Attack
    share: float = 1.0
