"""Loads a pickle in Python, where everything can be looked at before it is hashed or made.

A tuple of tuples that are the same one twice, forty levels deep, takes a hundred bytes and 2^40
steps to hash; one of a million levels ends the process. To C's unpickler the places of the memo
are an array, so that nine bytes take gigabytes; here they are a dict.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

DEEPEST = 100
"""Levels of lists and dicts that annotations may have."""
SHARED, FEW = 16, 1 << 16
"""So many values may stand in the data for each byte of the file, the same one counted again; and
so many in any."""
LONGEST_KEY = 16

_SCALARS = frozenset((str, bytes, int, float, bool, type(None)))


class UnplainError(ValueError):
    """Data is not what annotations are made of."""


class CarefulUnpickler(pickle._Unpickler):
    """Python's own unpickler, which looks at keys before it hashes them.

    A subclass says what names stand for (``find_class``).
    """

    stack: list[Any]
    pop_mark: Callable[[], list[Any]]
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(pickle._Unpickler.dispatch)

    def __init__(self, raw: bytes, encoding: str) -> None:
        super().__init__(io.BytesIO(raw), encoding=encoding)
        self._size = len(raw)

    def load(self) -> Any:
        """Return the data.

        Raises:
            UnplainError: its keys are not simple, or it is far larger than the file, or deeper
                than any annotation.
        """
        data = super().load()
        check_extent(data, self._size)
        return data


def check_keys(keys: Iterable[object]) -> None:
    """Check keys of a dict or elements of a set: numbers, texts, or short tuples of them.

    Raises:
        UnplainError: one is not.
    """
    for key in keys:
        if type(key) in _SCALARS:
            continue
        plain = type(key) is tuple and all(type(part) in _SCALARS for part in key[:LONGEST_KEY])
        if not plain or len(key) > LONGEST_KEY:  # type: ignore[arg-type]
            raise UnplainError("a key that is no number, no text and no short tuple of these")


def check_extent(data: Any, size: int) -> None:
    """Check that data of a pickle of ``size`` bytes is neither deep nor a multiple of itself.

    Raises:
        UnplainError: it is.
    """
    left = SHARED * size + FEW
    level = [data]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind in _SCALARS:
                continue
            if isinstance(item, (list, tuple, dict, set, frozenset)):
                left -= len(item)
                if left < 0:
                    raise UnplainError("far more values than bytes: they contain one another")
                below.extend(item.values() if isinstance(item, dict) else item)
        if not below:
            return
        level = below
    raise UnplainError(f"more than {DEEPEST} levels of lists and dicts")


def _setitem(self: CarefulUnpickler) -> None:
    stack = self.stack
    value = stack.pop()
    key = stack.pop()
    if type(key) not in _SCALARS:
        check_keys((key,))
    stack[-1][key] = value


def _checked(code: bytes, keys: slice) -> None:
    """Have an opcode check the keys among what lies above the last mark."""
    load: Callable[[Any], None] = pickle._Unpickler.dispatch[code[0]]

    def check_and_load(self: CarefulUnpickler) -> None:
        check_keys(self.stack[keys])
        load(self)

    CarefulUnpickler.dispatch[code[0]] = check_and_load


def _refused(self: CarefulUnpickler) -> None:
    raise UnplainError("bytes that can be changed")  # their length is believed before it is read


CarefulUnpickler.dispatch[pickle.SETITEM[0]] = _setitem
CarefulUnpickler.dispatch[pickle.BYTEARRAY8[0]] = _refused
_checked(pickle.SETITEMS, slice(None, None, 2))
_checked(pickle.DICT, slice(None, None, 2))
_checked(pickle.ADDITEMS, slice(None))
_checked(pickle.FROZENSET, slice(None))
