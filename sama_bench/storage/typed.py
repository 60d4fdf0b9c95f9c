"""JSON values as the types that a dataclass declares: what does not fit is named in one line.

Standard library only: what runs in a model's environment reads with it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
R = TypeVar("R", bound="Record")

_CALLED = {
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    NoneType: "null",
    tuple: "a list",
    Mapping: "an object",
}
"""What people call a type of JSON."""

_hints: dict[type, dict[str, Any]] = {}


def exactly(kind: type[T], data: Any) -> T:
    """Return an object of JSON as a dataclass; it has every field, and no other.

    Raises:
        ValueError: what it lacks, has besides, or has of another type.
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"is not {_CALLED[Mapping]}")
    known = hints(kind)
    if missing := sorted(known.keys() - data.keys()):
        raise ValueError(f"lacks {', '.join(missing)}")
    if unknown := sorted(map(str, data.keys() - known.keys())):
        raise ValueError(f"has unknown {', '.join(unknown)}")
    return kind(**{name: value_as(form, data[name], f"'{name}'") for name, form in known.items()})


@dataclass(frozen=True)
class Record:
    """An object in a file that other versions write too: typed fields, each with a default.

    It is made by ``from_json`` or ``of`` and keeps what it was made from, so that a file that is
    written again has the keys of newer versions, the order and what was left out.

    Attributes:
        said: the object as it is written; a field that is not in it, or null, has its default.
    """

    said: Mapping[str, Any] = field(default_factory=dict, repr=False, kw_only=True)

    @classmethod
    def from_json(cls: type[R], data: Mapping[str, Any]) -> R:
        """Read it; unknown keys are kept and not read.

        Raises:
            ValueError: a field is of another type.
        """
        read = {
            name: value_as(form, data[name], f"'{name}'")
            for name, form in hints(cls).items()
            if name != "said" and data.get(name) is not None
        }
        return cls(**{**read, "said": dict(data)})

    @classmethod
    def of(cls: type[R], **facts: Any) -> R:
        """Make one that says these facts, in JSON's values, and no others.

        Raises:
            TypeError: there is no such field.
            ValueError: a field is of another type.
        """
        if unknown := sorted(facts.keys() - hints(cls).keys()):
            raise TypeError(f"{cls.__name__} has no {', '.join(unknown)}")
        return cls.from_json(facts)

    def to_json(self) -> dict[str, Any]:
        """Return the object as it is written."""
        return dict(self.said)

    def says(self, name: str) -> bool:
        """Whether it says a field, be it null: what is left out is not known."""
        return name in self.said

    def __or__(self: R, other: R) -> R:
        """Return what both say; where both say a field, the other's counts, in this one's place."""
        return type(self).from_json({**self.said, **other.said})


def hints(kind: type) -> dict[str, Any]:
    """Return the types of a dataclass's fields by name."""
    if kind not in _hints:
        found = get_type_hints(kind)
        _hints[kind] = {field.name: found[field.name] for field in fields(kind)}
    return _hints[kind]


def value_as(form: Any, value: Any, where: str) -> Any:
    """Return a value of JSON as a type: a list as a tuple, an object as a dataclass.

    Args:
        form: ``str``, ``bool``, ``int``, ``float``, ``None``, ``Any``, ``Literal``, a dataclass,
            ``tuple[X, ...]``, ``Mapping[str, X]``, or several with ``|``.
        value: as JSON has it.
        where: the field, for the error.

    Raises:
        ValueError: it is of another type.
    """
    origin, parts = get_origin(form), get_args(form)
    if form is Any:
        return value
    if origin in (Union, UnionType):
        chosen = [part for part in parts if _fits(part, value)]
        return value_as(chosen[0] if chosen else parts[0], value, where)
    if not _fits(form, value):
        raise ValueError(f"{where} is not {_called(form)}")
    if is_dataclass(form):
        try:
            read = getattr(form, "from_json", None)
            return read(value) if read is not None else exactly(form, value)  # type: ignore[arg-type]
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
    if origin is tuple:
        return tuple(value_as(parts[0], item, f"{where} {n}") for n, item in enumerate(value))
    if origin is not None and issubclass(origin, Mapping) and parts[1] is not Any:
        for key, item in value.items():
            value_as(parts[1], item, f"{where} {key!r:.80}")
    return value


def _fits(form: Any, value: Any) -> bool:
    """Whether a value is of a type, apart from what it holds."""
    origin = get_origin(form)
    if form is Any:
        return True
    if origin is Literal:
        return value in get_args(form)
    if origin is tuple:
        return isinstance(value, (list, tuple))
    if is_dataclass(form) or origin is not None:
        return isinstance(value, Mapping)
    if isinstance(value, bool):
        return form is bool
    return isinstance(value, (int, float) if form is float else form)


def _called(form: Any) -> str:
    if get_origin(form) is Literal:
        return f"one of {', '.join(get_args(form))}"
    return _CALLED[Mapping if is_dataclass(form) else get_origin(form) or form]
