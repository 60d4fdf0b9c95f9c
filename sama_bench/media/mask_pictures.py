"""Masks in PNG files, read by one rule whatever the kind of PNG.

A **mask** is read as the published evaluators read it, ``cv2.imread(file, cv2.IMREAD_GRAYSCALE)``:
grey through the palette, transparency ignored, of 16 bits the upper eight; every value but 0 is
foreground. A file that this rule would misread is refused with the reason. An **index map** of
several objects is read as its labels: the palette's index, or the grey value itself.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from sama_bench.errors import DataError
from sama_bench.media import mask_doubts
from sama_bench.storage.untrusted_files import read_bytes

MOST_PIXELS = 1 << 26
"""Of one picture: 8192 x 8192."""

_DEPTH = 24
"""Place of the bits per channel in a PNG."""

Plane = NDArray[np.uint8]


class UnreadableMaskError(ValueError):
    """A picture that is no mask, or that the rule would misread; one line says why."""


def read_mask(path: Path) -> Plane:
    """Read a PNG as a mask: uint8 (height, width), every value but 0 is foreground.

    Raises:
        UnreadableMaskError: it is no whole PNG, or the rule would misread it: an index map of
            several objects, a likelihood, a picture of several colours, a mask in the alpha
            channel, no background, colours or 16-bit values of which nothing is left.
    """
    data, image = _open(path)
    plain = image.mode in ("L", "1")
    plane = np.asarray(image.convert("L"), np.uint8) if plain else _grey(data)
    _refuse_alpha(image, plane)
    if not plain:
        _refuse_hidden(image, data, plane)
    _refuse(mask_doubts.several_objects(plane))
    return plane


def read_index_map(path: Path) -> Plane:
    """Read a PNG as the labels of several objects: uint8 (height, width), 0 is background.

    Raises:
        UnreadableMaskError: it is no whole PNG, holds colours instead of labels, or labels beyond
            255.
    """
    _, image = _open(path)
    if image.mode == "1":
        return np.asarray(image, np.uint8)
    if image.mode in ("P", "L"):
        return np.asarray(image, np.uint8)
    if image.mode.startswith("I"):
        labels = np.asarray(image)
        if labels.max(initial=0) < 256:
            return labels.astype(np.uint8)
    raise UnreadableMaskError(f"it holds colours ({image.mode}), not labels")


def _open(path: Path) -> tuple[bytes, Image.Image]:
    try:
        data, _ = read_bytes(path)
        image = Image.open(io.BytesIO(data), formats=["PNG"])
        if image.width * image.height > MOST_PIXELS:
            raise UnreadableMaskError(f"it is {image.width}x{image.height} pixels large")
        image.load()
    except DataError as error:
        raise UnreadableMaskError(str(error).removeprefix(f"{path} ")) from None
    except (UnidentifiedImageError, Image.DecompressionBombError):
        raise UnreadableMaskError("it is no PNG") from None
    except UnreadableMaskError:
        raise
    except Exception as error:  # on damaged files Pillow raises whatever its decoders come across
        raise UnreadableMaskError(f"it cannot be read: {error}") from None
    return data, image


def _grey(data: bytes) -> Plane:
    import cv2  # few masks need it

    plane = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if plane is None:
        raise UnreadableMaskError("it cannot be read")
    return np.asarray(plane, np.uint8)


def _refuse(reason: str | None) -> None:
    if reason is not None:
        raise UnreadableMaskError(reason)


def _refuse_hidden(image: Image.Image, data: bytes, grey: Plane) -> None:
    """Refuse what the grey plane does not show of colours and 16-bit values."""
    if image.mode.startswith("I"):
        drawn = np.asarray(image)
    else:
        rgb = np.asarray(image.convert("RGB"), np.uint8)
        _refuse(mask_doubts.several_colours(rgb))
        drawn = _drawn_of_16_bits(data) if data[_DEPTH] == 16 else rgb.max(axis=2)
    _refuse(mask_doubts.too_dark(drawn, grey))


def _drawn_of_16_bits(data: bytes) -> NDArray[np.integer]:
    """Return the largest channel but alpha of a PNG of 16 bits, of which Pillow keeps eight."""
    import cv2

    whole = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR)
    if whole is None:
        raise UnreadableMaskError("it cannot be read")
    largest: NDArray[np.integer] = np.asarray(whole).max(axis=2)
    return largest


def _refuse_alpha(image: Image.Image, grey: Plane) -> None:
    """Refuse a mask in the alpha channel, which the rule does not see."""
    if image.mode not in ("LA", "RGBA", "PA") and "transparency" not in image.info:
        return
    if image.mode.startswith("I"):
        return  # Pillow has no alpha for it
    alpha = np.asarray(image.convert("RGBA"))[..., 3]
    if alpha.min() == alpha.max():
        return
    hidden = (grey > 0) & (alpha == 0)
    if hidden.any() or not grey.any():
        raise UnreadableMaskError("its mask lies in the alpha channel, which is not read")
