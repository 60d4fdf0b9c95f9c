"""``predictions``: replays answers from files, so that any code base can be run and scored.

``--option file=PATH`` names a run folder or ``predictions.jsonl`` of ours, Sa2VA's
``results.json``, a PNG folder, a folder of one JSON file an image, or of SAMA's descriptions.
``sama-bench score --predictions`` scores such files directly; this adapter is for what needs a run:
several models under one plan, resuming, comparing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sama_bench.adapter import Adapter, ModelSpec, Setup
from sama_bench.adapters._settings import options
from sama_bench.benchmark import Answers, Dataset, Entry, Finding, Outcome, Protocol, Scores, Tools
from sama_bench.errors import AdapterError, DataError
from sama_bench.nouns import Answer, Reference, Sample
from sama_bench.storage.untrusted_files import read_json

Look = Callable[[Sample], Outcome]


class Asked(Dataset):
    """One sample, in the shape in which readers of foreign answers want a dataset."""

    def __init__(self, sample: Sample) -> None:
        self.benchmark, self.split, self.shards = sample.benchmark, "", ()
        self.files: Mapping[str, str] = {}
        self.entries = [Entry(sample.id, sample.video.id, None)]
        self.current = sample

    def sample(self, id: str, tracks: bool = False) -> Sample:
        """Return the sample that is asked now."""
        return self.current

    def reference(self, id: str, protocol: Protocol) -> Reference:
        """Replaying needs no reference."""
        raise DataError("replayed answers come without references")

    def findings(self, deep: bool = False) -> Iterable[Finding]:
        """Return nothing: nothing was loaded."""
        return ()

    def score(self, answers: Answers, protocols: Sequence[Protocol], tools: Tools) -> Scores:
        """Replaying scores nothing."""
        raise DataError("replayed answers come without references")


class Predictions(Adapter):
    """Answers that were produced elsewhere."""

    takes_history = True

    def load(self, setup: Setup) -> None:
        """Find the file and its format.

        Raises:
            AdapterError: no file is named, or it does not exist.
        """
        options.check_names(setup.options, ("file",))
        named = setup.options.get("file")
        if named is None:
            raise AdapterError("predictions needs --option file=PATH, the answers to replay")
        self._path = Path(named).expanduser().resolve()
        if not self._path.exists():
            raise AdapterError(f"--option file={named}: there is no such file or folder")
        self._look: Look | None = None
        self._format = "not read yet"

    def predict(self, sample: Sample) -> Answer:
        """Return what the file holds for the sample.

        Raises:
            LookupError: it holds nothing, or something that cannot be used.
        """
        if self._look is None:
            self._look = self._open(sample)
        outcome = self._look(sample)
        if outcome.answer is None:
            raise LookupError(outcome.error or f"{self._path.name} has no answer to {sample.id}")
        return outcome.answer

    def _open(self, sample: Sample) -> Look:
        described = _descriptions(self._path)
        if described is not None:
            return described
        from sama_bench.formats.json_folders import BY_IMAGE
        from sama_bench.formats.recognise import answers_from

        asked = Asked(sample)
        imported = answers_from(self._path, asked)
        self._format = imported.format
        if imported.format in BY_IMAGE:
            return lambda sample: answers_from(self._path, Asked(sample)).answers(sample.id)

        def look(sample: Sample) -> Outcome:
            asked.current = sample
            return imported.answers(sample.id)

        return look

    def card(self) -> dict[str, Any]:
        """Return the protocol card."""
        return {"replayed_from": self._path.name, "frames": "unknown: replayed answers"}


def _descriptions(path: Path) -> Look | None:
    folder = path / "prediction" if (path / "prediction").is_dir() else path
    visible = (file for file in folder.glob("*.json") if not file.name.startswith("."))
    first = min(visible, default=None) if folder.is_dir() else None
    if first is None:
        return None
    item, _ = read_json(first)
    if not isinstance(item, dict) or "pred_text_cleaned" not in item:
        return None

    def look(sample: Sample) -> Outcome:
        file = folder / f"{Path(sample.id).name}.json"
        if not file.is_file():
            return Outcome("missing")
        item, _ = read_json(file)
        text = item.get("pred_text_cleaned") if isinstance(item, dict) else None
        if not isinstance(text, str):
            return Outcome("failed", error=f"{file.name} has no text under 'pred_text_cleaned'")
        return Outcome("answered", Answer(text))

    return look


MODELS = (
    ModelSpec(
        "predictions",
        "sama_bench.adapters.predictions:Predictions",
        "replays answers of other code from --option file=PATH",
        "any",
        uses_gpu=False,
    ),
)
