"""A small vector canvas on which the actors of the mini scenes are painted.

Coordinates are units: x from 0 to 120 rightwards, y from 0 to 100 downwards, the ground at y = 100.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Colour = tuple[int, int, int]
"""Red, green, blue, each 0 to 255."""

Point = tuple[float, float]

WIDTH, HEIGHT = 120.0, 100.0
_SUPERSAMPLING = 4
_SHIFT = 4  # OpenCV's fixed-point bits for sub-pixel coordinates


def tint(colour: Colour, factor: float) -> Colour:
    """Return `colour` darkened (`factor` < 1) or lightened towards white (`factor` > 1)."""
    if factor <= 1:
        r, g, b = (int(c * factor) for c in colour)
    else:
        r, g, b = (int(255 - (255 - c) / factor) for c in colour)
    return r, g, b


class Canvas:
    """Paints flat shapes with hard edges and returns them shaded and smooth."""

    def __init__(self, pixels_per_unit: float) -> None:
        """Open an empty, transparent canvas of the given final resolution."""
        self._scale = pixels_per_unit * _SUPERSAMPLING
        self._size = (
            max(1, round(WIDTH * pixels_per_unit)),
            max(1, round(HEIGHT * pixels_per_unit)),
        )
        height, width = self._size[1] * _SUPERSAMPLING, self._size[0] * _SUPERSAMPLING
        self._rgb = np.zeros((height, width, 3), np.uint8)
        self._alpha = np.zeros((height, width), np.uint8)

    def polygon(self, points: list[Point], colour: Colour) -> None:
        """Fill the polygon with these corners."""
        fixed = np.round(np.array(points) * self._scale * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(self._rgb, [fixed], colour, cv2.LINE_8, _SHIFT)
        cv2.fillPoly(self._alpha, [fixed], 255, cv2.LINE_8, _SHIFT)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, colour: Colour, turn: float = 0.0
    ) -> None:
        """Fill an ellipse around (x, y) with half axes rx, ry, turned clockwise by degrees."""
        angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        radians = np.deg2rad(turn)
        along, across = rx * np.cos(angle), ry * np.sin(angle)
        xs = x + along * np.cos(radians) - across * np.sin(radians)
        ys = y + along * np.sin(radians) + across * np.cos(radians)
        self.polygon(list(zip(xs.tolist(), ys.tolist(), strict=True)), colour)

    def line(self, start: Point, end: Point, width: float, colour: Colour) -> None:
        """Draw a bar with round ends."""
        delta = np.array(end) - np.array(start)
        normal = np.array([-delta[1], delta[0]]) * (width / 2 / max(float(np.hypot(*delta)), 1e-6))
        corners = [
            np.add(start, normal),
            np.add(end, normal),
            np.subtract(end, normal),
            np.subtract(start, normal),
        ]
        self.polygon([(float(p[0]), float(p[1])) for p in corners], colour)
        for x, y in (start, end):
            self.ellipse(x, y, width / 2, width / 2, colour)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, colour: Colour) -> None:
        """Fill an upright rectangle."""
        self.polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)

    def finish(self, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
        """Return the painting as (H, W, 4) uint8, RGB premultiplied by alpha.

        Light falls from above, the rim is darker and the surface mottled, so that an object
        reads as a body and optical flow finds something to hold on to.
        """
        alpha = self._alpha.astype(np.float32) / 255
        light = np.linspace(1.14, 0.80, alpha.shape[0], dtype=np.float32)[:, None]
        rim = cv2.GaussianBlur(alpha, (0, 0), 1.6 * _SUPERSAMPLING / 2)
        grain = rng.normal(1.0, 0.05, (self._size[1] // 2 + 1, self._size[0] // 2 + 1))
        mottle = cv2.resize(
            grain.astype(np.float32), alpha.shape[::-1], interpolation=cv2.INTER_CUBIC
        )
        shade = light * mottle * np.clip(0.45 + 0.6 * rim, 0, 1.05)
        rgb = np.clip(self._rgb * shade[..., None], 0, 255) * alpha[..., None]
        layers = np.dstack([rgb, alpha * 255]).astype(np.float32)
        small = cv2.resize(layers, self._size, interpolation=cv2.INTER_AREA)
        return np.asarray(np.round(small), np.uint8)
