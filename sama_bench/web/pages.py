"""What the report and the leaderboard page share: data inside a page."""

from __future__ import annotations

import json
from typing import Any


def embedded(data: Any) -> str:
    """JSON that can stand in a script element: no ``<`` can close it or open a comment."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
