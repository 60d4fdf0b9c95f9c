"""What the page of one sample needs, as plain data; and its picture in the gallery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sama_bench.benchmark import Dataset, Entry
from sama_bench.errors import DataError
from sama_bench.nouns import Answer, Masklet, Region, Sample
from sama_bench.report.collect import Run, Shown, View, reference_of
from sama_bench.report.frames import FrameWriter
from sama_bench.report.problems import letter
from sama_bench.report.quirks import Acted, differing


def sample_data(
    dataset: Dataset,
    entry: Entry,
    shown: Shown,
    runs: Sequence[Run],
    frames: FrameWriter,
    acted: Sequence[Mapping[str, Sequence[Acted]]],
) -> dict[str, Any]:
    """Return the data of a sample's page; masks are COCO RLE counts of the frames shown."""
    reference = reference_of(dataset, entry)
    data: dict[str, Any] = {
        "id": shown.id,
        "video": shown.video,
        "group": shown.group,
        "attributes": dict(shown.attributes),
        "problem": None,
        "question": "",
        "regions": [],
        "dialogue": [],
        "frames": None,
        "reference": None,
    }
    indices: list[int] = []
    try:
        sample = dataset.sample(entry.id)
        data["frames"] = frames.write(sample.video)
        indices = data["frames"]["shown"]
        data |= _asked(sample)
    except DataError as error:
        data["problem"] = str(error)
    if reference is not None:
        data["reference"] = {
            "text": reference.text,
            "masks": [_counts(track, indices) for track in reference.masklets],
        }
    data["views"] = [
        _view(shown, place, run, acted[place].get(shown.id), indices)
        for place, run in enumerate(runs)
    ]
    return data


def _asked(sample: Sample) -> dict[str, Any]:
    return {
        "question": sample.text,
        "regions": [_region(region) for region in sample.regions],
        "dialogue": [{"question": t.question, "answer": t.answer} for t in sample.dialogue],
    }


def _region(region: Region) -> dict[str, Any]:
    mask = dict(region.mask) if region.mask is not None else None
    return {"frame": region.frame, "mask": mask, "box": region.box, "point": region.point}


def _view(
    shown: Shown, place: int, run: Run, acted: Sequence[Acted] | None, indices: Sequence[int]
) -> dict[str, Any]:
    view = shown.views[place]
    answer = run.outcome(shown.id).answer
    return {
        "status": view.status,
        "error": view.error,
        "problems": [asdict(problem) for problem in view.problems],
        "values": view.values,
        "text": answer.text if answer is not None else None,
        "notes": dict(answer.notes) if answer is not None else {},
        "seconds": run.seconds(shown.id),
        "masks": _masks(answer, indices),
        "tracks": _tracks(view),
        "acted": None if acted is None else [asdict(item) for item in acted],
        "differing": differing(shown, place),
    }


def _masks(answer: Answer | None, indices: Sequence[int]) -> list[dict[str, Any]]:
    segments = answer.segments if answer is not None else ()
    return [
        {"name": letter(n), "phrase": part.phrase, **_counts(part.masklet, indices)}
        for n, part in enumerate(segments)
    ]


def _tracks(view: View) -> dict[str, Any] | None:
    if view.tracks is None:
        return None
    pairs = [
        {
            "target": pair.target,
            "prediction": pair.prediction,
            "iou": pair.iou,
            "j": [round(value, 4) for value in pair.j],
            "visible": [int(value) for value in pair.visible],
        }
        for pair in view.tracks.pairs
    ]
    joint = [round(value, 4) for value in view.tracks.joint]
    return {"pairs": pairs, "spurious": list(view.tracks.spurious), "joint": joint}


def _counts(track: Masklet, indices: Sequence[int]) -> dict[str, Any]:
    counts = [track.counts[index] if index < len(track) else None for index in indices]
    return {"size": [track.height, track.width], "counts": counts}


def card_data(number: int, shown: Shown, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sample as a card of the gallery: what it is found and sorted by."""
    return {
        "n": number,
        "id": shown.id,
        "video": shown.video,
        "group": shown.group,
        "turn": shown.turn,
        "question": str(data["question"])[:160],
        "views": [
            {
                "status": view.status,
                "kinds": list(dict.fromkeys(problem.kind for problem in view.problems)),
                "metric": view.metric,
                "value": view.value,
                "released": view.values.get("released", {}).get(view.metric or ""),
            }
            for view in shown.views
        ],
    }


def picture_data(shown: Shown, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the frame that shows best what went wrong, with its masks; None without frames."""
    frames = data["frames"]
    if frames is None or frames["problem"] or not frames["shown"]:
        return None
    place = _telling_frame(shown, data, frames["shown"])
    reference = data["reference"] or {"masks": []}
    return {
        "picture": f"{frames['folder']}/{frames['shown'][place]}.webp",
        "height": frames["height"],
        "width": frames["width"],
        "targets": [_one(track, place) for track in reference["masks"]],
        "views": [
            {
                "masks": [_one(track, place) for track in view["masks"]],
                "pairs": None
                if view["tracks"] is None
                else [[pair["target"], pair["prediction"]] for pair in view["tracks"]["pairs"]],
            }
            for view in data["views"]
        ],
    }


def _one(track: Mapping[str, Any], place: int) -> dict[str, Any] | None:
    counts = track["counts"][place]
    return None if counts is None else {"size": track["size"], "counts": counts}


def _telling_frame(shown: Shown, data: Mapping[str, Any], indices: Sequence[int]) -> int:
    if data["regions"] and not (data["reference"] or {}).get("masks"):
        marked = data["regions"][0]["frame"]
        return min(range(len(indices)), key=lambda place: abs(indices[place] - marked))
    series = [v.tracks.joint for v in shown.views if v.tracks is not None and v.tracks.joint]
    if not series:
        return 0
    worst = min(series, key=lambda joint: sum(joint) / len(joint))
    pairs = next((v.tracks.pairs for v in shown.views if v.tracks is not None), ())
    seen = {n for pair in pairs for n, there in enumerate(pair.visible) if there}
    known = [place for place, index in enumerate(indices) if index < len(worst)]
    known = [place for place in known if indices[place] in seen] or known
    return min(known, key=lambda place: worst[indices[place]], default=0)
