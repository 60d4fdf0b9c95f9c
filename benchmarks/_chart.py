"""A small line chart as SVG, so that a measured growth can be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 520, 300, 70, 46, 34, 20
COLOURS = ("#1f6f8b", "#c8553d", "#5b8c5a", "#7d5ba6")

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class _Plane:
    """Maps values to pixels; both axes begin at 0."""

    x_top: float
    y_top: float

    def x(self, value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * value / self.x_top, 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / self.y_top, 1)

    def line(self, points: Points) -> str:
        return " ".join(f"{self.x(x)},{self.y(y)}" for x, y in points)


def line_chart(series: Mapping[str, Points], title: str, across: str, up: str) -> str:
    """Draw named series of (x, y), each with a dotted straight line from its first to its last.

    A curve on its dotted line grows linearly.
    """
    everything = [point for points in series.values() for point in points]
    plane = _Plane(max(x for x, _ in everything), 1.05 * max(y for _, y in everything))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{escape(title)}</text>',
        *_axes(plane, across, up),
    ]
    for number, (name, points) in enumerate(series.items()):
        parts += _series(plane, name, sorted(points), number)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axes(plane: _Plane, across: str, up: str) -> list[str]:
    corner = plane.line([(0, plane.y_top), (0, 0), (plane.x_top, 0)])
    parts = [
        f'<polyline points="{corner}" fill="none" stroke="#444"/>',
        f'<text x="{(WIDTH + LEFT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{escape(across)}</text>",
        f'<text transform="rotate(-90)" x="{-HEIGHT / 2}" y="14" text-anchor="middle">'
        f"{escape(up)}</text>",
    ]
    for share in (0.25, 0.5, 0.75, 1.0):
        x, y = share * plane.x_top, share * plane.y_top
        parts.append(
            f'<text x="{plane.x(x)}" y="{plane.y(0) + 16}" text-anchor="middle">{x:,.0f}</text>'
        )
        parts.append(f'<text x="{LEFT - 6}" y="{plane.y(y) + 4}" text-anchor="end">{y:,.0f}</text>')
    return parts


def _series(plane: _Plane, name: str, points: Points, number: int) -> list[str]:
    colour = COLOURS[number % len(COLOURS)]
    straight = plane.line([points[0], points[-1]])
    return [
        f'<polyline points="{plane.line(points)}" fill="none" stroke="{colour}" stroke-width="2"/>',
        f'<polyline points="{straight}" fill="none" stroke="{colour}" stroke-dasharray="2 4"/>',
        *(
            f'<circle cx="{plane.x(x)}" cy="{plane.y(y)}" r="3" fill="{colour}"/>'
            for x, y in points
        ),
        f'<text x="{LEFT + 14}" y="{TOP + 14 + 16 * number}" fill="{colour}">{escape(name)}</text>',
    ]
