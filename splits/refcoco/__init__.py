"""RefCOCO, RefCOCO+, RefCOCOg and gRefCOCO (data protocol 3.1 and 3.2, image protocol 1)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sama_bench.benchmark import Benchmark, Dataset, HumanSource, Option, Source
from sama_bench.errors import DataError
from sama_bench.metrics.ciou import FIRST_IN_FLOAT32, UNANSWERED_SKIPPED
from sama_bench.splits._files.copies import COCO_IMAGES
from sama_bench.splits._files.folders import find_folder
from sama_bench.splits._images.dataset import image_folder
from sama_bench.splits._images.polygons import SUMMED_POLYGONS
from sama_bench.splits._mini.embedded import with_mini
from sama_bench.splits._scores.coverage import UNANSWERED_REFUSED
from sama_bench.splits._scores.options import MISSING
from sama_bench.splits.refcoco.dataset import RefcocoDataset, RefcocoSource
from sama_bench.splits.refcoco.files import read_instances, read_refs

INSTANCES = "instances.json"
IMAGE_FOLDERS = (
    "glamm_data/images/coco2014/train2014",
    "images/coco2014/train2014",
    "coco2014/train2014",
    "train2014",
    "images/train2014",
    "coco/train2014",
    "images/mscoco/images/train2014",
)
"""Where COCO's train2014 images may lie, below the data root or a folder above the annotations."""

NO_MASK_HELP = (
    f"sentence without predicted mask ({UNANSWERED_SKIPPED}): skip (SAMA, first Sa2VA) or zero "
    "(Sa2VA v2)"
)
MERGE_HELP = (
    f"mask that counts ({FIRST_IN_FLOAT32}): first (SAMA, first Sa2VA) or union of all (Sa2VA v2)"
)
IMAGES: Option = ("", "", "folder of the COCO train2014 images; looked for below --data if not set")

OPTIONS: Mapping[str, Option] = {
    "missing": MISSING,
    "no_mask": ("skip", "zero", NO_MASK_HELP),
    "seg_merge": ("first", "union", MERGE_HELP),
    "images": IMAGES,
}
OPTIONS_OF_V2: Mapping[str, Option] = {
    **OPTIONS,
    "no_mask": ("zero", "zero", NO_MASK_HELP),
    "seg_merge": ("union", "union", MERGE_HELP),
}


SOURCE = HumanSource(
    "refcoco",
    "RefCOCO, RefCOCO+ and RefCOCOg: references, and images of COCO train2014",
    "https://github.com/lichengunc/refer",
    "its files lie on several hosts, and the images under terms of their own",
    (
        "Download refcoco, refcoco+ and refcocog with refs(unc).p, refs(umd).p and "
        "instances.json to {data}/ref_seg.",
        COCO_IMAGES,
    ),
)
SOURCE_OF_G = HumanSource(
    "grefcoco",
    "gRefCOCO: references with none or several targets, and images of COCO train2014",
    "https://github.com/henghuiding/gRefCOCO",
    "its files lie behind links to file hosts, and the images under terms of their own",
    (
        "Download grefs(unc).json and instances.json to {data}/ref_seg/grefcoco.",
        COCO_IMAGES,
    ),
)


class _RefcocoFamily(Benchmark):
    metrics = ("ciou", "giou")
    checked = ("val", "test")
    sources: tuple[Source, ...] = (SOURCE,)
    options = OPTIONS
    quirks = (UNANSWERED_REFUSED, UNANSWERED_SKIPPED, SUMMED_POLYGONS, FIRST_IN_FLOAT32)
    licence = (
        "annotations from the refer project; images from COCO train2014 (CC BY 4.0 and Flickr)"
    )
    refs: tuple[str, ...]

    def open(self, root: Path | None, split: str, options: Mapping[str, str]) -> Dataset:
        """List a split, reading the refs and, element by element, ``instances.json``."""
        root, files = with_mini(root, self.name, split, "val")
        folders = (self.name, f"ref_seg/{self.name}", f"data/ref_seg/{self.name}", "")
        folder = find_folder(root, self.name, folders, INSTANCES)
        assert root is not None
        refs = next((folder / name for name in self.refs if (folder / name).is_file()), None)
        if refs is None:
            raise DataError(f"{folder} holds none of {', '.join(self.refs)} of {self.name}")
        asked = read_refs(refs, files)
        images = asked.images
        instances = read_instances(folder / INSTANCES, images)
        if not any(image.sentences for image in images):
            raise DataError(f"{refs} has no sentence of the split {files}")
        example = instances.images[images[0].id].file_name
        places = [root, *folder.parents[:3]]
        return RefcocoDataset(
            RefcocoSource(
                benchmark=self.name,
                split=split,
                refs=asked,
                instances=instances,
                folder=image_folder(options.get("images"), places, IMAGE_FOLDERS, example),
                files={refs.name: asked.checksum, INSTANCES: instances.checksum},
                options=self.options,
            )
        )


class Refcoco(_RefcocoFamily):
    """RefCOCO (split by unc)."""

    name = "refcoco"
    title = "RefCOCO"
    order = 30
    headlines = ("ciou",)
    splits = ("val", "test", "testA", "testB", "mini")
    embedded = ("mini",)
    refs = ("refs(unc).p",)


class RefcocoPlus(_RefcocoFamily):
    """RefCOCO+ (split by unc)."""

    name = "refcoco+"
    title = "RefCOCO+"
    order = 40
    headlines = ("ciou",)
    splits = ("val", "test", "testA", "testB", "mini")
    embedded = ("mini",)
    refs = ("refs(unc).p",)


class Refcocog(_RefcocoFamily):
    """RefCOCOg (split by umd)."""

    name = "refcocog"
    title = "RefCOCOg"
    order = 50
    headlines = ("ciou",)
    splits = ("val", "test", "mini")
    embedded = ("mini",)
    refs = ("refs(umd).p",)


class Grefcoco(_RefcocoFamily):
    """gRefCOCO: sentences for several objects or none; only Sa2VA v2 evaluates it."""

    name = "grefcoco"
    title = "gRefCOCO"
    order = 60
    headlines = ("ciou", "giou")
    splits = ("val", "testA", "testB", "test", "mini")
    embedded = ("mini",)
    refs = ("grefs(unc).p", "grefs(unc).json")
    options = OPTIONS_OF_V2
    sources = (SOURCE_OF_G,)


QUIRKS = (SUMMED_POLYGONS,)
BENCHMARKS = (Refcoco(), RefcocoPlus(), Refcocog(), Grefcoco())
