"""Where the files of SAMA-Bench come from, and how VidSTG's videos become its frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sama_bench.benchmark import FramePreparation, HubSource, HumanSource

_SAMA_FILES = frozenset(
    {
        "mevis.json", "lvvis_0.json", "lvvis_1.json",
        "ref_youtube_vos_0.json", "ref_youtube_vos_1.json",
        *(f"VidSTG_{number}.json" for number in range(8)),
        "Mevis_mask_dict_val.json", "LVVIS_mask_dict_val.json",
        "RefYoutube_mask_dict_val.json", "VidSTG_mask_dict_val_updated.json",
    }
)  # fmt: skip

ANNOTATIONS = HubSource(
    "sama-bench",
    "Sunye2311/SAMA_Dataset",
    "SAMA-Bench: the 13 split files and the 4 mask dictionaries",
    wanted=_SAMA_FILES,
    next=("mevis", "lvvis", "youtube-vos", "vidstg"),
)
LVVIS = HumanSource(
    "lvvis",
    "LV-VIS: videos of the validation set",
    "https://github.com/haochenheheda/LVVIS",
    "its licence is for non-commercial research and has to be accepted",
    (
        "Read the licence on the page and download the validation videos.",
        "For SAMA-Bench: unpack to {data}/lvvis/val/JPEGImages/<5-digit video>/.",
    ),
)
VIDSTG = HumanSource(
    "vidstg",
    "VidSTG: videos (from VidOR) and annotations",
    "https://github.com/Guaranteer/VidSTG-Dataset",
    "the videos belong to VidOR, whose terms have to be accepted",
    (
        "Download the videos and annotations that the page names, into two folders of "
        "<id>.mp4 and <id>.json.",
        "Extract the frames: sama-bench data prepare vidstg --videos VIDEOS "
        "--annotations ANNOTATIONS --data {data}",
    ),
)

INTERVAL = 4
"""Every fourth frame is kept (data protocol, section 1.8)."""


def frame_count(annotation: Mapping[str, Any]) -> int | None:
    """Return how many frames a VidSTG annotation gives its video, or None."""
    count = annotation.get("frame_count")
    return count if isinstance(count, int) else None


def frame_items(annotation: Mapping[str, Any], frames: int) -> list[dict[str, Any]]:
    """Return the ``frames`` entry of a SAMA-Bench split file for an extracted video.

    Args:
        annotation: content of the VidSTG annotation file: ``trajectories`` and
            ``subject/objects``.
        frames: number of extracted frames.

    Returns:
        One dict a frame: ``frame_id``, ``raw_filename`` and ``boxes`` with ``tid``, ``category``
        (``unknown`` where it is not listed) and ``bbox`` [xmin, ymin, xmax, ymax] in pixels;
        no boxes past the end of the trajectories (data protocol, section 1.8).
    """
    listed = annotation.get("subject/objects", [])
    kinds = {entry["tid"]: entry.get("category", "unknown") for entry in listed}
    trajectories = annotation.get("trajectories", [])
    items = []
    for index in range(0, INTERVAL * frames, INTERVAL):
        boxes = [
            {
                "tid": entry["tid"],
                "category": kinds.get(entry["tid"], "unknown"),
                "bbox": [entry["bbox"][side] for side in ("xmin", "ymin", "xmax", "ymax")],
            }
            for entry in (trajectories[index] if index < len(trajectories) else [])
        ]
        items.append({"frame_id": index, "raw_filename": f"frame_{index}.jpg", "boxes": boxes})
    return items


VIDSTG_FRAMES = FramePreparation(
    name="vidstg",
    title="VidSTG",
    frames="VidSTG/val",
    records="VidSTG/.prepared",
    interval=INTERVAL,
    quality=95,  # OpenCV's default, which the released script writes with
    frame_count=frame_count,
    items=frame_items,
)
"""The frames of VidSTG, where SAMA-Bench looks for them (data protocol, section 1.2)."""
