"""Where the files of the benchmarks come from, as the benchmarks declare it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sama_bench import registry
from sama_bench.benchmark import HubSource, HumanSource, Source
from sama_bench.errors import UserError, did_you_mean


def hub_sources() -> Mapping[str, HubSource]:
    """Return what ``sama-bench data fetch`` downloads, by name."""
    return {item.name: item for item in _sources().values() if isinstance(item, HubSource)}


def human_sources() -> Mapping[str, HumanSource]:
    """Return what it can only explain, by name."""
    return {item.name: item for item in _sources().values() if isinstance(item, HumanSource)}


def source_named(name: str) -> Source:
    """Return the source that a user named: a source, a data set of the hub, or a benchmark.

    Raises:
        UserError: there is none, with the nearest names.
    """
    known = {**dict(_aliases()), **_sources()}
    if name not in known:
        raise did_you_mean("data set", name, known)
    return known[name]


def _sources() -> dict[str, Source]:
    found: dict[str, Source] = {}
    for benchmark in registry.benchmarks().values():
        for source in benchmark.sources:
            if found.setdefault(source.name, source) != source:
                raise UserError(
                    f"two data sets are called '{source.name}'; rename or uninstall one"
                )
    return found


def _aliases() -> Iterator[tuple[str, Source]]:
    """Yield the other names of sources: of benchmarks, the first one each, and of the hub."""
    for benchmark in registry.benchmarks().values():
        for source in benchmark.sources[:1]:
            yield benchmark.name, source
        for source in benchmark.sources:
            if isinstance(source, HubSource):
                yield source.repo, source
