"""Charts as inline SVG, drawn from plain numbers; colours come from the page's style.

Pure text: no script, no font, no file. Money and prices arrive in micros.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass

MICROS = 1_000_000
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at one point of a chart; `kind` is its class and shape."""

    at: float
    value: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of a chart, its margins, and what its edges stand for."""

    width: float
    height: float
    x_min: float
    x_max: float
    y_min: float
    y_max: float
    left: float = 44
    bottom: float = 22
    top: float = 8
    right: float = 8

    def x(self, value: float) -> float:
        """Return where a value lies from the left."""
        span = (self.x_max - self.x_min) or 1
        inner = self.width - self.left - self.right
        return round(self.left + (value - self.x_min) / span * inner, 1)

    def y(self, value: float) -> float:
        """Return where a value lies from the top."""
        span = (self.y_max - self.y_min) or 1
        inner = self.height - self.top - self.bottom
        return round(self.top + (self.y_max - value) / span * inner, 1)

    def svg(self, *parts: str, label: str) -> str:
        """Return the whole picture with its parts inside."""
        return (
            f'<svg viewBox="0 0 {self.width:g} {self.height:g}" role="img" '
            f'aria-label="{html.escape(label)}">{"".join(parts)}</svg>'
        )


def text(x: float, y: float, content: str, kind: str = "tick", anchor: str = "end") -> str:
    """Return a piece of text."""
    inner = html.escape(content)
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{inner}</text>'


def line(points: Sequence[Point], frame: Frame, kind: str, *, steps: bool = False) -> str:
    """Return a line through the points; with `steps` each value holds until the next."""
    if not points:
        return ""
    path = f"M{frame.x(points[0][0]):g} {frame.y(points[0][1]):g}"
    for x, y in points[1:]:
        path += f"H{frame.x(x):g}V{frame.y(y):g}" if steps else f"L{frame.x(x):g} {frame.y(y):g}"
    return f'<path d="{path}" class="{kind}"/>'


def area(points: Sequence[Point], frame: Frame, kind: str, floor: float) -> str:
    """Return the surface between a stepped line and a floor."""
    if not points:
        return ""
    path = f"M{frame.x(points[0][0]):g} {frame.y(floor):g}V{frame.y(points[0][1]):g}"
    for x, y in points[1:]:
        path += f"H{frame.x(x):g}V{frame.y(y):g}"
    return f'<path d="{path}V{frame.y(floor):g}Z" class="{kind}"/>'


def rule(frame: Frame, y: float, label: str, kind: str = "grid") -> str:
    """Return a horizontal line of the grid with its label."""
    at = frame.y(y)
    return (
        f'<line x1="{frame.left:g}" x2="{frame.width - frame.right:g}" y1="{at:g}" y2="{at:g}" '
        f'class="{kind}"/>' + text(frame.left - 6, at + 3.5, label)
    )


def upright(frame: Frame, x: float, kind: str, title: str) -> str:
    """Return a vertical line, for an instant."""
    at = frame.x(x)
    low = frame.height - frame.bottom
    return (
        f'<g class="{kind}"><title>{html.escape(title)}</title>'
        f'<line x1="{at:g}" x2="{at:g}" y1="{frame.top:g}" y2="{low:g}"/>'
        f'<circle cx="{at:g}" cy="{frame.top:g}" r="3.5"/></g>'
    )


SHAPES = {
    "up": "M0-5.5L5 4H-5Z",
    "down": "M0 5.5L5-4H-5Z",
    "sell": "M-4-4H4V4H-4Z",
    "dot": "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0Z",
}


def marks(given: Sequence[Mark], frame: Frame) -> str:
    """Return the marks, each with a title that a pointer shows."""
    return "".join(
        f'<path d="{SHAPES[mark.kind.split()[0]]}" class="mark {mark.kind}" '
        f'transform="translate({frame.x(mark.at):g} {frame.y(mark.value):g})">'
        f"<title>{html.escape(mark.title)}</title></path>"
        for mark in given
    )


def ticks(low: float, high: float, about: int) -> list[float]:
    """Return round values that cover the interval, about so many."""
    raw = (high - low) / max(about, 1) or 1
    scale = 1.0
    while scale > raw:
        scale /= 10
    while scale * 10 <= raw:
        scale *= 10
    step = next(scale * factor for factor in (1, 2, 5, 10) if scale * factor >= raw)
    first = int(low // step)
    found = [first * step + index * step for index in range(int((high - low) // step) + 3)]
    return [value for value in found if low <= value <= high]
