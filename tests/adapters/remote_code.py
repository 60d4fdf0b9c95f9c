"""Checkpoint folders with code of their own, written here, that records how it is called.

As the published code does, it calls ``.cuda()`` by name midway. With ``videos_only`` it reads
``sample_idx`` that it sets for videos alone, as Sa2VA-i's public code does.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest

CONFIGURATION = """
from transformers import PretrainedConfig


class RecordingConfig(PretrainedConfig):
    model_type = "recording_chat"
"""

MODELING = '''
import json
import pathlib
import random

import numpy as np
import torch
from transformers import PreTrainedModel

from .configuration_recording import RecordingConfig


def told(value):
    """Return an argument as JSON."""
    if hasattr(value, "getpixel"):
        return ["image", *value.size]
    if isinstance(value, torch.Tensor):
        return ["tensor", str(value.dtype), list(value.shape), int(value.sum())]
    if isinstance(value, np.ndarray):
        return ["array", str(value.dtype), list(value.shape), int(value.sum())]
    if isinstance(value, list):
        return [told(item) for item in value]
    if value is None or isinstance(value, (str, int, bool)):
        return value
    return type(value).__name__


class {CLASS}(PreTrainedModel):
    config_class = RecordingConfig

    def __init__(self, config{INIT}):
        super().__init__(config)
        self.weight = torch.nn.Linear(2, 2)
        self.post_init()

    def predict_forward(self, {SIGNATURE}):
        given = {{name: value for name, value in locals().items() if name != "self"}}
        frames = video if video is not None else [image]
        path = pathlib.Path(self.config.calls)
        with path.open("a") as file:
            file.write(json.dumps({{name: told(value) for name, value in given.items()}}) + "\\n")
        torch.tensor([1, 2]).cuda().unsqueeze(0)
        if not self.config.videos_only or video is not None:
            sample_idx = [0]
        assert sample_idx
        reply = self.config.reply.replace("RANDOM", f"{{random.random():.6f}}")
        if given.get("prediction_only"):
            return {{"prediction": reply, "prediction_masks": None}}
        width, height = frames[0].size
        masks = []
        for number in range(self.config.masks):
            mask = np.zeros((len(frames), height, width), bool)
            mask[:, number : number + 3, :5] = True
            masks.append(mask)
        return {{"prediction": reply, "prediction_masks": masks}}
'''

SAMA = (
    "image=None, video=None, text=None, past_text='', mask_prompts=None, tokenizer=None, "
    "prompt_masks=None, prompt_masks_112=None, text_prompts=None, mask_count=None, "
    "prediction_only=True, max_frames=32"
)
SA2VA_OLD = "image=None, video=None, text=None, past_text='', mask_prompts=None, tokenizer=None"
SA2VA = f"{SA2VA_OLD}, processor=None"
SA2VA_I = f"{SA2VA_OLD}, sample_num_frames=5"
SASASA = (
    "image=None, video=None, text=None, tokenizer=None, mode='uniform', print_answer=False, "
    "selected_fids=None"
)
REPLY = "It is <p> a person </p> [SEG] RANDOM near [SEG].<|im_end|>"


def write_checkpoint(
    folder: Path,
    signature: str,
    name: str = "RecordingChat",
    reply: str = REPLY,
    masks: int = 2,
    videos_only: bool = False,
) -> Path:
    """Write config, code, weights and a tokenizer; calls are noted in ``calls.jsonl``."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    # transformers keeps the code of one folder name per process, whatever the folder holds.
    folder = folder.with_name(f"weights_{zlib.crc32((signature + name).encode()):x}")
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "model_type": "recording_chat",
        "architectures": [name],
        "auto_map": {
            "AutoConfig": "configuration_recording.RecordingConfig",
            "AutoModel": f"modeling_recording.{name}",
        },
        "calls": str(folder / "calls.jsonl"),
        "reply": reply,
        "masks": masks,
        "videos_only": videos_only,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "configuration_recording.py").write_text(CONFIGURATION)
    init = "" if "qwen" in name.lower() else ", use_flash_attn=True"
    code = MODELING.format(CLASS=name, INIT=init, SIGNATURE=signature)
    (folder / "modeling_recording.py").write_text(code)
    tensors = {"weight.weight": torch.zeros(2, 2), "weight.bias": torch.zeros(2)}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    vocabulary = {word: place for place, word in enumerate(["[UNK]", "[SEG]", "a", "the"])}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]")
    tokenizer.save_pretrained(folder)
    return folder


def calls(folder: Path) -> list[dict]:
    """Return the recorded calls."""
    return [json.loads(line) for line in (folder / "calls.jsonl").read_text().splitlines()]
