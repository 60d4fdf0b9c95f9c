"""Region captions on RefCOCOg (data protocol 3.4, image protocol 3)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sama_bench.benchmark import Benchmark, Dataset, HumanSource
from sama_bench.errors import DataError
from sama_bench.metrics._captions.cleaning import WORDS_DAMAGED
from sama_bench.splits._files.copies import COCO_IMAGES
from sama_bench.splits._files.folders import find_folder
from sama_bench.splits._images.coco_files import read_coco
from sama_bench.splits._images.dataset import image_folder
from sama_bench.splits._mini.embedded import with_mini
from sama_bench.splits.refcoco import IMAGE_FOLDERS
from sama_bench.splits.region_captions.dataset import METRICS, OPTIONS, RegionCaptionDataset

MASKS = "refcocog/finetune_refcocog_val_with_mask.json"
CAPTIONS = "mdetr_annotations/finetune_refcocog_val_captions.json"
FOLDERS = ("", "region_caption", "data/region_caption")


SOURCE = HumanSource(
    "region-captions",
    "Region captions (RefCOCOg): annotations, and images of COCO train2014",
    "https://github.com/mbzuai-oryx/groundingLMM",
    "its files lie on several hosts, and the images under terms of their own",
    (
        "Put finetune_refcocog_val_with_mask.json at {data}/region_caption/refcocog, and "
        "finetune_refcocog_val_captions.json at {data}/region_caption/mdetr_annotations.",
        COCO_IMAGES,
    ),
)


class RegionCaptions(Benchmark):
    """Region captions."""

    name = "region-captions"
    title = "Region captions (RefCOCOg)"
    order = 130
    headlines = ("meteor", "cider")
    splits = ("val", "mini")
    embedded = ("mini",)
    sources = (SOURCE,)
    metrics = METRICS
    options = OPTIONS
    quirks = (WORDS_DAMAGED,)
    licence = "annotations from the Osprey and MDETR projects; images from COCO train2014"

    def open(self, root: Path | None, split: str, options: Mapping[str, str]) -> Dataset:
        """List the split."""
        root, _ = with_mini(root, self.name, split, "val")
        folder = find_folder(root, self.name, FOLDERS, MASKS)
        assert root is not None
        masks = read_coco(folder / MASKS)
        if not masks.images:
            raise DataError(f"{masks.path} lists no image")
        places = [root, *folder.parents[:2]]
        example = masks.images[0].file_name
        images = image_folder(options.get("images"), places, IMAGE_FOLDERS, example)
        return RegionCaptionDataset(split, masks, read_coco(folder / CAPTIONS), images)


QUIRKS = (WORDS_DAMAGED,)
BENCHMARKS = (RegionCaptions(),)
