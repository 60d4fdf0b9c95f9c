"""Reading the JSON of result files as types, with messages that name the place."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from sama_bench.errors import DataError
from sama_bench.scoring.scores_file import LARGEST
from sama_bench.storage.untrusted_files import is_text, read_regular_text

T = TypeVar("T")


class SchemaError(DataError):
    """A file is not of its schema; the text names file, place and field."""


def typed(content: Any, kind: type[T], where: str) -> T:
    """Return plain data as a class; ``true`` is no number.

    Raises:
        SchemaError: a field is missing, unknown or of another type; the text names its place.
    """
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise SchemaError(f"{where}: {_placed(str(error), content, kind)}") from None


def _placed(said: str, content: Any, kind: type) -> str:
    """Put the keys into a message that writes ``$.videos[...].ids[0]`` for those of objects."""
    before, _, place = said.partition(" - at `$")
    trail: list[Any] = []
    held = content
    for name, number, any_key in re.findall(r"\.(\w+)|\[(\d+)\]|(\[\.\.\.\])", place):
        step = int(number) if number else name
        if any_key:  # the one with which alone the message is the same
            keys = (k for k in held if said == _why(_alone(content, [*trail, k]), kind))
            step = next(keys, None)
            if step is None:
                return said
        trail.append(step)
        held = held[step]
    shown = "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in trail)
    return f"{before} - at `${shown}`" if trail else said


def _why(content: Any, kind: type) -> str | None:
    try:
        msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        return str(error)
    return None


def _alone(content: Any, trail: list[Any]) -> Any:
    """Return content whose object at the end of a trail holds nothing but the last step."""
    step, *further = trail
    if not further:
        return {step: content[step]}
    copy = content.copy()
    copy[step] = _alone(content[step], further)
    return copy


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
