"""What is shared in transformers' own classes and in the ``sam2`` package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sama_bench.adapter import Setup
from sama_bench.adapters._sharing import ModelSharing
from sama_bench.adapters._sharing.hooks import Hook, UnknownCodeError
from sama_bench.adapters._sharing.sam2_slot import share_features
from sama_bench.media.sharing import Sharing

SAM2 = Hook("", "_prepare_vision_features", ("inference_session", "frame_idx", "batch_size"))
SAM3 = Hook("detector_model.vision_encoder.backbone", "forward")
DETECTOR = Hook("model.backbone", "forward", ("pixel_values", "pixel_mask"))
CHAT = Hook("model.visual", "forward")


def share_transformers_sam2(shared: ModelSharing, setup: Setup, model: Any) -> None:
    """Share each frame's features in a ``Sam2VideoModel``: through the session's own cache."""

    def wrap(sharing: Sharing) -> None:
        _, original = SAM2.find(model)

        def features(inference_session: Any, frame_idx: Any, batch_size: Any) -> Any:
            cache = inference_session.cache
            if not sharing.on or cache.get_vision_features(frame_idx):
                return original(inference_session, frame_idx, batch_size)

            def compute(frame: Any) -> Any:
                cache._vision_features.pop(frame_idx, None)
                maps, places = original(inference_session, frame_idx, 1)
                return list(maps), [sharing.constant(place) for place in places]

            frame = inference_session.processed_frames[frame_idx]
            maps, places = sharing.call("SAM 2's image features", compute, frame)
            found = {"vision_feats": maps, "vision_pos_embeds": places}
            cache.cache_vision_features(frame_idx, found)
            return original(inference_session, frame_idx, batch_size)

        if not callable(getattr(model, "get_image_features", None)):
            raise UnknownCodeError("Sam2VideoModel has no get_image_features")
        model._prepare_vision_features = features

    shared.install(setup, wrap, lambda sharing: _prove(sharing, model, model.get_image_features))


def share_sam3(shared: ModelSharing, setup: Setup, model: Any) -> None:
    """Share the backbone's output for each frame in a ``Sam3VideoModel``."""
    originals: list[Callable[..., Any]] = []

    def wrap(sharing: Sharing) -> None:
        owner, encode = SAM3.find(model)
        originals.append(encode)
        owner.forward = sharing.kept(encode, "SAM 3's backbone")

    shared.install(setup, wrap, lambda sharing: _prove(sharing, model, originals[0]))


def share_package_sam2(shared: ModelSharing, setup: Setup, predictor: Any) -> None:
    """Share each frame's features in the ``sam2`` package's ``SAM2VideoPredictor``."""
    shared.install(setup, lambda sharing: share_features(sharing, predictor))


def share_detector(shared: ModelSharing, model: Any) -> None:
    """Share the backbone of GroundingDINO, in the store of the tracker beside it."""

    def wrap(sharing: Sharing) -> None:
        owner, encode = DETECTOR.find(model)
        owner.forward = sharing.kept(encode, "GroundingDINO's backbone")

    shared.join("the detector", wrap)


def share_chat(shared: ModelSharing, model: Any, processor: Any) -> None:
    """Share a chat model's vision tower and its prepared images; Qwen-VL's way is known."""

    def wrap(sharing: Sharing) -> None:
        owner, encode = CHAT.find(model)
        images, prepare = Hook("", "preprocess").find(processor)
        owner.forward = sharing.kept(encode, "the vision tower")
        images.preprocess = sharing.kept(prepare, "the image processor")

    shared.join("the chat model", wrap)


def put_off_rows(shared: ModelSharing, images: Any) -> Any:
    """Return frames that the ``sam2`` package loaded, known by their place in the video."""
    if shared.store is None or not shared.store.on:
        return images
    import torch

    from sama_bench.adapters._sharing.deferred import Deferred

    rows = []
    for place, row in enumerate(images):
        like = torch.empty_like(row, device="meta")
        rows.append(Deferred.of(_given(row), ("row", place), like, row.device))
    return rows


def _prove(sharing: Sharing, model: Any, encode: Callable[..., Any]) -> None:
    import torch

    weight = next(model.parameters())
    side = int(model.config.image_size)
    noise = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    frame = (noise * 4 - 2).to(weight.device, weight.dtype)
    sharing.prove("a frame's features", lambda: dict(encode(frame)))


def _given(row: Any) -> Callable[[], Any]:
    return lambda: row
