"""Kept results: found by the bits of their inputs, given again as they were."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from sama_bench.media.sharing.room import Held, Room
from sama_bench.media.sharing.values import (
    CannotKeepError,
    context,
    guard_of,
    put_together,
    same_bits,
    sketch,
    taken_apart,
    torch_module,
)


@dataclass
class Entry:
    """The inputs and the result of one call.

    Attributes:
        number: of the entry, never given twice.
        guards: the inputs' tensors, arrays and pictures.
        structure: of the result.
        values: its tensors, arrays and pictures.
    """

    number: int
    guards: list[Held]
    structure: Any
    values: list[Held]

    def fits(self, leaves: list[Any]) -> bool:
        """Tell whether inputs have the same bits, and nobody has changed those kept since."""
        return all(
            held.intact() and same_bits(held.what if held.device is None else held.get(), leaf)
            for held, leaf in zip(self.guards, leaves, strict=True)
        )

    def intact(self) -> bool:
        """Tell whether nobody has changed the result in place."""
        return all(held.intact() for held in self.values)

    def value(self) -> Any:
        """Return the result; rows and dicts are fresh, tensors the kept ones."""
        once = {id(held): held.get() for held in self.values}  # aliases stay aliases
        return put_together(self.structure, [once[id(held)] for held in self.values])


class Entries:
    """The entries of a video, or those that hold for all.

    Attributes:
        room: where their tensors lie.
    """

    def __init__(self, room: Room) -> None:
        self.room = room
        self.by_key: dict[Hashable, list[Entry]] = {}
        self._number = 0

    def empty(self) -> None:
        """Drop all."""
        self.by_key = {}
        self.room.empty()

    def find(self, key: Hashable, leaves: list[Any]) -> Entry | None:
        """Return the entry of a call with these inputs; one that was changed is dropped."""
        for entry in self.by_key.get(key, ()):
            if entry.fits(leaves):
                if entry.intact():
                    return entry
                self.by_key[key].remove(entry)
                return None
        return None

    def keep(self, key: Hashable, leaves: list[Any], value: Any) -> Entry:
        """Keep the result of a call.

        Raises:
            CannotKeepError: there is no room, or it holds what cannot be kept.
        """
        values: list[Any] = []
        structure = taken_apart(value, values)
        if any(hasattr(leaf, "sharing_identity") for leaf in values):
            raise CannotKeepError("a tensor that stands for another")
        values = [leaf.copy() if hasattr(leaf, "flags") else leaf for leaf in values]
        held = self.room.hold([*(guard_of(leaf) for leaf in leaves), *values])
        self._number += 1
        entry = Entry(self._number, held[: len(leaves)], structure, held[len(leaves) :])
        self.by_key.setdefault(key, []).append(entry)
        return entry


def key_of(name: str, args: tuple[Any, ...], more: Mapping[str, Any]) -> tuple[Hashable, list[Any]]:
    """Return what a call is looked up by, and the leaves that are compared bit for bit.

    Raises:
        CannotKeepError: an input cannot be compared.
    """
    leaves: list[Any] = []
    structure = taken_apart((args, dict(more)), leaves)
    sketches = tuple(sketch(leaf) for leaf in leaves)
    compared = [leaf for leaf in leaves if not hasattr(leaf, "sharing_identity")]
    return (name, context(), structure, sketches), compared


def fresh(function: Callable[..., Any], args: tuple[Any, ...], more: Mapping[str, Any]) -> Any:
    """Compute outside of inference mode, so that changes in place of the result are counted."""
    torch = torch_module()
    if torch is None:
        return function(*args, **more)
    normal = torch.inference_mode(False) if torch.is_inference_mode_enabled() else nullcontext()
    with normal, torch.no_grad():
        return function(*args, **more)
