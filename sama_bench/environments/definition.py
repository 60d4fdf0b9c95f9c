"""The small file beside an adapter that says which Python and packages a model needs.

```toml
summary = "one line"
python = ">=3.10,<3.13"
size = {own = 5700, shared = 620}              # MB on disk, as du says; or words
requirements = ["transformers==4.42.3", ...]   # complete: installed without resolving anything

[torch]                                        # optional
accepts = ">=2.3"                              # a torch of the current environment that fits
share = ["torch", "torchvision"]               # is used instead of a second copy
install = ["torch==2.3.1", "torchvision==0.18.1"]
```
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from sama_bench.adapter import ModelSpec
from sama_bench.errors import UserError, did_you_mean
from sama_bench.storage.untrusted_files import read_regular_text

KEYS = {"summary", "python", "size", "wants", "requirements", "torch"}
TORCH_KEYS = {"accepts", "share", "install"}

ENVIRONMENTS = "_environments"
"""Folder of the environment files of the toolkit's own adapters."""


@dataclass(frozen=True)
class Environment:
    """What a model's environment holds.

    Attributes:
        name: of the file, without ``.toml``.
        python: version specifier, e.g. ``>=3.10,<3.13``.
        requirements: exact, complete; installed without resolving dependencies.
        summary: one line.
        size: on disk, in words.
        torch: specifier of a torch that may be shared with the current environment, or None when
            the environment brings its own in ``requirements`` or needs none.
        share: distributions that are shared together with torch, if all are there.
        install: what is installed when they cannot be shared; dependencies are resolved.
        megabytes: on disk, with its own torch and with a shared one, where they were measured.
        wants: what its author names; ``sama-bench env lock`` completes it to ``requirements``.
        file: that describes it, absolute; None for one that was put together in a program.
    """

    name: str
    python: str
    requirements: tuple[str, ...]
    summary: str = ""
    size: str = "unknown"
    torch: str | None = None
    share: tuple[str, ...] = ("torch",)
    install: tuple[str, ...] = ()
    megabytes: tuple[int, int] | None = None
    wants: tuple[str, ...] = ()
    file: Path | None = None

    def accepts_python(self, version: str) -> bool:
        """Tell whether a Python version, e.g. ``3.11.7``, fits."""
        return SpecifierSet(self.python).contains(version, prereleases=True)

    def accepts_torch(self, version: str) -> bool:
        """Tell whether an installed torch may be shared; local labels (``+cpu``) do not matter."""
        plain = version.split("+")[0]
        return self.torch is not None and SpecifierSet(self.torch).contains(plain)

    def bytes(self, shared: bool) -> int | None:
        """Return what it takes on disk, or None where nobody measured it."""
        return None if self.megabytes is None else self.megabytes[shared] * 10**6

    def content(self) -> str:
        """Return a hash of all that determines what is installed."""
        parts = [self.python, sorted(self.requirements), self.torch, self.share, self.install]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def read_environment(path: Path) -> Environment:
    """Read an environment file.

    Raises:
        UserError: it cannot be read, or a key is unknown, missing or of the wrong kind.
    """
    try:
        content = tomllib.loads(read_regular_text(path))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"environment file {path}: {error}") from None
    torch = content.get("torch", {})
    if not isinstance(torch, dict):
        raise UserError(f"environment file {path}: torch must be a table, [torch]")
    unknown = (set(content) - KEYS) | ({f"torch.{key}" for key in set(torch) - TORCH_KEYS})
    if unknown:
        raise UserError(f"environment file {path}: unknown key {min(unknown)}")
    megabytes = _megabytes(path, content.get("size"))
    if "python" not in content:
        raise UserError(f'environment file {path}: python is missing, e.g. python = ">=3.10"')
    for name, value in (("python", content["python"]), ("torch.accepts", torch.get("accepts", ""))):
        try:
            SpecifierSet(_text(path, name, value))
        except InvalidSpecifier as error:
            raise UserError(f"environment file {path}: {name}: {error}") from None
    return Environment(
        path.stem,
        content["python"],
        _strings(path, content, "requirements"),
        _text(path, "summary", content.get("summary", "")),
        _size_in_words(megabytes) if megabytes else str(content.get("size", "unknown")),
        torch.get("accepts"),
        _strings(path, torch, "share") or ("torch",),
        _strings(path, torch, "install"),
        megabytes,
        _strings(path, content, "wants"),
        path.resolve(),
    )


def _text(path: Path, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise UserError(f"environment file {path}: {key} must be a text, not {value!r:.40}")
    return value


def _megabytes(path: Path, size: object) -> tuple[int, int] | None:
    if not isinstance(size, dict):
        _text(path, "size", "" if size is None else size)
        return None
    own, shared = size.get("own"), size.get("shared")
    if set(size) != {"own", "shared"} or not (type(own) is type(shared) is int):
        raise UserError(f"environment file {path}: size is words, or {{own = MB, shared = MB}}")
    return own, shared


def _size_in_words(megabytes: tuple[int, int]) -> str:
    own, shared = (f"{value / 1000:.1f} GB" for value in megabytes)
    return f"{own} with its own torch, {shared} with a shared one"


def _strings(path: Path, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise UserError(f"environment file {path}: {key} must be a list of strings")
    return tuple(value)


def environment_path(spec: ModelSpec) -> Path | None:
    """Return the environment file of a model, or None when it runs in the current environment.

    ``spec.environment`` is a path, or the name of a file in ``environments/`` (the toolkit's own:
    ``_environments/``) beside the adapter or the adapter's folder. A user's ``my_model.py`` runs in
    ``my_model.toml``, if that lies beside it.

    Raises:
        UserError: there is no such file.
    """
    module = spec.adapter.rpartition(":")[0]
    if spec.environment is None:
        beside = Path(module).with_suffix(".toml")
        return beside if module.endswith(".py") and beside.is_file() else None
    if spec.environment.endswith(".toml"):
        path = Path(spec.environment).expanduser()
    else:
        path = _beside(_folder_of(module), f"{spec.environment}.toml")
    if not path.is_file():
        raise UserError(f"model {spec.name}: there is no environment file {path}")
    return path


def _beside(folder: Path, name: str) -> Path:
    """Return the environment file of an adapter in ``folder``; the likeliest place if none is."""
    places = [
        place / kind / name
        for place in (folder, folder.parent)
        for kind in ("environments", ENVIRONMENTS)
    ]
    return next((path for path in places if path.is_file()), places[0])


def _folder_of(module: str) -> Path:
    if module.endswith(".py"):
        return Path(module).parent
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise UserError(f"the adapter module {module} cannot be found")
    return Path(found.origin).parent


def known_environments() -> dict[str, Path]:
    """Return the environment files of the toolkit's own adapters by name."""
    folder = _folder_of("sama_bench.adapters") / ENVIRONMENTS
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def environment_named(name: str) -> Environment:
    """Return an environment by its name, by a path, or by a model that uses it.

    Raises:
        UserError: there is none, with the nearest names.
    """
    if name.endswith(".toml"):
        return read_environment(Path(name).expanduser())
    known = known_environments()
    if name in known:
        return read_environment(known[name])
    from sama_bench.registry import models

    specs = models()
    if name in specs:
        path = environment_path(specs[name])
        if path is None:
            raise UserError(f"model {name} runs in the current environment; it needs no other")
        return read_environment(path)
    raise did_you_mean("environment or model", name, [*known, *specs])
