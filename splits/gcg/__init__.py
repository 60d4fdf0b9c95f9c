"""GCG: grounded conversation generation on GranD-f (data protocol 3.3, image protocol 2)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sama_bench.benchmark import Benchmark, Dataset, HumanSource
from sama_bench.errors import UserError
from sama_bench.metrics.gcg import QUIRKS
from sama_bench.splits._files.folders import find_folder
from sama_bench.splits._images.coco_files import read_coco
from sama_bench.splits._images.dataset import image_folder
from sama_bench.splits._mini.embedded import with_mini
from sama_bench.splits.gcg.dataset import OPTIONS, QUESTIONS, GcgDataset

ANNOTATIONS = "annotations/gcg_val_test"
IMAGES = ("images/grandf/val_test", "images", "val_test")
FOLDERS = ("", "glamm_data", "data/glamm_data")


SOURCE = HumanSource(
    "gcg",
    "GCG (GranD-f): captions, masks and images of val and test",
    "https://github.com/mbzuai-oryx/groundingLMM",
    "its images come from COCO, Flickr30k and Open-PSG, each with terms of its own",
    (
        "Follow the page's description of GranD-f.",
        "Put the images of val and test at {data}/glamm_data/images/grandf/val_test, and the "
        "annotations at {data}/glamm_data/annotations/gcg_val_test.",
    ),
)


class Gcg(Benchmark):
    """GCG (GranD-f)."""

    name = "gcg"
    title = "GCG (GranD-f)"
    order = 120
    headlines = ("ap50", "miou", "recall", "meteor", "cider")
    splits = ("val", "test", "mini")
    embedded = ("mini",)
    sources = (SOURCE,)
    metrics = ("ap50", "miou", "recall", "meteor", "cider")
    checked = ("val", "test")
    options = OPTIONS
    quirks = QUIRKS
    licence = "GranD-f of the GLaMM project; images from COCO, Flickr30k and Open-PSG"

    def open(self, root: Path | None, split: str, options: Mapping[str, str]) -> Dataset:
        """List a split, in the order of its caption file."""
        prompt = options.get("prompt", "released")
        if prompt not in QUESTIONS:
            raise UserError(f"--option prompt={prompt}: choose from {', '.join(QUESTIONS)}")
        root, files = with_mini(root, self.name, split, "val")
        marker = f"{ANNOTATIONS}/{files}_gcg_coco_caption_gt.json"
        folder = find_folder(root, self.name, FOLDERS, marker)
        captions = read_coco(folder / marker)
        masks = read_coco(folder / f"{ANNOTATIONS}/{files}_gcg_coco_mask_gt.json")
        example = captions.images[0].file_name if captions.images else "none"
        images = image_folder(options.get("images"), [folder], IMAGES, example)
        return GcgDataset(split, captions, masks, images, prompt)


BENCHMARKS = (Gcg(),)
