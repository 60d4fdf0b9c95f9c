"""Where an encoder is: whole on this machine, or at a hub that answers. Found out in seconds.

Left to itself, transformers asks a hub that does not answer again and again for minutes, and takes
a cache that holds a model in part for the model.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from pathlib import Path

from sama_bench.metrics.phrases import PhraseError

PARTS = (
    ("config.json",),
    ("tokenizer.json", "vocab.txt"),
    ("model.safetensors", "pytorch_model.bin"),
)
"""What an encoder consists of; of each, one is enough."""
OWNER = "google-bert"
"""Owner of the models that the hub also knows without one."""
PATIENCE = 5.0
"""Seconds to wait for a hub."""


def cached(model: str) -> str | None:
    """Return the folder of a model in the hub's cache; None where there is no trace of it.

    Raises PhraseError when it is there in part only.
    """
    from huggingface_hub import try_to_load_from_cache

    partial = None
    for id in (model, f"{OWNER}/{model}"):
        if id.count("/") > 1:
            continue
        found = [[try_to_load_from_cache(id, name) for name in names] for names in PARTS]
        here = [[path for path in paths if isinstance(path, str)] for paths in found]
        if all(here):
            return str(Path(here[0][0]).parent)
        if any(here):
            partial = " or ".join(next(n for n, h in zip(PARTS, here, strict=True) if not h))
    if partial is not None:
        raise PhraseError(
            f"{model} is in the hub's cache without {partial}; `hf download {model}` gets the rest"
        )
    return None


def local_or_answering(model: str) -> str:
    """Return a folder with a model, or its id if the hub can be asked for it.

    Raises PhraseError when it is not on this machine and the hub forbids, refuses or is silent.
    """
    if Path(model).is_dir():
        return model
    if model.startswith((".", "/", "~")):
        raise PhraseError(
            f"cannot load the phrase encoder {model}: no such folder; set SAMA_BENCH_BERT to one"
        )
    try:
        found = cached(model)
    except PhraseError:
        found = None  # the hub may have the rest
    if found is not None:
        return found
    why = _silent(model)
    if why is not None:
        raise PhraseError(
            f"cannot load the phrase encoder {model}: it is not whole on this machine, and {why}; "
            f"`hf download {model}` where there is a network, or set SAMA_BENCH_BERT to its folder"
        )
    return model


def _silent(model: str) -> str | None:
    """Return why the hub cannot be asked for a model, or None when it can."""
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE"):
            return f"{name} is set"
    hub = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
    request = urllib.request.Request(f"{hub}/{model}/resolve/main/config.json", method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE):
            return None
    except urllib.error.HTTPError as error:
        return f"{hub} answers with HTTP status {error.code}"
    except OSError as error:
        return f"{hub} does not answer ({getattr(error, 'reason', None) or error})"
