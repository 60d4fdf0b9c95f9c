"""SAM 3 (Carion et al., 2025): every instance of a noun phrase in a video, united.

The expression is handed over as the text prompt, verbatim; the masks of all instances that the
model reports on a frame are united, as the phrase may mean several. transformers' own classes are
used, without torchvision.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from sama_bench.adapter import Adapter, ModelSpec, Needs, Setup
from sama_bench.adapters._checkpoints.families import check_family, fits_name
from sama_bench.adapters._checkpoints.loading import (
    checkpoint_folder,
    config_of,
    fingerprint,
    require,
    require_version,
)
from sama_bench.adapters._checkpoints.loading_models import pretrained, tokenizer
from sama_bench.adapters._settings import options
from sama_bench.adapters._sharing import OPTIONS, ModelSharing
from sama_bench.adapters._sharing.baselines import share_sam3
from sama_bench.adapters._tracking.sam2_transformers import PreparedFrames
from sama_bench.adapters._tracking.tracking import Collected, full_size
from sama_bench.errors import AdapterError
from sama_bench.nouns import REFERRING_TASKS, Answer, Sample, Segment

WORDS = 32
"""Tokens of a text prompt."""
MEAN = STD = (0.5, 0.5, 0.5)
"""Statistics of SAM 3's preprocessing; SAM 2 has ImageNet's."""
MULTIPLEX = "sam3.1"
"""In the name of SAM 3.1's hub repository, whose folder in the cache bears it."""


class Sam3(Adapter):
    """Masks for an expression; it describes nothing and knows no regions."""

    tasks = REFERRING_TASKS | {"phrase-in-image"}

    def load(self, setup: Setup) -> None:
        """Load the checkpoint.

        Raises:
            AdapterError: packages or weights are missing.
        """
        options.check_names(setup.options, ())
        require("torch", "models")
        require_version(setup, "transformers", "5.0", "6.0", "it has the SAM 3 video classes")
        from transformers import Sam3VideoModel

        folder = checkpoint_folder(setup, lambda folder: _check(setup, folder))
        self._model, dtype = pretrained(Sam3VideoModel, folder, setup, "float32")
        self._tokenizer = tokenizer(folder, setup)
        self._side = int(self._model.config.image_size)
        self._shared = ModelSharing()
        share_sam3(self._shared, setup, self._model)
        self.remarks = self._shared.remarks
        self._card = {
            "checkpoint_fingerprint": fingerprint(folder),
            "dtype": str(dtype),
            "score_threshold": config_of(folder).get("score_threshold_detection", 0.5),
        }

    def predict(self, sample: Sample) -> Answer:
        """Answer with the union of all instances; a refusal where there is none."""
        import torch

        if sample.regions:
            raise ValueError("sam3 takes expressions; it knows no regions")
        video = sample.video
        self._shared.begin(video)
        session = self._session(sample)
        collected = Collected(video, 1)
        instances: set[int] = set()
        with torch.inference_mode():
            for output in self._model.propagate_in_video_iterator(session):
                hidden = set(output.suppressed_obj_ids or ()) | session.hotstart_removed_obj_ids
                shown = [key for key in sorted(output.obj_id_to_mask) if key not in hidden]
                if shown:
                    low = torch.cat([output.obj_id_to_mask[key] for key in shown])
                    masks = full_size(low[:, None], video.height, video.width)
                    collected.put(output.frame_idx, np.any(masks, axis=0)[None])
                    instances.update(shown)
        (masklet,) = collected.masklets()
        notes = {"instances": len(instances)}
        if masklet.first_visible() is None:
            return Answer("Nothing matches.", notes=notes)
        return Answer("It is [SEG].", (Segment(None, masklet),), notes)

    def _session(self, sample: Sample) -> Any:
        from transformers.models.sam3_video.modeling_sam3_video import Sam3VideoInferenceSession

        parameter = next(self._model.parameters())
        session = Sam3VideoInferenceSession(
            video=None,
            video_height=sample.video.height,
            video_width=sample.video.width,
            inference_device=parameter.device,
            inference_state_device=parameter.device,
            video_storage_device="cpu",
            dtype=parameter.dtype,
        )
        session.processed_frames = PreparedFrames(
            sample.video, self._side, parameter.dtype, MEAN, STD, put_off=self._shared.on
        )
        prompt = session.add_prompt(sample.text)
        words = self._tokenizer(
            sample.text,
            return_tensors="pt",
            padding="max_length",
            max_length=WORDS,
            truncation=True,
        ).to(parameter.device)
        session.prompt_input_ids[prompt] = words.input_ids
        session.prompt_attention_masks[prompt] = words.attention_mask
        return session

    def card(self) -> dict[str, Any]:
        """Return the protocol card."""
        return {
            "frames": "all",
            "text_prompt": "the expression, verbatim, 32 tokens",
            "instances": "all, united",
            **self._card,
        }


def _check(setup: Setup, folder: Path) -> None:
    check_family(setup, folder, ("sam3",))
    if MULTIPLEX in str(folder).lower() or any(folder.glob("*multiplex*")):
        raise AdapterError(
            f"{folder} holds SAM 3.1, whose weights are published for Meta's own package only: "
            "transformers has no class for its tracker of many objects"
        )


MODELS = (
    ModelSpec(
        "sam3",
        "sama_bench.adapters.sam3:Sam3",
        "SAM 3 with the expression as its text prompt, all instances united",
        "referring segmentation (video, image)",
        "facebook/sam3",
        "848M",
        "SAM licence",
        needs=Needs(
            packages=("torch", "transformers>=5,<6"), weights=("checkpoint",), fits=fits_name
        ),
        session_options=OPTIONS,
    ),
)
