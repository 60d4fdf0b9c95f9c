"""A tensor that stands for frames that nobody has prepared yet; imported where torch is.

What the models' code does with prepared frames before it encodes them (stacking, converting,
indexing) is noted; anything else makes the frames, with the very calls that were put off.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import torch

T = torch.Tensor
CONVERSIONS = {"to", "float", "bfloat16", "half", "cuda", "cpu", "contiguous", "detach"}
SHAPES = {"unsqueeze", "expand"}
QUESTIONS = {"size", "dim", "stride", "numel", "element_size", "is_floating_point"}
"""Methods, by name: whoever stands in for one calls the same in the end."""


def _properties() -> dict[Any, Callable[[Any], Any]]:
    """Return what is known of a tensor, by the getter that asks for it."""
    getter: Any = T
    return {
        getter.shape.__get__: lambda one: one._like.shape,
        getter.dtype.__get__: lambda one: one._like.dtype,
        getter.ndim.__get__: lambda one: one._like.ndim,
        getter.device.__get__: lambda one: one._place,
    }


PROPERTIES = _properties()


class Deferred(torch.Tensor):  # type: ignore[misc]
    """A tensor whose values are made when something needs them.

    Attributes:
        sharing_identity: names its bits, or None where they have no name.
    """

    sharing_identity: Hashable
    _make: Callable[[], Any]
    _like: Any
    _place: Any
    _parts: Sequence[Any] | None

    @staticmethod
    def of(
        make: Callable[[], Any], identity: Hashable, like: Any, place: Any, parts: Any = None
    ) -> Deferred:
        """Return a tensor that ``make`` makes.

        Args:
            make: returns its values.
            identity: a name of its bits, or None.
            like: a tensor on the meta device of its shape and type.
            place: the device it will be on.
            parts: the deferred tensors that it stacks, or None.
        """
        made: Deferred
        with torch.inference_mode(False), torch.no_grad():
            made = torch.empty(0).as_subclass(Deferred)
        made.sharing_identity, made._make, made._like = identity, make, like
        made._place, made._parts = torch.device(place), parts
        return made

    def made(self) -> Any:
        """Return the real tensor; it is not kept."""
        return self._make()

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Note what is put off, answer what is known, and make the values for all else."""
        more = kwargs or {}
        first = args[0] if args else None
        name = getattr(func, "__name__", "")
        if func is torch.stack and _stackable(args, more):
            return _stacked(list(args[0]))
        if isinstance(first, Deferred):
            known = cls._known(first, func, name, args[1:], more)
            if known is not NotImplemented:
                return known
            if _changes(name):
                raise RuntimeError(
                    f"the model changes prepared frames in place ({name}), which sharing does not "
                    "follow; run with --option share=off"
                )
        with torch._C.DisableTorchFunctionSubclass():
            return func(*_real(args), **_real(more))

    @staticmethod
    def _known(first: Deferred, func: Any, name: str, args: Any, more: dict[str, Any]) -> Any:
        """Return what can be told without the values, or NotImplemented."""
        if func in PROPERTIES:
            return PROPERTIES[func](first)
        if name == "__len__":
            return len(first._like)
        if name in QUESTIONS:
            return func(first._like, *args, **more)
        if first._parts is not None and name == "__getitem__":
            return _picked(first._parts, args[0])
        if first._parts is not None and name == "unbind" and args in ((), (0,)) and not more:
            return tuple(first._parts)
        if name in CONVERSIONS | SHAPES and not _tensors(args, more):
            return _noted(first, func, args, more)
        return NotImplemented


def _changes(name: str) -> bool:
    """Tell whether a method of this name changes the tensor that it belongs to."""
    inplace = name.startswith("__i") and name not in ("__iter__", "__index__", "__int__")
    return inplace or name == "__setitem__" or (name.endswith("_") and not name.endswith("__"))


def _noted(one: Deferred, func: Any, args: Any, more: dict[str, Any]) -> Any:
    """Return the result of a conversion that is put off, too."""
    if one._parts is not None and func.__name__ in CONVERSIONS:
        return _stacked([_noted(part, func, args, more) for part in one._parts])
    like, place = one._like, one._place
    if func.__name__ == "cuda":
        named = args[0] if args else more.get("device")
        place = torch.device("cuda", named) if type(named) is int else torch.device(named or "cuda")
    elif func.__name__ == "cpu":
        place = torch.device("cpu")
    elif func.__name__ == "to":
        like, place = _sent(like, place, args, more)
    else:
        like = func(like, *args, **more)
    step = (func.__name__, repr(args), repr(sorted(more.items(), key=str)))
    name = None if one.sharing_identity is None else (one.sharing_identity, step)
    return Deferred.of(lambda: func(one.made(), *args, **more), name, like, place)


def _sent(like: Any, place: Any, args: Any, more: dict[str, Any]) -> tuple[Any, Any]:
    """Return what ``to`` makes of shape and type, and the device that it names."""
    rest = []
    for value in (*args, more.get("device")):
        if isinstance(value, (str, torch.device)) or type(value) is int:
            place = torch.device(value)
        elif value is not None:
            rest.append(value)
    named = {key: value for key, value in more.items() if key not in ("device", "non_blocking")}
    return (like.to(*rest, **named) if rest or named else like), place


def _stackable(args: Any, more: dict[str, Any]) -> bool:
    rows = args[0] if args else None
    plain = len(args) == 1 or args[1] == 0
    return (
        isinstance(rows, (list, tuple))
        and plain
        and more.get("dim", 0) == 0
        and set(more) <= {"dim"}
        and all(isinstance(row, Deferred) and row._parts is None for row in rows)
        and len({(row._like.shape, row._like.dtype) for row in rows}) == 1
    )


def _stacked(parts: list[Any]) -> Deferred:
    first = parts[0]
    names = tuple(part.sharing_identity for part in parts)
    like = first._like.new_empty((len(parts), *first._like.shape))
    return Deferred.of(
        lambda: torch.stack([part.made() for part in parts]),
        None if None in names else ("stack", names),
        like,
        first._place,
        tuple(parts),
    )


def _picked(parts: Sequence[Any], index: Any) -> Any:
    if isinstance(index, int) and not isinstance(index, bool):
        return parts[index]
    if isinstance(index, slice):
        chosen = list(parts[index])
    elif isinstance(index, list) and index and all(type(place) is int for place in index):
        chosen = [parts[place] for place in index]
    else:
        return NotImplemented
    return _stacked(chosen) if chosen else NotImplemented


def _tensors(args: Any, more: dict[str, Any]) -> bool:
    return any(isinstance(value, torch.Tensor) for value in (*args, *more.values()))


def _real(value: Any) -> Any:
    if isinstance(value, Deferred):
        return value.made()
    if isinstance(value, (list, tuple)):
        parts = [_real(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, dict):
        return {key: _real(part) for key, part in value.items()}
    return value
