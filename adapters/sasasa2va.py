"""SaSaSa2VA (Niu et al., 2025): Sa2VA with several ``[SEG]`` and inference modes for long videos.

Protocol: refvos.md section 5. ``--option mode=...`` chooses how frames are sampled, inside the
model. ``q_frame`` reads frames that another model selected: ``--option selected_frames=FILE``, the
``selected_frames.json`` of the public data set QuanzhuNiu/MeViS-Qframe.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from sama_bench.adapter import ModelSpec, Setup
from sama_bench.adapters._chat.prompts import form, referring_prompt
from sama_bench.adapters._settings import options
from sama_bench.adapters.sa2va import TOKENIZER, Sa2va
from sama_bench.errors import AdapterError
from sama_bench.nouns import Sample

MODES = ("uniform", "uniform_plus", "q_frame", "wrap_around", "wrap_around_plus")
Selected = Mapping[str, Mapping[str, list[int]]]


def read_selected(path: Path) -> Selected:
    """Read and check a selected-frames file: video to expression id to frame indices.

    Raises:
        AdapterError: it is missing, or not of that form; with the place.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AdapterError(f"--option selected_frames={path}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise AdapterError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict) or not content:
        raise AdapterError(f"{path} must be an object: video, expression id, frame indices")
    for video, expressions in content.items():
        if not isinstance(expressions, dict):
            raise AdapterError(f"{path}: video {video} must map expression ids to frame indices")
        for expression, frames in expressions.items():
            good = isinstance(frames, list) and frames and all(_is_index(item) for item in frames)
            if not good:
                raise AdapterError(f"{path}: {video}/{expression} must list frame indices from 0")
    return content


def _is_index(item: object) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and item >= 0


class Sasasa2va(Sa2va):
    """SaSaSa2VA in all published sizes: referring video segmentation only."""

    can = frozenset({"segment"})
    names = ("mode", "selected_frames")
    versions = ("4.42", "5.0", "its authors name 4.42.3, and 4.52.1 for 14B")

    @property
    def recorded(self) -> tuple[str, ...]:
        """Beginning of the names of the folders with recordings of its own call."""
        return ("sasasa2va-",)

    def configure(self, setup: Setup) -> None:
        """Read the options, and the selected frames when the mode needs them."""
        super().configure(setup)
        self._mode = options.choice(setup.options, "mode", MODES, "uniform")
        file = setup.options.get("selected_frames")
        if self._mode == "q_frame" and file is None:
            raise AdapterError(
                "mode=q_frame needs --option selected_frames=FILE: selected_frames.json of the "
                "data set QuanzhuNiu/MeViS-Qframe, for the split that is run"
            )
        if self._mode != "q_frame" and file is not None:
            raise AdapterError(f"selected_frames is read in mode=q_frame only, not in {self._mode}")
        self._selected = None if file is None else read_selected(Path(file).expanduser())

    def arguments(self, sample: Sample) -> dict[str, Any]:
        """Return what ``predict_forward`` is called with; frames as PIL images.

        Raises:
            ValueError: it is no referring expression, or has no selected frames.
        """
        if form(sample) != "referring":
            raise ValueError(f"SaSaSa2VA answers referring expressions, not {sample.benchmark}")
        return {
            "video": [Image.fromarray(frame) for frame in sample.video],
            "text": referring_prompt(sample.text, "sa2va1"),
            "tokenizer": TOKENIZER,
            "mode": self._mode,
            "print_answer": False,
            "selected_fids": self._frames_of(sample),
        }

    def _frames_of(self, sample: Sample) -> list[int] | None:
        if self._selected is None:
            return None
        video = sample.video.id
        expression = sample.id.removeprefix(f"{video}/")
        chosen = self._selected.get(video) or self._selected.get(video.rpartition("/")[2]) or {}
        if expression not in chosen:
            raise ValueError(f"the selected-frames file has nothing for {video}/{expression}")
        frames = chosen[expression]
        if max(frames) >= len(sample.video):
            raise ValueError(
                f"the selected-frames file names frame {max(frames)} of {video}, which has "
                f"{len(sample.video)}"
            )
        return list(frames)

    def card(self) -> dict[str, Any]:
        """Return the protocol card."""
        return {**super().card(), "frames": f"mode {self._mode}", "region_prompt": "none"}


MODELS = tuple(
    ModelSpec(
        f"sasasa2va-{size.lower()}",
        "sama_bench.adapters.sasasa2va:Sasasa2va",
        f"SaSaSa2VA-{size}: five inference modes",
        "referring video segmentation",
        f"QuanzhuNiu/SaSaSa2VA-{size}",
        size,
        "see its hub page",
        "sasasa2va-14b" if size == "14B" else "sama",
    )
    for size in ("4B", "14B", "26B")
)
