"""Caption scores the way the reference computes them: pycocoevalcap, once per group."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator

import pytest

from sama_bench.metrics._captions.java import find_java
from sama_bench.metrics.captions import CaptionPair


@contextlib.contextmanager
def java_on_path() -> Iterator[None]:
    """Put the Java that we use where pycocoevalcap looks for one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{find_java().parent}{os.pathsep}{os.environ['PATH']}")
        yield


class Reference:
    """pycocoevalcap with one METEOR (it keeps no state between calls) and all else as called."""

    def __init__(self) -> None:
        from pycocoevalcap.meteor.meteor import Meteor

        self.meteor = Meteor()

    def tokens(self, pairs: list[CaptionPair]) -> tuple[dict, dict]:
        from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

        true = {str(i): [{"caption": t} for t in pair.references] for i, pair in enumerate(pairs)}
        said = {str(i): [{"caption": pair.prediction}] for i, pair in enumerate(pairs)}
        return PTBTokenizer().tokenize(true), PTBTokenizer().tokenize(said)

    def scores(self, pairs: list[CaptionPair]) -> tuple[dict, list[dict]]:
        """Return the values of a group and of its samples."""
        from pycocoevalcap.bleu.bleu import Bleu
        from pycocoevalcap.cider.cider import Cider
        from pycocoevalcap.rouge.rouge import Rouge

        true, said = self.tokens(pairs)
        with contextlib.redirect_stdout(io.StringIO()):
            corpus, samples = Bleu(4).compute_score(true, said, verbose=0)
        values = {f"bleu_{n + 1}": corpus[n] for n in range(4)}
        rows = [{f"bleu_{n + 1}": samples[n][i] for n in range(4)} for i in range(len(pairs))]
        for name, scorer in (("meteor", self.meteor), ("rouge_l", Rouge()), ("cider", Cider())):
            values[name], each = scorer.compute_score(true, said)
            for row, value in zip(rows, each, strict=True):
                row[name] = float(value)
        return values, rows
