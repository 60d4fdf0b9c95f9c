"""Whether a folder of weights is whole, and which weights they are, read in a second or two."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sama_bench.errors import AdapterError

_SAMPLED = 1 << 20


def check_weights(folder: Path) -> None:
    """Check that every weight file is there and complete, without reading the tensors.

    Raises:
        AdapterError: a shard of the index is missing, a file is cut off, or there is none.
    """
    files = sorted([*folder.glob("*.safetensors"), *folder.glob("*.bin"), *folder.glob("*.pt")])
    for index in folder.glob("*.index.json"):
        named = _read(index).get("weight_map", {})
        if not isinstance(named, dict) or not all(isinstance(x, str) for x in named.values()):
            raise AdapterError(f"{index}: 'weight_map' must name the file of each weight")
        for name in sorted(set(named.values())):
            if not (folder / Path(name).name).is_file():
                raise AdapterError(f"checkpoint {folder}: {name} of {index.name} is missing")
    if not files:
        raise AdapterError(f"checkpoint {folder} holds no weights (*.safetensors, *.bin, *.pt)")
    for file in files:
        if not _complete(file):
            raise AdapterError(f"{file} is cut off or damaged; fetch it again")


def fingerprint(path: Path) -> str:
    """Hash names, sizes and contents of a checkpoint's files, of large ones both ends (1 MiB)."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        name = file.relative_to(path).as_posix()
        if any(part.startswith(".") or part == "__pycache__" for part in Path(name).parts):
            continue
        size = file.stat().st_size
        digest.update(f"{name}\0{size}\0".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(_SAMPLED))
            if size > _SAMPLED:
                stream.seek(max(_SAMPLED, size - _SAMPLED))
                digest.update(stream.read(_SAMPLED))
    return f"sha256-ends:{digest.hexdigest()}"


def _complete(file: Path) -> bool:
    size = file.stat().st_size
    if file.suffix != ".safetensors":
        with file.open("rb") as handle:
            legacy = handle.read(1) == b"\x80"  # a pickle from before torch 1.6 is no archive
        return legacy or zipfile.is_zipfile(file)
    with file.open("rb") as handle:
        length = int.from_bytes(handle.read(8), "little")
        if size < 8 or length > size - 8:
            return False
        try:
            header = json.loads(handle.read(length))
            ends = [
                int(item["data_offsets"][1])
                for name, item in header.items()
                if name != "__metadata__"
            ]
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            return False
    return 8 + length + max(ends, default=0) == size


def _read(path: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise AdapterError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise AdapterError(f"{path} must hold an object")
    return content
