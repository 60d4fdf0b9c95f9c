"""Modules of the SAMA checkout that its checkpoints import, without the packages around them.

``projects/llava_sam2/models/__init__.py`` of the checkout imports the training code, and with it
xtuner, mmcv and mmdet, of which some cannot be installed beside the rest. The checkpoint needs two
plain modules of that folder. Their parent packages are therefore put into ``sys.modules`` as bare
namespaces: importing a module then reads its file and runs no ``__init__``.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from sama_bench.adapter import Setup
from sama_bench.adapters._settings import options
from sama_bench.errors import AdapterError

REPOSITORY = "https://github.com/sunye23/SAMA"
PACKAGE = "projects"
VARIABLE = "SAMA_CODE"
HOW = (
    f"get it with `git clone {REPOSITORY}` and give its folder as --option code=SAMA (or in the "
    f"environment variable {VARIABLE})"
)


def find(setup: Setup, modules: Iterable[str]) -> Path:
    """Return the folder of the checkout that holds all the modules.

    It is looked for in ``--option code=``, in ``SAMA_CODE``, then on the import path.

    Args:
        setup: of the run.
        modules: dotted names, e.g. ``projects.llava_sam2.models.qformer``.

    Raises:
        AdapterError: there is none, or the one that was named lacks a module.
    """
    named = options.folder(setup.options, "code")
    if named is None and os.environ.get(VARIABLE):
        named = Path(os.environ[VARIABLE]).expanduser()
    wanted = tuple(modules)
    if named is not None:
        if lacking := [name for name in wanted if _file(named, name) is None]:
            raise AdapterError(
                f"{named} is not the SAMA checkout that the checkpoint needs: it has no "
                f"{lacking[0].replace('.', '/')}.py; {HOW}"
            )
        return named.resolve()
    for place in (Path(place or ".") for place in sys.path):
        if all(_file(place, name) is not None for name in wanted):
            return place.resolve()
    raise AdapterError(f"SAMA's checkpoint imports code of the SAMA checkout; {HOW}")


def _file(root: Path, module: str) -> Path | None:
    path = root.joinpath(*module.split("."))
    for file in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None


def lend(root: Path, modules: Iterable[str]) -> Callable[[], None]:
    """Make modules of the checkout importable, and no package of it.

    Args:
        root: folder of the checkout.
        modules: dotted names that will be imported.

    Returns:
        a function that takes them out of ``sys.modules`` again and puts back what was there.
    """
    chains = [name.split(".") for name in modules]
    tops = {chain[0] for chain in chains}
    before = _taken(tops)
    for name in sorted({".".join(chain[:end]) for chain in chains for end in range(1, len(chain))}):
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(root.joinpath(*name.split(".")))]
        package = importlib.util.module_from_spec(spec)
        sys.modules[name] = package
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, package)

    def undo() -> None:
        _taken(tops)
        sys.modules.update(before)

    return undo


def _taken(tops: set[str]) -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] in tops]
    return {name: sys.modules.pop(name) for name in names}
