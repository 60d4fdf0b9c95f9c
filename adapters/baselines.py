"""Baselines without weights: bounds and controls that every table can be read against."""

from __future__ import annotations

import os
import time
import zlib
from fnmatch import fnmatch

from sama_bench.adapter import Adapter, ModelSpec, Oracle, Setup
from sama_bench.adapters._regions.region_tracks import region_mask
from sama_bench.adapters._settings.options import check_own
from sama_bench.errors import UserError
from sama_bench.marks import grounded_answer, marked
from sama_bench.media import rle
from sama_bench.nouns import Answer, Masklet, Reference, Region, Sample


def centre_region(sample: Sample) -> Region:
    """Return a box of half the frame's sides in its centre: the prior where nothing is marked."""
    height, width = sample.video.height, sample.video.width
    return Region(0, box=(width / 4, height / 4, 3 * width / 4 - 1, 3 * height / 4 - 1))


def regions_or_centre(sample: Sample) -> tuple[Region, ...]:
    """Return what the sample marks; where it marks nothing but wants masks, the centre."""
    if sample.regions or "masks" not in sample.wants:
        return sample.regions
    return (centre_region(sample),)


def held(sample: Sample, region: Region) -> Masklet:
    """Return the region's mask, held on every frame."""
    mask = region_mask(sample, region)
    counts = rle.encode(mask)["counts"] if mask.any() else None
    return Masklet(sample.video.height, sample.video.width, (counts,) * len(sample.video))


class Static(Adapter):
    """The prompt's mask, held through the whole video."""

    takes_history = True

    def load(self, setup: Setup) -> None:
        """Refuse options: it has none."""
        check_own(setup.model, setup.options)

    def predict(self, sample: Sample) -> Answer:
        """Answer with one held mask per region."""
        if "masks" not in sample.wants:
            return Answer("The marked object stays where it is during the whole video.")
        masklets = [held(sample, region) for region in regions_or_centre(sample)]
        phrases = [marked("the marked object") for _ in masklets]
        return grounded_answer(f"It is {' and '.join(phrases)}.", masklets)

    def card(self) -> dict[str, str]:
        """Return the protocol card."""
        return {"prompt": "mask on one frame", "frames": "none", "tracking": "held still"}


class Echo(Adapter):
    """Answers with the very regions it was asked about.

    With ``prompt=frame`` it knows one frame and is no better than ``static``; with
    ``prompt=track`` it measures how much a prompt of whole tracks gives away (adapters.md 7a).
    """

    takes_history = True

    def load(self, setup: Setup) -> None:
        """Read the option ``prompt``."""
        check_own(setup.model, setup.options, ("prompt",))
        prompt = setup.options.get("prompt", "frame")
        if prompt not in ("frame", "track"):
            raise UserError(f"--option prompt={prompt}: echo knows prompt=frame and prompt=track")
        self.takes_tracks = prompt == "track"

    def predict(self, sample: Sample) -> Answer:
        """Answer with the regions' tracks, or what is known of them, and the question's words."""
        words = sample.text.replace("<mask>", "it")
        if "masks" not in sample.wants:
            return Answer(words)
        masklets = [region.track or held(sample, region) for region in sample.regions]
        return grounded_answer(" ".join([words] + [marked("it") for _ in masklets]), masklets)

    def card(self) -> dict[str, str]:
        """Return the protocol card."""
        prompt = "whole tracks" if self.takes_tracks else "mask on one frame"
        return {"prompt": prompt, "frames": "none", "tracking": "repeats its prompt"}


class Empty(Adapter):
    """Always refuses: no text, no masks."""

    takes_history = True

    def load(self, setup: Setup) -> None:
        """Refuse options: it has none."""
        check_own(setup.model, setup.options)

    def predict(self, sample: Sample) -> Answer:
        """Refuse."""
        return Answer("")

    def card(self) -> dict[str, str]:
        """Return the protocol card."""
        return {"prompt": "ignored", "frames": "none"}


class Crash(Static):
    """Fails on chosen samples and is ``static`` on the others: for rehearsing failures.

    Options: ``on=PATTERN`` (shell pattern of sample ids) or ``every=N`` (about one in N, chosen by
    the id; default 3); ``how=raise`` (default), ``exit`` (the process dies), ``hang``, ``memory``.
    """

    def load(self, setup: Setup) -> None:
        """Read the options."""
        check_own(setup.model, setup.options, ("on", "every", "how"))
        self._pattern = setup.options.get("on")
        self._how = setup.options.get("how", "raise")
        every = setup.options.get("every", "3")
        if not every.isdigit() or int(every) < 1:
            raise UserError(f"--option every={every}: crash needs a whole number from 1")
        if self._how not in ("raise", "exit", "hang", "memory"):
            raise UserError(f"--option how={self._how}: crash knows raise, exit, hang and memory")
        self._every = int(every)

    def predict(self, sample: Sample) -> Answer:
        """Fail if the sample is chosen, else answer as ``static``."""
        if self._chosen(sample.id):
            if self._how == "exit":
                os._exit(13)
            if self._how == "hang":
                time.sleep(3600)
            if self._how == "memory":
                raise MemoryError("out of memory, as asked for by how=memory")
            raise RuntimeError(f"crashed on {sample.id}, as asked")
        return super().predict(sample)

    def _chosen(self, id: str) -> bool:
        if self._pattern is not None:
            return fnmatch(id, self._pattern)
        return zlib.crc32(id.encode()) % self._every == 0


class Truth(Oracle):
    """The reference itself: the upper bound of every score."""

    takes_history = True

    def load(self, setup: Setup) -> None:
        """Refuse options: it has none."""
        check_own(setup.model, setup.options)

    def predict_knowing(self, sample: Sample, reference: Reference) -> Answer:
        """Answer with the reference."""
        return grounded_answer(reference.text or "", reference.masklets)

    def card(self) -> dict[str, str]:
        """Return the protocol card."""
        return {"prompt": "the reference", "frames": "none"}


def _spec(name: str, adapter: str, summary: str, **options: str) -> ModelSpec:
    return ModelSpec(
        name,
        f"{__name__}:{adapter}",
        summary,
        task="baseline",
        licence="none",
        options=options,
        uses_gpu=False,
    )


MODELS = (
    _spec("oracle", "Truth", "the reference itself: the upper bound"),
    _spec("static", "Static", "the prompt's mask, held through the video"),
    _spec("echo", "Echo", "repeats its prompt, one frame of it"),
    _spec("echo-tracks", "Echo", "repeats its prompt of whole tracks", prompt="track"),
    _spec("empty", "Empty", "always refuses: the lower bound"),
    _spec("crash", "Crash", "fails on chosen samples: for rehearsing failures"),
)
