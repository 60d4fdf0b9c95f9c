"""A judge's replies on disk: append-only JSON lines that can be published and replayed.

One line a reply: its key, what was asked and under which parameters, the reply, tokens, the model
that served it, the date, and a checksum. No line holds an API key. Of two lines for one question
the later counts; a torn or damaged line is passed over and listed in ``damaged``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from sama_bench.judge.settings import JudgeSettings
from sama_bench.metric import JudgeError, JudgeRequest, Reply
from sama_bench.storage.append import Appender
from sama_bench.storage.seal import sealed, unsealed
from sama_bench.storage.secrets import public, scrub
from sama_bench.storage.untrusted_files import read_regular

_KEPT = tuple(f.name for f in fields(Reply) if f.name != "cached")


class JudgeCache:
    """Replies by question, in memory and, with a path, in a file.

    Attributes:
        path: of the file, or None.
        damaged: lines that hold no reply, as ``line N: why``; their questions are asked again.

    Raises:
        JudgeError: the file exists and cannot be read.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = None if path is None else Path(path)
        self.damaged: list[str] = []
        self._replies: dict[tuple[str, str | None], Reply] = {}
        self._anywhere: dict[str, Reply] = {}
        self._appender: Appender | None = None
        if self.path is not None:
            self._load(self.path)

    def __len__(self) -> int:
        return len(self._replies)

    def served_models(self) -> list[str]:
        """Return the models that the kept replies say they came from, sorted."""
        return sorted(
            {scrub(str(reply.served_model)) for reply in self._replies.values()} - {"None"}
        )

    def checksum(self) -> str | None:
        """Return the checksum of the file, ``sha256:...``; None without one."""
        if self.path is None or not self.path.is_file():
            return None
        return f"sha256:{hashlib.sha256(read_regular(self.path)).hexdigest()}"

    def find(
        self, request: JudgeRequest, settings: JudgeSettings, *, any_endpoint: bool
    ) -> Reply | None:
        """Return the kept reply to a question, or None.

        ``any_endpoint`` accepts one from another base URL too: for replays, which ask nobody.
        """
        key = settings.key(request)
        found = self._replies.get((key, settings.endpoint))
        if found is None and any_endpoint:
            found = self._anywhere.get(key)
        return found

    def keep(self, request: JudgeRequest, settings: JudgeSettings, reply: Reply) -> None:
        """Remember a reply, and append it to the file if there is one.

        Raises:
            UserError: the file cannot be written.
        """
        key = settings.key(request)
        self._remember(key, settings.endpoint, reply)
        if self.path is None:
            return
        if self._appender is None:
            self._appender = Appender(self.path)
        line = {
            "key": key,
            "endpoint": settings.endpoint,
            "model": settings.model,
            "form": request.form,
            "attempt": request.attempt,
            "parameters": public(settings.sent(request), known_only=True),
            "messages": [dict(message) for message in request.messages],
            "reply": {name: asdict(reply)[name] for name in _KEPT},
        }
        # ASCII, so that even text that UTF-8 cannot carry is kept as it came.
        self._appender.append(sealed(json.dumps(line, ensure_ascii=True).encode("ascii")) + b"\n")

    def close(self) -> None:
        """Close the file; replies stay in memory."""
        if self._appender is not None:
            self._appender.close()
            self._appender = None

    def _remember(self, key: str, endpoint: str | None, reply: Reply) -> None:
        self._replies[key, endpoint] = reply
        self._anywhere[key] = reply

    def _load(self, path: Path) -> None:
        try:
            lines = read_regular(path).split(b"\n")
        except FileNotFoundError:
            return
        except OSError as error:
            raise JudgeError(f"the judge's cache {path} cannot be read: {error.strerror}") from None
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                self._remember(*_entry(line))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                why = f"no {error}" if isinstance(error, KeyError) else str(error)[:120]
                self.damaged.append(f"line {number}: {why}")


def _entry(line: bytes) -> tuple[str, str | None, Reply]:
    """Read a line: key, endpoint and reply. Raises what ``json`` and missing keys raise."""
    entry = unsealed(line)
    key, endpoint = entry["key"], entry.get("endpoint")
    if not isinstance(key, str) or not isinstance(endpoint, str | None):
        raise TypeError("'key' and 'endpoint' must be texts")
    return key, endpoint, _reply(entry["reply"])


def _reply(found: Mapping[str, Any]) -> Reply:
    """Check the types of a reply that was read. Raises TypeError or ValueError."""
    status = found["status"]
    if status not in ("answered", "refused"):
        raise ValueError("only replies that came are kept")
    for name in ("text", "error", "served_model", "created"):
        if not isinstance(found.get(name), str | None):
            raise TypeError(f"'{name}' must be a text or null")
    return Reply(
        status=status,
        text=found["text"],
        error=found.get("error"),
        cached=True,
        input_tokens=_tokens(found.get("input_tokens")),
        output_tokens=_tokens(found.get("output_tokens")),
        served_model=found.get("served_model"),
        created=found.get("created"),
    )


def _tokens(number: Any) -> int:
    """Read a count of tokens; none where it was not told."""
    if number is None:
        return 0
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 1 << 53:
        raise TypeError("a count of tokens must be a whole number")
    return number
