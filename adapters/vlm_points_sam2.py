"""``vlm-points-sam2``: a chat model points at what an expression means, SAM 2 tracks it.

Any chat model will do: one of transformers' image-text-to-text classes (``--checkpoint``), or one
behind an endpoint (``--option base_url=URL --option model=NAME``). It sees a few frames spread over
the video and answers with points or boxes; tracking starts, for each object, on the first frame on
which it is pointed at, and the objects are united. A baseline of ours, not a published number.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol, cast

from PIL import Image

from sama_bench.adapter import Adapter, ModelSpec, Needs, Setup
from sama_bench.adapters._chat.openai_client import ChatClient, Endpoint
from sama_bench.adapters._chat.points_syntax import Pointed, Scale, read_points
from sama_bench.adapters._chat.qwen_images import FullProcessor, QwenImages, is_qwen_vl
from sama_bench.adapters._chat.replies import checked_text
from sama_bench.adapters._checkpoints.loading import checkpoint_folder, require, require_version
from sama_bench.adapters._checkpoints.loading_models import pretrained, processor
from sama_bench.adapters._settings import options
from sama_bench.adapters._sharing import OPTIONS as SESSION_OPTIONS
from sama_bench.adapters._sharing import ModelSharing
from sama_bench.adapters._sharing.baselines import share_chat
from sama_bench.adapters._tracking.sam2_transformers import TransformersTracker
from sama_bench.adapters._tracking.tracking import Mark, united
from sama_bench.adapters.sa2va_i import uniform_frames
from sama_bench.adapters.sam2 import WHY
from sama_bench.nouns import REFERRING_TASKS, Answer, Sample, Segment

OPTIONS = ("model", "base_url", "tracker", "frames", "ask", "coordinates", "max_tokens")
QUESTIONS = {
    "tracks": (
        "These are {count} frames of one video, at the times {times} seconds. Point at {phrase} in "
        'every frame where it is visible. Answer only with <tracks coords="TIME OBJECT X Y ...;'
        'TIME ...">{phrase}</tracks>, X and Y from 0 to 1000.'
    ),
    "boxes": (
        "These are {count} frames of one video. Find {phrase}. Answer only with JSON: a list of "
        '{{"frame": number of the image from 1, "bbox_2d": [x1, y1, x2, y2]}}.'
    ),
}


class Chat(Protocol):
    """A chat model that sees images."""

    def say(self, text: str, images: Sequence[Image.Image]) -> str:
        """Return the reply to one question."""
        ...


class EndpointChat:
    """A chat model behind an endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._client = ChatClient(endpoint)

    def say(self, text: str, images: Sequence[Image.Image]) -> str:
        """Return the reply to one question."""
        return self._client.ask(text, images).text


class LocalChat:
    """A chat model of transformers, decoded greedily."""

    def __init__(self, setup: Setup, longest: int) -> None:
        from transformers import AutoModelForImageTextToText

        folder = checkpoint_folder(setup)
        self._processor: QwenImages | FullProcessor
        if importlib.util.find_spec("torchvision") is None and is_qwen_vl(folder):
            self._processor = QwenImages(folder, setup)
        else:
            self._processor = FullProcessor(processor(folder, setup))
        self._model, _ = pretrained(AutoModelForImageTextToText, folder, setup, "bfloat16")
        self._longest = longest

    def share(self, shared: ModelSharing) -> None:
        """Keep what it makes of a video's frames in the store of the tracker beside it."""
        share_chat(shared, self._model, self._processor.images)

    def say(self, text: str, images: Sequence[Image.Image]) -> str:
        """Return the reply to one question."""
        import torch

        content = [{"type": "image", "image": image} for image in images]
        messages = [{"role": "user", "content": [*content, {"type": "text", "text": text}]}]
        inputs = self._processor.inputs(messages, self._model)
        with torch.inference_mode():
            tokens = self._model.generate(**inputs, max_new_tokens=self._longest, do_sample=False)
        return checked_text(self._processor.decode(tokens[0, inputs["input_ids"].shape[1] :]))


class VlmPointsSam2(Adapter):
    """Masks for an expression from points or boxes of a chat model."""

    tasks = REFERRING_TASKS | {"phrase-in-image"}
    packages = ("openai",)

    def configure(self, setup: Setup) -> None:
        """Read the options.

        Raises:
            UserError: an unknown option or value.
        """
        given = setup.options
        options.check_names(given, OPTIONS)
        self._frames = options.whole(given, "frames", 8)
        self._ask = options.choice(given, "ask", QUESTIONS, "tracks")
        scale = options.choice(given, "coordinates", ("thousand", "pixels"), "thousand")
        self._scale = cast(Scale, scale)
        self._longest = options.whole(given, "max_tokens", 1024)
        self._shared = ModelSharing()

    def load(self, setup: Setup) -> None:
        """Load the chat model and the tracker (``--option tracker=DIR_OR_HUB_ID``).

        Raises:
            AdapterError: packages, weights or the key are missing.
        """
        self.configure(setup)
        given = setup.options
        require("torch", "models")
        require_version(setup, "transformers", "4.57", "6.0", WHY)
        self._chat: Chat
        if "model" in given:
            endpoint = Endpoint(given["model"], given.get("base_url"), max_tokens=self._longest)
            self._chat = EndpointChat(endpoint)
        else:
            self._chat = LocalChat(setup, self._longest)
        tracker = replace(setup, checkpoint=given.get("tracker"), revision=None)
        self._tracker = TransformersTracker(checkpoint_folder(tracker), tracker)
        self._shared = self._tracker.shared
        if isinstance(self._chat, LocalChat):
            self._chat.share(self._shared)
        self.remarks = self._shared.remarks

    def arguments(self, sample: Sample) -> dict[str, Any]:
        """Return the question's text, its images as PIL, and the frames that they are."""
        total = len(sample.video)
        seen = list(dict.fromkeys(uniform_frames(total, min(self._frames, total))))
        times = ", ".join(f"{place:.1f}" for place in range(len(seen)))
        words = {"count": len(seen), "times": times, "phrase": sample.text}
        images = [self._shared.picture(sample.video, index) for index in seen]
        return {"text": QUESTIONS[self._ask].format(**words), "images": images, "frames": seen}

    def predict(self, sample: Sample) -> Answer:
        """Answer with the union of what was pointed at; a refusal where nothing can be read."""
        if sample.regions:
            raise ValueError("vlm-points-sam2 takes expressions; it knows no regions")
        self._shared.begin(sample.video)
        asked = self.arguments(sample)
        reply = checked_text(self._chat.say(asked["text"], asked["images"]))
        video = sample.video
        pointed = read_points(reply, self._scale, video.width, video.height)
        marks = first_marks(pointed, asked["frames"], video.width, video.height)
        notes = {"reply": reply[:2000], "objects": len(marks)}
        if not marks:
            return Answer("Nothing was pointed at.", notes=notes)
        masklet = united(self._tracker.track(video, marks), video)
        return Answer("It is [SEG].", (Segment(None, masklet),), notes)

    def card(self) -> dict[str, Any]:
        """Return the protocol card."""
        return {
            "frames": f"{self._frames} uniform for the chat model, all for the tracker",
            "asks_for": self._ask,
            "coordinates": self._scale,
            "tracking": "from the first frame on which each object is pointed at; united",
            **self._tracker.card(),
        }


def first_marks(
    pointed: Sequence[Pointed], seen: Sequence[int], width: int, height: int
) -> list[Mark]:
    """Return, per object, what was pointed at on its first frame.

    A time in seconds is the place of a sent frame, as the question says; a reply without times
    means the first frame.
    """
    by_object: dict[int, list[tuple[int, Pointed]]] = {}
    for item in pointed:
        place = 0.0 if item.time is None else item.time - (1 if item.images else 0)
        place = min(max(round(place), 0), len(seen) - 1)
        by_object.setdefault(item.object, []).append((seen[int(place)], item))
    marks = []
    for items in by_object.values():
        frame = min(index for index, _ in items)
        places = [item.place for index, item in items if index == frame]
        boxes = [place for place in places if len(place) == 4]
        if boxes:
            x1, y1, x2, y2 = boxes[0]
            marks.append(Mark(frame, box=(x1 * width, y1 * height, x2 * width, y2 * height)))
        else:
            points = tuple((place[0] * width, place[1] * height) for place in places)
            marks.append(Mark(frame, points=points))
    return marks


MODELS = (
    ModelSpec(
        "vlm-points-sam2",
        "sama_bench.adapters.vlm_points_sam2:VlmPointsSam2",
        "a chat model points at the expression, SAM 2.1 large tracks it (a baseline of ours)",
        "referring segmentation (video, image)",
        "Qwen/Qwen3-VL-4B-Instruct",
        "4B + 224M",
        "apache-2.0",
        None,
        {"tracker": "facebook/sam2.1-hiera-large"},
        needs=Needs(
            packages=("torch", "transformers>=4.57,<6"),
            weights=("checkpoint", "tracker"),
            endpoint="model",
        ),
        session_options=SESSION_OPTIONS,
    ),
)
