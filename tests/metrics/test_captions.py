"""Caption scores: golden values."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sama_bench.metrics import captions

GOLDEN = Path(captions.__file__).parent / "goldens" / "caption.json"


def test_goldens():
    triples = list(captions.recompute(json.loads(GOLDEN.read_text("utf-8"))))
    assert len(triples) > 600
    for label, expected, computed in triples:
        if isinstance(expected, float):
            assert computed == pytest.approx(expected, abs=1e-12, rel=0), label
        else:
            assert computed == expected, label
