"""What a checkpoint's own Python files are and import, told without running any of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ENTRIES = ("AutoConfig", "AutoModel", "AutoModelForCausalLM")
"""Keys of a config's ``auto_map`` that name what is built when a model is loaded."""


def entry(config: Mapping[str, Any], key: str) -> tuple[str, str] | None:
    """Return module and class behind a key of ``auto_map``, or None where the config has none."""
    named = (config.get("auto_map") or {}).get(key)
    if not isinstance(named, str):
        return None
    module, _, kind = named.rpartition("--")[2].rpartition(".")
    return (module, kind) if module else None


def reached(folder: Path, config: Mapping[str, Any]) -> tuple[Path, ...]:
    """Return the files that loading the model reads: its entries and what they import beside them.

    A checkpoint may carry more, e.g. training code that nothing imports.

    Args:
        folder: of the checkpoint.
        config: its ``config.json``.
    """
    waiting = [found[0] for key in ENTRIES if (found := entry(config, key)) is not None]
    files: dict[str, Path] = {}
    while waiting:
        name = waiting.pop()
        file = folder / f"{name}.py"
        if name not in files and file.is_file():
            files[name] = file
            waiting.extend(siblings(file))
    return tuple(files[name] for name in sorted(files))


def siblings(file: Path) -> tuple[str, ...]:
    """Return the modules beside a file that it imports (``from .name import ...``)."""
    names: set[str] = set()
    for node in _imports(file):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            modules = [node.module] if node.module else [item.name for item in node.names]
            names.update(module.partition(".")[0] for module in modules)
    return tuple(sorted(names))


def imported(files: tuple[Path, ...], package: str) -> tuple[str, ...]:
    """Return the modules of one package that files import, as dotted names."""
    names: set[str] = set()
    for file in files:
        for node in _imports(file):
            if isinstance(node, ast.Import):
                names.update(item.name for item in node.names)
            elif node.level == 0 and node.module:
                names.add(node.module)
    return tuple(sorted(name for name in names if name.partition(".")[0] == package))


def mentions(files: tuple[Path, ...], text: str) -> bool:
    """Tell whether one of the files holds a text."""
    return any(text in _source(file) for file in files)


def _imports(file: Path) -> Iterator[ast.Import | ast.ImportFrom]:
    try:
        tree = ast.parse(_source(file))
    except (SyntaxError, ValueError):
        return  # loading it says so, with the line
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node


def _source(file: Path) -> str:
    return file.read_text("utf-8", "replace")
