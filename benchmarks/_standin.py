"""A model with the call structure of Sa2VA's published code, and little inside.

Each question resizes and normalises every frame, encodes the first five for the "language model",
and tracks once for each ``[SEG]``: conditioning frames are encoded, encoded again for their memory,
and then every further frame once. Sums take the place of attention.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

SEEN = 5


class Resize:
    """Resizes a frame for SAM 2."""

    def __init__(self, target_length: int) -> None:
        self.target_length = target_length
        self.calls = 0

    def apply_image(self, image: np.ndarray) -> np.ndarray:
        self.calls += 1
        side = (self.target_length, self.target_length)
        return np.array(Image.fromarray(image, mode="RGB").resize(side))


class PromptEncoder(nn.Module):
    """Embeds points; without any its output is always the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.empty = nn.Embedding(1, width)

    def forward(self, points: Any, boxes: Any, masks: Any) -> Any:
        return self.empty.weight[None].expand(points[1].shape[0], 1, -1), self.empty.weight

    def get_dense_pe(self) -> torch.Tensor:
        return self.empty.weight * 2


class Predictor(nn.Module):
    """Tracks one object, as ``SAM2VideoPredictor`` does with its state."""

    def __init__(self, encoder: nn.Module, side: int, width: int) -> None:
        super().__init__()
        self.image_size = side
        self.image_encoder = encoder
        self.sam_prompt_encoder = PromptEncoder(width)

    def forward_image(self, image: torch.Tensor) -> Any:
        found = self.image_encoder(image)
        places = torch.ones_like(found)
        return {"vision_features": found, "vision_pos_enc": [places], "backbone_fpn": [found]}

    def init_state(self, images: Any) -> dict[str, Any]:
        return {"images": images, "num_frames": len(images), "cached_features": {}, "memory": []}

    def _get_image_feature(self, inference_state: Any, frame_idx: int, batch_size: int) -> Any:
        image, found = inference_state["cached_features"].get(frame_idx, (None, None))
        if found is None:
            image = inference_state["images"][frame_idx].unsqueeze(0)
            found = self.forward_image(image)
            inference_state["cached_features"] = {frame_idx: (image, found)}
        maps = [level.expand(batch_size, -1, -1, -1) for level in found["backbone_fpn"]]
        places = [level.expand(batch_size, -1, -1, -1) for level in found["vision_pos_enc"]]
        return image.expand(batch_size, -1, -1, -1), maps, places

    def add_vector(self, state: Any, frame: int, vector: torch.Tensor) -> torch.Tensor:
        _, maps, places = self._get_image_feature(state, frame, 1)
        nothing = (torch.zeros(1, 1, 2), -torch.ones(1, 1))
        prompt, _ = self.sam_prompt_encoder(points=nothing, boxes=None, masks=None)
        pull = vector + prompt[0, 0] + self.sam_prompt_encoder.get_dense_pe()[0]
        return torch.einsum("bchw,c->bhw", maps[0] + places[0], pull)

    @torch.inference_mode()
    def propagate(self, state: Any, conditioning: int, vector: torch.Tensor) -> Any:
        for frame in range(conditioning):
            _, maps, _ = self._get_image_feature(state, frame, 1)
            state["memory"].append(maps[0].mean(dim=(2, 3))[0])
        for frame in range(state["num_frames"]):
            if frame < conditioning:
                yield state["masks"][frame]
                continue
            memory = torch.stack(state["memory"][-7:]).mean(dim=0)
            yield self.add_vector(state, frame, vector + memory)
            state["memory"].append(memory)


class GroundingEncoder(nn.Module):
    """What the chat model calls."""

    def __init__(self, encoder: nn.Module, side: int, width: int) -> None:
        super().__init__()
        self.sam2_model = Predictor(encoder, side, width)

    def preprocess_image(self, image: torch.Tensor, dtype: Any = torch.float32) -> torch.Tensor:
        image = image / 255.0
        image -= torch.tensor((0.485, 0.456, 0.406), dtype=dtype)[:, None, None]
        image /= torch.tensor((0.229, 0.224, 0.225), dtype=dtype)[:, None, None]
        return image

    def get_sam2_embeddings(self, images: Any) -> Any:
        return self.sam2_model.init_state(images)

    def language_embd_inference(self, state: Any, vectors: list[torch.Tensor]) -> torch.Tensor:
        state["masks"] = [
            self.sam2_model.add_vector(state, frame, vector) for frame, vector in enumerate(vectors)
        ]
        return torch.stack(list(self.sam2_model.propagate(state, len(vectors), vectors[0])))


class StandIn(nn.Module):
    """Answers with as many ``[SEG]`` as the question asks for in its last word."""

    def __init__(self, encoder: nn.Module, tower: nn.Module, side: int, width: int) -> None:
        super().__init__()
        self.extra_image_processor = Resize(side)
        self.grounding_encoder = GroundingEncoder(encoder, side, width)
        self.tower = tower
        self.words = nn.Linear(width, width)
        self.torch_dtype = torch.float32
        self.eval()

    def transformer(self, image: Image.Image) -> torch.Tensor:
        small = np.asarray(image.resize((56, 56)), np.float32) / np.float32(255)
        return torch.from_numpy(small.transpose(2, 0, 1).copy())

    def extract_feature(self, pixel_values: torch.Tensor) -> torch.Tensor:
        return self.tower(pixel_values)

    def predict_forward(self, image: Any = None, video: Any = None, text: str = "", **more: Any):
        pixel_values = []
        extra_pixel_values = []
        for frame_idx, frame_image in enumerate([image] if video is None else video):
            g_image = np.array(frame_image)
            g_image = self.extra_image_processor.apply_image(g_image)
            g_image = torch.from_numpy(g_image).permute(2, 0, 1).contiguous()
            extra_pixel_values.append(g_image)
            if frame_idx < SEEN:
                pixel_values.append(self.transformer(frame_image))
        pixel_values = torch.stack(pixel_values, dim=0).to(self.torch_dtype)
        g_pixel_values = torch.stack(
            [self.grounding_encoder.preprocess_image(pixel) for pixel in extra_pixel_values]
        ).to(self.torch_dtype)
        seen = self.extract_feature(pixel_values).flatten(0, -2).mean(dim=0)
        asked = torch.full_like(seen, float(sum(map(ord, text)) % 97) / 97)
        masks = []
        for number in range(int(text.split()[-1])):
            vector = self.words(seen + asked + number)
            state = self.grounding_encoder.get_sam2_embeddings(g_pixel_values)
            vectors = [vector] * min(SEEN, len(extra_pixel_values))
            logits = self.grounding_encoder.language_embd_inference(state, vectors)
            masks.append((logits[:, 0].sigmoid() > 0.5).numpy())
        return {"prediction": "It is" + " [SEG]" * len(masks), "prediction_masks": masks}


def small(side: int = 32, width: int = 8) -> StandIn:
    """Return one with a few random weights."""
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Conv2d(3, width, 4, 4), nn.GELU(), nn.Conv2d(width, width, 1))
    tower = nn.Sequential(nn.Conv2d(3, width, 14, 14), nn.Flatten(2), Last())
    return StandIn(encoder, tower, side, width)


class Last(nn.Module):
    """Puts channels last."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.transpose(1, 2)
