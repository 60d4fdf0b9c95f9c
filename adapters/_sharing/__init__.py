"""Each model's part in ``sama_bench.media.sharing``: what its code computes of the video alone.

Methods of the loaded model are wrapped; its code is neither changed nor copied. Where it is not of
the form that is known here, nothing is shared and one line says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sama_bench.adapter import Setup
from sama_bench.adapters._sharing.hooks import UnknownCodeError
from sama_bench.errors import AdapterError, UserError
from sama_bench.media.sharing import OPTIONS, Sharing
from sama_bench.nouns import Video

Install = Callable[[Sharing], Any]


def begun(setup: Setup) -> Sharing:
    """Return a store for a model that is loaded.

    Raises:
        AdapterError: a setting that is none.
    """
    try:
        return Sharing(setup.session, setup.workers, setup.device)
    except UserError as error:
        raise AdapterError(str(error)) from None


class ModelSharing:
    """What an adapter holds: nothing until ``install``, so that arguments are made without it."""

    def __init__(self) -> None:
        self._sharing: Sharing | None = None
        self._frames: Any = None

    @property
    def remarks(self) -> Sequence[str]:
        """Lines for the user."""
        return () if self._sharing is None else self._sharing.remarks

    @property
    def on(self) -> bool:
        """Whether anything is shared."""
        return self._sharing is not None and self._sharing.on

    @property
    def store(self) -> Sharing | None:
        """The store behind it, or None before ``install``."""
        return self._sharing

    def install(self, setup: Setup, wrap: Install, prove: Install | None = None) -> None:
        """Wrap a loaded model, unless the session says otherwise.

        Args:
            setup: of the run.
            wrap: wraps the model's methods; raises UnknownCodeError where it does not know them.
            prove: tells whether the device repeats itself.

        Raises:
            AdapterError: a setting that is none.
        """
        self._sharing = sharing = begun(setup)
        if not sharing.on:
            return
        try:
            self._frames = wrap(sharing)
            if prove is not None:
                prove(sharing)
        except UnknownCodeError as error:
            sharing.turn_off(f"this code is not known ({error})")
        except Exception as error:  # of the model's code, on a frame that nobody asked about
            sharing.turn_off(f"the check at the start failed ({type(error).__name__}: {error})")

    def join(self, what: str, wrap: Install) -> None:
        """Wrap a second model that works beside the first; where it is not known it is not shared.

        Args:
            what: it is, for the user.
            wrap: as for ``install``.
        """
        if self._sharing is not None and self._sharing.on:
            try:
                wrap(self._sharing)
            except UnknownCodeError as error:
                self._sharing.say(f"{what} shares nothing: this code is not known ({error})")

    def begin(self, video: Video) -> None:
        """Say which video the next question is about."""
        if self._sharing is not None:
            self._sharing.begin(video)
        if hasattr(self._frames, "forget"):
            self._frames.forget()

    def picture(self, video: Video, index: int) -> Any:
        """Return a frame as a PIL image, the same one for each question; not to be changed."""
        return (self._sharing or Sharing({"share": "off"})).picture(video, index)

    def pictures(self, video: Video) -> list[Any]:
        """Return all frames as PIL images, the same ones for each question; not to be changed."""
        return [self.picture(video, index) for index in range(len(video))]


def share_remote(held: ModelSharing, setup: Setup, model: Any, family: str, processor: Any) -> None:
    """Share in a model of Sa2VA's family.

    Args:
        held: of the adapter.
        setup: of the run.
        model: loaded and prepared for generation.
        family: ``sama``, ``sa2va-i``, ``qwen``, or another name for the others on InternVL.
        processor: of a model on Qwen.

    Raises:
        AdapterError: a setting that is none.
    """
    from sama_bench.adapters._sharing import families

    wrap = families.share_qwen if family == "qwen" else families.share_internvl
    held.install(
        setup,
        lambda sharing: wrap(sharing, model, processor, family),
        lambda sharing: families.prove(sharing, model),
    )


__all__ = ["OPTIONS", "ModelSharing", "share_remote"]
