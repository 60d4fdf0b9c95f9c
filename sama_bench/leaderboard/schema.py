"""A check of JSON against the fields that a file must have, with messages that name the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sama_bench.errors import DataError

Fields: TypeAlias = Mapping[str, type | tuple[type, ...]]
NONE = type(None)
NUMBER = (int, float)


class SchemaError(DataError):
    """A file is not of its schema; the text names file, place and field."""


def check(content: Any, fields: Fields, where: str) -> None:
    """Check that an object has exactly these fields, each of its type; ``true`` is no number.

    Raises:
        SchemaError: it does not.
    """
    if not isinstance(content, dict):
        raise SchemaError(f"{where}: expected an object, found {type(content).__name__}")
    missing, surplus = set(fields) - set(content), set(content) - set(fields)
    if missing or surplus:
        what = f"lacks {sorted(missing)}" if missing else f"has unknown {sorted(surplus)}"
        raise SchemaError(f"{where}: {what}")
    for name, kind in fields.items():
        value = content[name]
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise SchemaError(f"{where}: {name} has the wrong type ({type(value).__name__})")
