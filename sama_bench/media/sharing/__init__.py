"""What depends on the video only is computed once: results of calls, kept for its next question.

A result is returned again only for inputs of the same bits, in the same autocast context; what is
kept is bounded in bytes and dropped with its video. So answers stay the same to the last bit, as
long as the device repeats a computation to the last bit.

    self.sharing = Sharing(setup.session, setup.workers, setup.device)
    self.model.encode = self.sharing.kept(self.model.encode)    # in load
    self.sharing.begin(sample.video)                            # first in predict
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from typing import Any

from sama_bench.errors import StopRunError
from sama_bench.media.sharing.entries import Entries, fresh, key_of
from sama_bench.media.sharing.room import Room
from sama_bench.media.sharing.settings import OPTIONS, Settings
from sama_bench.media.sharing.values import CannotKeepError, same_bits, same_values

CONSTANTS = 1 << 30
"""Bytes of results that hold for all videos."""


_all: weakref.WeakSet[Sharing] = weakref.WeakSet()


def shared_calls() -> tuple[int, int]:
    """Return how many calls were answered from what was kept in this process, and how many made."""
    found = list(_all)
    return sum(one.hits for one in found), sum(one.misses for one in found)


class Sharing:
    """Results of calls, kept for the video that is asked about; for one question at a time.

    Args:
        given: settings of the session: ``share`` (on or off), ``share_check`` (recompute every
            N-th hit), ``share_memory`` (GiB of this machine's memory for all workers together; a
            quarter of it by default), ``share_gpu_memory`` (GiB beside the model, above which
            results are moved to the host; a quarter of what is free by default).
        workers: that share this machine.
        device: of the model.

    Attributes:
        on: whether anything is shared.
        hits: calls that were answered from what was kept.
        misses: calls that were computed.
        remarks: lines for the user.
        room: bytes in use.

    Raises:
        UserError: a setting that is none.
    """

    def __init__(
        self, given: Mapping[str, str] | None = None, workers: int = 1, device: str = "cpu"
    ) -> None:
        settings = Settings.read(given or {}, workers, device)
        self.on, self._every, self.room = settings.on, settings.every, settings.room
        self.hits = self.misses = 0
        _all.add(self)
        self.remarks: list[str] = []
        self._video: Any = None
        self._entries = Entries(self.room)
        self._constants = Entries(Room(device, CONSTANTS, CONSTANTS))
        self._same: dict[Hashable, list[Any]] = {}
        self._failure: StopRunError | None = None

    def begin(self, video: object) -> None:
        """Say which video the next question is about; of another one, everything is dropped.

        Raises:
            StopRunError: an earlier check found other bits.
        """
        if self._failure is not None:
            raise self._failure
        if video != self._video:
            self._video = video
            self.drop()

    def drop(self) -> None:
        """Forget what was kept for a video."""
        self._entries.empty()

    def turn_off(self, why: str) -> None:
        """Share nothing from now on, and say why."""
        self.on = False
        self._constants.empty()
        self._same = {}
        self.drop()
        self.say(f"nothing is shared between the questions of a video: {why}")

    def say(self, line: str) -> None:
        """Have a line told to the user, and write it to the worker's log."""
        self.remarks.append(line)
        print(line, flush=True)

    def kept(
        self, function: Callable[..., Any], name: str | None = None, constant: bool = False
    ) -> Callable[..., Any]:
        """Return a function that computes once a video what it is called with.

        Its result may depend on nothing but its arguments and the weights.

        Args:
            function: plain values, tensors, arrays, PIL images, and rows and dicts of them come
                in and go out; with anything else it is simply called.
            name: tells functions apart; by default its own.
            constant: its results hold for all videos.
        """
        label = name or str(getattr(function, "__qualname__", function))

        @functools.wraps(function)
        def shared(*args: Any, **more: Any) -> Any:
            return self._call(label, function, args, more, constant)

        return shared

    def call(self, name: str, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Return ``function(*args, **more)``, computed once a video for these arguments."""
        return self._call(name, function, args, more)

    def number(self, name: str, *args: Any) -> int | None:
        """Return a number for values: the same for the same bits, while the video lasts.

        None where the values cannot be kept for comparing.
        """
        if not self.on:
            return None
        try:
            key, leaves = key_of(name, args, {})
            entry = self._entries.find(key, leaves) or self._entries.keep(key, leaves, None)
            return entry.number
        except CannotKeepError:
            return None

    def constant(self, tensor: Any) -> Any:
        """Return one tensor for all of the same bits and strides, so that it is kept once."""
        if not self.on:
            return tensor
        place = (tuple(tensor.shape), tensor.stride(), tensor.dtype, tensor.device)
        pool = self._same.setdefault(place, [])
        for known in pool:
            if same_bits(known, tensor):
                return known
        if len(pool) < 4:
            try:
                (held,) = self._constants.room.hold([tensor])
            except CannotKeepError:
                return tensor
            if held.device is None:
                pool.append(held.what)
                self.room.resident.add(held.what.untyped_storage().data_ptr())
                return held.what
        return tensor

    def prove(self, what: str, function: Callable[..., Any], *args: Any, **more: Any) -> None:
        """Compute something three times; turn sharing off where the bits differ."""
        if self.on:
            first, *others = (fresh(function, args, more) for _ in range(3))
            if not all(same_values(first, other) for other in others):
                self.turn_off(f"this device does not repeat {what} to the last bit")

    def picture(self, video: Any, index: int) -> Any:
        """Return a frame of a ``Video`` as a PIL image, kept while it lasts; not to be changed.

        Raises:
            DataError: a frame cannot be read.
        """

        def picture(place: int) -> Any:
            from PIL import Image

            return Image.fromarray(video.frame(place))

        return self.call("picture", picture, index)

    def _call(
        self,
        name: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        more: dict[str, Any],
        constant: bool = False,
    ) -> Any:
        if not self.on:
            return function(*args, **more)
        if self._failure is not None:
            raise self._failure
        try:
            key, leaves = key_of(name, args, more)
        except CannotKeepError:
            return function(*args, **more)
        entries = self._constants if constant else self._entries
        entry = entries.find(key, leaves)
        if entry is not None:
            value = entry.value()
            self.hits += 1
            if self._every and self.hits % self._every == 0:
                self._check(name, value, fresh(function, args, more))
            return value
        self.misses += 1
        value = fresh(function, args, more)
        with suppress(CannotKeepError):
            entries.keep(key, leaves, value)
        return value

    def _check(self, name: str, kept: Any, made: Any) -> None:
        if same_values(kept, made):
            return
        self._failure = StopRunError(
            f"share_check: {name} gave other bits when it was computed again for the same frames; "
            "go on with --option share=off, and do not trust answers that were shared here"
        )
        raise self._failure


__all__ = ["OPTIONS", "Sharing", "StopRunError", "shared_calls"]
