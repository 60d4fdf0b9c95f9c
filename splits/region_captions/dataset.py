"""A split of region captions, opened: one sample per region of an image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sama_bench.benchmark import Answers, Dataset, Entry, Finding, Option, Protocol, Scores, Tools
from sama_bench.errors import DataError
from sama_bench.media.rle import is_empty
from sama_bench.nouns import Reference, Region, Sample
from sama_bench.splits._images.coco_files import CocoFile, CocoImage, caption_of, segmentation_of
from sama_bench.splits._images.dataset import as_video, image_findings, unasked_findings
from sama_bench.splits._images.polygons import united
from sama_bench.splits._scores.options import MISSING
from sama_bench.splits.refcoco import IMAGES

QUESTION = "Please give me a short description of the region in the picture marked by <mask>."
OPTIONS: Mapping[str, Option] = {"missing": MISSING, "images": IMAGES}
METRICS = ("meteor", "cider")


class RegionCaptionDataset(Dataset):
    """One sample per region; its id is that of the file's image and of its annotation."""

    def __init__(self, split: str, masks: CocoFile, captions: CocoFile, images: Path) -> None:
        self.benchmark, self.split, self.shards = "region-captions", split, (split,)
        self.masks, self.captions, self.images = masks, captions, images
        self.files = {file.path.name: file.checksum for file in (masks, captions)}
        self._images = {image.id: image for image in masks.images}
        self.entries = tuple(
            Entry(
                image.id, image.id, None, attributes={"references": len(self.references(image.id))}
            )
            for image in masks.images
        )

    def references(self, id: str) -> list[str]:
        """Return all reference captions of a region, in file order."""
        return [caption_of(self.captions, item) for item in self.captions.annotations.get(id, ())]

    def _image(self, id: str) -> CocoImage:
        if id not in self._images:
            raise DataError(f"region-captions {self.split} has no sample '{id[:80]}'")
        return self._images[id]

    def sample(self, id: str, tracks: bool = False) -> Sample:
        """Build one sample: describe the region of the annotation that bears the image's id."""
        image = self._image(id)
        video = as_video(id, self.images / image.file_name, image.size)
        item = self.masks.by_id.get(id)
        if item is None:
            raise DataError(f"{self.masks.path} has no annotation with the id of image {id}")
        try:
            mask = united(segmentation_of(self.masks, item), (video.height, video.width))
        except ValueError as error:
            raise DataError(f"{self.masks.path}, annotation {id}: {error}") from None
        region = Region(frame=0, mask=mask)
        return Sample(
            id,
            self.benchmark,
            video,
            QUESTION,
            (region,),
            wants=frozenset({"text"}),
            task="region-caption",
        )

    def reference(self, id: str, protocol: Protocol) -> Reference:
        """Return the first reference caption; scoring uses all of them."""
        self._image(id)
        texts = self.references(id)
        if not texts:
            raise DataError(f"{self.captions.path} has no caption for image {id}")
        return Reference(texts[0])

    def findings(self, deep: bool = False) -> Iterator[Finding]:
        """Report missing images, masks and captions; ``deep`` opens every image."""
        yield from self.masks.findings()
        yield from self.captions.findings()
        listed = [image.id for image in self.captions.images]
        yield from unasked_findings(listed, self._images, self.captions.path.name)
        for image in self.masks.images:
            where = f"image {image.id}"
            yield from image_findings(self.images / image.file_name, image.size, where, deep)
            texts = self.references(image.id)
            if not texts:
                yield Finding("no_caption", where, "no reference caption", fatal=True)
            elif not all(text.strip() for text in texts):
                yield Finding("empty_caption", where, "a reference caption has no words")
            if (self.images / image.file_name).is_file():
                yield from self._region_findings(image.id, where)

    def _region_findings(self, id: str, where: str) -> Iterator[Finding]:
        """Report a region that cannot be used, is empty, or is said to be of another image."""
        try:
            (region,) = self.sample(id).regions
        except DataError as error:
            yield Finding("broken_mask", where, str(error), fatal=True)
            return
        if region.mask is not None and is_empty(region.mask):
            yield Finding("empty_mask", where, "the region has no pixel")
        other = self.masks.by_id[id]["image_id"]
        if str(other) != id:
            detail = f"its region is that of an annotation of image {str(other)[:80]}"
            yield Finding("other_image", where, detail)

    def score(self, answers: Answers, protocols: Sequence[Protocol], tools: Tools) -> Scores:
        """Score METEOR and CIDEr over all regions, with released and strict cleaning."""
        from sama_bench.splits.region_captions.score import score_region_captions

        return score_region_captions(self, answers, protocols, tools, OPTIONS, METRICS)
