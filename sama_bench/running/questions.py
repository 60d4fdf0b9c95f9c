"""Builds the message that asks a worker one sample, with only what its adapter declared."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sama_bench.benchmark import Entry, Protocol
from sama_bench.nouns import History, Sample, Turn
from sama_bench.running.schedule import Ask, Target, in_turn, sample_seed
from sama_bench.worker.hello import Hello
from sama_bench.worker.messages import Message


@dataclass(frozen=True)
class Declared:
    """What an adapter declared in its hello: what it may be given beyond the question."""

    takes_tracks: bool = False
    oracle: bool = False

    @classmethod
    def of(cls, hello: Hello) -> Declared:
        """Take it from a hello."""
        return cls(hello.takes_tracks, hello.oracle)


class QuestionBuilder:
    """Turns asks into messages.

    The reference leaves this class in one case alone: for an adapter that declared itself an
    oracle. Teacher-forced history holds the *text* of earlier rounds' references, by definition.
    """

    def __init__(
        self, targets: Sequence[Target], history: History, seed: int, limit: int | None
    ) -> None:
        self._targets = targets
        self._history = history
        self._seed = seed
        self._rounds: list[dict[str, list[Entry]]] = []
        for target in targets:
            rounds: dict[str, list[Entry]] = {}
            for entry in in_turn(target.dataset.entries[:limit]) if history != HISTORY_OFF else ():
                rounds.setdefault(entry.video, []).append(entry)
            self._rounds.append(rounds)

    def message(self, ask: Ask, declared: Declared) -> Message:
        """Return the ``sample`` message for one question.

        Raises:
            DataError: a file that the sample needs is missing or broken.
        """
        data: dict[str, Any] = {"key": ask.key, "sample": self.sample(ask, declared).to_json()}
        if declared.oracle:
            dataset = self._targets[ask.target].dataset
            reference = dataset.reference(ask.entry.id, protocol_of(ask.entry))
            data["reference"] = reference.to_json()
        return Message("sample", data)

    def sample(self, ask: Ask, declared: Declared) -> Sample:
        """Build the sample with its seed and its dialogue so far.

        Raises:
            DataError: a file that the sample needs is missing or broken.
        """
        sample = self._stripped(ask.target, ask.entry.id, declared)
        return dataclasses.replace(
            sample,
            seed=sample_seed(self._seed, ask.entry.id),
            dialogue=tuple(self._dialogue(ask, declared)),
        )

    def _dialogue(self, ask: Ask, declared: Declared) -> list[Turn]:
        """Return the earlier rounds; a round that failed or has no reference text is left out."""
        earlier = self._rounds[ask.target].get(ask.entry.video, ())
        turns = []
        for entry in earlier:
            if entry.turn >= ask.entry.turn:
                break
            said = self._said(ask.target, entry)
            if said is not None:
                question = self._stripped(ask.target, entry.id, declared)
                turns.append(Turn(question.text, question.regions, said))
        return turns

    def _said(self, target: int, entry: Entry) -> str | None:
        if self._history == "teacher-forced":
            dataset = self._targets[target].dataset
            return dataset.reference(entry.id, protocol_of(entry)).text
        record = self._targets[target].folder.record(entry.id)
        return None if record is None else record.text

    def _stripped(self, target: int, id: str, declared: Declared) -> Sample:
        """Build a sample whose regions carry no track that the adapter did not declare."""
        sample = self._targets[target].dataset.sample(id, tracks=declared.takes_tracks)
        if declared.takes_tracks:
            return sample
        regions = tuple(dataclasses.replace(region, track=None) for region in sample.regions)
        return dataclasses.replace(sample, regions=regions, dialogue=())


HISTORY_OFF: History = "independent"


def protocol_of(entry: Entry) -> Protocol:
    """Return the protocol whose reference is used where one is needed: released where it exists."""
    return "released" if "released" in entry.protocols else "strict"
