"""Published sizes of benchmarks, compared with the files that are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from sama_bench.benchmark import Finding
from sama_bench.splits._referring.meta_expressions import MetaExpressions


def count_findings(
    meta: MetaExpressions, published: Mapping[str, int], groups: Mapping[int, str] | None = None
) -> Iterator[Finding]:
    """Report numbers of videos, expressions and group members that differ from the published."""
    types = Counter(item.type_id for video in meta.videos for item in video.expressions)
    found = {"videos": len(meta.videos), "expressions": sum(types.values())}
    found.update({name: types[number] for number, name in (groups or {}).items()})
    for name, expected in published.items():
        if found[name] != expected:
            yield Finding("count", meta.path.name, f"{found[name]} {name}, published {expected}")


def checksum_findings(files: Mapping[str, str], published: Mapping[str, str]) -> Iterator[Finding]:
    """Report files whose SHA-256 differs from the published one."""
    for name, expected in published.items():
        if name in files and files[name] != f"sha256:{expected}":
            yield Finding("checksum", name, f"{files[name]}, published sha256:{expected}")
