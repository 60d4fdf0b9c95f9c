"""Names of others as names of folders and files."""

from __future__ import annotations

import hashlib
import re


def safe_name(name: str) -> str:
    """Turn a model, benchmark or split name into one folder name; different names stay different.

    A name that had to be changed gets a few hexadecimal digits of its hash at the end.
    """
    safe = re.sub(r"[^A-Za-z0-9._+=:@-]+", "-", name).lstrip(".-")[:100]
    if safe == name:
        return name
    return (
        f"{safe or 'run'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"
    )
