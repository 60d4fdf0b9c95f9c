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
