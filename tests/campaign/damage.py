"""Ways in which files break: bytes of any file, values of JSON."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 5, 1e308, -0.0, 10**30, "", "x", "../../x", "\x1b[31m", "\ud800",
    "é", "NaN", [], {}, [[]], [None], {"": None}, "0" * 300, float("nan"), float("inf"), 2**63,
)  # fmt: skip
DEEP = "[" * 4000 + "]" * 4000


def damage_bytes(rng: random.Random, raw: bytes) -> tuple[bytes, str]:
    """Return a file's content broken in one way, and what was done."""
    place = rng.randrange(len(raw) + 1)
    way = rng.choice(sorted(_WAYS))
    return _WAYS[way](rng, raw, place), f"{way} at {place} of {len(raw)}"


def _flip(rng: random.Random, raw: bytes, place: int) -> bytes:
    place = min(place, max(0, len(raw) - 1))
    return (
        raw[:place]
        + bytes(b ^ (1 << rng.randrange(8)) for b in raw[place : place + 1])
        + raw[place + 1 :]
    )


def _digit(rng: random.Random, raw: bytes, place: int) -> bytes:
    """Change one digit to another: what no reader of JSON can notice."""
    digits = [i for i in range(place, min(len(raw), place + 5000)) if raw[i : i + 1].isdigit()]
    if not digits:
        return _flip(rng, raw, place)
    at = rng.choice(digits)
    other = rng.choice([d for d in b"0123456789" if d != raw[at]])
    return raw[:at] + bytes([other]) + raw[at + 1 :]


def _swap_lines(rng: random.Random, raw: bytes, place: int) -> bytes:
    lines = raw.splitlines(keepends=True)
    rng.shuffle(lines)
    return b"".join(lines)


def _lose_line(rng: random.Random, raw: bytes, place: int) -> bytes:
    lines = raw.splitlines(keepends=True)
    if lines:
        del lines[rng.randrange(len(lines))]
    return b"".join(lines)


def _zeros(rng: random.Random, raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes(min(512, len(raw) - place)) + raw[place + 512 :]


def _random_bytes(rng: random.Random, raw: bytes, place: int) -> bytes:
    return raw[:place] + rng.randbytes(rng.randrange(1, 40)) + raw[place:]


_WAYS = {
    "flipped bit": _flip,
    "other digit": _digit,
    "cut": lambda rng, raw, place: raw[:place],
    "lost start": lambda rng, raw, place: raw[place:],
    "lost bytes": lambda rng, raw, place: raw[:place] + raw[place + rng.randrange(1, 200) :],
    "zeros": _zeros,
    "random bytes": _random_bytes,
    "byte order mark": lambda rng, raw, place: b"\xef\xbb\xbf" + raw,
    "twice": lambda rng, raw, place: raw + raw,
    "again from": lambda rng, raw, place: raw + raw[place:],
    "nesting": lambda rng, raw, place: raw[:place] + DEEP.encode() + raw[place:],
    "only nesting": lambda rng, raw, place: DEEP.encode(),
    "empty": lambda rng, raw, place: b"",
    "carriage returns": lambda rng, raw, place: raw.replace(b"\n", b"\r\n"),
    "latin-1": lambda rng, raw, place: raw[:place] + b"\xe9\xff" + raw[place:],
    "utf-16": lambda rng, raw, place: raw.decode("latin-1").encode("utf-16"),
    "line end lost": lambda rng, raw, place: raw.rstrip(b"\n"),
    "lines shuffled": _swap_lines,
    "line lost": _lose_line,
}  # fmt: skip


def damage_json(rng: random.Random, content: Any) -> tuple[Any, str]:
    """Put an odd value, or nothing, in the place of a random node; the content is changed."""
    path: list[str] = []
    node, parent, key = content, None, None
    while isinstance(node, (dict, list)) and node and (parent is None or rng.random() < 0.8):
        parent, key = node, rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
        node = node[key]
        path.append(str(key)[:40])
    where = "/".join(path) or "the whole"
    if parent is None:
        return rng.choice(ODD), f"{where} replaced"
    way = rng.randrange(4)
    if way == 0:
        del parent[key]
        return content, f"{where} taken out"
    if way == 1 and isinstance(parent, list):
        parent.insert(0, node)
        return content, f"{where} twice"
    if way == 2 and isinstance(parent, dict):
        parent[rng.choice(["", "extra", str(key).upper()])] = parent.pop(key)
        return content, f"{where} under another key"
    odd = rng.choice(ODD)
    parent[key] = odd
    return content, f"{where} is {str(odd)[:20]!r}"


def damage_file(rng: random.Random, path: Path, times: int = 1) -> str:
    """Break a file in place, as bytes or as JSON; a link to whole material is cut first."""
    raw = path.read_bytes()
    said = []
    for _ in range(times):
        done = None
        if path.suffix == ".json" and rng.random() < 0.5:
            done = _as_json(rng, raw)
        raw, way = done or damage_bytes(rng, raw)
        said.append(way)
    path.unlink()
    path.write_bytes(raw)
    return f"{path.name}: {'; '.join(said)}"


def _as_json(rng: random.Random, raw: bytes) -> tuple[bytes, str] | None:
    try:
        content, way = damage_json(rng, json.loads(raw))
        return json.dumps(content).encode(), way
    except (ValueError, RecursionError):
        return None
