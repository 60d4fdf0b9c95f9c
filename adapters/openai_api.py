"""``openai``: any OpenAI-compatible vision endpoint, for texts about videos.

``--option model=NAME --option base_url=URL`` asks a hosted model, vLLM or SGLang; the key is read
from ``OPENAI_API_KEY`` only. Frames are sent as images, regions are drawn on the frame where they
lie and named by colour. ``--option protocol=gemini`` is the published way in which Gemini-1.5 Pro
was asked (sama-bench-c.md section 6); ``protocol=frames`` (default) is ours. It returns no masks.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from sama_bench.adapter import Adapter, ModelSpec, Setup
from sama_bench.adapters._chat.openai_client import ChatClient, Endpoint, Said
from sama_bench.adapters._chat.prompts import GROUNDING_REQUEST
from sama_bench.adapters._regions.region_marks import (
    GEMINI_WORDS,
    centre_box,
    draw_boxes,
    marked_frames,
    named_by_colour,
)
from sama_bench.adapters._regions.region_tracks import region_box
from sama_bench.adapters._settings import options
from sama_bench.adapters.sa2va_i import uniform_frames
from sama_bench.errors import AdapterError
from sama_bench.nouns import REFERRING_TASKS, TASKS, Answer, Sample

SIDE = 384
"""Frames of the Gemini protocol are resized to this square, bicubic, pixels."""
ASK_JSON = ' Reply with JSON: {"answer": "..."}.'
OPTIONS = (
    "model",
    "base_url",
    "protocol",
    "frames",
    "concurrency",
    "attempts",
    "timeout",
    "max_tokens",
    "temperature",
    "price_in",
    "price_out",
    "limit",
)


def gemini_frames(total: int, describes: bool) -> list[int]:
    """Return the frames of the Gemini protocol: at most five, the first always among them.

    Descriptions take frame 0 and ``linspace(1, T-1, 4)``, chats ``linspace(0, T-1, 5)``.
    """
    if total <= 5:
        return list(range(total))
    if describes:
        return [0] + [int(place) for place in np.linspace(1, total - 1, 4)]
    return uniform_frames(total, 5)


def plain_answer(text: str) -> str:
    """Return the value of ``answer`` in a JSON reply, else the reply as it is."""
    start, end = text.find("{"), text.rfind("}")
    if 0 <= start < end:
        try:
            found = json.loads(text[start : end + 1])
        except ValueError:
            return text.strip()
        if isinstance(found, dict) and isinstance(found.get("answer"), str):
            return str(found["answer"]).strip()
    return text.strip()


class OpenaiApi(Adapter):
    """A chat model behind an endpoint; several requests at once (``concurrency``)."""

    tasks = frozenset(TASKS) - REFERRING_TASKS - {"phrase-in-image"}
    packages = ("openai",)
    names = OPTIONS
    takes_history = True

    def configure(self, setup: Setup) -> None:
        """Read the options.

        Raises:
            UserError: an unknown option or value, or no model is named.
        """
        given = setup.options
        options.check_names(given, self.names)
        model = given.get("model")
        if model is None:
            raise AdapterError("name the endpoint's model, as in --option model=gpt-4o")
        self._gemini = options.choice(given, "protocol", ("frames", "gemini"), "frames") == "gemini"
        self._frames = options.whole(given, "frames", 8)
        self.concurrency = options.whole(given, "concurrency", 4)
        priced = "price_in" in given or "price_out" in given
        prices = (options.number(given, "price_in", 0.0), options.number(given, "price_out", 0.0))
        limit = options.number(given, "limit", 0.0) if "limit" in given else None
        if limit is not None and not priced:
            raise AdapterError("--option limit needs price_in and price_out (per million tokens)")
        self._endpoint = Endpoint(
            model,
            given.get("base_url"),
            options.whole(given, "attempts", 5),
            options.number(given, "timeout", 120.0),
            options.whole(given, "max_tokens", 1024),
            options.number(given, "temperature", 0.0),
            prices if priced else None,
            limit,
        )

    def load(self, setup: Setup) -> None:
        """Open the client.

        Raises:
            AdapterError: the package or the key is missing.
        """
        if setup.offline and setup.options.get("base_url") is None:
            raise AdapterError("--offline: only an endpoint of your own (base_url) can be asked")
        self.configure(setup)
        self._client = ChatClient(self._endpoint)

    def predict(self, sample: Sample) -> Answer:
        """Ask the endpoint; notes hold tokens, cost and attempts."""
        asked = self.arguments(sample)
        said = self._client.ask(asked["text"], asked["images"])
        text = plain_answer(said.text) if self._gemini else said.text.strip()
        return Answer(text, notes=_notes(said))

    def arguments(self, sample: Sample) -> dict[str, Any]:
        """Return the question's text and its images, as PIL."""
        question = sample.text.removesuffix(GROUNDING_REQUEST)
        if self._gemini:
            describes = sample.task == "region-description"
            images = self._resized(sample, gemini_frames(len(sample.video), describes))
            return {"text": named_by_colour(question, GEMINI_WORDS) + ASK_JSON, "images": images}
        total = len(sample.video)
        seen = uniform_frames(total, self._frames) if total > self._frames else range(total)
        return {"text": self._preamble(sample, question), "images": self._marked(sample, seen)}

    def _resized(self, sample: Sample, seen: Sequence[int]) -> list[Image.Image]:
        height, width = sample.video.height, sample.video.width
        boxes = [
            (region_box(sample, region) if region.frame == 0 else None) or centre_box(height, width)
            for region in sample.regions
        ]
        images = []
        for index in seen:
            frame = sample.video.frame(index)
            image = draw_boxes(frame, boxes) if index == 0 else Image.fromarray(frame)
            images.append(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC))
        return images

    def _marked(self, sample: Sample, seen: Sequence[int]) -> list[Image.Image]:
        marked = marked_frames(sample, seen)
        return [marked.get(index) or Image.fromarray(sample.video.frame(index)) for index in seen]

    def _preamble(self, sample: Sample, question: str) -> str:
        lines = ["These images are frames of one video, in order."]
        for number, turn in enumerate(sample.dialogue):
            lines.append(f"Question {number + 1}: {turn.question.replace('<mask>', 'the object')}")
            lines.append(f"Answer {number + 1}: {turn.answer}")
        lines.append(named_by_colour(question))
        return "\n".join(lines)

    def card(self) -> dict[str, Any]:
        """Return the protocol card; it never holds the key."""
        return {
            "endpoint_model": self._endpoint.model,
            "protocol": "gemini (c.md section 6)" if self._gemini else "frames (ours)",
            "frames": "at most 5, 384x384" if self._gemini else f"{self._frames} uniform",
            "region_prompt": "drawn: box, named by colour",
            "temperature": self._endpoint.temperature,
            "max_tokens": self._endpoint.max_tokens,
            "masks": "none: every round that wants masks is a refusal",
        }


def _notes(said: Said) -> dict[str, Any]:
    notes: dict[str, Any] = {
        "prompt_tokens": said.prompt_tokens,
        "reply_tokens": said.reply_tokens,
        "dollars": said.dollars,
        "attempts": said.attempts,
    }
    if said.cut:
        notes["cut"] = "the reply ended at max_tokens"
    return notes


MODELS = (
    ModelSpec(
        "openai",
        "sama_bench.adapters.openai_api:OpenaiApi",
        "any OpenAI-compatible vision endpoint (--option model=NAME); texts only",
        "grounded chat (text), region description",
        uses_gpu=False,
    ),
    ModelSpec(
        "gemini",
        "sama_bench.adapters.openai_api:OpenaiApi",
        "the published Gemini baseline's protocol, through an OpenAI-compatible endpoint",
        "grounded chat (text), region description",
        options={"protocol": "gemini", "model": "gemini-1.5-pro"},
        uses_gpu=False,
    ),
)
