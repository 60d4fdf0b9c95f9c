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
from sama_bench.storage.untrusted_files import read_bytes

MOST_PIXELS = 1 << 26
"""Of one picture: 8192 x 8192."""

SMALL_LABELS = 32
"""Grey values below this are labels of objects where there are several of them."""

Plane = NDArray[np.uint8]


class UnreadableMaskError(ValueError):
    """A picture that is no mask, or that the rule would misread; one line says why."""


def read_mask(path: Path) -> Plane:
    """Read a PNG as a mask: uint8 (height, width), every value but 0 is foreground.

    Raises:
        UnreadableMaskError: it is no whole PNG, or the rule would misread it: an index map of
            several objects, a picture of several colours, a mask in the alpha channel, values of
            16 bits of which nothing is left.
    """
    data, image = _open(path)
    if image.mode in ("L", "1"):
        plane = np.asarray(image.convert("L"), np.uint8)
        _refuse_labels(plane)
        return plane
    grey = _grey(data)
    if image.mode.startswith("I"):
        if bool((np.asarray(image) > 0).any()) and not grey.any():
            raise UnreadableMaskError("its 16-bit values are below 256, which is read as empty")
        return grey
    _refuse_colours(image)
    _refuse_alpha(image, grey)
    return grey


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


def is_on_white(plane: Plane) -> bool:
    """Whether a mask is foreground along its whole border, as a black object on white is."""
    edges = (plane[0], plane[-1], plane[:, 0], plane[:, -1])
    return all(bool(edge.all()) for edge in edges)


def _open(path: Path) -> tuple[bytes, Image.Image]:
    try:
        data, _ = read_bytes(path)
        image = Image.open(io.BytesIO(data), formats=["PNG"])
        if image.width * image.height > MOST_PIXELS:
            raise UnreadableMaskError(f"it is {image.width}x{image.height} pixels large")
        image.load()
    except DataError as error:
        raise UnreadableMaskError(str(error)) from None
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


def _refuse_labels(plane: Plane) -> None:
    used = np.flatnonzero(np.bincount(plane.reshape(-1), minlength=256))
    objects = used[used > 0]
    if len(objects) > 1 and objects.max() < SMALL_LABELS:
        raise UnreadableMaskError(
            f"it is an index map of {len(objects)} objects, where the mask of one is expected"
        )


def _refuse_colours(image: Image.Image) -> None:
    """Refuse several colours that are not greys: an index map or a picture."""
    colours = image.convert("RGB").getcolors(maxcolors=1 << 20)
    found = [] if colours is None else [colour for _, colour in colours]
    bright = [colour for colour in found if isinstance(colour, tuple) and any(colour)]
    tinted = [colour for colour in bright if len(set(colour)) > 1]
    if colours is None or (tinted and len(bright) > 1):
        number = "many" if colours is None else str(len(bright))
        raise UnreadableMaskError(
            f"it holds {number} colours: an index map of several objects or a picture, where the "
            "mask of one object is expected"
        )


def _refuse_alpha(image: Image.Image, grey: Plane) -> None:
    """Refuse a mask in the alpha channel, which the rule does not see."""
    if image.mode not in ("LA", "RGBA", "PA") and "transparency" not in image.info:
        return
    alpha = np.asarray(image.convert("RGBA"))[..., 3]
    if alpha.min() == alpha.max():
        return
    hidden = (grey > 0) & (alpha == 0)
    if hidden.any() or not grey.any():
        raise UnreadableMaskError("its mask lies in the alpha channel, which is not read")
