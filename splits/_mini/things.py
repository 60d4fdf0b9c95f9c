"""Vehicles, toys and scenery of the mini scenes, facing right, painted in canvas units."""

from __future__ import annotations

import math

from .canvas import Canvas, Colour, tint

_GLASS: Colour = (170, 210, 230)
_BLACK: Colour = (32, 32, 36)


def _wheels(canvas: Canvas, xs: tuple[float, ...], radius: float, phase: float) -> None:
    """Wheels with turning spokes, standing on the ground."""
    for x in xs:
        y = 98 - radius
        canvas.ellipse(x, y, radius, radius, _BLACK)
        canvas.ellipse(x, y, radius * 0.55, radius * 0.55, (190, 190, 195))
        for spoke in range(2):
            angle = 2 * math.pi * phase + spoke * math.pi / 2
            dx, dy = math.cos(angle) * radius * 0.5, math.sin(angle) * radius * 0.5
            canvas.line((x - dx, y - dy), (x + dx, y + dy), 1.6, (90, 90, 95))


def car(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A small car."""
    canvas.polygon([(26, 62), (40, 40), (78, 40), (94, 62)], tint(colour, 0.85))
    canvas.polygon([(34, 60), (44, 45), (58, 45), (58, 60)], _GLASS)
    canvas.polygon([(63, 60), (63, 45), (75, 45), (86, 60)], _GLASS)
    canvas.polygon([(8, 66), (14, 59), (98, 60), (114, 66), (116, 86), (8, 86)], colour)
    canvas.line((12, 76), (112, 76), 2.5, tint(colour, 0.6))
    canvas.line((60, 62), (60, 84), 1.5, tint(colour, 0.6))
    canvas.ellipse(111, 70, 4, 3.5, (255, 245, 190))
    canvas.ellipse(11, 70, 3, 3.5, (230, 60, 50))
    _wheels(canvas, (32, 92), 12, phase)


def bus(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A city bus with a row of windows."""
    canvas.polygon([(4, 26), (110, 26), (116, 34), (116, 88), (4, 88)], colour)
    for x in (10, 29, 48, 67):
        canvas.rectangle(x, 34, x + 15, 54, _GLASS)
    canvas.rectangle(86, 34, 98, 84, tint(_GLASS, 0.85))
    canvas.line((92, 36), (92, 82), 1.5, _BLACK)
    canvas.polygon([(102, 34), (113, 36), (114, 56), (102, 56)], _GLASS)
    canvas.rectangle(4, 62, 84, 69, tint(colour, 1.9))
    canvas.ellipse(113, 78, 3, 3.5, (255, 245, 190))
    _wheels(canvas, (26, 76), 12, phase)


def truck(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A lorry with a box body; the body carries the colour."""
    canvas.rectangle(4, 28, 76, 84, colour)
    for x in (16, 28, 40, 52, 64):
        canvas.line((x, 32), (x, 80), 1.8, tint(colour, 0.75))
    canvas.rectangle(76, 74, 84, 86, (80, 80, 84))
    canvas.polygon([(82, 44), (102, 44), (114, 64), (114, 87), (82, 87)], (235, 235, 230))
    canvas.polygon([(88, 48), (101, 48), (109, 63), (88, 63)], _GLASS)
    canvas.ellipse(112, 77, 3, 3.5, (255, 235, 150))
    canvas.rectangle(4, 82, 84, 88, (70, 70, 74))
    _wheels(canvas, (20, 42, 97), 11, phase)


def sailboat(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A sailing boat; the sails carry the colour."""
    lean = 2 * math.sin(2 * math.pi * phase)
    canvas.line((58, 80), (58 + lean, 6), 2.8, (110, 80, 50))
    canvas.polygon([(61, 74), (61 + lean, 8), (98 + lean, 72)], colour)
    canvas.polygon([(62, 56), (61 + lean, 40), (80 + lean, 43), (88 + lean, 56)], tint(colour, 1.8))
    canvas.polygon([(55, 74), (55 + lean, 20), (26 + lean, 72)], tint(colour, 0.8))
    canvas.polygon([(14, 78), (106, 78), (94, 97), (28, 97)], (125, 75, 45))
    canvas.line((16, 81), (103, 81), 3.5, (235, 225, 205))


def balloon(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A hot-air balloon with vertical stripes and a basket."""
    sway = math.sin(2 * math.pi * phase)
    for x in (50, 70):
        canvas.line((x, 62), (57 + (x - 60) * 0.4 + 3 + sway, 84), 1.5, (90, 70, 50))
    canvas.ellipse(60, 38, 36, 36, colour)
    canvas.polygon([(30, 56), (90, 56), (68, 78), (52, 78)], colour)
    canvas.ellipse(60, 38, 22, 36, tint(colour, 1.9))
    canvas.polygon([(42, 58), (78, 58), (65, 78), (55, 78)], tint(colour, 1.9))
    canvas.ellipse(60, 38, 8, 36, tint(colour, 0.8))
    canvas.polygon([(53, 58), (67, 58), (62, 78), (58, 78)], tint(colour, 0.8))
    canvas.rectangle(51 + sway, 84, 69 + sway, 98, (140, 95, 50))
    canvas.line((51 + sway, 88), (69 + sway, 88), 2, (90, 60, 30))


def ball(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A rolling ball with white patches."""
    canvas.ellipse(60, 60, 38, 38, colour)
    for spot in range(3):
        angle = 2 * math.pi * (phase + spot / 3)
        x, y = 60 + 21 * math.cos(angle), 60 + 21 * math.sin(angle)
        canvas.ellipse(x, y, 9, 9, tint(colour, 3.0))
    canvas.ellipse(48, 40, 7, 5, (255, 255, 255), -30)


def cup(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A big mug with a handle and a band."""
    del phase
    canvas.ellipse(94, 58, 18, 20, colour)
    canvas.ellipse(94, 58, 9, 11, (172, 128, 84))
    canvas.polygon([(24, 20), (92, 20), (86, 92), (30, 92)], colour)
    canvas.ellipse(58, 92, 28, 6, colour)
    canvas.polygon([(26, 46), (90, 46), (88, 62), (28, 62)], tint(colour, 2.2))
    canvas.ellipse(58, 20, 34, 8, tint(colour, 0.7))
    canvas.ellipse(58, 21, 29, 5.5, (70, 45, 30))


def tree(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A broad tree with a thick trunk."""
    del phase
    canvas.polygon([(46, 100), (51, 50), (69, 50), (74, 100)], (105, 75, 50))
    canvas.line((55, 60), (54, 96), 2.5, (80, 55, 38))
    canvas.line((64, 58), (66, 94), 2.5, (80, 55, 38))
    for x, y, rx, ry, shade in (
        (60, 30, 40, 26, 0.8), (36, 38, 22, 17, 0.9), (84, 38, 22, 17, 0.75),
        (60, 18, 26, 16, 1.0), (48, 26, 12, 8, 1.15), (76, 30, 10, 7, 1.1),
    ):  # fmt: skip
        canvas.ellipse(x, y, rx, ry, tint(colour, shade))


def hedge(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A dense hedge, as wide as the canvas."""
    del phase
    canvas.rectangle(6, 56, 114, 100, tint(colour, 0.8))
    for x, y, shade in (
        (14, 58, 0.9), (32, 50, 1.0), (50, 54, 0.85), (68, 49, 1.0), (86, 53, 0.9), (104, 58, 0.8),
        (22, 76, 0.7), (44, 80, 0.9), (62, 74, 0.75), (80, 80, 0.9), (98, 76, 0.7),
    ):  # fmt: skip
        canvas.ellipse(x, y, 14, 12, tint(colour, shade))


def rock(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A boulder."""
    del phase
    canvas.polygon([(10, 99), (18, 66), (40, 44), (70, 40), (98, 58), (112, 99)], colour)
    canvas.polygon([(40, 44), (70, 40), (60, 66), (34, 70)], tint(colour, 1.3))
    canvas.polygon([(70, 40), (98, 58), (112, 99), (76, 99), (60, 66)], tint(colour, 0.75))
    canvas.ellipse(34, 88, 9, 5, tint(colour, 0.85))
