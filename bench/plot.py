"""The costs of a run as a picture: SVG, written by hand, so that nothing has to be installed to draw eight bars."""

from dataclasses import dataclass
from html import escape

from bench.results import OURS, Result, content_names, middle, names
from bench.tables import duration

_WIDTH, _NAME, _FIGURE = 860, 120, 90
_BAR, _GAP, _HEAD, _FOOT = 18, 7, 46, 26
_INK, _QUIET, _OURS, _PAPER = "#1f2933", "#9aa5b1", "#0b6e99", "#ffffff"
_ROOM = 1.15  # a bar this much longer than the second longest is cut


@dataclass(frozen=True, slots=True)
class Bar:
    """One proxy's cost, and how long it is drawn, from 0 to 1; `cut` where it would be longer."""

    name: str
    seconds: float
    share: float
    cut: bool


def bars(result: Result, content: str) -> list[Bar]:
    """The cheapest first. One bar far beyond all others would leave them no room; it is cut, and its figure stands."""
    costs = sorted((middle(result, name, content, "cpu"), name) for name in names(result))
    longest = costs[-1][0]
    if len(costs) > 1:
        longest = min(longest, costs[-2][0] * _ROOM)
    return [Bar(name, cost, min(1.0, cost / longest), cost > longest) for cost, name in costs]


def svg(result: Result) -> str:
    """One panel for each content, one below the other."""
    panels, top = [], 34
    for content in content_names(result):
        drawn = bars(result, content)
        panels.append(_panel(content, drawn, top))
        top += _HEAD + len(drawn) * (_BAR + _GAP)
    height = top + _FOOT
    machine = result["machine"]
    source = (
        f"{machine['processor']}, one core; {machine['date']}; median of {result['rounds']} rounds. Shorter is cheaper."
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Processor time per request">\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="{_PAPER}"/>\n'
        + _text(16, 26, "Processor time per request", size=17, weight="bold")
        + "".join(panels)
        + _text(16, height - 12, source, size=11, fill="#52606d")
        + "</svg>\n"
    )


def _panel(content: str, drawn: list[Bar], top: int) -> str:
    lines = [_text(16, top + 30, content, weight="bold")]
    for number, bar in enumerate(drawn):
        lines.append(_bar(bar, top + _HEAD - 6 + number * (_BAR + _GAP)))
    return "".join(lines)


def _bar(bar: Bar, top: int) -> str:
    left, room = 16 + _NAME, _WIDTH - 32 - _NAME - _FIGURE
    width, middle_line = max(1.0, bar.share * room), top + _BAR - 5
    fill, weight = (_OURS, "bold") if bar.name == OURS else (_QUIET, "normal")
    notch = _notch(left + width - 30, top) if bar.cut else ""
    return (
        _text(left - 8, middle_line, bar.name, anchor="end", weight=weight)
        + f'<rect x="{left}" y="{top}" width="{width:.1f}" height="{_BAR}" fill="{fill}"/>\n{notch}'
        + _text(left + width + 6, middle_line, duration(bar.seconds), weight=weight)
    )


def _notch(left: float, top: int) -> str:
    """The sign that a bar goes on."""
    points = f"{left},{top + _BAR + 1} {left + 8},{top - 1} {left + 14},{top - 1} {left + 6},{top + _BAR + 1}"
    return f'<polygon points="{points}" fill="{_PAPER}"/>\n'


def _text(
    left: float,
    line: float,
    words: str,
    *,
    size: int = 13,
    weight: str = "normal",
    anchor: str = "start",
    fill: str = _INK,
) -> str:
    return (
        f'<text x="{left:.1f}" y="{line}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{fill}">{escape(words)}</text>\n'
    )
