"""The two files of bert-base-uncased that SAMA's class reads when it is built.

It reads the configuration for its two Q-Formers and the vocabulary for their tokenizers, never the
weights. They are kept in a folder of the toolkit's own: in the hub's cache they would look like a
text encoder that is half there. While the model is built, the name stands for that folder, so that
no hub is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sama_bench.adapter import Setup
from sama_bench.adapters._settings import options
from sama_bench.errors import AdapterError
from sama_bench.storage.cache_folder import cache_dir

NAME = "bert-base-uncased"
NAMES = (NAME, f"google-bert/{NAME}")
READ = ("config.json", "vocab.txt")
"""Without a ``tokenizer_config.json`` the tokenizer takes the same values by default."""


def folder(setup: Setup) -> Path:
    """Return a folder that holds both files; they are fetched (0.2 MB) where that is allowed.

    Looked at in this order: ``--option bert=DIR``, ``./bert-base-uncased`` (which transformers
    prefers to a hub), the toolkit's own folder, the hub's cache.

    Raises:
        AdapterError: they are nowhere, with the command that gets them.
    """
    named = options.folder(setup.options, "bert")
    if named is not None:
        if lacking := [name for name in READ if not (named / name).is_file()]:
            raise AdapterError(f"--option bert={named}: it has no {lacking[0]} of {NAME}")
        return named.resolve()
    own = cache_dir() / NAME
    for place in (Path(NAME), own, *_cached()):
        if all((place / name).is_file() for name in READ):
            return place.resolve()
    why = "" if setup.offline else _fetch(own)
    if why is None:
        return own.resolve()
    raise AdapterError(
        f"SAMA's Q-Formers need {' and '.join(READ)} of {NAME}, which are not on this machine"
        f"{why}; fetch them where there is a network with `hf download {NAME} {' '.join(READ)} "
        f"--local-dir {NAME}` and give that folder as --option bert={NAME}"
    )


def _cached() -> Iterator[Path]:
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return
    for name in NAMES:
        found = try_to_load_from_cache(name, READ[0])
        if isinstance(found, str):
            yield Path(found).parent


def _fetch(place: Path) -> str | None:
    """Fetch both files; return None where they came, else why not, for the end of a sentence."""
    try:
        from huggingface_hub import hf_hub_download

        for name in READ:
            hf_hub_download(NAME, name, local_dir=str(place))
    except Exception as error:  # of several classes, by version of the hub's client
        said = " ".join(str(error).split())[:120]
        return f" and could not be fetched ({type(error).__name__}: {said})"
    return None


@contextmanager
def standing_for(place: Path) -> Iterator[None]:
    """Let ``from_pretrained("bert-base-uncased")`` of BERT's classes read a folder."""
    from transformers import BertConfig, BertTokenizer

    kinds = (BertConfig, BertTokenizer)
    before = [vars(kind).get("from_pretrained") for kind in kinds]
    for kind in kinds:
        kind.from_pretrained = classmethod(_reads(kind, place))
    try:
        yield
    finally:
        for kind, former in zip(kinds, before, strict=True):
            if former is None:
                del kind.from_pretrained
            else:
                kind.from_pretrained = former


def _reads(kind: Any, place: Path) -> Any:
    inherited = kind.from_pretrained.__func__

    def from_pretrained(cls: Any, name: Any, *more: Any, **settings: Any) -> Any:
        return inherited(cls, str(place) if name in NAMES else name, *more, **settings)

    return from_pretrained
