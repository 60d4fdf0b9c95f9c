"""What a mini scene is made of: actors with paths, a background, a camera, a dialogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .canvas import Colour

Source = Literal["mevis", "lvvis", "ref_youtube_vos", "VidSTG"]

Key = tuple[float, float, float] | tuple[float, float, float, float]
"""Frame, x and y of the ground contact in pixels of the world, and a scale (default 1)."""

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Actor:
    """Somebody or something that a scene shows; later actors stand nearer to the viewer."""

    name: str
    """Unique in its scene, as the dialogues call it: `brown dog`."""
    painter: str
    """Name of a function in `animals` or `things`; also the category."""
    colour: Colour
    size: float
    """Pixels that 100 canvas units take at scale 1."""
    path: tuple[Key, ...]
    pace: float = 0.0
    """Cycles of movement (steps, wing beats, turns of a wheel) per frame."""
    hop: float = 0.0
    """Height of the jumps in pixels; one jump a cycle."""
    role: Literal["object", "scenery", "unannotated"] = "object"
    """`unannotated` objects are listed with annotation id -1."""
    shadow: bool = True
    still: bool = False
    """Keeps facing right whichever way it moves."""


@dataclass(frozen=True)
class Scene:
    """One video of the mini split."""

    source: Source
    split: str
    """The SAMA-Bench split file that lists it, without `.json`."""
    video: str
    """Video id, as the split file writes it."""
    width: int
    height: int
    frames: int
    background: str
    """Name of a function in `backgrounds`."""
    actors: tuple[Actor, ...]
    pan: tuple[float, float] = (0.0, 0.0)
    """World x of the left frame edge in the first and the last frame."""

    @property
    def objects(self) -> tuple[Actor, ...]:
        """The actors that have an annotation."""
        return tuple(actor for actor in self.actors if actor.role == "object")


def positions(actor: Actor, frames: int) -> FloatArray:
    """Return (frames, 3) float64: x, y and scale of an actor, its corners rounded off."""
    keys = np.array([key if len(key) == 4 else (*key, 1.0) for key in actor.path])
    times = np.arange(-2, frames + 2)
    track = np.stack([np.interp(times, keys[:, 0], keys[:, i]) for i in (1, 2, 3)], axis=1)
    smooth = np.stack([track[i : i + frames] for i in range(5)]).mean(axis=0)
    phase = actor.pace * np.arange(frames)
    smooth[:, 1] -= actor.hop * np.abs(np.sin(np.pi * phase))
    return np.asarray(smooth, np.float64)


def facings(actor: Actor, track: FloatArray) -> npt.NDArray[np.bool_]:
    """Return (frames,) bool: whether the actor looks to the left."""
    steps = np.diff(track[:, 0], prepend=track[:1, 0])
    left = np.zeros(len(track), np.bool_)
    moving = np.flatnonzero(np.abs(steps) > 0.05)
    if actor.still or not moving.size:
        return left
    state = bool(steps[moving[0]] < 0)
    for frame, step in enumerate(steps):
        if abs(step) > 0.05:
            state = bool(step < 0)
        left[frame] = state
    return left
