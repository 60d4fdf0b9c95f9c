"""A check of JSON against the fields that a file must have, with messages that name the place."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import msgspec

from sama_bench.errors import DataError
from sama_bench.storage.untrusted_files import is_text, read_regular_text

Fields: TypeAlias = Mapping[str, type | tuple[type, ...]]
T = TypeVar("T")
NONE = type(None)
NUMBER = (int, float)
LARGEST = 1e15
"""No number of a file of results is larger."""


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


def typed(content: Any, kind: type[T], where: str) -> T:
    """Return plain data as a class; ``true`` is no number.

    Raises:
        SchemaError: a field is missing, unknown or of another type; the text names its place.
    """
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise SchemaError(f"{where}: {error}") from None


def read_plain(path: Path) -> Any:
    """Read a JSON file of results, in which every number and every text can be shown.

    Raises:
        SchemaError: it cannot be read, is no JSON, or holds a number that is not finite or absurdly
            large, or half a surrogate pair.
    """
    try:
        content = json.loads(read_regular_text(path))
    except OSError as error:
        raise SchemaError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"{path} is not JSON: {error}") from None
    left = [content]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            left += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            left += item
        elif isinstance(item, float) and not math.isfinite(item):
            raise SchemaError(f"{path} holds {item}, not a finite number")
        elif isinstance(item, int) and abs(item) > LARGEST:
            raise SchemaError(f"{path} holds a number of more than {LARGEST:g}")
        elif isinstance(item, str) and not is_text(item):
            raise SchemaError(f"{path} holds a text with half a surrogate pair")
    return content
