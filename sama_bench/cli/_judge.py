"""The judge of the command line: CLAIR asked through ``sama_bench.judge``, with progress."""

from __future__ import annotations

from pathlib import Path

from tqdm import tqdm

from sama_bench.benchmark import Protocol
from sama_bench.judge import Judge, JudgeSettings
from sama_bench.metrics.clair import SampleClair
from sama_bench.splits import clair_judge


class ClairJudge(clair_judge.ClairJudge):
    """What scoring calls to have texts judged (``Tools.judge``).

    Args:
        settings: which judge to ask, and how.
        cache: file of replies, read and appended to; None keeps them in memory.
    """

    def __init__(self, settings: JudgeSettings, cache: Path | None = None) -> None:
        super().__init__(Judge(settings, cache))

    def __call__(self, texts: clair_judge.Texts, protocol: Protocol) -> dict[str, SampleClair]:
        """Judge every text, showing progress on a terminal; otherwise as its parent class."""
        with tqdm(total=len(texts), desc=f"judge ({protocol})", unit="text", disable=None) as bar:
            self._progress = None if bar.disable else bar.update
            return super().__call__(texts, protocol)

    def summary(self) -> str:
        """Return one line on what was asked and spent."""
        return f"{self.judge.settings.model}: {self.judge.usage.summary()}"
