"""Published sizes of benchmarks, compared with the files that are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sama_bench.benchmark import Finding


def count_findings(where: str, counts: Mapping[str, tuple[int, int]]) -> Iterator[Finding]:
    """Report numbers that differ from the published ones."""
    for name, (found, expected) in counts.items():
        if found != expected:
            yield Finding("count", where, f"{found} {name}, published {expected}")


def checksum_findings(files: Mapping[str, str], published: Mapping[str, str]) -> Iterator[Finding]:
    """Report files whose SHA-256 differs from the published one."""
    for name, expected in published.items():
        if name in files and files[name] != f"sha256:{expected}":
            yield Finding("checksum", name, f"{files[name]}, published sha256:{expected}")
