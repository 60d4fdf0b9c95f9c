"""What is shared in each family of models whose code comes with the weights."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

from sama_bench.adapters._sharing.grounding_frames import GroundingFrames
from sama_bench.adapters._sharing.hooks import Hook, UnknownCodeError
from sama_bench.adapters._sharing.sam2_slot import FEATURES, share_constants, share_features
from sama_bench.media.sharing import Sharing

TOWER = (Hook("", "transformer"), Hook("", "extract_feature", ("pixel_values",)))
"""InternVL: a frame for the vision tower, and the tower with its projector, on a whole batch."""
SAMA = (
    Hook("vlm2spatial_Qformer_proj", "forward"),
    Hook("spatial_Qformer.bert", "forward"),
    Hook("Qformer_temp_attn_q", "forward"),
)
"""The parts of SAMA's Q-Formers that the question does not reach."""
SAMPLED = Hook("grounding_encoder", "get_sam2_embeddings_training_like")
"""Sa2VA-i's other features of the sampled frames, by the other decoder's convolutions."""
PLACES = "current_vision_pos_embeds"
VISION = Hook("model.model.visual", "forward")
"""Qwen's vision tower."""
PICTURES = Hook("image_processor", "preprocess")
READER = "process_vision_info"
TRACKER = "grounding_encoder.sam2_model"


def share_sam2(sharing: Sharing, model: Any) -> GroundingFrames:
    """Share SAM 2's frames and features of a model of Sa2VA's family.

    Raises:
        UnknownCodeError: its code is of another form; nothing was wrapped.
    """
    path, _, name = TRACKER.rpartition(".")
    predictor = getattr(getattr(model, path, None), name, None)
    if predictor is None:
        raise UnknownCodeError(f"{type(model).__name__} has no {TRACKER}")
    FEATURES.find(predictor)
    share_constants(sharing, predictor)
    share_features(sharing, predictor)
    return GroundingFrames(sharing, model)


def share_internvl(sharing: Sharing, model: Any, processor: Any, family: str) -> GroundingFrames:
    """Share what a model on InternVL computes of a video: SAMA, Sa2VA, Sa2VA-i, SaSaSa2VA."""
    hooks = [*TOWER, *(SAMA if family == "sama" else ())]
    hooks += [SAMPLED] if family == "sa2va-i" else []
    found = [(hook, *hook.find(model)) for hook in hooks]  # all, before the first is wrapped
    frames = share_sam2(sharing, model)
    for hook, owner, method in found:
        label = ".".join(filter(None, (hook.path, hook.name)))
        method = _places_once(sharing, method) if hook is SAMPLED else method
        setattr(owner, hook.name, sharing.kept(method, label))
    return frames


def _places_once(sharing: Sharing, encode: Callable[..., Any]) -> Callable[..., Any]:
    """Let the position encodings of sampled frames, the same for all videos, be kept once."""

    @functools.wraps(encode)
    def encoded(*args: Any, **more: Any) -> Any:
        found = encode(*args, **more)
        places = found.get(PLACES) if isinstance(found, dict) else None
        if not isinstance(places, list):
            return found
        return {**found, PLACES: [sharing.constant(place) for place in places]}

    return encoded


def share_qwen(sharing: Sharing, model: Any, processor: Any, family: str) -> GroundingFrames:
    """Share what a model on Qwen-VL computes of a video."""
    tower, encode = VISION.find(model)
    pictures, prepare = PICTURES.find(processor)
    module = sys.modules[type(model).__module__]
    read = getattr(module, READER, None)
    if not callable(read):
        raise UnknownCodeError(f"{type(model).__name__}'s module has no {READER}")
    frames = share_sam2(sharing, model)
    tower.forward = sharing.kept(encode, "the vision tower")
    pictures.preprocess = sharing.kept(prepare, "the image processor")

    def read_kept(messages: Any, *args: Any, **more: Any) -> Any:
        words, shown = _without_words(messages)
        if not words or args or more:
            return read(messages, *args, **more)
        return sharing.call(READER, lambda _: read(messages), shown)

    setattr(module, READER, read_kept)
    return frames


def _without_words(messages: Any) -> tuple[bool, Any]:
    """Return messages without their texts, which no image depends on; False if that is unsure."""
    try:
        shown = [
            [part for part in message["content"] if part["type"] != "text"] for message in messages
        ]
    except (TypeError, KeyError):
        return False, None
    known = all(set(part) == {"type", "image"} for content in shown for part in content)
    return known, shown


def prove(sharing: Sharing, model: Any) -> None:
    """Encode one frame again and again; sharing is for devices that repeat it to the last bit."""
    import torch

    predictor = model.grounding_encoder.sam2_model
    weight = next(predictor.parameters())
    side = int(predictor.image_size)
    noise = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    frame = (noise * 4 - 2).to(weight.device, weight.dtype)

    def encode() -> Any:
        kind = weight.device.type
        with torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda"):
            found = predictor.forward_image(frame)
        return list(found["backbone_fpn"])

    sharing.prove("a frame's features", encode)
