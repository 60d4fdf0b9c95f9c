"""Renders a scene: frames and, from the same geometry, every object's visible mask."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from . import animals, backgrounds, things
from .backgrounds import Image
from .canvas import HEIGHT, WIDTH, Canvas
from .story import Actor, FloatArray, Scene, facings, positions

_PHASES = 8  # painted steps of one cycle of movement
_FLYING = 6.0  # pixels above the ground at which a shadow has faded to half

Frame = npt.NDArray[np.uint8]
Masks = npt.NDArray[np.bool_]


def seed(*words: str) -> np.random.Generator:
    """Return a generator that depends on nothing but these words."""
    return np.random.default_rng(zlib.crc32("/".join(words).encode()))


def _window(shape: tuple[int, ...], box: tuple[float, float, float, float]) -> tuple[slice, slice]:
    """Return the rows and columns of the part of a (H, W) frame that a box touches."""
    x0, y0, x1, y1 = box
    rows = slice(max(0, math.floor(y0) - 1), min(shape[0], math.ceil(y1) + 2))
    columns = slice(max(0, math.floor(x0) - 1), min(shape[1], math.ceil(x1) + 2))
    return (
        slice(rows.start, max(rows.start, rows.stop)),
        slice(columns.start, max(columns.start, columns.stop)),
    )


def _paint(actor: Actor, phase: int, scale: float) -> Frame:
    """Return one pose of an actor, (H, W, 4) uint8 premultiplied, `scale` pixels per unit."""
    canvas = Canvas(scale)
    painter = getattr(animals, actor.painter, None) or getattr(things, actor.painter)
    painter(canvas, actor.colour, phase / _PHASES)
    return canvas.finish(seed(actor.name, actor.painter))


class _Puppet:
    """An actor with its track, able to place itself into a frame."""

    def __init__(self, actor: Actor, frames: int) -> None:
        self.actor = actor
        self.track: FloatArray = positions(actor, frames)
        self._left = facings(actor, self.track)
        self._unit = actor.size / 100
        self._resolution = self._unit * float(self.track[:, 2].max())
        self._poses: dict[int, Frame] = {}

    def draw(self, image: Image, frame: int, offset: float) -> Masks:
        """Paint the actor onto an (H, W, 3) image; return the (H, W) pixels that it covers."""
        covered = np.zeros(image.shape[:2], np.bool_)
        phase = math.floor(self.actor.pace * frame * _PHASES) % _PHASES
        if phase not in self._poses:
            self._poses[phase] = _paint(self.actor, phase, self._resolution)
        pose = self._poses[phase]
        x, y, scale = self.track[frame]
        x -= offset
        zoom = self._unit * scale / self._resolution
        half, tall = WIDTH / 2 * self._resolution * zoom, HEIGHT * self._resolution * zoom
        window = _window(covered.shape, (x - half, y - tall, x + half, y))
        rows, columns = window
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return covered
        flip = -1.0 if self._left[frame] else 1.0
        matrix = np.array(
            [
                [flip * zoom, 0.0, x - flip * half - columns.start],
                [0.0, zoom, y - tall - rows.start],
            ]
        )
        size = (columns.stop - columns.start, rows.stop - rows.start)
        layer = cv2.warpAffine(pose, matrix, size, flags=cv2.INTER_LINEAR)
        alpha = layer[..., 3:].astype(np.float32) / 255
        image[window] = image[window] * (1 - alpha) + layer[..., :3]
        covered[window] = layer[..., 3] >= 128
        return covered

    def shade(self, image: Image, frame: int, offset: float) -> None:
        """Darken the ground below the actor."""
        x, y, scale = self.track[frame]
        half = 0.42 * self.actor.size * scale
        lift = self.actor.hop * abs(math.sin(math.pi * self.actor.pace * frame))
        across, down = x - offset, y + lift - 1
        deep = max(0.16 * half, 2)
        reach = (across - 2 * half, down - 2 * deep, across + 2 * half, down + 2 * deep)
        rows, columns = window = _window(image.shape[:2], reach)
        ys, xs = np.ogrid[rows, columns]
        distance = ((xs - across) / half) ** 2 + ((ys - down) / deep) ** 2
        depth = 0.42 * np.exp(-1.4 * distance) / (1 + lift / _FLYING)
        image[window] *= (1 - depth)[..., None].astype(np.float32)


class Shot(NamedTuple):
    """One rendered frame with the masks of `scene.objects`, in their order.

    A pixel belongs to the nearest actor that covers at least half of it, so visible masks of two
    objects never overlap and an occluder, annotated or not, cuts a hole.
    """

    frame: Frame
    """(H, W, 3) uint8, RGB."""
    visible: Masks
    """(objects, H, W) bool."""
    whole: Masks
    """The same as if nothing stood before an object."""


def render(scene: Scene, moments: Iterable[int] | None = None) -> Iterator[Shot]:
    """Yield the frames of a scene, in order: all of them, or those at some moments."""
    shape = (scene.height, scene.width)
    margin = math.ceil(max(scene.pan)) + 1
    place = getattr(backgrounds, scene.background)
    world = place(scene.width + margin, scene.height, seed(scene.video, scene.background))
    puppets = [_Puppet(actor, scene.frames) for actor in scene.actors]
    numbers = {actor.name: number for number, actor in enumerate(scene.objects)}
    for frame in range(scene.frames) if moments is None else moments:
        offset = float(np.interp(frame, (0, scene.frames - 1), scene.pan))
        shift = np.array([[1.0, 0.0, -offset], [0.0, 1.0, 0.0]])
        image = cv2.warpAffine(world, shift, shape[::-1], flags=cv2.INTER_LINEAR)
        visible = np.zeros((len(numbers), *shape), np.bool_)
        whole = np.zeros_like(visible)
        for puppet in puppets:
            if puppet.actor.shadow:
                puppet.shade(image, frame, offset)
            covered = puppet.draw(image, frame, offset)
            visible &= ~covered
            if puppet.actor.name in numbers:
                number = numbers[puppet.actor.name]
                visible[number] = whole[number] = covered
        yield Shot(np.round(np.clip(image, 0, 255)).astype(np.uint8), visible, whole)
