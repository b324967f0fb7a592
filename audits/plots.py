"""Small plots as SVG text: lines over a square of shares, nothing drawn by a library."""

from collections.abc import Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

_SIDE, _LEFT, _TOP, _RIGHT, _BOTTOM = 360, 56, 40, 220, 50
_COLOURS = ("#1b5e9f", "#c05a00", "#2e7d32", "#8e24aa", "#b71c1c", "#00838f", "#5d4037", "#546e7a")


def line_plot(title: str, across: str, up: str, lines: Mapping[str, Points]) -> str:
    """Named lines through points whose coordinates are shares from 0 to 1, with a legend."""
    width, height = _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM
    middle, low = _LEFT + _SIDE / 2, _TOP + _SIDE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="22" font-size="15">{escape(title)}</text>',
        *_grid(),
        f'<text x="{middle}" y="{low + 38}" text-anchor="middle">{escape(across)}</text>',
        f'<text transform="translate(14 {_TOP + _SIDE / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(up)}</text>",
    ]
    for number, (name, points) in enumerate(lines.items()):
        parts += _line(number, name, points)
    return "\n".join([*parts, "</svg>", ""])


def _grid() -> list[str]:
    parts = []
    for tenth in range(0, 11, 2):
        across, up = _at(tenth / 10, tenth / 10)
        low = _TOP + _SIDE + 18
        parts += [
            f'<path d="M{across} {_TOP}v{_SIDE}M{_LEFT} {up}h{_SIDE}" stroke="#ddd"/>',
            f'<text x="{across}" y="{low}" text-anchor="middle">{tenth * 10} %</text>',
            f'<text x="{_LEFT - 8}" y="{up + 4}" text-anchor="end">{tenth * 10} %</text>',
        ]
    return parts


def _line(number: int, name: str, points: Points) -> list[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    dashes = ' stroke-dasharray="5 4"' if number >= len(_COLOURS) else ""
    path = " ".join(f"{x},{y}" for x, y in (_at(*point) for point in points))
    legend = _TOP + 14 + 18 * number
    edge = _LEFT + _SIDE + 14
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>',
        f'<path d="M{edge} {legend - 4}h20" stroke="{colour}" stroke-width="2"{dashes}/>',
        f'<text x="{edge + 26}" y="{legend}">{escape(name)}</text>',
    ]


def _at(across: float, up: float) -> tuple[float, float]:
    return round(_LEFT + across * _SIDE, 1), round(_TOP + (1 - up) * _SIDE, 1)
