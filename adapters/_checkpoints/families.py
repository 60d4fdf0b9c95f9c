"""Which family of models a checkpoint belongs to, from its ``config.json``, and who runs it.

A folder of another family would fail deep inside code that was written for its own, or in an
environment that lacks what it imports; so it is refused before anything is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sama_bench.adapter import Setup
from sama_bench.adapters._checkpoints.loading import config_of
from sama_bench.adapters._checkpoints.remote_files import entry, mentions, reached
from sama_bench.errors import AdapterError


@dataclass(frozen=True)
class Family:
    """Checkpoints that are asked alike in one environment.

    Attributes:
        title: what such a checkpoint is.
        names: of the models that run it; none where docs/models.md says why.
    """

    title: str
    names: tuple[str, ...]


FAMILIES: Mapping[str, Family] = {
    "sama": Family("SAMA", ("sama-1b", "sama-4b", "sama-8b")),
    "sa2va-internvl": Family(
        "Sa2VA on InternVL",
        tuple(f"sa2va-{size}" for size in ("1b", "4b", "8b", "26b"))
        + tuple(f"sa2va-internvl3-{size}" for size in ("2b", "8b", "14b")),
    ),
    "sa2va-qwen2_5": Family("Sa2VA on Qwen2.5-VL", ("sa2va-qwen2_5-vl-3b", "sa2va-qwen2_5-vl-7b")),
    "sa2va-qwen3": Family("Sa2VA on Qwen3-VL", ("sa2va-qwen3-vl-2b", "sa2va-qwen3-vl-4b")),
    "sa2va-qwen3-sam3": Family("Sa2VA on Qwen3-VL with SAM 3", ()),
    "sa2va-llava": Family("Sa2VA on LLaVA-1.5", ("sa2va-llava-1.5-7b",)),
    "sa2va-i": Family("Sa2VA-i", ("sa2va-i-1b", "sa2va-i-4b", "sa2va-i-8b", "sa2va-i-26b")),
    "sasasa2va": Family("SaSaSa2VA 4B or 26B", ("sasasa2va-4b", "sasasa2va-26b")),
    "sasasa2va-14b": Family("SaSaSa2VA 14B", ("sasasa2va-14b",)),
    "sam2": Family("SAM 2", ("sam2-tiny", "sam2-small", "sam2-base-plus", "sam2-large")),
    "sam3": Family("SAM 3", ("sam3",)),
}
PLAIN = {"sam2_video": "sam2", "sam2": "sam2", "sam3_video": "sam3", "sam3": "sam3"}
"""Model types of transformers' own classes."""


def family_of(folder: Path) -> str | None:
    """Return the family of a checkpoint, or None where its config is none of those known.

    Two families share class and config with another and differ in their code only: SAMA's file has
    a name of its own, Sa2VA-i's call takes ``sample_num_frames``.

    Args:
        folder: that holds at least ``config.json`` and the checkpoint's code.
    """
    config = config_of(folder)
    found = entry(config, "AutoModel") or entry(config, "AutoModelForCausalLM")
    if found is None:
        return PLAIN.get(str(config.get("model_type")))
    module, kind = found
    text_model = str((config.get("text_config") or {}).get("model_type", ""))
    language = ((config.get("llm_config") or {}).get("architectures") or [""])[0]
    files = reached(folder, config)
    if kind == "SaSaSa2VAChatModel":
        return "sasasa2va-14b" if language.startswith("Qwen3") else "sasasa2va"
    if kind == "Sa2VAChatModelQwen":
        if not text_model.startswith("qwen3"):
            return "sa2va-qwen2_5"
        return "sa2va-qwen3-sam3" if mentions(files, "from .sam3 import") else "sa2va-qwen3"
    if kind == "Sa2VAChatModelLlava":
        return "sa2va-llava"
    if kind != "Sa2VAChatModel":
        return None
    if module == "modeling_sa2va_chat_all":
        return "sama"
    return "sa2va-i" if mentions(files, "sample_num_frames") else "sa2va-internvl"


def family_check(setup: Setup, accepted: tuple[str, ...]) -> Callable[[Path], None]:
    """Return ``check_family`` as a function of the folder."""
    return lambda folder: check_family(setup, folder, accepted)


def fits_name(setup: Setup, folder: Path) -> None:
    """Check a checkpoint of a model that a family names, before an environment is made for it.

    Raises:
        AdapterError: as ``check_family``.
    """
    if any(setup.model in item.names for item in FAMILIES.values()):
        check_family(setup, folder, ())


def check_family(setup: Setup, folder: Path, accepted: tuple[str, ...]) -> None:
    """Check that a checkpoint is of the family that the model's name promises.

    Args:
        setup: of the run.
        folder: of the checkpoint.
        accepted: families that the adapter can ask, for a model of another name (a competitor's).

    Raises:
        AdapterError: it is another's, with the names that run it; or it brings no code of its own.
    """
    found = family_of(folder)
    by_name = tuple(key for key, item in FAMILIES.items() if setup.model in item.names)
    wanted = by_name or accepted
    if found in wanted:
        return
    if found is not None:
        family = FAMILIES[found]
        instead = f"run it with --model {_or(family.names)}" if family.names else "no model runs it"
        raise AdapterError(
            f"the checkpoint {folder} is {family.title}, not {_title(wanted)}; {instead}"
        )
    config = config_of(folder)
    if not config.get("auto_map") and not set(wanted) <= set(PLAIN.values()):
        raise AdapterError(
            f"the checkpoint {folder} is a plain {config.get('model_type') or 'model'} of "
            f"transformers without code of its own, not {_title(wanted)}"
        )


def _title(keys: tuple[str, ...]) -> str:
    return _or(tuple(FAMILIES[key].title for key in keys))


def _or(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
