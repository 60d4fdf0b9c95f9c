"""Random access to one large JSON object: where the value of each key begins and ends.

Mask dictionaries of hundreds of MB are read once from front to back, one value in memory at a
time; the offsets are cached, and afterwards a value is read by itself.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from sama_bench.errors import DataError
from sama_bench.storage.cache_folder import cache_dir, keep, read_cached
from sama_bench.storage.untrusted_files import open_regular

CHUNK = 1 << 24
"""Bytes read at a time, 16 MiB; a longer value makes the window grow."""

LONGEST_VALUE = 1 << 30
"""A single value beyond this many bytes is refused, 1 GiB."""

Twice: TypeAlias = list[tuple[dict[str, Any], frozenset[str]]]
_FORMAT = 1
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class JsonIndex:
    """The values of a file that holds one JSON object.

    Attributes:
        path: of the file.
        stamp: its size in bytes and time of change in ns when it was read.
        checksum: ``sha256:`` and the hexadecimal digest of the whole file.
        spans: key to the (first, past the last) byte of its value.
        repeated: keys that occur more than once; the last occurrence counts, as in Python's json.
    """

    path: Path
    stamp: tuple[int, int]
    checksum: str
    spans: Mapping[str, tuple[int, int]]
    repeated: tuple[str, ...] = ()

    def value(self, key: str, twice: Twice | None = None) -> Any:
        """Read and parse the value of one key.

        Args:
            key: of the file's object.
            twice: receives, if given, each object of the value in which keys stand more than once,
                with these keys; the last occurrence counts.

        Raises:
            DataError: the file changed since it was indexed, vanished, or the value is no JSON.
            KeyError: there is no such key.
        """
        first, last = self.spans[key]
        try:
            if _stamp(self.path) != self.stamp:
                raise DataError(f"{self.path} changed while it was being used; start again")
            with open_regular(self.path) as file:
                file.seek(first)
                raw = file.read(last - first)
            return json.loads(raw, object_pairs_hook=None if twice is None else _noting(twice))
        except OSError as error:
            raise _unreadable(self.path, error) from None
        except UnicodeDecodeError as error:
            place = f"at byte {first + error.start}"
            raise DataError(f"{self.path} is not UTF-8: {error.reason}, {place}") from None
        except (ValueError, RecursionError) as error:
            raise DataError(f"{self.path}, bytes {first} to {last}: {error}") from None


def _noting(twice: Twice) -> Callable[[list[tuple[str, Any]]], dict[str, Any]]:
    """Return what makes an object of its pairs, and notes the keys that stand more than once."""

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            times = Counter(key for key, _ in pairs)
            twice.append((found, frozenset(key for key in found if times[key] > 1)))
        return found

    return made


def index_json(path: Path) -> JsonIndex:
    """Index a JSON object, from the cache where the file has not changed since.

    Raises:
        DataError: the file is missing, unreadable, or not one well-formed JSON object.
    """
    try:
        stamp = _stamp(path)
    except OSError as error:
        raise _unreadable(path, error) from None
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:32]
    cached_at = cache_dir() / "indexes" / f"{name}.json"
    known = _from_cache(path, stamp, read_cached(cached_at))
    if known is not None:
        return known
    index = _scan(path, stamp)
    content = {
        "key": [_FORMAT, *stamp],
        "checksum": index.checksum,
        "spans": index.spans,
        "repeated": index.repeated,
    }
    keep(cached_at, content)
    return index


def _from_cache(path: Path, stamp: tuple[int, int], cached: Any) -> JsonIndex | None:
    """Return an index as it was kept, or None where that is of another file or damaged."""
    try:
        if cached["key"] != [_FORMAT, *stamp]:
            return None
        spans = {key: (int(first), int(last)) for key, (first, last) in cached["spans"].items()}
        inside = all(0 <= first <= last <= stamp[0] for first, last in spans.values())
        repeated = tuple(map(str, cached["repeated"]))
        return JsonIndex(path, stamp, str(cached["checksum"]), spans, repeated) if inside else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _scan(path: Path, stamp: tuple[int, int]) -> JsonIndex:
    spans: dict[str, tuple[int, int]] = {}
    repeated: dict[str, None] = {}
    try:
        with open_regular(path) as file:
            window = Window(file, path)
            window.expect("{")
            if window.peek() == "}":
                window.expect("}")
            else:
                while True:
                    key = window.key()
                    window.expect(":")
                    if key in spans:
                        repeated[key] = None
                    _, first, last = window.value()
                    spans[key] = (first, last)
                    if window.expect(",}") == "}":
                        break
            if window.peek():
                raise window.wrong("text after the closing brace")
    except OSError as error:
        raise _unreadable(path, error) from None
    return JsonIndex(path, stamp, f"sha256:{window.digest.hexdigest()}", spans, tuple(repeated))


class Window:
    """A part of the file, moving forward.

    The bytes are read as Latin-1, one character a byte, so that positions in the text are offsets
    in the file; what JSON is made of is ASCII, and keys are decoded properly.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.file, self.path = file, path
        self.text, self.at, self.base = "", 0, 0
        self.ended = False
        self.digest = hashlib.sha256()

    def grow(self) -> bool:
        """Drop what lies behind, read on, at least doubling the rest; False at the end."""
        if self.ended:
            return False
        rest = self.text[self.at :]
        if len(rest) > LONGEST_VALUE:
            raise self.wrong(f"a value of more than {LONGEST_VALUE} bytes")
        piece = self.file.read(max(CHUNK, len(rest)))
        self.ended = not piece
        if self.ended:
            return False
        self.digest.update(piece)
        self.text, self.base, self.at = rest + piece.decode("latin-1"), self.base + self.at, 0
        return True

    def peek(self) -> str:
        """Return the next character that is not a blank, or "" at the end."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
                self.at += 1
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.grow():
                return ""

    def expect(self, characters: str) -> str:
        """Step over one of these characters, which must come next, and return it."""
        found = self.peek()
        if not found or found not in characters:
            wanted = " or ".join(f"'{character}'" for character in characters)
            raise self.wrong(f"{wanted} expected, found {repr(found) if found else 'the end'}")
        self.at += 1
        return found

    def key(self) -> str:
        """Step over a key and return it."""
        if self.peek() != '"':
            raise self.wrong("a key in double quotes expected")
        _, first, last = self.value()
        text = self.text[first - self.base : last - self.base]
        try:
            return str(json.loads(text.encode("latin-1")))
        except ValueError:
            raise self.wrong("a key that is not UTF-8") from None

    def value(self) -> tuple[Any, int, int]:
        """Parse one value; return it with its first and past-last byte.

        Its strings are Latin-1 readings of what may be UTF-8.
        """
        self.peek()
        while True:
            try:
                found, last = _DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                malformed = self.wrong(error.msg, error.pos)
                if not self._may_be_cut(error) or not self.grow():
                    raise malformed from None
                continue
            except (RecursionError, ValueError) as error:
                raise self.wrong(f"a value that cannot be read ({error})") from None
            # A number may go on beyond the window (".", "e+" and a digit); nothing else can.
            cut = isinstance(found, (int, float)) and last + 3 > len(self.text)
            if not cut or not self.grow():
                first, self.at = self.at, last
                return found, self.base + first, self.base + last

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        return error.msg.startswith("Unterminated") or error.pos > len(self.text) - 16

    def wrong(self, what: str, at: int | None = None) -> DataError:
        """Return the error that names the file and the place."""
        place = self.base + (self.at if at is None else at)
        return DataError(f"{self.path} is not a well-formed JSON object: {what}, at byte {place}")


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _unreadable(path: Path, error: OSError) -> DataError:
    if isinstance(error, FileNotFoundError):
        return DataError(f"{path} does not exist")
    return DataError(f"{path} cannot be read: {error.strerror or error}")
