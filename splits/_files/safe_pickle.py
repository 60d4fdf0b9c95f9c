"""Reads the pickles of public data sets without running code that they may hold.

``refs(unc).p``, ``grefs(unc).p`` and ``mask_dict.pkl`` (data protocol, sections 2.2, 3.1 and 3.2)
hold nothing but dicts, lists, numbers and strings. A pickle may name any function of any installed
package and call it; here every name is refused except the few that plain data needs, and those are
replaced by functions that can do nothing else; and nothing is loaded that takes far more time or
memory than the file has bytes (see ``careful_unpickler``).
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from sama_bench.errors import DataError
from sama_bench.splits._files.careful_unpickler import CarefulUnpickler, check_keys
from sama_bench.storage.untrusted_files import read_bytes

_NUMBERS = {
    **{f"i{1 << n}": code for n, code in enumerate("bhiq")},
    **{f"u{1 << n}": code for n, code in enumerate("BHIQ")},
    "f2": "e", "f4": "f", "f8": "d", "b1": "?",
}  # fmt: skip


def load_pickle(path: Path) -> Any:
    """Return the plain data of a pickle: dict, list, tuple, set, str, bytes, numbers, bool, None.

    Pickles of Python 2 are read as UTF-8, or as Latin-1 where they are not. Scalars of NumPy become
    Python numbers.

    Raises:
        DataError: the file is missing or damaged, or it asks for anything but plain data, or for
            far more time or memory than it has bytes; the message names what it asked for. Nothing
            of it has been run then.
    """
    raw, _ = read_bytes(path)
    try:
        return _load(path, raw, "utf-8")
    except UnicodeDecodeError:
        return _load(path, raw, "latin-1")


class _ForbiddenError(Exception):
    """A pickle names a function or class."""


def _load(path: Path, raw: bytes, encoding: str) -> Any:
    try:
        return _PlainUnpickler(raw, encoding).load()
    except UnicodeDecodeError:
        if encoding == "utf-8":
            raise
        raise DataError(f"{path} is not a readable pickle: text in an unknown encoding") from None
    except _ForbiddenError as error:
        raise DataError(
            f"{path} asks for {error}, which plain data does not need: it was not run. "
            "Get the file from the place where the benchmark is published"
        ) from None
    except (
        pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError, LookupError,
        OverflowError, MemoryError, RecursionError, AssertionError, struct.error,
    ) as error:  # fmt: skip
        too_much = "it asks for more memory than there is"
        reason = too_much if isinstance(error, MemoryError) else str(error) or "it is cut off"
        raise DataError(f"{path} is not a readable pickle: {reason}") from None


class _PlainUnpickler(CarefulUnpickler):
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = dict(CarefulUnpickler.dispatch)

    def find_class(self, module: str, name: str) -> Any:
        """Return a harmless stand-in for a known name, and refuse all others."""
        known = _STANDINS.get((module, name))
        if known is None:
            raise _ForbiddenError(f"{module}.{name}")
        return known

    def persistent_load(self, pid: Any) -> Any:
        """Refuse references to objects outside the file."""
        raise _ForbiddenError(f"the outside object {_shown(pid)}")


def _build(unpickler: _PlainUnpickler) -> None:
    state = unpickler.stack.pop()
    if not isinstance(unpickler.stack[-1], _NumberType):
        raise _ForbiddenError("a state for something that has none")
    unpickler.stack[-1].__setstate__(state)


_PlainUnpickler.dispatch[ord(pickle.BUILD)] = _build


def _shown(value: object) -> str:
    """A text as it is, of anything else its type: what contains itself has an endless text."""
    return repr(value[:80]) if isinstance(value, str) else f"a {type(value).__name__}"


class _NumberType:
    """Stands for a NumPy dtype; holds the ``struct`` code of one number."""

    def __init__(self, kind: Any, *_: Any) -> None:
        name = kind if isinstance(kind, str) else ""
        code = name[1:] if name[:1] in "<>|=" else name
        if code not in _NUMBERS:
            raise _ForbiddenError(f"the array type {_shown(kind)}")
        self.code, self.order = _NUMBERS[code], "<"

    def __setstate__(self, state: Any) -> None:
        self.order = ">" if isinstance(state, tuple) and state[1:2] == (">",) else "<"


def _number(kind: Any, data: Any) -> Any:
    if not isinstance(kind, _NumberType):
        raise _ForbiddenError("a number of an unknown type")
    raw = data.encode("latin-1") if isinstance(data, str) else data
    return struct.unpack(kind.order + kind.code, raw)[0]


def _as_bytes(text: Any, encoding: Any = "latin-1") -> bytes:
    """What ``_codecs.encode`` does in pickles of bytes with an old pickle protocol."""
    known = isinstance(encoding, str) and encoding.lower() in ("latin1", "latin-1")
    if not isinstance(text, str) or not known:
        raise _ForbiddenError(f"the text encoding {_shown(encoding)}")
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    return b""


def _collected(make: Callable[[Any], Any]) -> Callable[..., Any]:
    def build(items: Any = ()) -> Any:
        if not isinstance(items, (list, tuple, set, frozenset)):
            raise _ForbiddenError("a set of something that is no list")
        check_keys(items)
        return make(items)

    return build


def _ordered(pairs: Any = ()) -> Any:
    for pair in pairs:
        check_keys(pair[:1])
    return OrderedDict(pairs)


_STANDINS: dict[tuple[str, str], Any] = {
    ("_codecs", "encode"): _as_bytes,
    ("collections", "OrderedDict"): _ordered,
}
for _module in ("builtins", "__builtin__"):
    _STANDINS[_module, "set"] = _collected(set)
    _STANDINS[_module, "frozenset"] = _collected(frozenset)
    _STANDINS[_module, "bytes"] = _no_bytes
for _package in ("numpy.core.multiarray", "numpy._core.multiarray"):
    _STANDINS[_package, "scalar"] = _number
_STANDINS["numpy", "dtype"] = _NumberType
