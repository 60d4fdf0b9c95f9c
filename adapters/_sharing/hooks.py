"""Finding the methods of a loaded model that are wrapped; one that is not there is said."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


class UnknownCodeError(Exception):
    """The model's code is not of the form that is known; the message says where."""


@dataclass(frozen=True)
class Hook:
    """A method of a loaded model.

    Attributes:
        path: of its owner below the model, dotted; empty for the model itself.
        name: of the method, or of a callable attribute.
        parameters: that it has to have, in order; further ones need a default. None for any.
    """

    path: str
    name: str
    parameters: Sequence[str] | None = None

    def find(self, model: Any) -> tuple[Any, Callable[..., Any]]:
        """Return the owner and its method.

        Raises:
            UnknownCodeError: it is missing, or takes other arguments.
        """
        owner = model
        for step in filter(None, self.path.split(".")):
            owner = getattr(owner, step, None)
        label = ".".join(filter(None, (self.path, self.name)))
        method = getattr(owner, self.name, None)
        if not callable(method):
            raise UnknownCodeError(f"{type(model).__name__} has no {label}")
        if self.parameters is not None:
            self._check(method, f"{label} of {type(model).__name__}")
        return owner, method

    def _check(self, method: Callable[..., Any], label: str) -> None:
        wanted = list(self.parameters or ())
        try:
            found = list(inspect.signature(method).parameters.values())
        except (TypeError, ValueError):
            raise UnknownCodeError(f"{label} hides what it takes") from None
        extra = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        free = [p for p in found[len(wanted) :] if p.kind in extra or p.default is not p.empty]
        if [p.name for p in found[: len(wanted)]] != wanted or len(free) + len(wanted) < len(found):
            names = ", ".join(p.name for p in found)
            raise UnknownCodeError(f"{label} takes ({names}), not ({', '.join(wanted)})")
