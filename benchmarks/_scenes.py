"""Masks to time with: outlines as trackers draw them, and the two worst cases."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
Pair = tuple[list[Mask], list[Mask]]


def outline(
    rng: np.random.Generator, size: tuple[int, int], shape: NDArray[np.float64], wobble: float
) -> Mask:
    """Draw a closed outline: a circle whose radius is a sum of waves, shaken by ``wobble``."""
    height, width = size
    centre_y, centre_x, radius = shape[0] * height, shape[1] * width, shape[2] * height
    angle = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    waves = shape[3:] * (1 + wobble * rng.standard_normal(shape.size - 3))
    stretch = np.ones(angle.size)
    for number, wave in enumerate(waves.tolist()):
        stretch += wave * np.cos((number + 2) * angle + 6 * shape[3 + number])
    jitter = rng.standard_normal(angle.size + 24)  # smooth over 24 degrees: contours are
    stretch *= 1 + 0.2 * wobble * np.convolve(jitter, np.full(25, 1 / 25), "valid")
    shift = wobble * radius * 0.1 * rng.standard_normal(2)
    x = centre_x + shift[0] + radius * stretch * np.cos(angle)
    y = centre_y + shift[1] + 1.3 * radius * stretch * np.sin(angle)
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.stack([x, y], axis=1).round().astype(np.int32)], 1)
    return mask


def realistic(seed: int, size: tuple[int, int], frames: int) -> Pair:
    """Return targets and predictions; half of the predictions are good, half are poor."""
    rng = np.random.default_rng(seed)
    targets, predictions = [], []
    for frame in range(frames):
        place = [rng.uniform(0.3, 0.7, 2), rng.uniform(0.1, 0.22, 1)]
        shape = np.concatenate([*place, 0.12 * rng.standard_normal(6)])
        targets.append(outline(rng, size, shape, 0.0))
        predictions.append(outline(rng, size, shape, 0.1 if frame % 2 else 0.6))
    return targets, predictions


def noise(seed: int, size: tuple[int, int]) -> Pair:
    """Return two masks of white noise: as many runs as there can be."""
    rng = np.random.default_rng(seed)
    one, other = (rng.random((2, *size)) < 0.5).astype(np.uint8)
    return [one], [other]


def stripes(size: tuple[int, int], apart: int) -> Pair:
    """Return full-width stripes whose edges are ``apart`` pixels from each other: none matches."""
    rows = np.arange(size[0])[:, None] // apart % 4
    wide = np.ones((1, size[1]), np.uint8)
    return [(rows == 0) * wide], [(rows == 2) * wide]
