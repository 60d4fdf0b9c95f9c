"""SAM 2's image features, in code with Meta's ``SAM2VideoPredictor``: once for each frame.

Its state has room for the features of one frame. What was kept is put there, and the method itself
then finds it; what it computes is read from there. So its own code decides what becomes of it.
"""

from __future__ import annotations

from typing import Any

from sama_bench.adapters._sharing.hooks import Hook
from sama_bench.media.sharing import Sharing

FEATURES = Hook("", "_get_image_feature", ("inference_state", "frame_idx", "batch_size"))
SLOT, PLACES = "cached_features", "vision_pos_enc"


def share_features(sharing: Sharing, predictor: Any) -> None:
    """Wrap a predictor's ``_get_image_feature``.

    Raises:
        UnknownCodeError: it has none, or one of another signature.
    """
    _, original = FEATURES.find(predictor)

    def features(inference_state: Any, frame_idx: Any, batch_size: Any) -> Any:
        slot = inference_state[SLOT]
        if not sharing.on or slot.get(frame_idx, (None, None))[1] is not None:
            return original(inference_state, frame_idx, batch_size)

        def compute(item: Any) -> Any:
            inference_state[SLOT] = {}
            original(inference_state, frame_idx, batch_size)
            image, found = inference_state[SLOT][frame_idx]
            places = [sharing.constant(place) for place in found[PLACES]]
            return tuple(image.shape), image.dtype, {**found, PLACES: places}

        def image_again() -> Any:
            compute(None)
            return inference_state[SLOT][frame_idx][0]

        item = inference_state["images"][frame_idx]
        shape, dtype, found = sharing.call("SAM 2's image features", compute, item)
        inference_state[SLOT] = {frame_idx: (_image(image_again, shape, dtype, found), found)}
        return original(inference_state, frame_idx, batch_size)

    predictor._get_image_feature = features


def _image(make: Any, shape: Any, dtype: Any, found: Any) -> Any:
    """Return the frame that belongs to features; those who ask for both use the features only."""
    import torch

    from sama_bench.adapters._sharing.deferred import Deferred

    like = torch.empty(shape, dtype=dtype, device="meta")
    return Deferred.of(make, None, like, found["backbone_fpn"][0].device)


def share_constants(sharing: Sharing, predictor: Any) -> None:
    """Wrap what has no input that differs: the prompt encoder without prompts, its positions.

    Raises:
        UnknownCodeError: it is of another form.
    """
    owner, encode = Hook("sam_prompt_encoder", "forward", ("points", "boxes", "masks")).find(
        predictor
    )
    _, positions = Hook("sam_prompt_encoder", "get_dense_pe", ()).find(predictor)
    kept = sharing.kept(encode, "the prompt encoder", constant=True)

    def forward(points: Any = None, boxes: Any = None, masks: Any = None) -> Any:
        promptless = boxes is None and masks is None and points is not None
        ask = kept if promptless and _padding(points) else encode
        return ask(points, boxes, masks)

    owner.forward = forward
    owner.get_dense_pe = sharing.kept(positions, "dense positions", constant=True)


def _padding(points: Any) -> bool:
    """Tell whether points are one padding a row: what the code passes where there are none."""
    try:
        return tuple(points[1].shape[1:]) == (1,)
    except (AttributeError, TypeError, IndexError):
        return False
