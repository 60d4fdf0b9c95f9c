"""What SAMA's checkpoints need besides themselves: the SAMA checkout and bert-base-uncased."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from sama_bench.adapter import Setup
from sama_bench.adapters._settings import options
from sama_bench.errors import AdapterError

REPOSITORY = "https://github.com/sunye23/SAMA"
BERT = "bert-base-uncased"
BERT_FILES = ("config.json", "vocab.txt")


def make_importable(folder: Path, setup: Setup) -> None:
    """Put the SAMA checkout on the import path and see that BERT's files are at hand.

    Both are asked for only if the checkpoint's own code mentions them.

    Raises:
        AdapterError: one is missing, with the command that gets it.
    """
    code = "\n".join(file.read_text("utf-8", "replace") for file in folder.glob("*.py"))
    place = options.folder(setup.options, "code")
    if place is None and "SAMA_CODE" in os.environ:
        place = Path(os.environ["SAMA_CODE"])
    if place is not None:
        sys.path.insert(0, str(place))
    if "projects.llava_sam2" in code:
        _check_checkout()
    if BERT in code:
        _check_bert(setup)


def _check_checkout() -> None:
    inside = ("projects", "llava_sam2", "models")
    if not any(Path(place or ".").joinpath(*inside).is_dir() for place in sys.path):
        raise AdapterError(
            "SAMA's checkpoint imports code of the SAMA checkout, which is not importable; get it "
            f"with `git clone {REPOSITORY}` and give its folder as --option code=SAMA (or in the "
            "environment variable SAMA_CODE)"
        )


def _check_bert(setup: Setup) -> None:
    if Path(BERT).is_dir() or importlib.util.find_spec("huggingface_hub") is None:
        return
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    for name in BERT_FILES:
        if isinstance(try_to_load_from_cache(BERT, name), str):
            continue
        if isinstance(try_to_load_from_cache(f"google-bert/{BERT}", name), str):
            continue
        try:
            hf_hub_download(BERT, name, local_files_only=setup.offline)
        except Exception:
            # Of several classes, by version of the hub's client; all mean that it is not there.
            raise AdapterError(
                f"SAMA's Q-Former needs {BERT} ({name}), which is not in the hub's cache; fetch it "
                f"with `hf download {BERT}` where there is a network"
            ) from None
