"""Renders a scene: frames and, from the same geometry, every object's visible mask."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from . import animals, backgrounds, things
from .canvas import HEIGHT, WIDTH, Canvas
from .story import Actor, FloatArray, Scene, facings, positions

_PHASES = 8  # painted steps of one cycle of movement
_FLYING = 6.0  # pixels above the ground at which a shadow has faded to half

Frame = npt.NDArray[np.uint8]
Masks = npt.NDArray[np.bool_]


def seed(*words: str) -> np.random.Generator:
    """Return a generator that depends on nothing but these words."""
    return np.random.default_rng(zlib.crc32("/".join(words).encode()))


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

    def place(self, frame: int, offset: float, shape: tuple[int, int]) -> Frame:
        """Return the actor in a frame of (H, W) pixels, (H, W, 4) uint8 premultiplied."""
        phase = math.floor(self.actor.pace * frame * _PHASES) % _PHASES
        if phase not in self._poses:
            self._poses[phase] = _paint(self.actor, phase, self._resolution)
        x, y, scale = self.track[frame]
        zoom = self._unit * scale / self._resolution
        flip = -1.0 if self._left[frame] else 1.0
        matrix = np.array(
            [
                [flip * zoom, 0.0, x - offset - flip * zoom * WIDTH / 2 * self._resolution],
                [0.0, zoom, y - zoom * HEIGHT * self._resolution],
            ]
        )
        placed = cv2.warpAffine(self._poses[phase], matrix, shape[::-1], flags=cv2.INTER_LINEAR)
        return np.asarray(placed, np.uint8)

    def shade(self, image: npt.NDArray[np.float32], frame: int, offset: float) -> None:
        """Darken the ground below the actor."""
        x, y, scale = self.track[frame]
        half = 0.42 * self.actor.size * scale
        lift = self.actor.hop * abs(math.sin(math.pi * self.actor.pace * frame))
        ground = y + lift
        rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
        distance = ((columns - (x - offset)) / half) ** 2 + (
            (rows - ground + 1) / max(0.16 * half, 2)
        ) ** 2
        depth = 0.42 * np.exp(-1.4 * distance) / (1 + lift / _FLYING)
        image *= (1 - depth)[..., None].astype(np.float32)


def render(scene: Scene) -> Iterator[tuple[Frame, Masks]]:
    """Yield each frame, (H, W, 3) RGB uint8, with the masks (objects, H, W) of `scene.objects`.

    A pixel belongs to the nearest actor that covers at least half of it, so masks of two objects
    never overlap and an occluder, annotated or not, cuts a hole.
    """
    shape = (scene.height, scene.width)
    margin = math.ceil(max(scene.pan)) + 1
    place = getattr(backgrounds, scene.background)
    world = place(scene.width + margin, scene.height, seed(scene.video, scene.background))
    puppets = [_Puppet(actor, scene.frames) for actor in scene.actors]
    numbers = {actor.name: number for number, actor in enumerate(scene.objects)}
    for frame in range(scene.frames):
        offset = float(np.interp(frame, (0, scene.frames - 1), scene.pan))
        shift = np.array([[1.0, 0.0, -offset], [0.0, 1.0, 0.0]])
        image = cv2.warpAffine(world, shift, shape[::-1], flags=cv2.INTER_LINEAR)
        masks = np.zeros((len(numbers), *shape), np.bool_)
        for puppet in puppets:
            if puppet.actor.shadow:
                puppet.shade(image, frame, offset)
            layer = puppet.place(frame, offset, shape)
            alpha = layer[..., 3:].astype(np.float32) / 255
            image = image * (1 - alpha) + layer[..., :3]
            covered = layer[..., 3] >= 128
            masks &= ~covered
            if puppet.actor.name in numbers:
                masks[numbers[puppet.actor.name]] = covered
        yield np.round(np.clip(image, 0, 255)).astype(np.uint8), masks
