"""The picture of the table: of each row, how many times what it has to reach was reached. Readable by day and night."""

import math
from collections.abc import Sequence
from html import escape

LINE, LABELS, WIDTH, VALUES = 26, 470, 320, 90
"""Pixels: height of a row; widths of the labels, of the bars on both sides of 1, and of the values."""
MOST = 8
"""Times what has to be reached, where a bar ends; its scale is logarithmic."""
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f } .dim { fill: #57606a; font-size: 12px }
.yes { fill: #2da44e } .no { fill: #d4761f } line { stroke: #8c959f; stroke-width: 1 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .dim { fill: #9198a1 } .yes { fill: #3fb950 } .no { fill: #e0823d } }
"""


def draw(bars: Sequence[tuple[str, str, float]]) -> str:
    """Draw bars, each with its label, its value as text and its times; beyond 1 to the right, else to the left."""
    height, middle = LINE * (len(bars) + 2), LABELS + WIDTH / 2
    parts = [_row(LINE * (number + 1), *bar) for number, bar in enumerate(bars)]
    marks = "".join(
        f'<line x1="{x}" y1="{LINE - 8}" x2="{x}" y2="{height - LINE}" stroke-dasharray="{dash}"/>'
        f'<text class="dim" x="{x}" y="{height - 8}" text-anchor="middle">{label}</text>'
        for times, label, dash in (
            (1 / MOST, f"{MOST} × short of it", "2 4"),
            (1, "what it has to reach", "0"),
            (MOST, f"{MOST} × beyond", "2 4"),
        )
        for x in (middle + _across(times),)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LABELS + WIDTH + VALUES} {height}" role="img"'
        f' aria-label="Each row of the table against what it has to reach"><style>{STYLE}</style>'
        f"{marks}{''.join(parts)}</svg>\n"
    )


def _across(times: float) -> float:
    """Give the distance from the middle."""
    bounded = min(max(times, 1 / MOST), MOST)
    return round(math.log(bounded) / math.log(MOST) * WIDTH / 2, 1)


def _row(top: int, label: str, value: str, times: float) -> str:
    middle, across = LABELS + WIDTH / 2, _across(times)
    x, width = min(middle, middle + across), max(abs(across), 2)
    return (
        f'<text x="{LABELS - 10}" y="{top + 14}" text-anchor="end">{escape(label)}</text>'
        f'<rect class="{"yes" if times >= 1 else "no"}" x="{x}" y="{top + 2}" width="{width}" height="{LINE - 8}" rx="2"/>'
        f'<text x="{LABELS + WIDTH + 10}" y="{top + 14}">{escape(value)}</text>'
    )
