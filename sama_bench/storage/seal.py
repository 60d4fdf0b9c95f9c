"""A checksum at the end of a JSON object, over every byte before it: damage is seen, not read."""

from __future__ import annotations

import json
import zlib
from typing import Any

_KEY = "crc32"
_SEAL = b', "crc32": "'
_LENGTH = len(_SEAL) + 8 + len(b'"}')


def sealed(content: bytes) -> bytes:
    """Return a JSON object (not empty, no white space around it) with its checksum added."""
    body = content[:-1]
    return body + _SEAL + f"{zlib.crc32(body):08x}".encode() + b'"}'


def has_seal(raw: bytes) -> bool:
    """Return whether a file ends with a checksum, be it right or wrong."""
    return raw.rstrip(b"\r\n")[-_LENGTH:].startswith(_SEAL)


def unsealed(raw: bytes) -> Any:
    """Return the content of JSON after its checksum was compared, if it has one.

    Files without one (of former versions, or written by others) are read as they are.

    Raises:
        ValueError: it is malformed, or its checksum does not fit.
        RecursionError: it is nested too deeply.
    """
    content = json.loads(raw)
    if not isinstance(content, dict) or not any(map(_is_key, content)):
        return content
    text = raw.rstrip(b"\r\n")
    body, seal = text[:-_LENGTH], text[-_LENGTH:]
    if seal != _SEAL + f"{zlib.crc32(body):08x}".encode() + b'"}':
        raise ValueError("its checksum does not fit: it is damaged, or was changed by hand")
    del content[_KEY]
    return content


def _is_key(key: str) -> bool:
    """Whether a key is that of the checksum, or was until one character of it was damaged."""
    differ = sum(one != other for one, other in zip(key, _KEY, strict=False))
    return len(key) == len(_KEY) and differ <= 1
