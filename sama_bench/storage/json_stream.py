"""Reading the long lists of a COCO file one element at a time, without holding the file parsed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sama_bench.errors import DataError
from sama_bench.storage.json_index import Window
from sama_bench.storage.untrusted_files import open_regular


def read_lists(path: Path, takers: Mapping[str, Callable[[Any], None]]) -> str:
    """Hand every element of some top-level lists to a function, and return the checksum.

    Strings of elements are read as Latin-1; ids, file names and masks are ASCII.

    Args:
        path: of a file that holds one JSON object.
        takers: by the key of a list, what to do with each element; other keys are passed over.

    Returns:
        ``sha256:`` and the digest of the file.

    Raises:
        DataError: the file is missing, unreadable or malformed, or lacks one of the keys.
    """
    seen = set()
    try:
        with open_regular(path) as file:
            window = Window(file, path)
            window.expect("{")
            while True:
                key = window.key()
                window.expect(":")
                seen.add(key)
                if window.peek() == "[":
                    _elements(window, takers.get(key))
                else:
                    window.value()
                if window.expect(",}") == "}":
                    break
            if window.peek():
                raise window.wrong("text after the closing brace")
    except FileNotFoundError:
        raise DataError(f"{path} does not exist") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    for key in takers:
        if key not in seen:
            raise DataError(f"{path} has no list '{key}'")
    return f"sha256:{window.digest.hexdigest()}"


def _elements(window: Window, take: Callable[[Any], None] | None) -> None:
    window.expect("[")
    if window.peek() == "]":
        window.expect("]")
        return
    while True:
        found, _, _ = window.value()
        if take is not None:
            take(found)
        if window.expect(",]") == "]":
            return
