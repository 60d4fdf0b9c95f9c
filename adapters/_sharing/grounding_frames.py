"""Frames for SAM 2 in Sa2VA's way of calling: resized and normalised when they are encoded.

The published code prepares every frame of the video before the language model is asked. Here
``apply_image`` returns a ticket in the place of the resized array, ``preprocess_image`` turns it
into a tensor that is put off, and a frame whose features are kept is never prepared.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sama_bench.adapters._sharing.frame_chain import check_chain
from sama_bench.adapters._sharing.hooks import Hook, UnknownCodeError
from sama_bench.media.sharing import Sharing

RESIZE = Hook("extra_image_processor", "apply_image", ("image",))
NORMALISE = Hook("grounding_encoder", "preprocess_image", ("image",))
BASE = 128
"""Of the number on a ticket: its digits are whole in every floating type."""


class GroundingFrames:
    """The frames of one question, put off.

    Args:
        sharing: numbers frames by their bits.
        model: a loaded model of the family.

    Raises:
        UnknownCodeError: the model's code is of another form.
    """

    def __init__(self, sharing: Sharing, model: Any) -> None:
        self._sharing = sharing
        processor, self._resize = RESIZE.find(model)
        encoder, self._normalise = NORMALISE.find(model)
        self._frames: list[tuple[Any, int | None]] = []
        self._side = getattr(processor, "target_length", None)
        self._types: dict[str, Any] = {}
        try:
            check_chain(type(model).predict_forward)
            if not isinstance(self._side, int):
                raise UnknownCodeError("extra_image_processor does not say its target_length")
        except UnknownCodeError as error:
            sharing.say(f"frames are prepared before each answer: {error}")
            processor.apply_image = sharing.kept(self._resize, "resizing")
            encoder.preprocess_image = sharing.kept(self._normalise, "normalising")
            return
        processor.apply_image = self._ticket
        encoder.preprocess_image = self._put_off

    def forget(self) -> None:
        """Drop the frames of the last question."""
        self._frames = []

    def _ticket(self, image: Any) -> Any:
        if not self._sharing.on or not _is_frame(image):
            return self._resize(image)
        number = len(self._frames)
        self._frames.append((image, self._sharing.number("frame", image)))
        digits = [number % BASE, number // BASE % BASE, number // BASE**2]
        return np.array(digits, np.uint8).reshape(1, 1, 3)

    def _put_off(self, image: Any, *args: Any, **more: Any) -> Any:
        if tuple(image.shape) != (3, 1, 1) or not self._frames:
            return self._normalise(image, *args, **more)
        import torch

        from sama_bench.adapters._sharing.deferred import Deferred

        digits = [int(digit) for digit in image.flatten().tolist()]
        frame, name = self._frames[sum(d * BASE**n for n, d in enumerate(digits))]
        dtype, device = image.dtype, image.device
        identity = None if name is None else ("frame", name, str(dtype), repr((args, more)))

        made: list[Any] = []

        def make() -> Any:
            if len(made) > 1:
                return made[1].clone()
            resized = torch.from_numpy(self._resize(frame)).permute(2, 0, 1).contiguous()
            made.append(None)  # what is wanted a second time for this question is held for it
            found = self._normalise(resized.to(device, dtype), *args, **more)
            if len(made) > 1:
                made[1] = found.clone()
            return found

        shape = (3, self._side, self._side)
        like = torch.empty(shape, dtype=self._type(image, args, more), device="meta")
        return Deferred.of(make, identity, like, device)

    def _type(self, ticket: Any, args: Any, more: Any) -> Any:
        """Return the type that a normalised frame has."""
        key = f"{ticket.dtype} {args} {more}"
        if key not in self._types:
            self._types[key] = self._normalise(ticket.clone(), *args, **more).dtype
        return self._types[key]


def _is_frame(image: Any) -> bool:
    return (
        isinstance(image, np.ndarray)
        and image.ndim == 3
        and image.shape[2] == 3
        and image.dtype == np.uint8
    )
