"""Sa2VA (Yuan et al., 2025), on InternVL, Qwen and LLaVA: referring segmentation, image and video.

Which of the call forms a checkpoint needs is read from its config, never from its path.
Protocol: adapters.md sections 3 to 5, refvos.md section 1, image.md.

Sa2VA has no region prompt for video. A region is drawn on the frame where it lies and named by its
colour; the card marks such results as ours.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, cast

from sama_bench.adapter import Adapter, ModelSpec, Needs, Setup
from sama_bench.adapters._chat.prompts import STYLES, Style, image_prompt, referring_prompt
from sama_bench.adapters._chat.replies import MARK, chat_answer
from sama_bench.adapters._checkpoints import loading_models
from sama_bench.adapters._checkpoints.families import family_check, fits_name
from sama_bench.adapters._checkpoints.loading import (
    checkpoint_folder,
    config_of,
    fingerprint,
    require,
    require_version,
    snapshot_revision,
)
from sama_bench.adapters._checkpoints.remote_files import reached
from sama_bench.adapters._regions.region_marks import marked_frames, named_by_colour
from sama_bench.adapters._regions.region_tracks import region_mask
from sama_bench.adapters._settings import options
from sama_bench.adapters._sharing import OPTIONS, ModelSharing, share_remote
from sama_bench.nouns import IMAGE_TASKS, REFERRING_TASKS, TASKS, Answer, Sample, Task

TOKENIZER, PROCESSOR = "<tokenizer>", "<processor>"
"""Stand for the loaded objects among the arguments until the model is called."""
FORMS = ("internvl", "qwen", "llava")
"""Call forms: by the model that Sa2VA is built on."""
SEEN = 5
"""Frames from the start of the video that the language model sees."""


def call_form(config: Mapping[str, Any]) -> str:
    """Tell from a checkpoint's config how it is called: ``internvl``, ``qwen`` or ``llava``.

    An InternVL-based checkpoint may have a Qwen language model inside; the outer class decides.
    """
    outer = [str(name) for name in config.get("architectures") or ()]
    outer += [str(name) for name in (config.get("auto_map") or {}).values()]
    named = " ".join(outer).lower()
    if "qwen" in named:
        return "qwen"
    if "llava" in named:
        return "llava"
    plain = "llm_config" not in config and "qwen" in str(config.get("model_type", "")).lower()
    return "qwen" if plain else "internvl"


class Sa2va(Adapter):
    """Sa2VA in all published sizes."""

    tasks: frozenset[Task] = frozenset(TASKS)
    packages = ("xtuner",)
    names: tuple[str, ...] = ("prompt_style", "family")
    versions = ("4.42", "5.0", "Sa2VA's code loads with 4.x only")
    families: tuple[str, ...] = (
        "sa2va-internvl",
        "sa2va-qwen2_5",
        "sa2va-qwen3",
        "sa2va-llava",
    )
    """Checkpoints that it can ask, when a model of another name than the published brings them."""
    _model: Any = None

    def configure(self, setup: Setup) -> None:
        """Read the options; all that ``arguments`` needs, without weights."""
        options.check_names(setup.options, self.names)
        self._style = cast(Style, options.choice(setup.options, "prompt_style", STYLES, "sa2va2"))
        self._take_form(options.choice(setup.options, "family", FORMS, "internvl"))
        self._card: dict[str, Any] = {}
        self._shared = ModelSharing()

    def _take_form(self, form: str) -> None:
        """Say what follows from the call form: only InternVL's takes regions of images."""
        self._form = form
        self.recorded = type(self).recorded or (f"sa2va-{form}",)
        no_regions: frozenset[Task] = frozenset({"region-caption"})
        self.tasks = type(self).tasks - (frozenset() if form == "internvl" else no_regions)

    def load(self, setup: Setup) -> None:
        """Load the checkpoint and its code.

        Raises:
            AdapterError: remote code is not allowed, the checkpoint is another family's,
                transformers is another version, or a GPU or the weights are missing.
        """
        self.configure(setup)
        loading_models.ask_for_trust(setup)
        folder = checkpoint_folder(setup, family_check(setup, self.families))
        require("transformers", "models")
        have = require_version(setup, "transformers", *self.versions)
        config = config_of(folder)
        loading_models.check_cuda(setup, reached(folder, config))
        self._take_form(call_form(config))
        self._model, dtype = loading_models.remote_model(folder, setup, self._form == "internvl")
        self._tokenizer = loading_models.tokenizer(folder, setup)
        dtype = loading_models.settle_precision(self._model, self._tokenizer, dtype)
        qwen = self._form == "qwen"
        self._processor = loading_models.processor(folder, setup) if qwen else None
        family = "qwen" if qwen else self.families[0]
        share_remote(self._shared, setup, self._model, family, self._processor)
        self.remarks = self._shared.remarks
        self._accepts = frozenset(inspect.signature(self._model.predict_forward).parameters)
        self.revision = snapshot_revision(folder)
        self._card = {
            "checkpoint_fingerprint": fingerprint(folder),
            "transformers": have,
            "dtype": str(dtype),
        }

    def predict(self, sample: Sample) -> Answer:
        """Ask the model."""
        self._shared.begin(sample.video)
        arguments = self.arguments(sample)
        prompted = arguments["text"].count(MARK) if self._form == "qwen" else 0
        return chat_answer(self._ask(arguments), sample, prompted)

    def _ask(self, arguments: dict[str, Any]) -> Any:
        """Call ``predict_forward`` with the loaded tokenizer and processor."""
        import torch

        loaded = {"tokenizer": self._tokenizer, "processor": self._processor}
        arguments.update({name: value for name, value in loaded.items() if name in arguments})
        if "processor" not in self._accepts:  # checkpoints before v2
            arguments.pop("processor", None)
        with torch.no_grad():
            return self._model.predict_forward(**arguments)

    def arguments(self, sample: Sample) -> dict[str, Any]:
        """Return what ``predict_forward`` is called with; frames as PIL images.

        Raises:
            ValueError: the model cannot be asked this.
        """
        tools = {"tokenizer": TOKENIZER, "processor": PROCESSOR if self._form == "qwen" else None}
        if sample.task == "region-caption":
            if self._form != "internvl":
                raise ValueError(
                    f"Sa2VA on {self._form} takes no region prompts, so it cannot caption one"
                )
            masks = [region_mask(sample, region) for region in sample.regions]
            return {**self._image(sample), "mask_prompts": [_stacked(masks)], **tools}
        if sample.task in IMAGE_TASKS:
            return {**self._image(sample), **tools}
        if sample.task in REFERRING_TASKS:
            video = self._shared.pictures(sample.video)
            return {"video": video, "text": referring_prompt(sample.text, self._style), **tools}
        marked = marked_frames(sample, range(min(SEEN, len(sample.video))))
        plain = self._shared.pictures(sample.video)
        video = [marked.get(index, picture) for index, picture in enumerate(plain)]
        return {"video": video, "text": f"<image>\n{named_by_colour(sample.text)}", **tools}

    def _image(self, sample: Sample) -> dict[str, Any]:
        return {"image": self._shared.picture(sample.video, 0), "text": image_prompt(sample)}

    def card(self) -> dict[str, Any]:
        """Return the protocol card."""
        return {
            "call_form": self._form,
            "frames": "first 5 of the video",
            "prompt_style": self._style,
            "region_prompt": "drawn (ours): box on the frame, named by colour",
            "generation": "greedy, 2048 new tokens",
            **self._card,
        }


def _stacked(masks: list[Any]) -> Any:
    import numpy as np

    return np.stack(masks)


TASK = "referring segmentation (video, image), grounded captions"


NEEDS = Needs(remote_code=True, cuda=True, weights=("checkpoint",), fits=fits_name)


def _spec(name: str, hub: str, size: str, licence: str, **extra: str) -> ModelSpec:
    environment = "sa2va-legacy" if hub in ("1B", "4B", "8B", "26B") else "sa2va-latest"
    return ModelSpec(
        f"sa2va-{name}",
        "sama_bench.adapters.sa2va:Sa2va",
        f"Sa2VA-{hub}; regions of videos are drawn on the frame (ours)",
        TASK,
        f"ByteDance/Sa2VA-{hub}",
        size,
        licence,
        environment,
        extra,
        session_options=OPTIONS,
        needs=NEEDS,  # also on Qwen, whose own file names no device: its tracker calls .cuda()
    )


MODELS = (
    _spec("1b", "1B", "1B", "apache-2.0"),
    _spec("4b", "4B", "4B", "apache-2.0"),
    _spec("8b", "8B", "8B", "apache-2.0"),
    _spec("26b", "26B", "26B", "apache-2.0"),
    _spec("internvl3-2b", "InternVL3-2B", "2B", "see its hub page"),
    _spec("internvl3-8b", "InternVL3-8B", "8B", "see its hub page"),
    _spec("internvl3-14b", "InternVL3-14B", "14B", "see its hub page"),
    _spec("qwen2_5-vl-3b", "Qwen2_5-VL-3B", "3B", "see its hub page", family="qwen"),
    _spec("qwen2_5-vl-7b", "Qwen2_5-VL-7B", "7B", "see its hub page", family="qwen"),
    _spec("qwen3-vl-2b", "Qwen3-VL-2B", "2B", "see its hub page", family="qwen"),
    _spec("qwen3-vl-4b", "Qwen3-VL-4B", "4B", "see its hub page", family="qwen"),
    _spec("llava-1.5-7b", "LLaVA-1.5-7B", "7B", "see its hub page", family="llava"),
)
