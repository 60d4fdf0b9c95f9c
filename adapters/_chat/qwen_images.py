"""Qwen-VL's processor for images only, for an environment without torchvision.

transformers' own processor insists on torchvision because of videos, which are not used here. The
image processor has a PIL form; what is left is to write one placeholder per visual token.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sama_bench.adapter import Setup
from sama_bench.adapters._checkpoints.loading import config_of, one_line
from sama_bench.adapters._checkpoints.loading_models import tokenizer
from sama_bench.errors import AdapterError
from sama_bench.media.spent import spent

PLACEHOLDER = "<|image_pad|>"


def is_qwen_vl(folder: Path) -> bool:
    """Tell from its config whether a checkpoint is a Qwen-VL of transformers."""
    kind = str(config_of(folder).get("model_type", ""))
    return kind.startswith("qwen") and "vl" in kind


class QwenImages:
    """Turns a chat with images into the inputs of a Qwen-VL model."""

    def __init__(self, folder: Path, setup: Setup) -> None:
        from transformers import AutoImageProcessor

        self._tokenizer = tokenizer(folder, setup)
        try:
            self._images = AutoImageProcessor.from_pretrained(
                str(folder), trust_remote_code=False, local_files_only=True
            )
        except (OSError, ValueError, ImportError) as error:
            raise AdapterError(f"{setup.model}: no image processor: {one_line(error)}") from error

    @property
    def images(self) -> Any:
        """The image processor."""
        return self._images

    def inputs(self, messages: Sequence[Mapping[str, Any]], model: Any) -> Any:
        """Return the tensors that ``model.generate`` takes, on the model's device."""
        import torch

        images = [part["image"] for part in messages[0]["content"] if part["type"] == "image"]
        with spent("preparing"):
            prepared = self._images(images=images, return_tensors="pt")
        text = self._tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=True
        )
        pieces = text.split(PLACEHOLDER)
        if len(pieces) != len(images) + 1:
            raise AdapterError(f"the chat template has {len(pieces) - 1} of {len(images)} images")
        merged = int(self._images.merge_size) ** 2
        counts = [int(grid.prod()) // merged for grid in prepared["image_grid_thw"]]
        text = pieces[0] + "".join(
            PLACEHOLDER * count + piece for count, piece in zip(counts, pieces[1:], strict=True)
        )
        words = self._tokenizer(text, return_tensors="pt", add_special_tokens=False)
        found = {name: words[name] for name in ("input_ids", "attention_mask")}
        found.update({name: prepared[name] for name in ("pixel_values", "image_grid_thw")})
        if "mm_token_type_ids" in inspect.signature(model.forward).parameters:
            pad = self._tokenizer.convert_tokens_to_ids(PLACEHOLDER)
            found["mm_token_type_ids"] = (words["input_ids"] == pad).to(torch.int32)
        return {name: value.to(model.device) for name, value in found.items()}

    def decode(self, tokens: Any) -> str:
        """Return the text of new tokens, special ones kept."""
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=False)
        return text


class FullProcessor:
    """The checkpoint's own processor, in the same shape."""

    def __init__(self, processor: Any) -> None:
        self._processor = processor

    @property
    def images(self) -> Any:
        """The image processor, or None."""
        return getattr(self._processor, "image_processor", None)

    def inputs(self, messages: Sequence[Mapping[str, Any]], model: Any) -> Any:
        """Return the tensors that ``model.generate`` takes, on the model's device."""
        return self._processor.apply_chat_template(
            messages,
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
        ).to(model.device)

    def decode(self, tokens: Any) -> str:
        """Return the text of new tokens, special ones kept."""
        text: str = self._processor.decode(tokens, skip_special_tokens=False)
        return text
