"""Loading of weights: where they are, whether they are whole, and in which precision.

Everything a user can get wrong here ends in one ``AdapterError``. torch and transformers are
imported inside the functions, because the registry imports this module without them.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sama_bench.adapter import Setup
from sama_bench.errors import AdapterError
from sama_bench.storage import hub
from sama_bench.storage.weight_files import check_weights
from sama_bench.storage.weight_files import fingerprint as fingerprint

PRECISIONS = ("auto", "float32", "bfloat16", "float16")


def checkpoint_folder(setup: Setup, check: Callable[[Path], None] | None = None) -> Path:
    """Return the folder of the weights: the user's own, or the hub's snapshot, fetched if allowed.

    Args:
        setup: of the run.
        check: is given the folder as soon as its config and code are there, before any weights are
            fetched or looked at; raises where they are not the right ones.

    Raises:
        AdapterError: there is none, the hub cannot be reached, or weights are missing or cut off.
    """
    named = setup.checkpoint
    if named is None:
        raise AdapterError(f"{setup.model} has no default weights; give --checkpoint DIR_OR_HUB_ID")
    folder = Path(named).expanduser()
    if not folder.is_dir():
        if folder.is_absolute() or named.startswith((".", "~")) or named.count("/") != 1:
            raise AdapterError(f"--checkpoint {named}: no such folder, and not a hub id like a/b")
        if check is not None:
            check(_with_config(_snapshot(setup, named, allow_patterns=["config.json", "*.py"])))
        folder = _snapshot(setup, named)
    elif check is not None:
        check(_with_config(folder))
    check_weights(_with_config(folder))
    return folder


def _with_config(folder: Path) -> Path:
    if not (folder / "config.json").is_file():
        raise AdapterError(f"checkpoint {folder} has no config.json; give the folder that holds it")
    return folder


def _snapshot(setup: Setup, named: str, **part: Any) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise AdapterError(
            f"{named} is a hub id, but huggingface_hub is not installed; pip install "
            "'sama-bench[models]' or give a local folder"
        ) from None
    try:
        return Path(
            snapshot_download(
                named, revision=setup.revision, local_files_only=setup.offline, **part
            )
        )
    except Exception as error:
        # The hub's client raises its own, requests' and httpx' errors, by version.
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status in (401, 403, 404):
            code = error.response.headers.get("X-Error-Code") or ""  # type: ignore[attr-defined]
            raise AdapterError(hub.refusal(named, status, code, setup.revision)) from None
        cached = hub.cached_snapshot(named, setup.revision)
        if cached is not None and (cached / "config.json").is_file():
            return cached  # whole, as is checked next: the engine fetches before workers start
        remedy = "check the network, or fetch"
        if setup.offline or hub.is_offline():
            remedy = "drop --offline or fetch" if setup.offline else "unset HF_HUB_OFFLINE or fetch"
        raise AdapterError(
            f"the weights {named} cannot be had from the hub ({why[:160]}); {remedy} them with "
            f"`hf download {named}` and give the folder as --checkpoint"
        ) from None


def snapshot_revision(folder: Path) -> str | None:
    """Return the commit of a hub snapshot, or None for a folder of the user's own."""
    return folder.name if folder.parent.name == "snapshots" else None


def config_of(folder: Path) -> Mapping[str, Any]:
    """Return the checkpoint's ``config.json``."""
    return _json(folder / "config.json")


def _json(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise AdapterError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise AdapterError(f"{path} must hold an object")
    return content


def require(package: str, extra: str) -> None:
    """Check that a package is installed.

    Raises:
        AdapterError: it is not, with the command that installs it.
    """
    if importlib.util.find_spec(package) is None:
        raise AdapterError(
            f"this model needs the package {package}; pip install 'sama-bench[{extra}]' for the "
            "environment that it runs in"
        )


def require_version(setup: Setup, package: str, low: str, below: str, why: str) -> str:
    """Check that ``low <= version < below``, unless the option ``{package}=any`` is given.

    Returns:
        the installed version.

    Raises:
        AdapterError: it is another version, with ``why`` and what to do.
    """
    try:
        have = version(package)
    except PackageNotFoundError:
        raise AdapterError(f"{setup.model} needs {package}; it is not installed here") from None
    fits = _numbers(low) <= _numbers(have) < _numbers(below)
    if not fits and setup.options.get(package) != "any":
        raise AdapterError(
            f"{setup.model} needs {package} from {low} to below {below} ({why}), and this "
            f"environment has {have}; the model's own environment has the right one where it has "
            f"one (`sama-bench list models`), or try anyway with --option {package}=any"
        )
    return have


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def precision(setup: Setup, default: str = "float32") -> Any:
    """Return the torch dtype to load in; ``auto`` is the adapter's default.

    Raises:
        AdapterError: an unknown name.
    """
    import torch

    name = default if setup.dtype == "auto" else setup.dtype
    if name not in PRECISIONS:
        raise AdapterError(f"--dtype {name}: one of {', '.join(PRECISIONS)}")
    return "auto" if name == "auto" else getattr(torch, name)


def dtype_argument() -> str:
    """Return how this transformers calls the argument: ``dtype``, ``torch_dtype`` before 4.56."""
    return "dtype" if _numbers(version("transformers")) >= (4, 56) else "torch_dtype"


def one_line(error: BaseException, limit: int = 300) -> str:
    """Return an exception's type and text in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:limit]
