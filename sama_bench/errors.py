"""The errors that the toolkit raises on purpose.

Four things that can go wrong with an answer are never mixed up: a *refusal* is an answer and is
scored; a *failure* is an exception of the model and is counted; *missing* means that it was not
asked yet; *wrong* is what the scores measure. None of them is an exception of this module.
"""

from __future__ import annotations

from collections.abc import Iterable


class SamaBenchError(Exception):
    """Base of all errors that carry one clear line for the user."""


class UserError(SamaBenchError):
    """The request was wrong: an unknown name, a missing folder, contradicting options.

    The command line prints the message in one line and exits with status 2.
    """


class DataError(UserError):
    """A file of a benchmark is missing, malformed or unsafe; the message names the file."""


class AbsentError(DataError):
    """A benchmark's files are not below the data root at all."""


class NoRootError(UserError):
    """A benchmark has files, and nobody said where they are."""


class AdapterError(UserError):
    """A model cannot be loaded or does not honour the adapter contract."""


class IncompleteError(UserError):
    """A result would not cover what was asked; the message lists what is missing or differs."""


def did_you_mean(kind: str, name: str, known: Iterable[str]) -> UserError:
    """Return the error for an unknown name, with the nearest known ones."""
    import difflib  # only where something is wrong: every worker and command imports this module

    names = sorted(known)
    lower = {known_name.lower(): known_name for known_name in names}
    found = difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.6)
    near = [lower[match] for match in found]
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names)}"
    return UserError(f"unknown {kind} '{name}'; {hint}")
