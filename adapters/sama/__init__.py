"""SAMA (Sun et al., 2025): grounded chat about regions of a video.

The model is called exactly as the published scripts call it (``inputs=released``, the default), or
with ``FRAME_AT_RANDOM`` and ``FIVE_SLOTS`` corrected and the one frame of the region that a model
may see (``inputs=strict``). Protocol: adapters.md section 2, sama-bench-g.md and -c.md section 2.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from sama_bench.adapter import Adapter, Checkout, HubFiles, ModelSpec, Needs, Setup
from sama_bench.adapters._chat.prompts import (
    QUESTION_STYLES,
    STYLES,
    Style,
    image_prompt,
    referring_prompt,
)
from sama_bench.adapters._chat.replies import chat_answer
from sama_bench.adapters._checkpoints import loading_models
from sama_bench.adapters._checkpoints.families import family_check, fits_name
from sama_bench.adapters._checkpoints.loading import (
    checkpoint_folder,
    config_of,
    fingerprint,
    require_version,
    snapshot_revision,
)
from sama_bench.adapters._checkpoints.remote_files import imported, mentions, reached
from sama_bench.adapters._regions.region_tracks import one_frame_track, region_track
from sama_bench.adapters._settings import options
from sama_bench.adapters._sharing import OPTIONS as SESSION_OPTIONS
from sama_bench.adapters._sharing import ModelSharing, share_remote
from sama_bench.adapters.sama import bert, checkout, prompt, quirks
from sama_bench.adapters.sama.quirks import FIVE_SLOTS, FRAME_AT_RANDOM, PROMPT_SHAPES
from sama_bench.nouns import (
    IMAGE_TASKS,
    REFERRING_TASKS,
    TASKS,
    Answer,
    Masklet,
    Region,
    Sample,
)

QUIRKS = (*quirks.QUIRKS, QUESTION_STYLES)

TOKENIZER = "<tokenizer>"
"""Stands for the tokenizer among the arguments until the model is called."""
OPTIONS = (
    "inputs",
    "prompt",
    "prompt_frame",
    "slots",
    "max_frames",
    "prompt_shape",
    "prompt_style",
    "random_seed",
    "code",
    "bert",
)


@dataclass(frozen=True)
class SamaOptions:
    """How SAMA is asked; the defaults are the published ones.

    Attributes:
        tracks: prompt with whole tracks, as released, or with the region's one frame.
        first: make the model use the first frame on which a region shows, instead of drawing one
            of five at random (``FRAME_AT_RANDOM``).
        fit: emit as many frame slots as there are frames; five as released (``FIVE_SLOTS``).
        longest: ``max_frames``.
        shape: ``box`` or ``mask`` prompts for both parts, or None for the released ones.
        style: wording for referring segmentation.
        seed: of Python's ``random`` before every call, or None for the sample's own.
    """

    tracks: bool = True
    first: bool = False
    fit: bool = False
    longest: int = 32
    shape: prompt.Shape | None = None
    style: Style = "sama"
    seed: int | None = None

    @classmethod
    def read(cls, given: Mapping[str, str]) -> SamaOptions:
        """Read ``--option`` settings.

        Raises:
            UserError: an unknown option or value.
        """
        options.check_names(given, OPTIONS)
        strict = options.choice(given, "inputs", ("released", "strict"), "released") == "strict"
        shown = options.choice(given, "prompt", ("track", "frame"), "frame" if strict else "track")
        drawn = options.choice(
            given, "prompt_frame", ("random", "first"), "first" if strict else "random"
        )
        slots = options.choice(given, "slots", ("five", "fit"), "fit" if strict else "five")
        shape = options.choice(given, "prompt_shape", ("released", "box", "mask"), "released")
        return cls(
            tracks=shown == "track",
            first=drawn == "first",
            fit=slots == "fit",
            longest=options.whole(given, "max_frames", 32),
            shape=None if shape == "released" else cast(prompt.Shape, shape),
            style=cast(Style, options.choice(given, "prompt_style", STYLES, "sama")),
            seed=options.whole(given, "random_seed", 0, 0) if "random_seed" in given else None,
        )


class Sama(Adapter):
    """SAMA-1B, -4B and -8B."""

    tasks = frozenset(TASKS) - {"region-caption"}
    takes_tracks = True
    packages = ("xtuner",)
    recorded = ("sama-",)
    _model: Any = None
    _lent = ExitStack()

    def configure(self, setup: Setup) -> None:
        """Read the options; all that ``arguments`` needs, without weights."""
        self._options = SamaOptions.read(setup.options)
        self.takes_tracks = self._options.tracks
        self._card: dict[str, Any] = {}
        self._shared = ModelSharing()

    def load(self, setup: Setup) -> None:
        """Load the checkpoint and its code.

        Raises:
            AdapterError: remote code is not allowed, the checkpoint is another family's,
                transformers is another version, or a GPU, the SAMA checkout, bert-base-uncased or
                the weights are missing.
        """
        self.configure(setup)
        loading_models.ask_for_trust(setup)
        folder = checkpoint_folder(setup, family_check(setup, ("sama",)))
        have = require_version(
            setup, "transformers", "4.42", "4.43", "SAMA's code answers differently with others"
        )
        files = reached(folder, config_of(folder))
        loading_models.check_cuda(setup, files)
        with ExitStack() as prepared:
            if modules := imported(files, checkout.PACKAGE):
                prepared.callback(checkout.lend(checkout.find(setup, modules), modules))
            with ExitStack() as building:
                if mentions(files, bert.NAME):
                    building.enter_context(bert.standing_for(bert.folder(setup)))
                self._model, dtype = loading_models.remote_model(folder, setup, internvl=True)
            self._lent = prepared.pop_all()
        self._tokenizer = loading_models.tokenizer(folder, setup)
        dtype = loading_models.settle_precision(self._model, self._tokenizer, dtype, fixed=True)
        share_remote(self._shared, setup, self._model, "sama", None)
        self.remarks = self._shared.remarks
        self.revision = snapshot_revision(folder)
        self._card = {
            "checkpoint_fingerprint": fingerprint(folder),
            "transformers": have,
            "dtype": str(dtype),
        }

    def close(self) -> None:
        """Forget the weights, and the modules of the checkout."""
        self._model = None
        self._lent.close()

    def predict(self, sample: Sample) -> Answer:
        """Ask the model; notes hold the seed of its random draw and what FIVE_SLOTS did."""
        import torch

        self._shared.begin(sample.video)
        arguments = self.arguments(sample)
        for name in ("prompt_masks", "prompt_masks_112"):
            if name in arguments:
                arguments[name] = [torch.from_numpy(mask) for mask in arguments[name]]
        arguments["tokenizer"] = self._tokenizer
        seed = sample.seed if self._options.seed is None else self._options.seed
        random.seed(seed)
        with torch.no_grad():
            reply = self._model.predict_forward(**arguments)
        return chat_answer(reply, sample, notes=self._notes(sample, seed))

    def arguments(self, sample: Sample) -> dict[str, Any]:
        """Return what ``predict_forward`` is called with: frames as PIL, masks as uint8 arrays.

        Raises:
            ValueError: SAMA's class cannot be asked this.
        """
        if sample.task == "region-caption":
            raise ValueError(
                "SAMA's class cannot describe an image region: it never inserts the region's "
                "tokens into the text (protocol adapters.md, section 2.3, step 9)"
            )
        if sample.task in IMAGE_TASKS:
            return {
                "image": self._shared.picture(sample.video, 0),
                "text": image_prompt(sample),
                "tokenizer": TOKENIZER,
                "prediction_only": False,
            }
        video = self._shared.pictures(sample.video)
        if sample.task in REFERRING_TASKS:
            return {
                "video": video,
                "text": referring_prompt(sample.text, self._options.style),
                "tokenizer": TOKENIZER,
                "prediction_only": False,
                "max_frames": self._options.longest,
            }
        describes = sample.task == "region-description"
        return {"video": video, **self._region_arguments(sample, describes)}

    def _region_arguments(self, sample: Sample, describes: bool) -> dict[str, Any]:
        chosen = self._options
        sparse = len(prompt.sparse_frames(len(sample.video), chosen.longest))
        shape = chosen.shape or ("mask" if describes else "box")
        pairs = [
            prompt.prompt_masks(self._track(sample, region), shape) for region in sample.regions
        ]
        if chosen.first:
            dense = prompt.dense_frames(len(sample.video), chosen.longest)
            kept = prompt.first_only([pair[0] for pair in pairs], dense)
            pairs = [(a * keep, b * keep) for (a, b), keep in zip(pairs, kept, strict=True)]
        question = prompt.plain_question(sample.text)
        slots = min(prompt.SLOTS, sparse) if chosen.fit else prompt.SLOTS
        text = prompt.token_text(question, sparse, slots, newline=describes)
        return {
            "prompt_masks": [np.ascontiguousarray(pair[0]) for pair in pairs],
            "prompt_masks_112": [np.ascontiguousarray(pair[1]) for pair in pairs],
            "text_prompts": question if describes else question.strip(),
            "text": text.strip() if describes else text,
            "mask_count": [len(sample.regions)],
            "tokenizer": TOKENIZER,
            "max_frames": chosen.longest,
            "prediction_only": "masks" not in sample.wants,
        }

    def _track(self, sample: Sample, region: Region) -> Masklet:
        if self._options.tracks:
            return region_track(sample, region)
        dense = prompt.dense_frames(len(sample.video), self._options.longest)
        return one_frame_track(sample, region, dense)

    def _notes(self, sample: Sample, seed: int) -> dict[str, Any]:
        notes: dict[str, Any] = {}
        if sample.regions:
            notes["random_seed"] = seed
        few = len(sample.video) < prompt.SLOTS
        if few and not self._options.fit and sample.task not in REFERRING_TASKS | IMAGE_TASKS:
            notes["q8"] = f"five slots for {len(sample.video)} frames: the model saw no frame"
        return notes

    def card(self) -> dict[str, Any]:
        """Return the protocol card."""
        chosen = self._options
        return {
            "frames": f"sparse sampler, max_frames {chosen.longest}; 5 dense (g.md 2.1)",
            "region_prompt": "whole track" if chosen.tracks else "mask on one frame",
            "prompt_shape": chosen.shape or f"box in G, mask in C ({PROMPT_SHAPES})",
            "prompt_frame": "first visible"
            if chosen.first
            else f"random, seeded per sample ({FRAME_AT_RANDOM})",
            "random_seed": "sample" if chosen.seed is None else chosen.seed,
            "slots": "min(5, S)" if chosen.fit else f"5 ({FIVE_SLOTS})",
            "prompt_style": chosen.style,
            "generation": "greedy, 2048 new tokens",
            **self._card,
        }


NEEDS = Needs(
    remote_code=True,
    cuda=True,
    gpu_memory=80,
    weights=("checkpoint",),
    checkouts=(Checkout(checkout.REPOSITORY, "code", "SAMA_CODE", "projects.llava_sam2"),),
    files=(
        HubFiles(
            bert.NAME, bert.READ, "SAMA's Q-Former", bert.NAMES[1:], option="bert", own_folder=True
        ),
    ),
    fits=fits_name,
)


def _spec(size: str, base: str) -> ModelSpec:
    return ModelSpec(
        f"sama-{size.lower()}",
        "sama_bench.adapters.sama:Sama",
        f"SAMA-{size}, trained from {base}; prompts are whole tracks as released",
        "grounded chat, region description, referring segmentation",
        f"Sunye2311/SAMA_{size}",
        size,
        "creativeml-openrail-m",
        "sama",
        needs=NEEDS,
        costs="A100 80 GB a process; about 4 h on 8 for SAMA-Bench-G (README; size not said)",
        session_options=SESSION_OPTIONS,
    )


MODELS = (_spec("1B", "Sa2VA-1B"), _spec("4B", "Sa2VA-4B"), _spec("8B", "Sa2VA-8B"))
