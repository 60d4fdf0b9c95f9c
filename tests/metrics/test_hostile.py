"""Masks and texts from others: at least 10,000 of each, all in this process."""

import json

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from sama_bench.media import rle
from sama_bench.metrics._captions.text_marks import RELEASED, STRICT, clean, phrases
from tests.metrics.each_kernel import frame_counts, overlaps

CASES = 12_000


def mutated(rng, text):
    """Break an RLE text in one of the ways in which files break."""
    kind = rng.integers(11)
    place = int(rng.integers(len(text) + 1))
    letter = bytes([int(rng.integers(256))])
    if kind == 0:
        return text[:place]
    if kind == 1:
        return text[:place] + letter + text[place:]
    if kind == 2:
        return text[:place] + letter + text[place + 1 :]
    if kind == 3:
        return text + bytes(rng.integers(48, 112, int(rng.integers(1, 6))).astype(np.uint8))
    if kind == 4:
        return bytes(rng.integers(48, 112, int(rng.integers(0, 30))).astype(np.uint8))
    if kind == 5:
        return bytes(rng.integers(0, 256, int(rng.integers(0, 30))).astype(np.uint8))
    if kind == 6:
        return text[place:] + text[:place]
    if kind == 7:
        return text[::-1]
    if kind == 8:
        return text * int(rng.integers(2, 4))
    return text  # whole: what breaks may be the size


def hostile_masks(seed, number):
    rng = np.random.default_rng(seed)
    wrong_sizes = [[0, 5], [5, 0], [-3, -5], [10**6, 10**6], [5], [5, 5, 5], "55", None, [5.0, 5]]
    for _ in range(number):
        height, width = (int(n) for n in rng.integers(1, 20, 2))
        array = (rng.random((height, width)) < rng.random()).astype(np.uint8)
        text = coco_mask.encode(np.asfortranarray(array))["counts"]
        text = mutated(rng, text)
        size = [height, width]
        if rng.random() < 0.1:
            size = wrong_sizes[rng.integers(len(wrong_sizes))]
        elif rng.random() < 0.2:
            size = [height + int(rng.integers(-1, 2)), width]
        counts = text.decode("latin-1") if rng.random() < 0.5 else text
        yield {"size": size, "counts": counts}


def test_hostile_masks_are_refused_or_read_as_pycocotools_reads_them():
    refused = read = 0
    for mask in hostile_masks(1, CASES):
        try:
            lengths = rle.runs(mask)
        except ValueError as error:
            refused += 1
            reason = str(error)
            assert reason
            assert "\n" not in reason
            assert len(reason) < 200
            continue
        read += 1
        assert (lengths >= 0).all()
        theirs = coco_mask.decode({"size": mask["size"], "counts": rle.counts_bytes(mask)})
        assert (rle.decode(mask) == theirs).all()
        assert rle.area(mask) == theirs.sum()
    assert refused > CASES / 4
    assert read > CASES / 20


def test_hostile_masks_are_counted_or_refused_alike_by_both_kernels():
    good = {}
    counted = refused = 0
    reasons = set()
    for mask in hostile_masks(2, CASES // 4):
        try:
            size = rle.size_of(mask)
        except ValueError:
            size = (5, 5)
        if size not in good:
            good[size] = rle.encode(np.indices(size).sum(0) % 3 == 0)
        try:
            found = frame_counts([[mask], [good[size]]], [good[size]], size)
            shared = overlaps([[good[size]]], [[mask]], size)
        except ValueError as error:
            reasons.add(str(error)[:8])
            refused += 1
            continue
        counted += 1
        pixels = rle.decode(mask) & rle.decode(good[size])
        assert shared.intersection[0, 0] == pixels.sum()
        assert found.excess[0] == 2 * pixels.sum()
    assert reasons == {"frame 0:"}
    assert counted > CASES / 100
    assert refused > CASES / 20


@pytest.mark.parametrize("junk", [3, "abc", [1], b"x", {"size": [2, 2]}, object()])
def test_things_that_are_no_masks(junk):
    for call in (
        lambda: frame_counts([[junk]], [None], (2, 2)),
        lambda: frame_counts([], [junk]),
        lambda: overlaps([[junk]], [[None]], (2, 2)),
        lambda: rle.area(junk),
    ):
        with pytest.raises(ValueError, match="RLE"):
            call()


def test_hostile_texts():
    rng = np.random.default_rng(3)
    pieces = ["<p>", "</p>", "[SEG]", "<|im_end|>", "<s>", "\n", "\x00", "\u2028", "é", "|||", "<"]
    pieces += ["p>", "a cat", " ", "</", "\ud800", "{", "<p></p>", "  ", "\x1c", "İ"]
    for _ in range(CASES):
        text = "".join(pieces[i] for i in rng.integers(len(pieces), size=rng.integers(0, 40)))
        for quirks in (STRICT, RELEASED):
            assert clean(text, quirks).strip() == clean(text, quirks)
            found = phrases(text, quirks)
            assert len(found) <= text.count("</p>")
            json.dumps(found)
