"""A split of GCG (GranD-f), opened: one sample per image (data protocol, section 3.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sama_bench.benchmark import Answers, Dataset, Entry, Finding, Option, Protocol, Scores, Tools
from sama_bench.errors import DataError
from sama_bench.metrics.gcg import UNGUARDED
from sama_bench.nouns import Masklet, Reference, Sample, Video
from sama_bench.splits._images.coco_files import CocoFile, CocoImage, caption_of, segmentation_of
from sama_bench.splits._images.dataset import (
    as_video,
    image_findings,
    one_frame,
    unasked_findings,
)  # fmt: skip
from sama_bench.splits._images.polygons import united
from sama_bench.splits._scores.options import MISSING

_START = (
    "Could you please give me a brief description of the image? Please respond with interleaved"
)
_END = "segmentation masks for the corresponding parts of the answer."
QUESTIONS = {"released": f"{_START}     {_END}", "clean": f"{_START} {_END}"}
"""The question; the published one has five spaces in the middle (UNGUARDED)."""

OPTIONS: Mapping[str, Option] = {
    "missing": MISSING,
    "prompt": (
        "released",
        "released",
        f"question ({UNGUARDED}): released, with five spaces, or clean",
    ),
    "images": ("", "", "folder of the GranD-f images; looked for below --data if not set"),
}


@dataclass(frozen=True)
class Truth:
    """What is true of an image: captions, the phrases of the first, and a mask per object."""

    captions: tuple[str, ...]
    labels: tuple[str, ...]
    masks: tuple[Masklet, ...]


class GcgDataset(Dataset):
    """One sample per image of the caption file; its id is the image's."""

    def __init__(
        self, split: str, captions: CocoFile, masks: CocoFile, folder: Path, prompt: str
    ) -> None:
        self.benchmark, self.split, self.shards = "gcg", split, (split,)
        self.captions, self.masks, self.folder, self.prompt = captions, masks, folder, prompt
        self.files = {file.path.name: file.checksum for file in (captions, masks)}
        self._images = {image.id: image for image in captions.images}
        self._sizes = {image.id: image.size for image in masks.images}
        self.entries = tuple(
            Entry(
                image.id, image.id, None, attributes={"objects": len(self._annotations(image.id))}
            )
            for image in captions.images
        )

    def _annotations(self, id: str) -> list[Mapping[str, Any]]:
        return list(self.masks.annotations.get(id, ()))

    def _image(self, id: str) -> CocoImage:
        if id not in self._images:
            raise DataError(f"gcg {self.split} has no sample '{id[:80]}'")
        return self._images[id]

    def video(self, id: str) -> Video:
        """Return the image as a video; its size is read from the file where none is given."""
        image = self._image(id)
        size = image.size or self._sizes.get(id)
        return as_video(id, self.folder / image.file_name, size)

    def sample(self, id: str, tracks: bool = False) -> Sample:
        """Build one sample: describe the image with interleaved masks."""
        return Sample(id, "gcg", self.video(id), QUESTIONS[self.prompt], task="grounded-caption")

    def truth(self, id: str) -> Truth:
        """Return captions, phrases and masks of an image.

        Raises:
            DataError: it has no caption, or a mask is broken.
        """
        items = self.captions.annotations.get(id, ())
        if not items:
            raise DataError(f"{self.captions.path} has no caption for image {id}")
        labels = items[0].get("labels", [])
        if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
            raise DataError(f"{self.captions.path}, image {id}: 'labels' must be texts")
        video = self.video(id)
        size = (video.height, video.width)
        masks = []
        for item in self._annotations(id):
            try:
                mask = united(segmentation_of(self.masks, item), size)
                masks.append(one_frame(mask, size))
            except ValueError as error:
                raise DataError(
                    f"{self.masks.path}, annotation {item.get('id')}: {error}"
                ) from None
        captions = tuple(caption_of(self.captions, item) for item in items)
        return Truth(captions, tuple(labels), tuple(masks))

    def reference(self, id: str, protocol: Protocol) -> Reference:
        """Return the first caption, its phrases marked where they stand in it, and the masks."""
        truth = self.truth(id)
        text, rest, marked = truth.captions[0], 0, ""
        for label in truth.labels:
            at = text.find(label, rest)
            if at < 0:
                marked += text[rest:] + f" <p> {label} </p> [SEG]"
                rest = len(text)
            else:
                marked += text[rest:at] + f"<p> {label} </p> [SEG]"
                rest = at + len(label)
        return Reference(marked + text[rest:], truth.masks)

    def findings(self, deep: bool = False) -> Iterator[Finding]:
        """Report missing images, captions and broken masks; ``deep`` opens every image."""
        yield from self.captions.findings()
        yield from self.masks.findings()
        yield from unasked_findings(self._sizes, self._images, self.masks.path.name)
        for image in self.captions.images:
            where = f"image {image.id}"
            path = self.folder / image.file_name
            yield from image_findings(path, image.size, where, deep)
            try:
                truth = self.truth(image.id)
            except DataError as error:
                yield Finding("unusable_image", where, str(error), fatal=True)
                continue
            yield from _empty_findings(truth, where)
            if len(truth.labels) != len(truth.masks):
                detail = f"{len(truth.labels)} phrases for {len(truth.masks)} masks"
                yield Finding("phrases_and_masks", where, detail)
            if len(truth.captions) > 1:
                yield Finding("several_captions", where, "the phrases of the first count")

    def score(self, answers: Answers, protocols: Sequence[Protocol], tools: Tools) -> Scores:
        """Score AP50, mIoU, recall, METEOR and CIDEr over all images."""
        from sama_bench.splits.gcg.score import score_gcg

        return score_gcg(self, answers, protocols, tools, OPTIONS)


def _empty_findings(truth: Truth, where: str) -> Iterator[Finding]:
    """Report what is there and says nothing: captions and phrases without words, empty masks."""
    for number, caption in enumerate(truth.captions):
        if not caption.strip():
            yield Finding("empty_caption", where, f"caption {number} has no words")
    for number, label in enumerate(truth.labels):
        if not label.strip():
            yield Finding("empty_phrase", where, f"phrase {number} has no words")
    for number, mask in enumerate(truth.masks):
        if mask.first_visible() is None:
            yield Finding("empty_mask", where, f"mask {number} has no pixel")
