"""What every reader of foreign answers returns, and how foreign masks become an answer."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sama_bench.benchmark import Answers, Finding, Outcome
from sama_bench.media import rle as coco_rle
from sama_bench.nouns import Answer, Masklet, Segment


@dataclass(frozen=True)
class Imported:
    """Answers from elsewhere, matched with the samples of a dataset.

    Attributes:
        format: what the files are, for a person.
        answers: from a sample's id to what is known of it.
        matched: samples that have an answer.
        missing: ids of samples that have none.
        unknown: what the files answer that the dataset does not ask.
        files: number of files read.
        replaced: ids of the samples for which a later result replaced an earlier one.
        by_order: ids of the answers whose masks name no frames and were matched by order.
    """

    format: str
    answers: Answers
    matched: int
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    files: int
    replaced: tuple[str, ...] = ()
    by_order: tuple[str, ...] = ()

    def findings(self) -> Iterator[Finding]:
        """Report results that were replaced or not asked, and masks matched by order."""
        for id in self.replaced:
            yield Finding("replaced_result", id, "a later result for it counts")
        for id in self.unknown:
            yield Finding("unasked_result", id[:80], "the split does not ask it")
        for id in self.by_order:
            yield Finding("frames_by_order", id, "its masks name no frames")

    def summary(self) -> str:
        """Return one line that says what matched and what did not."""
        parts = [f"{self.format}: {self.matched} answers"]
        if self.missing:
            parts.append(f"{len(self.missing)} samples without one (first {self.missing[0]})")
        if self.unknown:
            parts.append(
                f"{len(self.unknown)} that the split does not ask (first {self.unknown[0][:80]})"
            )
        return ", ".join(parts)


def matching(
    format: str,
    answers: Answers,
    ids: Sequence[str],
    found: set[str],
    files: int,
    replaced: Iterable[str] = (),
    by_order: Iterable[str] = (),
) -> Imported:
    """Compare the ids of a dataset with those that the files answer."""
    known, ordered = set(ids), set(by_order)
    return Imported(
        format=format,
        answers=answers,
        matched=len(known & found),
        missing=tuple(id for id in ids if id not in found),
        unknown=tuple(sorted(found - known)),
        files=files,
        replaced=tuple(dict.fromkeys(replaced)),
        by_order=tuple(id for id in ids if id in ordered),
    )


def failed(reason: str) -> Outcome:
    """Return the outcome of an answer that cannot be used, with one line that says why."""
    return Outcome("failed", error=reason)


def masklet_from(masks: Sequence[Any], size: tuple[int, int]) -> Masklet:
    """Build a masklet from RLEs (None, {} and [] are absent).

    Args:
        masks: one entry per frame.
        size: (height, width) where no mask says.

    Raises:
        ValueError: a broken RLE, something else than one, or masks of different sizes, with the
            frame.
    """
    masks = [None if mask in ({}, []) else _plain_counts(mask) for mask in masks]
    present = [mask for mask in masks if mask is not None]
    for mask in present[:1]:
        size = coco_rle.size_of(mask)
    return Masklet.from_rles(masks, *size)


def image_segment(mask: Any, size: tuple[int, int], phrase: str | None = None) -> Segment:
    """Build the segment of one mask on an image; None is a mask without a pixel.

    Raises:
        ValueError: a broken RLE, or something else than one: an empty object is no mask.
    """
    if mask is not None and not mask:
        raise ValueError(f"a mask must be a COCO RLE or null, not {mask!r}")
    return Segment(phrase, masklet_from([mask], size))


def _plain_counts(mask: Any) -> Any:
    """Read counts that were written as ``str(bytes)``, e.g. ``b'PPY`1'``; others stay as given."""
    counts = mask.get("counts") if isinstance(mask, Mapping) else None
    if not isinstance(counts, str) or counts[:2] not in ("b'", 'b"'):
        return mask
    try:
        literal = ast.literal_eval(counts)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return mask
    return {**mask, "counts": literal.decode("ascii", "replace")}


def keys_of(item: object) -> str:
    """Name the keys that an item has instead of those that were looked for."""
    if not isinstance(item, Mapping):
        return f"it is no object but {str(item)[:40]!r}"
    return f"it has {', '.join(str(key)[:40] for key in list(item)[:8]) or 'no keys'}"


def mask_answer(text: str, masklet: Masklet, seg_token: bool = True) -> Outcome:
    """Return the outcome of one text and one masklet.

    Files of other code bases hold zeros where the model returned no mask; with ``seg_token`` a
    text without ``[SEG]`` whose masks are all empty is read as the refusal that it was.
    """
    if seg_token and "[SEG]" not in text and masklet.first_visible() is None:
        return Outcome("refused", Answer(text))
    return Outcome("answered", Answer(text, (Segment(None, masklet),)))
