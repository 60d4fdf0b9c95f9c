"""The evaluation toolkit for referring and grounded video understanding.

The functions behind the commands: ``sama_bench.run(...)``, ``merge``, ``score_run``. They are
imported when first used, so that a worker, which needs little of this package, starts fast.
"""

from __future__ import annotations

import sys

if sys.argv[:1] == ["-m"] and not getattr(sys.flags, "safe_path", False):
    # ``python -m sama_bench`` puts the working folder first: a ``typing.py`` or ``numpy.py`` there
    # must not be run. A checkout that is run in its own folder is found behind everything else.
    if __file__ == f"{sys.path[0]}/sama_bench/__init__.py":
        sys.path.append(sys.path[0])
    del sys.path[0]

import functools
import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sama_bench._version import __version__

if TYPE_CHECKING:
    from sama_bench.api import RunOptions, dry_run, run
    from sama_bench.comparison import compare
    from sama_bench.scoring.answers import score
    from sama_bench.scoring.merge import merge
    from sama_bench.scoring.score import score_run

__all__ = ["RunOptions", "__version__", "compare", "dry_run", "merge", "run", "score", "score_run"]

_HOME = {
    "RunOptions": "sama_bench.api",
    "compare": "sama_bench.comparison",
    "dry_run": "sama_bench.api",
    "merge": "sama_bench.scoring.merge",
    "run": "sama_bench.api",
    "score": "sama_bench.scoring.answers",
    "score_run": "sama_bench.scoring.score",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sama_bench' has no attribute '{name}'")
    found = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = found if isinstance(found, type) else _speaking_python(found)
    return globals()[name]


def _speaking_python(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function's errors name its parameters; the engine's name options of the commands."""
    import inspect  # workers, which call none of these functions, start without it

    from sama_bench.errors import SamaBenchError, in_python

    signature = inspect.signature(function)
    named = {name: isinstance(item.default, bool) for name, item in signature.parameters.items()}

    @functools.wraps(function)
    def call(*args: Any, **more: Any) -> Any:
        try:
            return function(*args, **more)
        except SamaBenchError as error:
            error.args = (in_python(str(error), named),)
            raise

    call.__signature__ = signature  # type: ignore[attr-defined]
    return call
