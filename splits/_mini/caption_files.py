"""Mini GCG (GranD-f) and region captions (data protocol, sections 3.3 and 3.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .descriptions import DESCRIPTIONS
from .media import encode_any, write_jpeg
from .pictures import Picture, annotation, coco_name, image_entry, pictures, save_pictures
from .refcoco_files import IMAGES
from .store import write_json

_GCG = Path("glamm_data")
_REGIONS = Path("region_caption")
_HEADER: dict[str, Any] = {"info": {"description": "generated"}, "licenses": []}


def write_gcg(root: Path) -> None:
    """Write `glamm_data/{images/grandf,annotations/gcg_val_test}` below an empty folder."""
    folder = root / _GCG / "images" / "grandf" / "val_test"
    folder.mkdir(parents=True)
    found = pictures()
    for picture in found:
        write_jpeg(folder / f"{_stem(picture)}.jpg", picture.frame)
    target = root / _GCG / "annotations" / "gcg_val_test"
    for split, mine in (("val", found[::2]), ("test", found[1::2])):
        images = [{**image_entry(p, f"{_stem(p)}.jpg"), "id": _stem(p)} for p in mine]
        masks = _gcg_masks(mine)
        captions = [_gcg_caption(number, picture) for number, picture in enumerate(mine, start=1)]
        kinds = [{"id": 1, "name": "object"}]
        write_json(
            target / f"{split}_gcg_coco_mask_gt.json",
            {**_HEADER, "images": images, "annotations": masks, "categories": kinds},
        )
        write_json(
            target / f"{split}_gcg_coco_caption_gt.json",
            {**_HEADER, "images": images, "annotations": captions},
        )


def _stem(picture: Picture) -> str:
    """Name of an image and, in these files, its id."""
    return f"{24001 + 37 * picture.number}"


def _gcg_masks(found: list[Picture]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for picture in found:
        for mask in picture.masks.values():
            entry = annotation(len(made) + 1, picture, mask, 1)
            made.append({**entry, "image_id": _stem(picture), "segmentation": encode_any(mask)})
    return made


def _gcg_caption(number: int, picture: Picture) -> dict[str, Any]:
    labels = [f"a {name}" for name in picture.masks]
    listed = labels[0] if len(labels) == 1 else ", ".join(labels[:-1]) + " and " + labels[-1]
    caption = f"The picture shows {listed}."
    return {"id": number, "image_id": _stem(picture), "caption": caption, "labels": labels}


def write_region_captions(root: Path) -> None:
    """Write `region_caption` and its COCO images below an empty folder.

    Every item is one region: the image entry and the annotation with its mask share an id.
    """
    found = pictures()
    save_pictures(root / IMAGES, found)
    images: list[dict[str, Any]] = []
    masks: list[dict[str, Any]] = []
    captions: list[dict[str, Any]] = []
    for picture in found:
        for name, mask in picture.masks.items():
            number = len(images) + 1
            caption = DESCRIPTIONS[picture.video][name].split(",")[0].rstrip(".").lower()
            entry = image_entry(picture, coco_name(picture.number))
            images.append(
                {**entry, "id": number, "original_id": picture.number, "caption": caption}
            )
            masks.append({**annotation(number, picture, mask, 1), "image_id": number})
            captions += [
                {"id": 2 * number - 1, "image_id": number, "caption": caption},
                {"id": 2 * number, "image_id": number, "caption": f"the {name}"},
            ]
    write_json(
        root / _REGIONS / "refcocog" / "finetune_refcocog_val_with_mask.json",
        {**_HEADER, "images": images, "annotations": masks,
         "categories": [{"id": 1, "name": "object"}]},
    )  # fmt: skip
    write_json(
        root / _REGIONS / "mdetr_annotations" / "finetune_refcocog_val_captions.json",
        {**_HEADER, "images": images, "annotations": captions},
    )
