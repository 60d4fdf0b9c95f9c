"""Steps of getting files that several benchmarks share; ``{data}`` stands for the data root."""

from __future__ import annotations

COPIES = (
    "Sa2VA's training data (https://huggingface.co/datasets/Dense-World/Sa2VA-Training) carry most "
    "of these files in this layout; the original licences hold for them too."
)
COCO_IMAGES = (
    "Download train2014 from https://cocodataset.org/#download to "
    "{data}/glamm_data/images/coco2014/train2014."
)
