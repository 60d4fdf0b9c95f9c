"""What has to be asked, in which order: units of one video each, the longest first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sama_bench.benchmark import Dataset, Entry
from sama_bench.nouns import History
from sama_bench.runfolder.folder import RunFolder


@dataclass(frozen=True)
class Target:
    """A dataset and the run folder that its answers go to."""

    benchmark: str
    dataset: Dataset
    folder: RunFolder


@dataclass(frozen=True)
class Ask:
    """One sample to be asked: which target's, and which entry."""

    target: int
    entry: Entry

    @property
    def key(self) -> str:
        """Name of this question within the run."""
        return f"{self.target}:{self.entry.id}"


@dataclass(frozen=True)
class Unit:
    """All that is asked about one video, so that one worker decodes its frames once."""

    video: str
    asks: tuple[Ask, ...]


def open_entries(target: Target, limit: int | None, history: History) -> list[Entry]:
    """Return the entries that are missing or failed, among the first ``limit``.

    Under ``free-running`` an answer rests on the earlier ones of its dialogue: from the first open
    round of a dialogue on, all are asked again.
    """
    found: list[Entry] = []
    reopened: set[str] = set()
    for entry in in_turn(target.dataset.entries[:limit]):
        is_open = target.folder.status(entry.id) in (None, "failed")
        if is_open and history == "free-running":
            reopened.add(entry.video)
        if is_open or entry.video in reopened:
            found.append(entry)
    return found


def in_turn(entries: Sequence[Entry]) -> list[Entry]:
    """Sort the entries of each video by turn; videos and equal turns stay in order."""
    first = {entry.video: place for place, entry in reversed(list(enumerate(entries)))}
    return sorted(entries, key=lambda entry: (first[entry.video], entry.turn))


def units(asks: Iterable[Ask]) -> list[Unit]:
    """Group asks by video, all targets together, in order of appearance."""
    videos: dict[str, list[Ask]] = {}
    for ask in asks:
        videos.setdefault(ask.entry.video, []).append(ask)
    return [Unit(video, tuple(found)) for video, found in videos.items()]


def sample_seed(seed: int, id: str) -> int:
    """Derive a sample's seed (0 to 2**31 - 1) from the run's seed and its id alone."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{id}".encode()).digest()[:4], "big") >> 1


@dataclass
class _Line:
    """Seconds as a + b x frames, by least squares over what was measured."""

    n: int = 0
    _sums: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0, 0.0])

    def learn(self, frames: int, seconds: float) -> None:
        self.n += 1
        for place, value in enumerate((frames, seconds, frames * frames, frames * seconds)):
            self._sums[place] += value

    def seconds(self, frames: int) -> float:
        f, s, ff, fs = (value / self.n for value in self._sums)
        spread = ff - f * f
        slope = max(0.0, (fs - f * s) / spread) if spread > 1e-9 else 0.0
        return max(slope * frames + max(0.0, s - slope * f), 1e-9)


@dataclass
class CostModel:
    """Seconds that one question takes, as a + b x frames, fitted to what was measured so far.

    The first question that a worker is asked about a video has a fit of its own: frames are decoded
    for it, and what depends on the video alone is computed. Before anything is measured a question
    costs its frames.
    """

    _first: _Line = field(default_factory=_Line)
    _later: _Line = field(default_factory=_Line)

    @property
    def n(self) -> int:
        """How many questions were measured."""
        return self._first.n + self._later.n

    def learn(self, frames: int, seconds: float, first: bool = False) -> None:
        """Take one measured question into account; ``first``: the worker was new to its video."""
        (self._first if first else self._later).learn(frames, seconds)

    def seconds(self, frames: int, first: bool = False) -> float:
        """Predict one question."""
        if self.n < 3:
            return float(frames)
        known = [line.seconds(frames) for line in (self._first, self._later) if line.n]
        return max(known) if first else known[-1]

    def unit(self, asks: Iterable[Ask], first: bool = True) -> float:
        """Predict questions about one video, asked one after the other."""
        return sum(
            self.seconds(ask.entry.frames, first and place == 0) for place, ask in enumerate(asks)
        )

    def worth_moving(self, asks: Sequence[Ask], busy: float, new: bool, other_new: bool) -> int:
        """Return how many of a worker's questions another should take, so that all end soonest.

        Args:
            asks: about one video, that it has not begun.
            busy: seconds until it begins them.
            new: it has not been asked about this video.
            other_new: neither has the other worker, which is free.

        Returns:
            a number of questions from the end; 0 where moving some does not pay.
        """

        def end(moved: int) -> float:
            kept, gone = asks[: len(asks) - moved], asks[len(asks) - moved :]
            return max(busy + self.unit(kept, new), self.unit(gone, other_new))

        return min(range(len(asks) + 1), key=end)


class Queue:
    """The units that nobody works on yet, the one that is expected to last longest first.

    So no long one is left when the others are done.
    """

    def __init__(self, units: Iterable[Unit], costs: CostModel) -> None:
        self._units = list(units)
        self._costs = costs
        self._sorted_at = -1

    def __len__(self) -> int:
        return len(self._units)

    def take(self) -> Unit | None:
        """Remove and return the longest unit; None when empty."""
        if not self._units:
            return None
        if self._sorted_at < 0 or self._costs.n > 1.2 * self._sorted_at + 10:
            self._units.sort(key=lambda unit: self._costs.unit(unit.asks))
            self._sorted_at = self._costs.n
        return self._units.pop()

    def put_back(self, unit: Unit) -> None:
        """Return a unit that could not be finished; it comes next."""
        self._units.append(unit)

    def clear(self) -> list[Unit]:
        """Remove and return all units."""
        units, self._units = self._units, []
        return units
