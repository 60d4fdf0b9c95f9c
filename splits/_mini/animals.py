"""The animals of the mini scenes, facing right, painted in canvas units.

Each painter takes the canvas, the main colour and the phase of the movement (0 to 1).
"""

from __future__ import annotations

import math

from .canvas import Canvas, Colour, tint

_BLACK: Colour = (25, 22, 24)
_WHITE: Colour = (245, 245, 240)


def _swing(phase: float, amount: float) -> float:
    return amount * math.sin(2 * math.pi * phase)


def _legs(
    canvas: Canvas, xs: tuple[float, ...], top: float, width: float, colour: Colour, phase: float
) -> None:
    """Four or two legs, each half a step behind its neighbour."""
    for number, x in enumerate(xs):
        reach = _swing(phase + number / 2, 7)
        shade = tint(colour, 0.75 if number % 2 else 0.95)
        canvas.line((x, top), (x + reach, 96), width, shade)


def _eye(canvas: Canvas, x: float, y: float, radius: float = 2.4) -> None:
    canvas.ellipse(x, y, radius, radius, _WHITE)
    canvas.ellipse(x + radius * 0.3, y, radius * 0.6, radius * 0.6, _BLACK)


def dog(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A dog with hanging ears, a collar and a wagging tail."""
    canvas.line((24, 56), (10, 38 + _swing(2 * phase, 6)), 6, tint(colour, 0.9))
    _legs(canvas, (32, 40, 74, 82), 70, 8, colour, phase)
    canvas.ellipse(55, 62, 35, 16, colour)
    canvas.ellipse(44, 58, 12, 8, tint(colour, 0.7))
    canvas.polygon([(76, 66), (90, 60), (98, 40), (80, 40)], colour)
    canvas.line((79, 54), (92, 60), 5, (200, 40, 50))
    canvas.ellipse(93, 36, 15, 13, colour)
    canvas.ellipse(107, 41, 9, 6, tint(colour, 1.4))
    canvas.ellipse(114, 39, 3.5, 3, _BLACK)
    canvas.ellipse(85, 38, 5.5, 14, tint(colour, 0.6), 12)
    _eye(canvas, 98, 32)


def cat(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A striped cat with a raised tail."""
    tip = 18 + _swing(phase, 6)
    canvas.line((24, 58), (12, 40), 6, colour)
    canvas.line((12, 40), (tip, 14), 6, tint(colour, 0.8))
    _legs(canvas, (32, 39, 74, 81), 70, 7, colour, phase)
    canvas.ellipse(54, 64, 33, 15, colour)
    for x in (34, 45, 56, 67):
        canvas.line((x, 51), (x - 3, 64), 4, tint(colour, 0.55))
    canvas.polygon([(80, 32), (82, 14), (92, 26)], colour)
    canvas.polygon([(97, 26), (107, 14), (107, 32)], colour)
    canvas.ellipse(93, 40, 17, 15, colour)
    canvas.line((90, 27), (91, 33), 2.5, tint(colour, 0.55))
    canvas.line((96, 27), (96, 33), 2.5, tint(colour, 0.55))
    canvas.ellipse(99, 46, 8, 6, tint(colour, 1.6))
    canvas.ellipse(102, 43, 2.4, 1.8, (230, 120, 130))
    _eye(canvas, 90, 38, 3)
    _eye(canvas, 103, 37, 3)


def horse(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A horse with a dark mane and tail."""
    mane = tint(colour, 0.4)
    canvas.line((20, 46), (10, 74 + _swing(phase, 3)), 8, mane)
    _legs(canvas, (29, 36, 72, 79), 62, 6.5, colour, phase)
    canvas.ellipse(52, 50, 34, 16, colour)
    canvas.polygon([(70, 46), (84, 58), (104, 20), (90, 12)], colour)
    canvas.polygon([(68, 42), (76, 40), (95, 10), (88, 8)], mane)
    canvas.polygon([(92, 14), (98, 4), (101, 16)], colour)
    canvas.ellipse(105, 22, 14, 7.5, colour, 32)
    canvas.ellipse(114, 28, 5, 5, tint(colour, 0.6))
    _eye(canvas, 101, 17, 2.2)


def sheep(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A woolly sheep with a dark face."""
    _legs(canvas, (36, 43, 70, 77), 76, 6, (60, 54, 52), phase)
    for x, y, radius in (
        (34, 58, 16), (48, 48, 17), (64, 48, 17), (78, 58, 16), (64, 66, 18), (44, 66, 18),
    ):  # fmt: skip
        canvas.ellipse(x, y, radius, radius, colour)
    for x, y in ((38, 54), (54, 44), (68, 54), (50, 64), (78, 60)):
        canvas.ellipse(x, y, 6, 4.5, tint(colour, 0.86))
    canvas.ellipse(96, 52, 14, 10, (62, 56, 56), 25)
    canvas.ellipse(84, 44, 8, 4, (62, 56, 56), -20)
    _eye(canvas, 97, 48)


def rabbit(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A rabbit with long ears and a white tail."""
    canvas.ellipse(22, 74, 9, 9, _WHITE)
    canvas.ellipse(38, 91, 17, 6, tint(colour, 0.8), _swing(phase, 10))
    canvas.ellipse(74, 92, 10, 5, tint(colour, 0.9), _swing(phase + 0.5, 10))
    canvas.ellipse(50, 70, 30, 21, colour)
    canvas.ellipse(40, 74, 15, 14, tint(colour, 0.82))
    canvas.ellipse(74, 22, 6.5, 22, tint(colour, 0.85), -14)
    canvas.ellipse(84, 22, 6.5, 22, colour, 4)
    canvas.ellipse(84, 23, 3, 16, (225, 165, 165), 4)
    canvas.ellipse(84, 54, 17, 15, colour)
    canvas.ellipse(100, 57, 3, 2.5, (200, 110, 120))
    _eye(canvas, 89, 50, 3.2)


def duck(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A swimming duck; its waterline is at the ground."""
    canvas.polygon([(8, 58), (36, 66), (32, 88)], tint(colour, 0.7))
    canvas.ellipse(52, 80, 38, 20, colour)
    canvas.ellipse(46, 76, 22, 11, tint(colour, 0.72), -8 + _swing(phase, 3))
    canvas.line((34, 78), (58, 72), 2.5, tint(colour, 1.5))
    canvas.polygon([(70, 74), (88, 80), (98, 44), (80, 40)], colour)
    canvas.ellipse(88, 42, 15, 14, tint(colour, 0.85))
    canvas.polygon([(100, 38), (119, 46), (100, 51)], (245, 160, 30))
    canvas.line((80, 58), (94, 60), 3.5, _WHITE)
    _eye(canvas, 92, 38, 3)


def fish(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A fish with stripes and a beating tail."""
    beat = _swing(phase, 9)
    canvas.polygon([(34, 52), (6, 30 + beat), (14, 52 + beat), (6, 76 + beat)], tint(colour, 0.75))
    canvas.polygon([(46, 32), (66, 10), (80, 34)], tint(colour, 0.75))
    canvas.polygon([(52, 72), (62, 90), (72, 70)], tint(colour, 0.75))
    canvas.ellipse(66, 52, 40, 25, colour)
    for x, half in ((52, 22), (70, 23)):
        canvas.line((x, 52 - half), (x - 3, 52 + half), 6, tint(colour, 1.9))
    canvas.polygon([(62, 54), (50, 66 + beat / 2), (68, 64)], tint(colour, 0.6))
    _eye(canvas, 92, 45, 5)
    canvas.line((102, 58), (96, 60), 2, tint(colour, 0.4))


def turtle(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A turtle with a patterned shell."""
    skin = (120, 140, 70)
    canvas.ellipse(30 + _swing(phase, 5), 90, 9, 8, tint(skin, 0.8), 25)
    canvas.ellipse(76 + _swing(phase + 0.5, 5), 90, 9, 8, tint(skin, 0.8), -25)
    canvas.polygon([(14, 82), (4, 88), (18, 88)], skin)
    canvas.line((84, 78), (98, 66), 12, skin)
    canvas.ellipse(104, 62, 13, 10, skin)
    canvas.polygon([(12, 84), (18, 62), (34, 46), (54, 40), (74, 46), (88, 62), (94, 84)], colour)
    for x, y in ((32, 66), (53, 54), (53, 74), (74, 66)):
        canvas.ellipse(x, y, 9, 7.5, tint(colour, 0.6))
    canvas.line((12, 85), (94, 85), 4, tint(colour, 1.5))
    _eye(canvas, 108, 59, 2.8)


def penguin(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A waddling penguin; its scarf carries the colour."""
    sway = _swing(phase, 3)
    coat = (45, 50, 66)
    for x, side in ((50, 0.0), (66, 0.5)):
        canvas.ellipse(x + 3, 95 - max(0.0, _swing(phase + side, 5)), 10, 4.5, (240, 150, 40))
    canvas.line((40, 54), (30 - sway, 76), 8, coat)
    canvas.line((76, 54), (86 - sway, 76), 8, coat)
    canvas.ellipse(58, 64, 24, 31, coat)
    canvas.ellipse(63, 68, 16, 25, _WHITE)
    canvas.ellipse(60 + sway, 26, 17, 17, coat)
    canvas.ellipse(67 + sway, 28, 9, 9, _WHITE)
    canvas.polygon([(76 + sway, 25), (90 + sway, 30), (76 + sway, 34)], (240, 150, 40))
    canvas.line((44, 43), (76, 43), 8, colour)
    canvas.line((48, 45), (44 - sway, 64), 8, tint(colour, 0.8))
    _eye(canvas, 68 + sway, 24, 3)


def gull(canvas: Canvas, colour: Colour, phase: float) -> None:
    """A flying gull with beating wings."""
    lift = _swing(phase, 26)
    canvas.polygon([(50, 56), (36, 50 - lift), (20, 44 - lift * 1.2), (66, 54)], tint(colour, 0.7))
    canvas.ellipse(60, 58, 32, 9, colour)
    canvas.polygon([(32, 58), (14, 50), (16, 62)], tint(colour, 0.6))
    canvas.ellipse(90, 53, 10, 8.5, colour)
    canvas.polygon([(98, 51), (112, 56), (98, 58)], (245, 170, 40))
    canvas.polygon([(46, 56), (48, 50 - lift), (34, 36 - lift * 1.4), (72, 56)], tint(colour, 0.85))
    canvas.ellipse(38, 42 - lift * 1.2, 7, 4, (60, 60, 66), 40)
    _eye(canvas, 93, 51, 2.2)
