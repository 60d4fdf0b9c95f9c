"""The errors that the toolkit raises on purpose.

Four things that can go wrong with an answer are never mixed up: a *refusal* is an answer and is
scored; a *failure* is an exception of the model and is counted; *missing* means that it was not
asked yet; *wrong* is what the scores measure. None of them is an exception of this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_OPTION = (
    r"(?P<command>(?P<quote>['`])sama-bench\b.*?(?P=quote))"
    r"|(?<![\w-])--option (?P<key>\w+)=(?P<value>[\w.]+)"
    r"|(?<![\w-])--(?P<name>[a-z][a-z-]*)(?: (?P<holder>[A-Z][A-Z_]*)\b)?"
)


class SamaBenchError(Exception):
    """Base of all errors that carry one clear line for the user.

    Attributes:
        listed: the text is a line and a list below it, a line each.
    """

    listed = False


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


class StopRunError(SamaBenchError):
    """What a worker found makes its answers worthless: the run ends, no sample is to blame."""


class IncompleteError(UserError):
    """A result would not cover what was asked; the message lists what is missing or differs."""


def in_python(text: str, parameters: Mapping[str, bool]) -> str:
    """Return a message about options of the command line as one about a function's parameters.

    ``--load-timeout 0`` becomes ``load_timeout 0``, ``--data DIR`` ``data=DIR``, ``--fresh``
    ``fresh=True``, ``--no-captions`` ``captions=False`` and ``--option k=v``
    ``options={'k': 'v'}``. Whole commands in quotes, and what is no parameter, stay as they are.

    Args:
        text: that the engine raised.
        parameters: of the function, by name, and whether each is a switch.
    """
    import re  # only where something is wrong

    def said(match: re.Match[str]) -> str:
        if match["command"] or (match["key"] and "options" not in parameters):
            return match[0]
        if match["key"]:
            return f"options={{'{match['key']}': '{match['value']}'}}"
        name = match["name"].replace("-", "_")
        if name in ("option", "protocol") and f"{name}s" in parameters:
            name += "s"
        if name in parameters:
            holder = match["holder"]
            if parameters[name]:
                return f"{name}=True" + (f" {holder}" if holder else "")
            return f"{name}={holder}" if holder else name
        if name.startswith("no_") and parameters.get(name.removeprefix("no_")):
            return f"{name.removeprefix('no_')}=False"
        return match[0]

    return re.sub(_OPTION, said, text)


def did_you_mean(kind: str, name: str, known: Iterable[str]) -> UserError:
    """Return the error for an unknown name, with the nearest known ones."""
    import difflib  # only where something is wrong: every worker and command imports this module

    names = sorted(known)
    lower = {known_name.lower(): known_name for known_name in names}
    found = difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.6)
    near = [lower[match] for match in found]
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names)}"
    return UserError(f"unknown {kind} '{name}'; {hint}")
