"""Finding content: models, benchmarks and metrics, by name.

Each file in ``adapters/``, ``splits/`` and ``metrics/`` says what it brings in a module-level tuple
(``MODELS``, ``BENCHMARKS``, ``METRICS``); packages outside this repository bring theirs through
entry points of the groups ``sama_bench.models``, ``sama_bench.benchmarks`` and
``sama_bench.metrics``. Adding one is adding one file.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from sama_bench.adapter import ModelSpec
from sama_bench.benchmark import Benchmark
from sama_bench.errors import UserError, did_you_mean
from sama_bench.metric import Catalogue, Metric, PerSample


def content_modules(folder: str) -> Iterator[ModuleType]:
    """Import and yield the modules of a content folder: ``adapters``, ``metrics``, ``splits``."""
    package = importlib.import_module(f"sama_bench.{folder}")
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        if not info.name.startswith("_"):
            yield importlib.import_module(f"sama_bench.{folder}.{info.name}")


def _outside(group: str) -> Iterator[tuple[EntryPoint, Any]]:
    for point in entry_points(group=group):
        try:
            yield point, point.load()
        except (Exception, SystemExit) as error:
            raise UserError(
                f"the entry point {point.name} = {point.value} of another package cannot be "
                f"loaded: {error}; uninstall or repair that package"
            ) from error


@cache
def models() -> Mapping[str, ModelSpec]:
    """Return all registered models by name.

    Raises:
        UserError: two contents claim one name, or another package's entry point is broken.
    """
    found: dict[str, ModelSpec] = {}
    for module in content_modules("adapters"):
        for spec in getattr(module, "MODELS", ()):
            _add(found, spec.name, spec, "model")
    for point, item in _outside("sama_bench.models"):
        if not isinstance(item, ModelSpec):
            item = ModelSpec(point.name, point.value, f"from {point.value}")
        _add(found, item.name, item, "model")
    return found


@cache
def benchmarks() -> Mapping[str, Benchmark]:
    """Return all registered benchmarks by name.

    Raises:
        UserError: two contents claim one name, or another package's entry point is broken.
    """
    found: dict[str, Benchmark] = {}
    for module in content_modules("splits"):
        for item in getattr(module, "BENCHMARKS", ()):
            _add(found, item.name, item, "benchmark")
    for _, item in _outside("sama_bench.benchmarks"):
        _add(found, item.name, item, "benchmark")
    return found


@cache
def metric_modules() -> tuple[ModuleType, ...]:
    """Return the modules that define metrics: those of the folder, then other packages'."""
    own = tuple(content_modules("metrics"))
    return own + tuple(item for _, item in _outside("sama_bench.metrics"))


@cache
def metrics() -> tuple[Metric, ...]:
    """Return every metric, in the order of their files: those of metrics, then of benchmarks.

    Raises:
        UserError: two metrics claim one name, or what is listed is no metric.
    """
    found: dict[str, Metric] = {}
    for module in metric_modules():
        for item in getattr(module, "METRICS", ()):
            _add(found, *_metric(item, module.__name__), "metric")
    for benchmark in benchmarks().values():
        for item in loaded(benchmark.further_metrics):
            name, metric = _metric(item, benchmark.name)
            if found.get(name) != metric:  # members of a family share theirs
                _add(found, name, metric, "metric")
    return tuple(found.values())


def _metric(item: Any, where: str) -> tuple[str, Metric]:
    if not isinstance(item, Metric):
        raise UserError(f"{where}: METRICS holds a {type(item).__name__}, not a Metric")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", item.name):
        raise UserError(f"{where}: metric {item.name!r}: lower case letters, digits and '_' only")
    return item.name, item


@cache
def catalogue() -> Catalogue:
    """Return the declarations of all metrics and benchmarks, for whatever shows values."""
    return Catalogue(metrics(), benchmarks().values())


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
    return {item.name: loaded(item.per_sample) for item in metrics() if item.per_sample}


def model(name: str) -> ModelSpec:
    """Return the model that a user named: a registered name, or ``path/to/file.py:ClassName``.

    Raises:
        UserError: no such model, with the nearest names.
    """
    if ".py:" in name:
        path, _, class_name = name.rpartition(":")
        if not Path(path).is_file():
            raise UserError(f"--model {name}: there is no file {path}")
        return ModelSpec(class_name.lower(), f"{Path(path).resolve()}:{class_name}", f"from {path}")
    if name.endswith(".py"):
        raise UserError(f"--model {name}: name the class too, as in {name}:MyModel")
    known = models()
    if name not in known:
        raise did_you_mean("model", name, known)
    return known[name]


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
