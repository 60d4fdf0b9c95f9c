"""Import of an adapter's class from a module or from a user's file; used by workers.

Imports little: a worker runs in the model's own environment.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from sama_bench.adapter import Adapter
from sama_bench.errors import UserError, did_you_mean
from sama_bench.worker.handshake import one_line


def adapter_class(target: str) -> type[Adapter]:
    """Import the class behind ``package.module:Class`` or ``/path/file.py:Class``.

    Raises:
        UserError: the module, file or class does not exist or is no adapter.
    """
    where, _, class_name = target.rpartition(":")
    module = _module_from_file(Path(where)) if where.endswith(".py") else _module(where)
    found = getattr(module, class_name, None)
    if found is None:
        classes = [name for name, item in vars(module).items() if isinstance(item, type)]
        raise did_you_mean(f"class in {where}", class_name, classes)
    if not isinstance(found, type) or not callable(getattr(found, "predict", None)):
        raise UserError(f"{target} has no method predict(sample); see docs/add-a-model.md")
    if issubclass(found, Adapter):
        return found
    try:  # a plain class has the defaults of all that it does not define
        return type(found.__name__, (found, Adapter), {"__module__": found.__module__})
    except TypeError as error:
        raise UserError(f"{target}: derive it from sama_bench.adapter.Adapter ({error})") from None


def new_adapter(target: str) -> Adapter:
    """Make an adapter of the class behind ``package.module:Class`` or ``/path/file.py:Class``.

    Raises:
        UserError: as ``adapter_class``; or its class is abstract, or making one raises.
    """
    kind = adapter_class(target)
    try:
        return kind()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: its reason would be lost
        raise UserError(f"an adapter {target} cannot be made: {one_line(error)}") from error


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UserError(f"the adapter module {name} cannot be imported: {error}") from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: its reason would be lost
        raise UserError(
            f"the adapter module {name} cannot be imported: {one_line(error)}"
        ) from None


def _module_from_file(path: Path) -> ModuleType:
    name = f"sama_bench_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    beside = str(path.resolve().parent)
    sys.path.insert(0, beside)
    try:
        spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: its reason would be lost
        raise UserError(f"{path} cannot be imported: {one_line(error)}") from error
    finally:
        sys.path.remove(beside)
        if beside not in sys.path:
            sys.path.append(beside)  # for helpers that load() imports; last, so that it hides none
    return module
