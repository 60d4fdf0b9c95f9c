"""The adapter that the documentation shows honours the contract and is as short as it says."""

from __future__ import annotations

import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from sama_bench.adapter import Setup
from sama_bench.adapters.openai_api import OPTIONS as OPENAI
from sama_bench.adapters.sama import OPTIONS as SAMA
from sama_bench.authoring.contract_check import check_adapter
from sama_bench.registry import models
from sama_bench.worker.adapter_import import adapter_class

DOCS = Path(__file__).resolve().parents[2] / "docs"


class MyModel:
    @classmethod
    def from_pretrained(cls, checkpoint):
        return cls()

    def to(self, device):
        return self

    def chat(self, frames, text, regions):
        if "elephants" in text:
            return "None.", []
        total = self.total[0]
        return "<p> it </p> [SEG]", [np.ones((total, *frames[0].shape[:2]), bool)]


def test_the_documented_adapter_works_in_under_40_lines(tmp_path, monkeypatch):
    pytest.importorskip("torch")
    code = re.search(r"```python\n(.*?)```", (DOCS / "add-a-model.md").read_text(), re.DOTALL)
    assert code is not None
    assert len(code.group(1).splitlines()) < 40
    package = types.ModuleType("mypackage")
    package.MyModel = MyModel
    monkeypatch.setitem(sys.modules, "mypackage", package)
    file = tmp_path / "elsewhere" / "mine.py"
    file.parent.mkdir()
    # The stand-in model must know the video's length, which a real one is given with the frames.
    told = code.group(1).replace("video = sample.video", "video = sample.video; told(len(video))")
    file.write_text(f"{told}\n\ndef told(total):\n    MyModel.total = [total]\n")
    adapter = adapter_class(f"{file}:Mine")()
    found = list(check_adapter(adapter, Setup("mine"), tmp_path / "clips"))
    assert [item for item in found if item.problem] == []


@pytest.mark.parametrize("names", [SAMA, OPENAI])
def test_every_option_is_documented(names):
    text = (DOCS / "models.md").read_text()
    for name in names:
        assert f"`{name}`" in text or f"{name}=" in text, name


def test_every_published_model_is_registered():
    text = (DOCS / "models.md").read_text().split("\n## ")[0]
    rows = [row for row in text.splitlines() if row.startswith("| `")]
    stems = [name for row in rows for name in re.findall(r"`([a-z0-9_-]+)`", row.split("|")[1])]
    missing = [stem for stem in stems if not any(name.endswith(stem) for name in models())]
    assert missing == []
