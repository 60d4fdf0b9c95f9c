"""What the report and the leaderboard page share: their folder, and data inside a page."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from sama_bench.errors import UserError


def embedded(data: Any) -> str:
    """JSON that can stand in a script element: no ``<`` can close it or open a comment."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def prepare(out: Path, mark: str) -> None:
    """Make a folder for pages, or empty it where it holds earlier ones.

    Args:
        out: the folder.
        mark: name of the empty file that tells such a folder from others.

    Raises:
        UserError: it is a file, or holds something else.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder")
    if out.is_dir() and any(out.iterdir()):
        if not (out / mark).is_file():
            raise UserError(f"--out {out} holds other files; name a new or empty folder")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / mark).touch()
    (out / ".nojekyll").touch()
