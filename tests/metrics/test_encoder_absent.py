"""A phrase encoder that cannot be had ends no scoring: the stand-in, soon, said in one line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sama_bench.metrics._phrases import cached as cache
from sama_bench.metrics.phrases import BestHere, PhraseError, chosen_similarity
from sama_bench.scoring.score import standard_tools
from tests.shared import needs

pytestmark = [needs("torch"), needs("transformers"), needs("huggingface_hub")]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("SAMA_BENCH_BERT", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", tmp_path / "hub")


@pytest.fixture
def silent_hub(monkeypatch):
    """Listen and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        monkeypatch.setattr(cache, "PATIENCE", 0.2)
        server.setblocking(False)
        yield server


def half(folder: Path) -> Path:
    """Cache what a Q-Former reads of BERT: no weights."""
    model = folder / "hub" / "models--bert-base-uncased"
    snapshot = model / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text("abc")
    (snapshot / "config.json").write_text('{"model_type": "bert"}')
    (snapshot / "vocab.txt").write_text("[PAD]\n")
    return snapshot


def test_without_a_trace_the_words_are_compared():
    best = chosen_similarity("auto")
    assert best.name == "token-overlap"
    assert not best.official
    assert best.problem is None
    assert best.similarity(["a dog"], ["a dog"]).tolist() == [[1.0]]


def test_a_half_filled_cache_is_said(tmp_path):
    half(tmp_path)
    best = BestHere()
    assert best.name == "token-overlap"
    assert "without model.safetensors or pytorch_model.bin" in best.problem
    assert "\n" not in best.problem


def test_damaged_weights_are_said(tmp_path):
    (half(tmp_path) / "model.safetensors").write_bytes(b"no weights")
    best = BestHere()
    assert best.name == "token-overlap"
    assert "cannot load" in best.problem


def test_a_variable_that_names_no_folder_is_said(monkeypatch):
    monkeypatch.setenv("SAMA_BENCH_BERT", "/no/such")
    best = BestHere()
    assert best.name == "token-overlap"
    assert "SAMA_BENCH_BERT=/no/such" in best.problem


def test_a_named_encoder_is_not_waited_for(silent_hub):
    with pytest.raises(PhraseError, match="does not answer") as caught:
        chosen_similarity("bert-base-uncased")
    silent_hub.accept()[0].close()
    with pytest.raises(BlockingIOError):  # it was asked once
        silent_hub.accept()
    assert "\n" not in str(caught.value)


def test_a_named_encoder_offline(monkeypatch, tmp_path):
    half(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(PhraseError, match="HF_HUB_OFFLINE is set"):
        chosen_similarity("bert-base-uncased")


def test_a_named_encoder_that_is_lacking_is_kept_for_the_exit_status(silent_hub):
    tools = standard_tools("bert-base-uncased", captions=False)
    assert tools.phrases is None
    assert tools.lacking[0].startswith("--phrases bert-base-uncased: cannot load")


@pytest.mark.parametrize(("phrases", "status"), [("auto", 0), ("bert-base-uncased", 1)])
def test_scoring_goes_on(tmp_path, phrases, status):
    half(tmp_path / "home")
    environ = {**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": "http://127.0.0.1:9"}
    environ["PYTHONPATH"] = str(ROOT)
    for name in ("SAMA_BENCH_BERT", "HF_HUB_CACHE", "HF_HUB_OFFLINE"):
        environ.pop(name, None)
    command = [sys.executable, "-m", "sama_bench", "run", "--model", "static", "--split", "mini"]
    command += ["--task", "g", "--limit", "2", "--no-captions", "--devices", "cpu"]
    done = subprocess.run(
        [*command, "--phrases", phrases, "--runs", str(tmp_path / "runs")],
        capture_output=True,
        text=True,
        env=environ,
        cwd=tmp_path,
        timeout=120,
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    said = [
        line for line in done.stderr.splitlines() if "hub's cache" in line or "answer (" in line
    ]
    assert len(said) == 1, done.stderr
    assert "Recall" in done.stdout
