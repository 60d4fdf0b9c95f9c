"""Tiny random checkpoints of real classes, made once per test session."""

from __future__ import annotations

from pathlib import Path

import pytest


def seeded():
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers", minversion="5.0")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return torch


def sam2_config(side: int = 128):
    from transformers import Sam2VideoConfig, Sam2VisionConfig
    from transformers.models.sam2.configuration_sam2 import Sam2HieraDetConfig

    backbone = Sam2HieraDetConfig(
        hidden_size=16,
        num_attention_heads=1,
        image_size=[side, side],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[16, 32, 64, 128],
        num_attention_heads_per_stage=[1, 2, 4, 8],
        window_size_per_stage=[8, 4, 4, 2],
        window_positional_embedding_background_size=[7, 7],
        global_attention_blocks=[3],
    )
    grid = side // 4
    vision = Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[128, 64, 32, 16],
        backbone_feature_sizes=[[grid, grid], [grid // 2, grid // 2], [grid // 4, grid // 4]],
    )
    return Sam2VideoConfig(
        vision_config=vision,
        image_size=side,
        prompt_encoder_config={"image_size": side, "patch_size": 16},
        memory_attention_rope_feat_sizes=[side // 16, side // 16],
        memory_attention_num_layers=1,
        memory_attention_feed_forward_hidden_size=64,
        mask_decoder_config={"num_hidden_layers": 1},
    )


def save_sam2(folder: Path, side: int = 128) -> Path:
    seeded()
    from transformers import Sam2VideoModel

    Sam2VideoModel(sam2_config(side)).save_pretrained(folder)
    return folder


def write_vocabulary(folder: Path, kind: str = "bert") -> None:
    from transformers import BertTokenizer, CLIPTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    words = ["the", "a", "red", "blue", "square", "cat", "dog", "moving", "right", "left", ".", "?"]
    if kind == "bert":
        specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        letters = [chr(code) for code in range(97, 123)]
        tokens = specials + words + letters + [f"##{letter}" for letter in letters]
        (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(tokens)))
        BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
        return
    import json

    letters = [chr(code) for code in range(33, 127)]
    tokens = letters + [f"{letter}</w>" for letter in letters]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: place for place, token in enumerate(tokens)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt")).save_pretrained(folder)


def save_grounding_dino(folder: Path) -> Path:
    seeded()
    from transformers import (
        BertConfig,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        SwinConfig,
    )

    write_vocabulary(folder)
    backbone = SwinConfig(
        image_size=64,
        window_size=1,
        embed_dim=16,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 1, 1],
        out_features=["stage2", "stage3", "stage4"],
        out_indices=[2, 3, 4],
    )
    text = BertConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        vocab_size=128,
    )
    config = GroundingDinoConfig(
        backbone_config=backbone,
        text_config=text,
        d_model=32,
        encoder_layers=1,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        num_queries=5,
        num_feature_levels=4,
        max_text_len=16,
        encoder_n_points=2,
        decoder_n_points=2,
    )
    GroundingDinoForObjectDetection(config).save_pretrained(folder)
    return folder


def save_sam3(folder: Path, threshold: float = 0.0) -> Path:
    seeded()
    from transformers import Sam3VideoConfig, Sam3VideoModel

    write_vocabulary(folder, "clip")
    side, grid = 112, 8
    sizes = [[grid * 4] * 2, [grid * 2] * 2, [grid] * 2]
    vision = {
        "backbone_config": {
            "model_type": "sam3_vit_model",
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": side,
            "patch_size": 14,
            "window_size": 4,
            "global_attn_indexes": [1],
            "pretrain_image_size": 56,
        },
        "backbone_feature_sizes": sizes,
        "fpn_hidden_size": 256,
    }
    small = {"num_layers": 1, "intermediate_size": 32}
    detector = {
        "vision_config": {"model_type": "sam3_vision_model", **vision},
        "text_config": {
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "vocab_size": 256,
            "max_position_embeddings": 32,
            "projection_dim": 32,
            "bos_token_id": 188,
            "eos_token_id": 189,
        },
        "geometry_encoder_config": small,
        "detr_encoder_config": small,
        "detr_decoder_config": {**small, "num_queries": 4},
    }
    tracker = {
        "vision_config": {"model_type": "sam3_vision_model", **vision},
        "image_size": side,
        "prompt_encoder_config": {"image_size": side, "patch_size": 14},
        "memory_attention_rope_feat_sizes": [grid, grid],
        "memory_attention_num_layers": 1,
        "memory_attention_feed_forward_hidden_size": 32,
        "mask_decoder_config": {"num_hidden_layers": 1},
    }
    config = Sam3VideoConfig(
        detector_config=detector,
        tracker_config=tracker,
        low_res_mask_size=32,
        score_threshold_detection=threshold,
        new_det_thresh=threshold,
        hotstart_delay=0,
        fill_hole_area=0,
    )
    Sam3VideoModel(config).save_pretrained(folder)
    return folder


QWEN_TOKENS = [
    "<|image_pad|>",
    "<|video_pad|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
]
QWEN_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ c['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "<|im_start|>assistant\n"
)


def save_qwen_vl(folder: Path) -> Path:
    seeded()
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        PreTrainedTokenizerFast,
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        Qwen2VLImageProcessor,
    )

    letters = {chr(code): place for place, code in enumerate(range(32, 127), start=1)}
    backend = Tokenizer(models.WordLevel({"[UNK]": 0, **letters}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="[UNK]", eos_token="<|im_end|>"
    )
    tokenizer.add_special_tokens({"additional_special_tokens": QWEN_TOKENS})
    tokenizer.chat_template = QWEN_TEMPLATE
    tokenizer.save_pretrained(folder)
    Qwen2VLImageProcessor(min_pixels=28 * 28, max_pixels=56 * 56).save_pretrained(folder)
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in QWEN_TOKENS}
    rope = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}
    config = Qwen2_5_VLConfig(
        text_config={
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "vocab_size": len(tokenizer),
            "rope_parameters": rope,
            "bos_token_id": None,
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
        },
        vision_config={
            "depth": 1,
            "hidden_size": 32,
            "num_heads": 2,
            "intermediate_size": 32,
            "out_hidden_size": 32,
            "fullatt_block_indexes": [0],
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
    )
    Qwen2_5_VLForConditionalGeneration(config).save_pretrained(folder)
    return folder
