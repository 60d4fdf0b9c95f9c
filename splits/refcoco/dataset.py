"""A split of RefCOCO, RefCOCO+, RefCOCOg or gRefCOCO, opened: one sample per sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from sama_bench.benchmark import Answers, Dataset, Entry, Finding, Option, Protocol, Scores, Tools
from sama_bench.errors import DataError
from sama_bench.media import rle as coco_rle
from sama_bench.nouns import Reference, Sample
from sama_bench.splits._images.dataset import as_video, image_findings, one_frame
from sama_bench.splits._images.polygons import overlap, summed, united
from sama_bench.splits.refcoco.files import ImageInfo, Instances, Refs, Sentence


@dataclass(frozen=True)
class RefcocoSource:
    """Where a split lies and what it holds.

    Attributes:
        benchmark: name.
        split: as asked for.
        refs: the selected sentences by image, in the order of the published code.
        instances: sizes and segmentations.
        folder: of the image files.
        files: checksum by file name.
        options: of the benchmark, with their defaults.
    """

    benchmark: str
    split: str
    refs: Refs
    instances: Instances
    folder: Path
    files: Mapping[str, str]
    options: Mapping[str, Option]


class RefcocoDataset(Dataset):
    """One sample per sentence, id ``image/sentence``; an image is a video of one frame."""

    def __init__(self, source: RefcocoSource) -> None:
        self.source = source
        self.benchmark, self.split, self.shards = source.benchmark, source.split, (source.split,)
        self.files = source.files
        self._asked = {
            sentence.id: (image, sentence)
            for image in source.refs.images
            for sentence in image.sentences
        }
        self.entries = tuple(
            Entry(
                id=id,
                video=str(image.id),
                group=None,
                attributes={
                    "objects": len(sentence.annotations),
                    "words": len(sentence.text.split()),
                },
            )
            for id, (image, sentence) in self._asked.items()
        )
        self._target = lru_cache(maxsize=64)(self._make_target)

    def asked(self, id: str) -> tuple[ImageInfo, Sentence]:
        """Return the image and sentence of a sample.

        Raises:
            DataError: there is no such sample.
        """
        if id not in self._asked:
            raise DataError(f"{self.benchmark} {self.split} has no sample '{id[:80]}'")
        image, sentence = self._asked[id]
        return self.source.instances.images[image.id], sentence

    def sample(self, id: str, tracks: bool = False) -> Sample:
        """Build one sample: the sentence verbatim, about the image."""
        info, sentence = self.asked(id)
        path = self.source.folder / info.file_name
        video = as_video(id.split("/")[0], path, (info.height, info.width))
        return Sample(
            id,
            self.benchmark,
            video,
            sentence.text,
            wants=frozenset({"masks"}),
            task="phrase-in-image",
        )

    def reference(self, id: str, protocol: Protocol) -> Reference:
        """Build the target; the protocols differ where polygons of one object overlap."""
        info, sentence = self.asked(id)
        masks = [self._target(number, protocol) for number in sentence.annotations]
        size = (info.height, info.width)
        if len(masks) == 1:
            mask = masks[0]
        else:  # several or none: only gRefCOCO; all protocols unite them
            total = np.zeros(size, np.uint8)
            for part in masks:
                total |= coco_rle.decode(part)
            mask = coco_rle.encode(total)
        return Reference(None, (one_frame(mask, size),))

    def _make_target(self, number: int, protocol: Protocol) -> Mapping[str, object]:
        instances = self.source.instances
        image = self._image_of[number]
        size = (instances.images[image].height, instances.images[image].width)
        if number in instances.crowds and self.benchmark == "grefcoco":
            return coco_rle.encode(np.zeros(size, np.uint8))
        make = summed if protocol == "released" else united
        try:
            return make(instances.segmentations[number], size)
        except ValueError as error:
            raise DataError(f"instances.json, annotation {number}: {error}") from None

    @property
    def _image_of(self) -> Mapping[int, int]:
        if not hasattr(self, "_images"):
            self._images = {
                number: image.id
                for image in self.source.refs.images
                for sentence in image.sentences
                for number in sentence.annotations
            }
        return self._images

    def findings(self, deep: bool = False) -> Iterator[Finding]:
        """Report missing images, broken masks and overlapping polygons; ``deep`` opens images."""
        for image in self.source.refs.images:
            info = self.source.instances.images[image.id]
            path = self.source.folder / info.file_name
            size = (info.height, info.width)
            yield from image_findings(path, size, f"image {image.id}", deep)
        for what in self.source.instances.ambiguous:
            detail = "another one has the same id"
            yield Finding("ambiguous_id", f"instances.json, {what}", detail, fatal=True)
        for number in self._image_of:
            yield from self._annotation_findings(number)
        for where in self.source.refs.silent:
            yield Finding("no_sentence", where, "a ref without a sentence asks nothing")
        for where, split in self.source.refs.elsewhere:
            yield Finding("unknown_split", where, f"nobody asks for the split '{split[:40]}'")
        for id in self._asked:
            yield from self._sentence_findings(id)

    def _sentence_findings(self, id: str) -> Iterator[Finding]:
        image, sentence = self._asked[id]
        if "#" in id:
            yield Finding("repeated_id", id, "a sentence id stands twice in one image")
        if not sentence.text.strip():
            yield Finding("empty_expression", id, "the sentence has no words")
        if not sentence.annotations and self.benchmark != "grefcoco":
            yield Finding("no_annotation", id, "the sentence has no object", fatal=True)
        if len(set(sentence.annotations)) < len(sentence.annotations):
            yield Finding("repeated_annotation", id, "an object is named twice, and counts once")
        for number in sentence.annotations:
            other = self.source.instances.image_of.get(number, image.id)
            if other != image.id:
                detail = f"annotation {number} belongs to image {str(other)[:40]}"
                yield Finding("other_image", id, detail, fatal=True)

    def _annotation_findings(self, number: int) -> Iterator[Finding]:
        instances = self.source.instances
        info = instances.images[self._image_of[number]]
        where = f"instances.json, annotation {number}"
        try:
            mask = instances.segmentations[number]
            pixels, overlapping = overlap(mask, (info.height, info.width))
        except ValueError as error:
            yield Finding("broken_mask", where, str(error), fatal=True)
            return
        if number in instances.crowds and self.benchmark == "grefcoco":
            yield Finding("dropped_crowd", where, "a crowd annotation is passed over")
        elif not pixels:
            yield Finding("empty_mask", where, "the object has no pixel")
        elif overlapping:
            detail = "its polygons overlap; the overlap becomes background where it is encoded"
            yield Finding("overlapping_polygons", where, detail, protocols=frozenset({"released"}))

    def score(self, answers: Answers, protocols: Sequence[Protocol], tools: Tools) -> Scores:
        """Score cIoU and gIoU over all sentences of the split."""
        from sama_bench.splits.refcoco.score import score_sentences

        return score_sentences(self, answers, protocols, tools, self.source.options)
