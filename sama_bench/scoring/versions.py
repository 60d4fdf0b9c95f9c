"""Versions of the values that scoring computes, per protocol.

A version is raised by every change of a value that the same answers get. Scores of another version
are scored again before they are compared, reported or ranked; answers are read whatever wrote them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SCORING: Mapping[str, int] = {"released": 2, "strict": 2}
"""1: until scores carried versions. 2: pictures of masks are read as the published evaluators read
them, and what cannot be understood fails instead of counting as empty; ``released`` has no figure
where a reference lists too few masks, and none for a video whose judge failed; ``strict`` CLAIR
reads the judge's verdict and not its draft."""


def versions_of(recorded: Mapping[str, Any]) -> dict[str, int]:
    """Return the versions under which something was scored; what records none is of the first.

    Args:
        recorded: a ``scores.json`` or an entry's provenance, with ``scoring`` by protocol;
            what is no whole number there is 0, which no version is.
    """
    found = recorded.get("scoring")
    given = found if isinstance(found, Mapping) else {}
    versions = {name: given.get(name, 1) for name in SCORING}
    return {name: one if isinstance(one, int) else 0 for name, one in versions.items()}


def outdated(recorded: Mapping[str, Any]) -> dict[str, int]:
    """Return the protocols that were scored under another version than today's, with theirs."""
    return {
        protocol: version
        for protocol, version in versions_of(recorded).items()
        if version != SCORING[protocol]
    }
