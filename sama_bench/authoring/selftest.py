"""Recompute golden files: does this installation compute the reference's numbers?

A golden file is a JSON object with inputs and outputs of the released evaluators. Its kind is
recognised by what it holds, not by its name; what can be recomputed is found in the metrics
modules that the registry knows, each of which may define ``GOLDENS``, a mapping from kind to a
``Golden``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sama_bench.errors import SamaBenchError, UserError
from sama_bench.registry import goldens, loaded

TOLERANCE = 1e-12
"""The largest difference between a golden number and ours that passes."""

Value = float | str | None
Recompute = Callable[[Mapping[str, Any]], Iterable[tuple[str, Value, Value]]]


@dataclass(frozen=True)
class GoldenResult:
    """What became of one golden file.

    Attributes:
        path: the file.
        kind: as the metric's file calls it.
        values: how many values were compared.
        difference: the largest absolute difference; infinite where a text differs or only one
            side has a value.
        where: label of the value with the largest difference ("" if nothing differs).
        problem: why the file could not be recomputed, None if it could.
    """

    path: str
    kind: str
    values: int
    difference: float
    where: str = ""
    problem: str | None = None

    @property
    def passed(self) -> bool:
        """True where every value is within ``TOLERANCE``."""
        return self.problem is None and self.difference <= TOLERANCE

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain JSON values (an infinite difference as None)."""
        plain = asdict(self)
        if not math.isfinite(self.difference):
            plain["difference"] = None
        return {**plain, "passed": self.passed}


def packagedgoldens() -> Path:
    """Return the folder of the small set that the package carries."""
    return Path(__file__).resolve().parents[1] / "metrics" / "_goldens"


def selftest(folder: str | Path | None = None) -> list[GoldenResult]:
    """Recompute every golden file in a folder and below it.

    Args:
        folder: where to look; the packaged set if None.

    Returns:
        One result a golden file, sorted by path. Other JSON files are ignored.

    Raises:
        UserError: the folder does not exist or holds no golden file.
    """
    root = packagedgoldens() if folder is None else Path(folder)
    if not root.exists():
        raise UserError(f"no folder {root}: name one with golden JSON files")
    files = sorted(root.rglob("*.json")) if root.is_dir() else [root]
    recomputes = discover()
    results = []
    for path in files:
        data = _read(path)
        kind = recognise(data)
        if kind is not None:
            results.append(_recompute_file(path, kind, data, recomputes))
    if not results:
        raise UserError(f"no golden file in {root}: expected JSON with inputs and outputs")
    return results


def discover() -> dict[str, Recompute]:
    """Return the recompute function of every kind that a metrics module offers."""
    return {kind: loaded(golden.recompute) for kind, golden in goldens().items()}


def recognise(data: object) -> str | None:
    """Return the kind of a golden file's content, None if it is no golden file."""
    if not isinstance(data, Mapping) or "source" not in data:
        return None
    for kind, golden in goldens().items():
        entries = data.get(golden.entries)
        # Any entry may tell: one on which the reference raises has no scores.
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, Mapping) and golden.keys <= entry.keys():
                return kind
    return None


def difference(expected: Value, computed: Value) -> float:
    """Return how far a computed value is from the expected one.

    None and "nan" stand for a value that does not exist. Texts that differ, and a value on one
    side only, are infinitely far apart.
    """
    one, other = _number(expected), _number(computed)
    if isinstance(one, str) or isinstance(other, str):
        return 0.0 if one == other else math.inf
    if math.isnan(one) or math.isnan(other):
        return 0.0 if math.isnan(one) and math.isnan(other) else math.inf
    return 0.0 if one == other else abs(one - other)


def _number(value: Value) -> float | str:
    if value is None:
        return math.nan
    if isinstance(value, str):
        return float(value) if value in ("nan", "inf", "-inf") else value
    return float(value)


def _read(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _recompute_file(
    path: Path, kind: str, data: Any, recomputes: Mapping[str, Recompute]
) -> GoldenResult:
    recompute = recomputes.get(kind)
    if recompute is None:
        return GoldenResult(str(path), kind, 0, math.inf, problem=f"nothing recomputes {kind}")
    values, worst, where = 0, 0.0, ""
    try:
        for label, expected, computed in recompute(data):
            values += 1
            apart = difference(expected, computed)
            if apart > worst:
                worst, where = apart, label
    except (
        SamaBenchError,
        ArithmeticError,
        LookupError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return GoldenResult(str(path), kind, values, math.inf, where, reason)
    if values == 0:
        return GoldenResult(str(path), kind, 0, math.inf, problem="the file holds no value")
    return GoldenResult(str(path), kind, values, worst, where)
