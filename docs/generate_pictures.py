"""Draw the pictures of docs/protocols.md, their numbers computed by the metrics themselves.

``python docs/generate_pictures.py`` writes ``docs/images/quirk-*.svg``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sama_bench.metrics import grounding

IMAGES = Path(__file__).parent / "images"
COLOURS = ("#0072B2", "#E69F00", "#009E73")
SPURIOUS = "#D55E00"
BOXES = ((24, 30), (104, 62), (150, 16))
WIDTH, HEIGHT = 220, 120


def missed() -> str:
    """Q12: a target that nothing overlaps costs nothing."""
    iou = np.array([[1.0, 0.0]])
    return figure([scene([0, 1], [0])], miou(iou), "one of two targets found")


def spurious() -> str:
    """Q12: masks beyond the targets cost nothing."""
    iou = np.array([[1.0], [0.0], [0.0]])
    return figure([scene([0], [0, 1, 2])], miou(iou), "one target, three masks")


def cropped() -> str:
    """Q17: the right mask in third place cannot match."""
    iou = np.array([[0.0], [0.0], [1.0]])
    return figure([scene([2], [0, 1, 2])], recall([iou]), "one target, the third mask is right")


def silent() -> str:
    """Q19: a sample without masks leaves the recall of its video."""
    found, nothing = np.array([[1.0]]), np.zeros((0, 1))
    scenes = [scene([0], [0]), scene([0], [])]
    return figure(scenes, recall([found, nothing]), "two questions, one without any mask")


def miou(iou: np.ndarray) -> str:
    """Return the mIoU of one sample under both protocols, as text."""
    values = (grounding.sample_miou(iou, q) for q in (grounding.RELEASED, grounding.STRICT))
    return said("mIoU", *values)


def recall(matrices: Sequence[np.ndarray]) -> str:
    """Return the recall of a video whose phrases are all similar, under both protocols."""
    values = []
    for quirks in (grounding.RELEASED, grounding.STRICT):
        counts = []
        for iou in matrices:
            similar = np.ones((iou.shape[1], iou.shape[0]))
            counts.append(grounding.sample_recall(iou, similar, quirks))
        values.append(grounding.video_recall(counts, quirks))
    return said("recall", *values)


def said(metric: str, released: float | None, strict: float | None) -> str:
    """Return both values as one line."""
    assert released is not None
    assert strict is not None
    return f"{metric}: released {100 * released:.0f}, strict {100 * strict:.0f}"


def scene(targets: Sequence[int], masks: Sequence[int]) -> str:
    """Draw a frame: targets striped with numbers, masks filled with letters."""
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#e8ecf1"/>']
    for number, place in enumerate(targets):
        parts.append(box(place, COLOURS[place], f"url(#s{place})", str(number + 1), 0))
    for number, place in enumerate(masks):
        colour = COLOURS[place] if place in targets else SPURIOUS
        parts.append(box(place, colour, colour, chr(65 + number), 30, opacity=0.45))
    return "".join(parts)


def box(place: int, colour: str, fill: str, label: str, shift: int, opacity: float = 1) -> str:
    """Draw one object."""
    x, y = BOXES[place]
    return (
        f'<rect x="{x}" y="{y}" width="54" height="40" rx="8" fill="{fill}" '
        f'fill-opacity="{opacity}" stroke="{colour}" stroke-width="2.5"/>'
        f'<rect x="{x + 2 + shift}" y="{y + 2}" width="18" height="17" rx="3" fill="#fff" '
        f'stroke="{colour}"/><text x="{x + 11 + shift}" y="{y + 15}" text-anchor="middle" '
        f'font-size="13" font-weight="700">{label}</text>'
    )


def figure(scenes: Sequence[str], values: str, caption: str) -> str:
    """Put frames side by side, with what they show and what it is worth."""
    width = len(scenes) * (WIDTH + 12) + 4
    stripes = "".join(
        f'<pattern id="s{n}" width="7" height="7" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="7" height="7" fill="#fff"/>'
        f'<rect width="3" height="7" fill="{colour}"/></pattern>'
        for n, colour in enumerate(COLOURS)
    )
    frames = "".join(
        f'<g transform="translate({8 + n * (WIDTH + 12)} 8)">{part}</g>'
        for n, part in enumerate(scenes)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width + 8} {HEIGHT + 62}" '
        f'width="{width + 8}" font-family="sans-serif" role="img"><title>{caption}; {values}'
        f'</title><rect width="100%" height="100%" rx="8" fill="#fff"/><defs>{stripes}</defs>'
        f'{frames}<text x="12" y="{HEIGHT + 30}" font-size="13">{caption}</text>'
        f'<text x="12" y="{HEIGHT + 50}" font-size="14" font-weight="700">{values}</text></svg>\n'
    )


PICTURES = {
    "quirk-missed.svg": missed,
    "quirk-spurious.svg": spurious,
    "quirk-cropped.svg": cropped,
    "quirk-silent.svg": silent,
}

if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (IMAGES / name).write_text(draw(), encoding="utf-8")
