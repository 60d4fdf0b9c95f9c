"""Arguments and results of calls: what they are made of, and whether two are the same bits.

Tensors are handled through the torch that the model has imported; nothing here imports it.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, UserDict
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

SAMPLED = 64
"""Bytes of a picture, an array or a tensor on the CPU by which the candidates are chosen."""
PLAIN = (type(None), bool, int, float, str, bytes)
DICTS = (dict, OrderedDict, UserDict)


class CannotKeepError(Exception):
    """A call has arguments or a result that cannot be compared or kept."""


def torch_module() -> Any:
    """Return torch if the model imported it, else None."""
    return sys.modules.get("torch")


def is_tensor(value: object) -> bool:
    """Tell whether a value is a tensor."""
    torch = torch_module()
    return torch is not None and isinstance(value, torch.Tensor)


def is_picture(value: object) -> bool:
    """Tell whether a value is a PIL image."""
    image = sys.modules.get("PIL.Image")
    return image is not None and isinstance(value, image.Image)


def taken_apart(value: object, leaves: list[Any]) -> Hashable:
    """Return the structure of a value and append its tensors, arrays and pictures to ``leaves``.

    Raises:
        CannotKeepError: it holds something else.
    """
    if isinstance(value, PLAIN):
        return ("plain", type(value), value)
    if is_tensor(value) or isinstance(value, np.ndarray) or is_picture(value):
        leaves.append(value)
        return ("leaf",)
    if isinstance(value, (list, tuple)):
        parts = tuple(taken_apart(part, leaves) for part in value)
        return ("row", type(value), parts)
    if isinstance(value, DICTS):
        parts = tuple(taken_apart(part, leaves) for part in value.values())
        return ("dict", type(value), tuple(value), parts)
    torch = torch_module()
    if torch is not None and isinstance(value, (torch.dtype, torch.device)):
        return ("plain", type(value), value)
    raise CannotKeepError(type(value).__name__)


def put_together(structure: Any, leaves: list[Any]) -> Any:
    """Return a value of a structure, its leaves taken from the front of a list; rows are fresh."""
    kind = structure[0]
    if kind == "leaf":
        return leaves.pop(0)
    if kind == "plain":
        return structure[2]
    made = structure[1]
    if kind == "row":
        parts = [put_together(part, leaves) for part in structure[2]]
        return made(*parts) if hasattr(made, "_fields") else made(parts)
    items = {
        key: put_together(part, leaves)
        for key, part in zip(structure[2], structure[3], strict=True)
    }
    # Subclasses are the outputs of transformers' models, which are dataclasses, and feature sets.
    return made(**items) if issubclass(made, dict) and made is not dict else made(items)


def sketch(leaf: Any) -> Hashable:
    """Return what is cheaply told of a leaf; leaves of another sketch are not the same.

    A tensor that names the bits it stands for (``sharing_identity``) is known by that name alone.

    Raises:
        CannotKeepError: it stands for bits that have no name.
    """
    if isinstance(leaf, np.ndarray):
        if leaf.dtype.hasobject:
            raise CannotKeepError("an array of objects")
        return ("array", leaf.shape, leaf.dtype.str, _sample(leaf))
    if is_picture(leaf):
        return ("picture", leaf.mode, leaf.size, _corners(leaf))
    if hasattr(leaf, "sharing_identity"):
        if leaf.sharing_identity is None:
            raise CannotKeepError("a tensor without a name")
        return ("named", leaf.sharing_identity)
    if leaf.layout is not torch_module().strided or leaf.is_quantized:
        raise CannotKeepError("a tensor of another layout")
    place = str(leaf.device)
    known = () if place != "cpu" or not leaf.is_contiguous() else _bytes_of(leaf)
    return ("tensor", tuple(leaf.shape), leaf.stride(), leaf.dtype, place, known)


def _sample(array: Any) -> bytes:
    if not array.size or not array.flags.c_contiguous:
        return b""
    flat = array.reshape(-1).view(np.uint8)
    return bytes(flat[:: max(1, flat.size // SAMPLED)].tobytes())


def _bytes_of(tensor: Any) -> tuple[int, ...]:
    if not tensor.numel() or tensor.dtype.is_complex or tensor.is_conj() or tensor.is_neg():
        return ()
    flat = tensor.detach().reshape(-1).view(torch_module().uint8)
    return tuple(flat[:: max(1, flat.numel() // SAMPLED)].tolist())


def _corners(picture: Any) -> tuple[Any, ...]:
    width, height = picture.size
    if not width or not height:
        return ()
    places = [(width * n // 7, height * m // 7) for n in range(1, 7) for m in range(1, 7)]
    return tuple(picture.getpixel(place) for place in places)


def same_bits(one: Any, other: Any) -> bool:
    """Tell whether two leaves hold the same bits in the same shape; a picture may be its bytes."""
    if is_tensor(one) and is_tensor(other):
        return _same_tensors(one, other)
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        if one.flags.c_contiguous and other.flags.c_contiguous:
            flat = (one.reshape(-1).view(np.uint8), other.reshape(-1).view(np.uint8))
            return bool(np.array_equal(*flat))
        return bool(one.tobytes() == other.tobytes())
    if is_picture(one) or is_picture(other):
        return bool(_picture_bytes(one) == _picture_bytes(other))
    return False


def _picture_bytes(value: Any) -> Any:
    if not is_picture(value):
        return value
    palette = None if value.palette is None else value.palette.tobytes()
    return (value.mode, value.size, value.tobytes(), palette)


def guard_of(leaf: Any) -> Any:
    """Return a picture as bytes, an array as a copy; they may be changed after the call."""
    if is_picture(leaf):
        return _picture_bytes(leaf)
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _same_tensors(one: Any, other: Any) -> bool:
    torch = torch_module()
    if one.shape != other.shape or one.dtype != other.dtype or one.device != other.device:
        return False
    if one is other:
        return True
    if one.dtype.is_complex:
        one = torch.view_as_real(one.resolve_conj())
        other = torch.view_as_real(other.resolve_conj())
    # As whole numbers: -0.0 is not 0.0 then, and NaN is itself.
    whole = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[one.element_size()]
    return bool(torch.equal(one.detach().view(whole), other.detach().view(whole)))


def same_values(one: object, other: object) -> bool:
    """Tell whether two values have the same structure and the same bits."""
    leaves: tuple[list[Any], list[Any]] = ([], [])
    try:
        if taken_apart(one, leaves[0]) != taken_apart(other, leaves[1]):
            return False
    except CannotKeepError:
        return False
    return all(same_bits(a, b) for a, b in zip(*leaves, strict=True))


def context() -> Hashable:
    """Return what else a computation depends on: autocast and the default type."""
    torch = torch_module()
    if torch is None:
        return ()
    found: list[Any] = [torch.get_default_dtype()]
    for device in ("cuda", "cpu"):
        try:
            on = torch.is_autocast_enabled(device)
            found.append(on and torch.get_autocast_dtype(device))
        except (TypeError, AttributeError):  # before torch 2.4
            kind, told = ("gpu", "") if device == "cuda" else ("cpu", "_cpu")
            on = getattr(torch, f"is_autocast{told}_enabled")()
            found.append(on and getattr(torch, f"get_autocast_{kind}_dtype")())
    return tuple(found)


def bytes_of(leaves: Sequence[Any]) -> int:
    """Return the bytes of arrays and pictures among leaves, also of pictures kept as bytes."""
    total = 0
    for leaf in leaves:
        if isinstance(leaf, np.ndarray):
            total += leaf.nbytes
        elif is_picture(leaf):
            total += 4 * leaf.size[0] * leaf.size[1]
        elif isinstance(leaf, tuple):
            total += len(leaf[2])
    return total
