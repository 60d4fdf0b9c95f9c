"""Checkpoints and a checkout with the habits of the published ones; all code is written here.

- SAMA's class imports modules from a package whose ``__init__`` needs what nobody installs, reads
  BERT's configuration and vocabulary when it is built, and calls ``.cuda()`` midway.
- SaSaSa2VA's class replies with ten ``[SEG]`` and one mask track, ends in an IndexError without
  any, takes 100 selected frames or fails, and carries a motion state from one call to the next.
- Both stop at a token limit, wherever the reply then stands; a last ``[SEG]`` has no mask.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest

SAMA_CONFIGURATION = """
from transformers import PretrainedConfig


class Sa2VAChatConfig(PretrainedConfig):
    model_type = "sa2va_chat"
"""
SAMA_MODELING = """
import numpy as np
import torch
from transformers import BertConfig, BertTokenizer, PreTrainedModel
from projects.llava_sam2.models.qformer import Blocks
from projects.llava_sam2.models.utils import pooled

from .configuration_sa2va_chat import Sa2VAChatConfig


class Sa2VAChatModel(PreTrainedModel):
    config_class = Sa2VAChatConfig

    def __init__(self, config, use_flash_attn=True):
        super().__init__(config)
        self.weight = torch.nn.Linear(2, 2)
        width = BertConfig.from_pretrained("bert-base-uncased").hidden_size
        words = BertTokenizer.from_pretrained("bert-base-uncased", truncation_side="left")
        words.add_special_tokens({"bos_token": "[DEC]"})
        self.read = (width, len(words), Blocks().number)
        self.post_init()

    def preparing_for_generation(self, tokenizer, max_new_tokens=2048, torch_dtype=torch.bfloat16):
        self.ready = True
        self.to(torch_dtype)

    def predict_forward(
        self, image=None, video=None, text=None, past_text="", mask_prompts=None, tokenizer=None,
        prompt_masks=None, prompt_masks_112=None, text_prompts=None, mask_count=None,
        prediction_only=True, max_frames=32,
    ):
        if not hasattr(self, "ready"):
            self.preparing_for_generation(tokenizer)
        ids = torch.tensor([1, 2]).cuda().unsqueeze(0)
        width, height = video[0].size
        words = self.config.reply.split(" ")[: self.config.limit]
        marks = [word for word in words[:-1] if word.startswith("[SEG]")]
        shown = pooled(np.zeros((len(video), height, width), bool))
        masks = [shown] * len(marks)
        told = f"{self.read} {self.weight.weight.dtype} " + " ".join(words)
        return {"prediction": told, "prediction_masks": None if prediction_only else masks}
"""
CHECKOUT = {
    "projects/llava_sam2/models/__init__.py": (
        "from .training import Trainer\nimport a_package_that_nobody_installs\n"
    ),
    "projects/llava_sam2/models/training.py": "import another_such_package\nTrainer = object\n",
    "projects/llava_sam2/models/qformer.py": "class Blocks:\n    number = 7\n",
    "projects/llava_sam2/models/utils.py": "def pooled(masks):\n    return masks | True\n",
}

CLIPS_CONFIGURATION = """
from transformers import PretrainedConfig


class SaSaSa2VAChatConfig(PretrainedConfig):
    model_type = "sasasa2va_chat"
"""
CLIPS_MODELING = """
import numpy as np
import torch
from transformers import PreTrainedModel

from .configuration_sasasa2va_chat import SaSaSa2VAChatConfig

MODES = ("uniform", "uniform_plus", "q_frame", "wrap_around", "wrap_around_plus")


class Tracker:
    def __init__(self, samurai_mode):
        self.samurai_mode = samurai_mode
        self.kf_mean, self.kf_covariance, self.stable_frames = None, None, 0

    def shift(self):
        if self.samurai_mode:
            self.kf_mean = np.zeros(8)
            self.stable_frames += 1
        return self.stable_frames


class Encoder(torch.nn.Module):
    def __init__(self, samurai_mode):
        super().__init__()
        self.sam2_model = Tracker(samurai_mode)


class SaSaSa2VAChatModel(PreTrainedModel):
    config_class = SaSaSa2VAChatConfig

    def __init__(self, config, use_flash_attn=True):
        super().__init__(config)
        self.weight = torch.nn.Linear(2, 2)
        self.grounding_encoder = Encoder(config.samurai_mode)
        self.prepared = False
        self.post_init()

    def preparing_for_generation(self, tokenizer, max_new_tokens=2048, torch_dtype=torch.bfloat16):
        self.prepared = True
        self.to(torch_dtype)

    def predict_forward(
        self, image=None, video=None, text=None, past_text="", mask_prompts=None, tokenizer=None,
        mode="uniform", print_answer=False, samurai=False, selected_fids=None,
    ):
        if not self.prepared:
            self.preparing_for_generation(tokenizer)
        assert mode in MODES
        assert mode != "q_frame" or len(selected_fids) == 100
        ids = torch.tensor([1, 2]).cuda().unsqueeze(0)
        words = self.config.reply.split(" ")[: self.config.limit]
        read = torch.tensor([number for number, word in enumerate(words[:-1]) if word == "[SEG]"])
        vectors = torch.cat([read[:10], read[-1].repeat(max(0, 10 - len(read)))])
        width, height = video[0].size
        masks = np.zeros((len(video), height, width), bool)
        for frame in range(len(video)):
            masks[frame, : 1 + frame * len(vectors) // len(video), : 4 + self.shift()] = True
        return {"prediction": " ".join(words), "prediction_masks": [masks]}

    def shift(self):
        return self.grounding_encoder.sam2_model.shift()
"""
CLIPS_REPLY = " ".join(f"Clip_{number} [SEG]" for number in range(1, 11)) + " <|im_end|>"


def write_checkout(folder: Path) -> Path:
    """Write a checkout whose package runs training code that is not installed."""
    for name, code in CHECKOUT.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code)
    return folder


def write_bert(folder: Path) -> Path:
    """Write the two files of BERT that SAMA's class reads: 16 wide, of 6 words."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text('{"model_type": "bert", "hidden_size": 16}')
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n")
    return folder


def write_sama(folder: Path, reply: str = "It is [SEG] here. <|im_end|>", limit: int = 99) -> Path:
    """Write a checkpoint of SAMA's habits."""
    return _write(
        folder,
        {
            "configuration_sa2va_chat.py": SAMA_CONFIGURATION,
            "modeling_sa2va_chat_all.py": SAMA_MODELING,
            "utils.py": "from third_parts.mmdet.models.losses import CrossEntropyLoss\n",
        },
        {
            "model_type": "sa2va_chat",
            "architectures": ["Sa2VAChatModel"],
            "auto_map": {
                "AutoConfig": "configuration_sa2va_chat.Sa2VAChatConfig",
                "AutoModel": "modeling_sa2va_chat_all.Sa2VAChatModel",
            },
            "reply": reply,
            "limit": limit,
        },
    )


def write_clips(
    folder: Path, reply: str = CLIPS_REPLY, limit: int = 99, samurai: bool = False
) -> Path:
    """Write a checkpoint of SaSaSa2VA's habits."""
    return _write(
        folder,
        {
            "configuration_sasasa2va_chat.py": CLIPS_CONFIGURATION,
            "modeling_sasasa2va_chat.py": CLIPS_MODELING,
        },
        {
            "model_type": "sasasa2va_chat",
            "architectures": ["SaSaSa2VAChatModel"],
            "auto_map": {
                "AutoConfig": "configuration_sasasa2va_chat.SaSaSa2VAChatConfig",
                "AutoModel": "modeling_sasasa2va_chat.SaSaSa2VAChatModel",
            },
            "llm_config": {"architectures": ["Qwen2ForCausalLM"]},
            "reply": reply,
            "limit": limit,
            "samurai_mode": samurai,
        },
    )


def _write(folder: Path, code: dict[str, str], config: dict) -> Path:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    # transformers keeps the code of one folder name per process, whatever the folder holds.
    folder = folder.with_name(f"original_{zlib.crc32(''.join(code.values()).encode()):x}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    for name, text in code.items():
        (folder / name).write_text(text)
    tensors = {"weight.weight": torch.zeros(2, 2), "weight.bias": torch.zeros(2)}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    backend = Tokenizer(models.WordLevel({"[UNK]": 0, "[SEG]": 1}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    words = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]")
    words.save_pretrained(folder)
    return folder
