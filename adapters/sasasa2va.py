"""SaSaSa2VA (Niu et al., 2025): Sa2VA with ten ``[SEG]`` a reply, one for each clip of the video.

Protocol: refvos.md section 5. The model cuts 100 frames into ten clips, replies ``Clip_1 [SEG] ...
Clip_10 [SEG]``, and returns one mask track in which each frame follows its clip's ``[SEG]``.
``--option mode=...`` chooses how the frames are sampled, inside the model. ``q_frame`` reads frames
that another model selected: ``--option selected_frames=FILE``, the ``selected_frames.json`` of the
public data set QuanzhuNiu/MeViS-Qframe.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sama_bench.adapter import ModelSpec, Setup
from sama_bench.adapters._chat.clip_replies import clip_answer
from sama_bench.adapters._chat.prompts import referring_prompt
from sama_bench.adapters._chat.replies import MARK, ModelOutputError
from sama_bench.adapters._settings import options
from sama_bench.adapters._settings.selected_frames import FRAMES, read_selected
from sama_bench.adapters._sharing import OPTIONS
from sama_bench.adapters.sa2va import NEEDS, TOKENIZER, Sa2va
from sama_bench.errors import AdapterError
from sama_bench.nouns import REFERRING_TASKS, Answer, Sample

MODES = ("uniform", "uniform_plus", "q_frame", "wrap_around", "wrap_around_plus")
MOTION = {"kf_mean": None, "kf_covariance": None, "stable_frames": 0, "frame_cnt": 0}
"""What its tracker keeps between questions in SAMURAI's mode, and with what it begins."""


class Sasasa2va(Sa2va):
    """SaSaSa2VA in all published sizes: referring video segmentation only."""

    tasks = REFERRING_TASKS
    names = ("mode", "selected_frames")
    families = ("sasasa2va", "sasasa2va-14b")
    versions = ("4.42", "5.0", "its authors name 4.42.3, and 4.52.1 for 14B")
    recorded = ("sasasa2va-",)

    def configure(self, setup: Setup) -> None:
        """Read the options, and the selected frames when the mode needs them."""
        super().configure(setup)
        self._style = "sa2va1"
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

    def predict(self, sample: Sample) -> Answer:
        """Ask the model; its one track answers the expression, however many ``[SEG]`` it wrote.

        Notes say when they were not ten, and what the published code does then.

        Raises:
            ModelOutputError: no ``[SEG]`` was read, or the model did not return one track.
        """
        self._shared.begin(sample.video)
        arguments = self.arguments(sample)
        forget_motion(self._model)
        try:
            reply = self._ask(arguments)
        except IndexError as error:
            if "dimension 0 with size 0" not in str(error):
                raise
            raise ModelOutputError(
                f"the reply held no {MARK} that the model read; its code ends in an error then, as "
                "in the published evaluation"
            ) from error
        return clip_answer(reply, sample, self._notes(sample, arguments["selected_fids"]))

    def _notes(self, sample: Sample, selected: list[int] | None) -> dict[str, Any]:
        total = len(sample.video)
        unseen = total - len(set(selected)) if selected and total < FRAMES else 0
        return {"frames_without_mask": unseen} if unseen else {}

    def arguments(self, sample: Sample) -> dict[str, Any]:
        """Return what ``predict_forward`` is called with; frames as PIL images.

        Raises:
            ValueError: it is no referring expression, or has no selected frames.
        """
        if sample.task not in REFERRING_TASKS:
            raise ValueError(f"SaSaSa2VA answers referring expressions, not {sample.task}")
        return {
            "video": self._shared.pictures(sample.video),
            "text": referring_prompt(sample.text, self._style),
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
        card = {
            **super().card(),
            "frames": f"mode {self._mode}",
            "region_prompt": "none",
            "answer": "one track of ten clips",
        }
        if keeps_motion(self._model):
            card["motion_state"] = (
                "SAMURAI's Kalman filter begins anew with each sample; the published loop carries "
                "it from one question to the next"
            )
        return card


def _tracker(model: Any) -> Any:
    return getattr(getattr(model, "grounding_encoder", None), "sam2_model", None)


def keeps_motion(model: Any) -> bool:
    """Tell whether a loaded model tracks in SAMURAI's mode, which keeps a state between calls."""
    return bool(getattr(_tracker(model), "samurai_mode", False))


def forget_motion(model: Any) -> None:
    """Put the tracker's motion state back to where it stood when the model was built."""
    tracker = _tracker(model)
    for name, value in MOTION.items():
        if hasattr(tracker, name):
            setattr(tracker, name, value)


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
        needs=NEEDS,
        session_options=OPTIONS,
    )
    for size in ("4B", "14B", "26B")
)
