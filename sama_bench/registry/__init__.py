"""Finding content: models, benchmarks and metrics, by name.

Each file in ``adapters/``, ``splits/`` and ``metrics/`` says what it brings in a module-level tuple
(``MODELS``, ``BENCHMARKS``, ``METRICS``); packages outside this repository bring theirs through
entry points of the groups ``sama_bench.models``, ``sama_bench.benchmarks`` and
``sama_bench.metrics``. Adding one is adding one file.

What another package brings must not stop what has nothing to do with it: a broken entry point, or
one that claims a name that is taken, is left out with one line on standard error.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

from sama_bench.adapter import ModelSpec
from sama_bench.benchmark import Benchmark
from sama_bench.errors import UserError, did_you_mean
from sama_bench.metric import Catalogue, Golden, Metric, PerSample, Quirk
from sama_bench.registry.outside import brought, tell


def content_modules(folder: str) -> Iterator[ModuleType]:
    """Import and yield the modules of a content folder: ``adapters``, ``metrics``, ``splits``."""
    package = importlib.import_module(f"sama_bench.{folder}")
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        if not info.name.startswith("_"):
            yield importlib.import_module(f"sama_bench.{folder}.{info.name}")


def _model_of(point: EntryPoint, item: Any) -> ModelSpec:
    if isinstance(item, ModelSpec):
        return item
    if not callable(getattr(item, "predict", None)):
        raise TypeError("neither a ModelSpec nor a class with predict(sample)")
    return ModelSpec(point.name, point.value, f"from {point.value}")


def _benchmark_of(point: EntryPoint, item: Any) -> Benchmark:
    if not isinstance(item, Benchmark) or not isinstance(item.name, str):
        raise TypeError("no instance of sama_bench.benchmark.Benchmark with a name")
    return item


def _metrics_of(point: EntryPoint, item: Any) -> ModuleType:
    if not isinstance(item, ModuleType):
        raise TypeError("no module")
    _metrics_in(item)
    return item


@cache
def models() -> Mapping[str, ModelSpec]:
    """Return all registered models by name.

    Raises:
        UserError: two contents of this repository claim one name.
    """
    found: dict[str, ModelSpec] = {}
    for module in content_modules("adapters"):
        for spec in getattr(module, "MODELS", ()):
            _add(found, spec.name, spec, "model")
    for point, item in brought("sama_bench.models", _model_of):
        _add_outside(found, item.name, item, "model", point)
    return found


@cache
def benchmarks() -> Mapping[str, Benchmark]:
    """Return all registered benchmarks by name.

    Raises:
        UserError: two contents of this repository claim one name.
    """
    return {name: item for name, (item, _) in _benchmarks().items()}


@cache
def _benchmarks() -> Mapping[str, tuple[Benchmark, EntryPoint | None]]:
    """Return the benchmarks, with the entry points of those that other packages bring."""
    found: dict[str, tuple[Benchmark, EntryPoint | None]] = {}
    for module in content_modules("splits"):
        for item in getattr(module, "BENCHMARKS", ()):
            _add(found, item.name, (item, None), "benchmark")
    for point, item in brought("sama_bench.benchmarks", _benchmark_of):
        _add_outside(found, item.name, (item, point), "benchmark", point)
    return found


@cache
def metric_modules() -> tuple[ModuleType, ...]:
    """Return the modules that define metrics: those of the folder, then other packages'."""
    return (*_own_metric_modules(), *(module for _, module in _outside_metric_modules()))


@cache
def _own_metric_modules() -> tuple[ModuleType, ...]:
    return tuple(content_modules("metrics"))


@cache
def _outside_metric_modules() -> tuple[tuple[EntryPoint, ModuleType], ...]:
    return tuple(brought("sama_bench.metrics", _metrics_of))


@cache
def metrics() -> tuple[Metric, ...]:
    """Return every metric: those of this repository, of its files, then of its benchmarks, first.

    Raises:
        UserError: in this repository two metrics claim one name, or what is listed is no metric.
    """
    return tuple(metric for metric, _ in _metrics().values())


@cache
def _metrics() -> Mapping[str, tuple[Metric, EntryPoint | None]]:
    """Return the metrics by name, with the entry points of those that other packages bring."""
    found: dict[str, tuple[Metric, EntryPoint | None]] = {}
    for module in _own_metric_modules():
        for metric in _metrics_in(module):
            _add(found, metric.name, (metric, None), "metric")
    for benchmark, point in _benchmarks().values():
        for metric in () if point else _further(benchmark):
            if found.get(metric.name) != (metric, None):  # members of a family share theirs
                _add(found, metric.name, (metric, None), "metric")
    for point, module in _outside_metric_modules():
        for metric in _metrics_in(module):
            _add_outside(found, metric.name, (metric, point), "metric", point)
    for benchmark, point in _benchmarks().values():
        if point is None:
            continue
        for metric in _further_outside(benchmark, point):
            if metric.name not in found or found[metric.name][0] != metric:
                _add_outside(found, metric.name, (metric, point), "metric", point)
    return found


def _further(benchmark: Benchmark) -> list[Metric]:
    return _checked(loaded(benchmark.further_metrics), benchmark.name)


def _further_outside(benchmark: Benchmark, point: EntryPoint) -> list[Metric]:
    try:
        return _further(benchmark)
    except Exception as error:
        tell(point, f"its further metrics left out: {type(error).__name__}: {error}")
        return []


def _metrics_in(module: ModuleType) -> list[Metric]:
    return _checked(getattr(module, "METRICS", ()), module.__name__)


def _checked(items: Any, where: str) -> list[Metric]:
    for item in items:
        if not isinstance(item, Metric):
            raise UserError(f"{where}: METRICS holds a {type(item).__name__}, not a Metric")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", item.name):
            raise UserError(f"{where}: metric {item.name!r}: lower case, digits and '_' only")
    return list(items)


@cache
def catalogue() -> Catalogue:
    """Return the declarations of all metrics and benchmarks, for whatever shows values."""
    return Catalogue(metrics(), benchmarks().values())


def quirks() -> list[Quirk]:
    """Return every quirk of published code, in the order of the numbering.

    They stand in ``QUIRKS`` of the files that reproduce them, and in ``Benchmark.quirks``.

    Raises:
        UserError: two quirks have one number.
    """
    listed = [
        *(
            getattr(module, "QUIRKS", ())
            for module in (
                *metric_modules(),
                *content_modules("splits"),
                *content_modules("adapters"),
            )
        ),
        *(item.quirks for item in benchmarks().values()),
    ]
    found: dict[int, Quirk] = {}
    for quirk in (quirk for some in listed for quirk in some):
        other = found.setdefault(quirk.number, quirk)
        if vars(other) != vars(quirk):
            raise UserError(
                f"two quirks have the number {quirk.number}: {other.name} and {quirk.name}; "
                "give one of them a number of its own"
            )
    return [found[number] for number in sorted(found)]


def goldens() -> Mapping[str, Golden]:
    """Return how the golden files of each kind are recognised and recomputed."""
    modules = metric_modules()
    return {kind: it for module in modules for kind, it in getattr(module, "GOLDENS", {}).items()}


def provided(name: str) -> Any:
    """Return what a metric module offers under ``name`` in its ``PROVIDES``, or None."""
    for module in metric_modules():
        if name in getattr(module, "PROVIDES", {}):
            return loaded(module.PROVIDES[name])
    return None


def loaded(item: Any) -> Any:
    """Return what a metric file offers, imported where it only says ``module:name``."""
    if not isinstance(item, str):
        return item
    module, _, name = item.partition(":")
    return getattr(importlib.import_module(module), name)


def per_sample_metrics() -> dict[str, PerSample]:
    """Return the functions of the metrics that score one sample at a time, by name."""
    found: dict[str, PerSample] = {}
    for metric, point in _metrics().values():
        try:
            if metric.per_sample:
                found[metric.name] = loaded(metric.per_sample)
        except Exception as error:
            if point is None:
                raise
            tell(point, f"metric {metric.name} left out: {type(error).__name__}: {error}")
    return found


def model(name: str) -> ModelSpec:
    """Return the model that a user named: a registered name, or ``path/to/file.py:ClassName``.

    Raises:
        UserError: no such model, with the nearest names.
    """
    if ".py:" in name:
        path, _, class_name = name.rpartition(":")
        if not Path(path).is_file():
            raise UserError(f"--model {name}: there is no file {path}")
        target = f"{Path(path).resolve()}:{class_name}"
        session = _session_options(Path(path), class_name)
        return ModelSpec(class_name.lower(), target, f"from {path}", session_options=session)
    if name.endswith(".py"):
        raise UserError(f"--model {name}: name the class too, as in {name}:MyModel")
    known = models()
    if name not in known:
        raise did_you_mean("model", name, known)
    return known[name]


def _session_options(path: Path, class_name: str) -> tuple[str, ...]:
    """Read ``session_options = ("...", ...)`` of a class in a file that is not run for it."""
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return ()  # the worker says what is wrong with the file
    classes = [k for k in body if isinstance(k, ast.ClassDef) and k.name == class_name]
    for item in classes[0].body if classes else ():
        if isinstance(item, (ast.Assign, ast.AnnAssign)):
            names = item.targets if isinstance(item, ast.Assign) else [item.target]
            if [getattr(name, "id", None) for name in names] == ["session_options"]:
                values = getattr(item.value, "elts", ())
                return tuple(v.value for v in values if isinstance(getattr(v, "value", 0), str))
    return ()


def benchmark(name: str) -> Benchmark:
    """Return the benchmark called ``name``.

    Raises:
        UserError: no such benchmark, with the nearest names.
    """
    known = benchmarks()
    if name not in known:
        raise did_you_mean("benchmark", name, known)
    return known[name]


def _add(found: dict[str, Any], name: str, item: Any, kind: str) -> None:
    if name in found:
        raise UserError(f"two {kind}s are called '{name}'; rename or uninstall one")
    found[name] = item


def _add_outside(found: dict[str, Any], name: str, item: Any, kind: str, point: EntryPoint) -> None:
    if name in found:
        tell(point, f"left out: there is a {kind} '{name}' already; rename or uninstall it")
    else:
        found[name] = item
