"""One line of ``predictions.jsonl``: what became of one sample.

A line is JSON and ends with a CRC-32 of what stands before it, so that a torn or damaged line is
recognised without parsing its masks. Lines without one (answers produced elsewhere) are parsed.
"""

from __future__ import annotations

import contextlib
import json
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sama_bench.benchmark import Outcome
from sama_bench.nouns import Answer

Status = Literal["answered", "refused", "failed"]
STATUSES: tuple[Status, ...] = ("answered", "refused", "failed")

_SEAL = b', "crc32": "'
_SEAL_LENGTH = len(_SEAL) + 8 + len(b'"}')
_ID = b'{"id": '
_STATUS = b', "status": "'
_SEGMENTS = b', "segments": ['
_CHECKSUM = "crc32"
_FIELDS: tuple[tuple[str, Any, str], ...] = (
    ("text", str, "a text"),
    ("segments", list, "a list"),
    ("error", str, "a text"),
    ("seconds", (int, float), "a number"),
    ("worker", str, "a text"),
    ("time", (int, float), "a number"),
)
_KNOWN = frozenset({"id", "status", "notes", "spent", _CHECKSUM, *(key for key, _, _ in _FIELDS)})
_LONGEST = 1e12
"""Seconds, whether of an answer or since the epoch; NaN and infinity are beyond it."""


@dataclass(frozen=True)
class Prediction:
    """What became of one sample, as plain data.

    Attributes:
        id: of the sample.
        status: ``answered``, ``refused`` (no masks where masks were wanted) or ``failed``.
        text: the reply; None when failed.
        segments: phrase, size and COCO RLEs of each segment, as ``Segment.to_json`` writes them.
        notes: what the adapter wanted recorded.
        error: one line, when failed.
        seconds: that the model took.
        spent: seconds of decoding, preparing, model and encoding; empty where that is not known.
        worker: which worker answered.
        time: when it was recorded, seconds since the epoch; for people, nothing is ordered by it.
    """

    id: str
    status: Status
    text: str | None = None
    segments: tuple[Mapping[str, Any], ...] = ()
    notes: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    seconds: float = 0.0
    spent: Mapping[str, float] = field(default_factory=dict)
    worker: str = ""
    time: float = 0.0

    def outcome(self) -> Outcome:
        """Return what scoring sees; an answer whose masks are broken counts as failed."""
        if self.status == "failed":
            return Outcome("failed", error=self.error or "no reason recorded")
        try:
            answer = Answer.from_json(
                {"text": self.text or "", "segments": self.segments, "notes": self.notes}
            )
        except (ValueError, KeyError, TypeError) as error:
            return Outcome("failed", error=f"the recorded answer cannot be read: {error}")
        return Outcome(self.status, answer=answer)


def to_line(record: Prediction) -> bytes:
    """Write a record as one sealed line, with its newline."""
    data = {
        "id": record.id,
        "status": record.status,
        "text": record.text,
        "segments": [dict(segment) for segment in record.segments],
        "notes": dict(record.notes),
        "error": record.error,
        "seconds": round(record.seconds, 6),
        **({"spent": dict(record.spent)} if record.spent else {}),
        "worker": record.worker,
        "time": record.time or round(time.time(), 3),
    }
    body = json.dumps(data, allow_nan=False).encode()[:-1]
    return body + _SEAL + f"{zlib.crc32(body):08x}".encode() + b'"}\n'


def from_line(line: bytes) -> Prediction:
    """Read one line, sealed or not.

    A line with an id and a status whose other fields are of wrong types is a failed answer, and
    its error says which; notes of a wrong type are no notes.

    Raises:
        ValueError: torn, damaged, or not a record.
    """
    try:
        data = json.loads(line)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    if not isinstance(data, dict) or not isinstance(data.get("id"), str):
        raise ValueError("not a record with an id")
    if any(map(_is_checksum_key, data)) and not _is_sealed(line.rstrip(b"\r\n")):
        raise ValueError("its checksum does not fit: the line is damaged, or was written anew")
    status = data.get("status")
    if status not in STATUSES:
        raise ValueError(f"status {status!r} is none of {', '.join(STATUSES)}")
    wrong = _wrong_type(data)
    if wrong is not None:
        return Prediction(
            data["id"], "failed", error=f"the recorded answer cannot be read: {wrong}"
        )
    notes = data.get("notes")
    return Prediction(
        id=data["id"],
        status=status,
        text=data.get("text"),
        segments=tuple(data.get("segments") or ()),
        notes=notes if isinstance(notes, dict) else {},
        error=data.get("error"),
        seconds=float(data.get("seconds") or 0.0),
        spent=_numbers(data.get("spent")),
        worker=data.get("worker") or "",
        time=float(data.get("time") or 0.0),
    )


def _wrong_type(data: Mapping[str, Any]) -> str | None:
    """Say which field of a record is of a wrong type, or None."""
    for key, kind, what in _FIELDS:
        value = data.get(key)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            return f"'{key}' must be {what}, not {type(value).__name__}"
        if isinstance(value, (int, float)) and not abs(value) <= _LONGEST:
            return f"'{key}' is no believable number"
    if "segments" not in data and data["status"] != "failed":
        unknown = ", ".join(key[:40] for key in data if key not in _KNOWN)
        if unknown:
            return f"it has no 'segments', but {unknown}"
    for number, segment in enumerate(data.get("segments") or ()):
        if not isinstance(segment, dict):
            return f"segment {number} must be an object, not {type(segment).__name__}"
    return None


def _numbers(value: object) -> dict[str, float]:
    """Return what is a believable number of an object; what others write there spoils no answer."""
    items = value.items() if isinstance(value, dict) else ()
    return {
        key: float(number)
        for key, number in items
        if isinstance(number, (int, float)) and abs(number) <= _LONGEST
    }


def _is_sealed(line: bytes) -> bool:
    """Whether a line begins and ends as we write it, and its checksum fits."""
    body, seal = line[:-_SEAL_LENGTH], line[-_SEAL_LENGTH:]
    return line.startswith(_ID) and seal == _SEAL + f"{zlib.crc32(body):08x}".encode() + b'"}'


def _is_checksum_key(key: str) -> bool:
    """Whether a key is that of the checksum, or was until one character of it was damaged."""
    differ = sum(one != other for one, other in zip(key, _CHECKSUM, strict=False))
    return len(key) == len(_CHECKSUM) and differ <= 1


def text_of(line: bytes) -> str | None:
    """Return the reply in a line, without parsing its masks where we wrote it ourselves.

    Raises:
        ValueError: torn, damaged, or not a record.
    """
    if _is_sealed(line):
        head = line.partition(_SEGMENTS)[0] + b"}"  # no text holds this: its quotes are escaped
        with contextlib.suppress(ValueError, KeyError, RecursionError):  # sealed by others
            text = json.loads(head)["text"]
            if text is None or isinstance(text, str):
                return text
    return from_line(line).text


def peek(line: bytes) -> tuple[str, Status]:
    """Return id and status of a line, without parsing its masks where it is sealed.

    Raises:
        ValueError: torn, damaged, or not a record.
    """
    if line[-_SEAL_LENGTH:].startswith(_SEAL) and line.startswith(_ID):
        if not _is_sealed(line):
            raise ValueError("its checksum does not fit: the line is damaged")
        body = line[:-_SEAL_LENGTH]
        end = body.index(_STATUS)
        status = body[end + len(_STATUS) : body.index(b'"', end + len(_STATUS))].decode()
        for known in STATUSES:
            if status == known:
                with contextlib.suppress(RecursionError):
                    id = json.loads(body[len(_ID) : end])
                    if isinstance(id, str):
                        return id, known
                raise ValueError("not a record with an id")
    record = from_line(line)
    return record.id, record.status
