"""Reading of an adapter's ``--option key=value`` settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from sama_bench.errors import AdapterError, UserError, did_you_mean

COMMON = ("transformers", "missing_weights", "threads")
"""Options that every adapter with weights understands: see ``loading``."""


def check_names(options: Mapping[str, str], known: Iterable[str]) -> None:
    """Check that every given option exists.

    Raises:
        UserError: one does not, with the nearest names.
    """
    names = sorted({*known, *COMMON})
    for name in options:
        if name not in names:
            raise did_you_mean("option", name, names)


def check_own(model: str, options: Mapping[str, str], known: Iterable[str] = ()) -> None:
    """Check that every given option is one of a model's without weights.

    Raises:
        UserError: one is not, with those that there are.
    """
    names = sorted(known)
    for name in options:
        if not names:
            raise UserError(f"--option {name}: {model} has no options")
        if name not in names:
            raise did_you_mean(f"option of {model}", name, names)


def choice(options: Mapping[str, str], name: str, values: Iterable[str], default: str) -> str:
    """Return an option that is one of ``values``.

    Raises:
        AdapterError: it is another.
    """
    given = options.get(name, default)
    known = tuple(values)
    if given not in known:
        raise AdapterError(f"--option {name}={given}: one of {', '.join(known)}")
    return given


def whole(options: Mapping[str, str], name: str, default: int, least: int = 1) -> int:
    """Return an option that is a whole number of at least ``least``.

    Raises:
        AdapterError: it is not.
    """
    given = options.get(name)
    if given is None:
        return default
    try:
        number = int(given)
    except ValueError:
        number = least - 1
    if number < least:
        raise AdapterError(f"--option {name}={given}: a whole number of at least {least}")
    return number


def number(options: Mapping[str, str], name: str, default: float) -> float:
    """Return an option that is a number.

    Raises:
        AdapterError: it is not.
    """
    given = options.get(name)
    if given is None:
        return default
    try:
        return float(given)
    except ValueError:
        raise AdapterError(f"--option {name}={given}: a number") from None


def folder(options: Mapping[str, str], name: str) -> Path | None:
    """Return an option that names an existing folder, or None.

    Raises:
        AdapterError: there is no such folder.
    """
    given = options.get(name)
    if given is None:
        return None
    path = Path(given).expanduser()
    if not path.is_dir():
        raise AdapterError(f"--option {name}={given}: there is no such folder")
    return path
