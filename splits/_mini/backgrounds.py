"""Places: textured backgrounds for the mini scenes, RGB (H, W, 3) float32 in 0 to 255."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .canvas import Colour

Image = npt.NDArray[np.float32]


def noise(height: int, width: int, rng: np.random.Generator, cell: tuple[int, int]) -> Image:
    """Return smooth noise, (height, width) float32 with mean about 0 and deviation about 1."""
    grid = rng.normal(0, 1, (height // cell[0] + 3, width // cell[1] + 3)).astype(np.float32)
    full = ((width // cell[1] + 3) * cell[1], (height // cell[0] + 3) * cell[0])
    smooth = cv2.resize(grid, full, interpolation=cv2.INTER_CUBIC)
    return np.asarray(smooth[:height, :width], np.float32)


def _ground(
    shape: tuple[int, int],
    far: Colour,
    near: Colour,
    rng: np.random.Generator,
    cell: tuple[int, int] = (5, 9),
    strength: float = 9.0,
) -> Image:
    """A surface that runs from a far to a near colour, with coarse and fine mottling."""
    height, width = shape
    depth = np.linspace(0, 1, max(height, 1), dtype=np.float32)[:, None, None]
    base = np.array(far, np.float32) * (1 - depth) + np.array(near, np.float32) * depth
    spots = noise(height, width, rng, cell) + 0.7 * noise(height, width, rng, (2, 3))
    return np.asarray(base + strength * spots[..., None], np.float32)


def _sky(shape: tuple[int, int], top: Colour, low: Colour, rng: np.random.Generator) -> Image:
    """A sky with soft clouds."""
    height, width = shape
    base = _ground(shape, top, low, rng, strength=0.8)
    clouds = noise(height, width, rng, (14, 38)) + 0.4 * noise(height, width, rng, (5, 11))
    cover = np.clip(clouds - 0.5, 0, 1)[..., None] * 0.8
    return np.asarray(base * (1 - cover) + 250 * cover, np.float32)


def _hills(image: Image, horizon: int, colour: Colour, rng: np.random.Generator) -> None:
    """Paint a soft range of hills that ends at the horizon."""
    width = image.shape[1]
    crest = horizon - 7 - 5 * noise(1, width, rng, (1, 42))[0]
    rows = np.arange(image.shape[0])[:, None]
    inside = (rows > crest[None]) & (rows <= horizon)
    texture = noise(image.shape[0], width, rng, (4, 6))[..., None]
    image[inside] = (np.array(colour, np.float32) + 7 * texture)[inside]


def _stack(*parts: Image) -> Image:
    return np.asarray(np.vstack(parts), np.float32)


def meadow(width: int, height: int, rng: np.random.Generator) -> Image:
    """A meadow with flowers under a blue sky."""
    top = round(height * 0.36)
    sky = _sky((top, width), (105, 165, 225), (200, 225, 245), rng)
    image = _stack(
        sky, _ground((height - top, width), (135, 170, 85), (70, 125, 45), rng, strength=10)
    )
    _hills(image, top, (105, 145, 110), rng)
    for _ in range(width // 4):
        x, y = int(rng.integers(width)), int(rng.integers(top + 12, height))
        colour = [(250, 240, 120), (250, 250, 250), (225, 130, 190)][int(rng.integers(3))]
        cv2.circle(image, (x, y), 1, colour, -1)
    return image


def lake(width: int, height: int, rng: np.random.Generator) -> Image:
    """A calm lake with a wooded shore."""
    top, shore = round(height * 0.22), round(height * 0.32)
    sky = _sky((top, width), (130, 180, 230), (225, 225, 215), rng)
    wood = _ground((shore - top, width), (70, 105, 70), (45, 85, 50), rng, (3, 5), 12)
    water = _ground((height - shore, width), (120, 165, 190), (45, 95, 135), rng, (2, 16), 9)
    image = _stack(sky, wood, water)
    _hills(image, top, (75, 110, 80), rng)
    cv2.line(image, (0, shore), (width, shore), (190, 180, 140), 2)
    return image


def sea(width: int, height: int, rng: np.random.Generator) -> Image:
    """The open sea in the evening."""
    top = round(height * 0.42)
    sky = _sky((top, width), (95, 130, 190), (250, 195, 140), rng)
    cv2.circle(sky, (round(width * 0.78), round(top * 0.72)), 9, (255, 240, 190), -1, cv2.LINE_AA)
    water = _ground((height - top, width), (105, 135, 160), (25, 70, 105), rng, (2, 13), 10)
    return _stack(sky, water)


def aquarium(width: int, height: int, rng: np.random.Generator) -> Image:
    """An aquarium with a pebble floor and water plants."""
    floor = round(height * 0.8)
    water = _ground((floor, width), (80, 165, 195), (25, 90, 135), rng, (11, 9), 8)
    pebbles = _ground((height - floor, width), (180, 160, 120), (150, 125, 90), rng, (3, 4), 20)
    image = _stack(water, pebbles)
    for _ in range(9):
        x, tall = int(rng.integers(width)), int(rng.integers(height // 4, height // 2))
        for blade in range(-1, 2):
            points = [
                (round(x + 4 * blade + 3 * np.sin(i / 2 + x)), round(floor + 4 - tall * i / 8))
                for i in range(9 - abs(blade) * 2)
            ]
            shade = (35 + 15 * blade, 120 + 12 * blade, 75)
            cv2.polylines(image, [np.array(points, np.int32)], False, shade, 2, cv2.LINE_AA)
    return image


def street(width: int, height: int, rng: np.random.Generator) -> Image:
    """A two-lane street before a row of houses."""
    pavement, road = round(height * 0.42), round(height * 0.5)
    sky = _sky((pavement, width), (140, 185, 230), (215, 225, 235), rng)
    walls = [(190, 120, 95), (215, 195, 150), (150, 160, 170), (205, 155, 120), (170, 185, 160)]
    x = 0
    while x < width:
        wide, roof = int(rng.integers(34, 58)), int(rng.integers(4, pavement // 3))
        wall = walls[int(rng.integers(len(walls)))]
        cv2.rectangle(sky, (x, roof), (x + wide - 2, pavement), wall, -1)
        cv2.rectangle(sky, (x, roof), (x + wide - 2, roof + 2), (95, 75, 70), -1)
        for wx in range(x + 5, x + wide - 9, 12):
            for wy in range(roof + 7, pavement - 12, 14):
                cv2.rectangle(sky, (wx, wy), (wx + 6, wy + 8), (75, 95, 115), -1)
                cv2.line(sky, (wx, wy + 9), (wx + 6, wy + 9), (235, 230, 220), 1)
        x += wide
    sky += 4 * noise(pavement, width, rng, (3, 3))[..., None]
    kerb = _ground((road - pavement, width), (175, 170, 165), (160, 155, 150), rng, (2, 6), 6)
    tar = _ground((height - road, width), (98, 98, 104), (78, 78, 84), rng, (3, 6), 6)
    middle = (height - road) // 2
    for start in range(0, width, 26):
        cv2.rectangle(tar, (start, middle - 1), (start + 13, middle + 1), (225, 222, 205), -1)
    return _stack(sky, kerb, tar)


def table(width: int, height: int, rng: np.random.Generator) -> Image:
    """A wooden table before a papered wall."""
    top = round(height * 0.4)
    wall = _ground((top, width), (205, 200, 175), (190, 185, 160), rng, strength=3)
    for x in range(0, width, 16):
        cv2.line(wall, (x, 0), (x, top), (175, 180, 165), 3)
    wood = _ground((height - top, width), (185, 140, 95), (155, 105, 62), rng, (2, 45), 9)
    for y in (0.3, 0.68):
        row = round((height - top) * y)
        cv2.line(wood, (0, row), (width, row), (110, 72, 42), 1)
    cv2.line(wood, (0, 0), (width, 0), (110, 75, 45), 3)
    return _stack(wall, wood)


def room(width: int, height: int, rng: np.random.Generator) -> Image:
    """A living room with a window, a carpet and floor boards."""
    top = round(height * 0.5)
    wall = _ground((top, width), (180, 195, 200), (160, 175, 185), rng, strength=3)
    left, right, low = width // 8, width * 3 // 8, round(top * 0.75)
    cv2.rectangle(wall, (left, 10), (right, low), (235, 235, 230), -1)
    cv2.rectangle(wall, (left + 4, 14), (right - 4, low - 4), (135, 185, 225), -1)
    cv2.line(wall, ((left + right) // 2, 10), ((left + right) // 2, low), (235, 235, 230), 3)
    cv2.rectangle(wall, (width * 5 // 8, 16), (width * 7 // 8, low - 6), (120, 85, 60), -1)
    cv2.rectangle(
        wall, (width * 5 // 8 + 4, 20), (width * 7 // 8 - 4, low - 10), (210, 180, 90), -1
    )
    cv2.line(wall, (0, top - 2), (width, top - 2), (235, 230, 220), 4)
    floor = _ground((height - top, width), (190, 150, 110), (165, 120, 80), rng, (3, 30), 7)
    centre, axes = (width // 2, (height - top) * 3 // 5), (width * 2 // 5, (height - top) // 3)
    cv2.ellipse(floor, centre, axes, 0, 0, 360, (150, 70, 75), -1)
    cv2.ellipse(floor, centre, (axes[0] - 7, axes[1] - 4), 0, 0, 360, (195, 150, 120), 2)
    floor += 5 * noise(height - top, width, rng, (2, 3))[..., None]
    return _stack(wall, floor)


def beach(width: int, height: int, rng: np.random.Generator) -> Image:
    """A sandy beach with the sea behind it."""
    top, line = round(height * 0.2), round(height * 0.4)
    sky = _sky((top, width), (120, 180, 235), (205, 230, 245), rng)
    water = _ground((line - top, width), (60, 140, 180), (90, 180, 195), rng, (2, 14), 9)
    sand = _ground((height - line, width), (232, 212, 165), (205, 175, 120), rng, (4, 7), 8)
    cv2.line(sand, (0, 0), (width, 0), (245, 248, 245), 4)
    return _stack(sky, water, sand)


def snow(width: int, height: int, rng: np.random.Generator) -> Image:
    """A snow field with ice hills."""
    top = round(height * 0.38)
    sky = _sky((top, width), (150, 180, 215), (225, 225, 235), rng)
    field = _ground((height - top, width), (215, 225, 238), (238, 242, 248), rng, (5, 14), 6)
    image = _stack(sky, field)
    _hills(image, top, (170, 195, 220), rng)
    return image


def sky(width: int, height: int, rng: np.random.Generator) -> Image:
    """A high sky over fields, for what flies."""
    low = round(height * 0.86)
    air = _sky((low, width), (70, 130, 210), (205, 225, 240), rng)
    land = _ground((height - low, width), (150, 170, 95), (110, 145, 70), rng, (4, 22), 14)
    image = _stack(air, land)
    _hills(image, low, (120, 150, 120), rng)
    return image
