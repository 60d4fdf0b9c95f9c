"""Which expression of Ref-DAVIS17 describes which object in whose words."""

from __future__ import annotations

from collections.abc import Iterator

from sama_bench.splits._referring.meta_expressions import VideoMeta

ANNOTATORS = ("annot1", "annot1_full_video", "annot2", "annot2_full_video")


def unpaired(meta: VideoMeta) -> Iterator[str]:
    """Say which objects of a video do not have one expression of each annotator."""
    for name, ids in by_object(meta).items():
        if len(ids) != len(ANNOTATORS):
            yield f"{meta.id}, {name}: {len(ids)} expressions instead of {len(ANNOTATORS)}"


def by_object(meta: VideoMeta) -> dict[str, list[str]]:
    """Return the ids of the samples of each object, annotator by annotator, in file order."""
    named = {expression.id: expression.object for expression in meta.expressions}
    found: dict[str, list[str]] = {}
    for place, id in enumerate(meta.file_order):
        object = named[id]
        # without obj_id: four in a row are one object's, as the published code counts
        key = f"object {place // len(ANNOTATORS)}" if object is None else f"obj_id {object}"
        found.setdefault(key, []).append(f"{meta.id}/{id}")
    return found
