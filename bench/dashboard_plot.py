"""Panels as a picture: SVG, written by hand. Light, as wide as a README, with legends in words."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from itertools import cycle
from typing import Final

from gateway.dicomweb.statuses import STATUS_CODES

_WIDTH, _MARGIN, _GUTTER = 900, 16, 20
_WIDE, PLOT, _AXIS = 424, 130, 44  # a panel, the height of its curves, the room for figures at its left
_LINE, _ROWS = 15, 9  # of a legend: pixels, and how many at most
_INK, _QUIET, _GRID, _PAPER = "#1f2933", "#52606d", "#e4e7eb", "#ffffff"
_PALETTE: Final = (
    "#0b6e99",
    "#e07b39",
    "#7a4fb5",
    "#5fa55a",
    "#c4302b",
    "#d9b13b",
    "#3f7fc1",
    "#8c6d46",
    "#e0607e",
    "#52606d",
)
_UNITS: Final = {"reqps": "answers a second", "s": "seconds"}


@dataclass(frozen=True, slots=True)
class Stat:
    """One figure over the whole run."""

    title: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Series:
    """One line; nan where there is no value."""

    name: str
    values: list[float]

    @property
    def total(self) -> float:
        return sum(value for value in self.values if not math.isnan(value))


@dataclass(frozen=True, slots=True)
class Panel:
    """`colours` by the name of the series; others are given one."""

    title: str
    unit: str
    series: list[Series]
    colours: Mapping[str, str]
    stacked: bool


def svg(stats: list[Stat], panels: list[Panel], seconds: float) -> str:
    """The figures in a line, then the panels, two side by side."""
    parts, top = [_figures(stats)], 96.0
    for left, right in zip(panels[::2], panels[1::2], strict=True):
        pair = [_shown(left), _shown(right)]
        high = max(_legend_height(drawn) for drawn in pair) + PLOT + 62
        for number, (panel, drawn) in enumerate(zip((left, right), pair, strict=True)):
            parts.append(_panel(panel, drawn, _MARGIN + number * (_WIDE + _GUTTER), top, seconds))
        top += high
    caption = (
        "A real run, asked with the queries of deploy/grafana/dashboards/pacs-gateway.json; no screenshot of Grafana."
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top + 24:.0f}" font-family="system-ui, sans-serif" '
        f'font-size="12" role="img" aria-label="What the archive said beside what clients got, and why">\n'
        f'<rect width="100%" height="100%" fill="{_PAPER}"/>\n'
        + "".join(parts)
        + _text(_MARGIN, top + 10, caption, size=11, fill=_QUIET)
        + "</svg>\n"
    )


def _figures(stats: list[Stat]) -> str:
    room = (_WIDTH - 2 * _MARGIN) / len(stats)
    lines = []
    for number, stat in enumerate(stats):
        left = _MARGIN + number * room
        lines += [_text(left, 24, stat.title, fill=_QUIET), _text(left, 56, _figure(stat), size=26, weight="bold")]
    return "".join(lines)


def _figure(stat: Stat) -> str:
    match stat.unit:
        case "percentunit":
            return f"{stat.value:.0%}"
        case "reqps":
            return f"{stat.value:.1f}/s"
        case _:
            return f"{stat.value:.0f}"


def _shown(panel: Panel) -> list[tuple[Series, str]]:
    """Series that are not always zero, with their colours: codes in their order, others by what they add up to."""
    alive = [series for series in panel.series if series.total > 0]
    ordered = sorted(alive, key=(lambda one: one.name) if panel.colours else (lambda one: -one.total))
    palette = cycle(_PALETTE)
    return [(one, panel.colours.get(one.name) or _by_class(one.name, panel) or next(palette)) for one in ordered]


def _by_class(name: str, panel: Panel) -> str | None:
    return panel.colours.get(f"/^{name[0]}\\d\\d$/")


def _legend_height(drawn: list[tuple[Series, str]]) -> int:
    return _LINE * min(_ROWS, math.ceil(len(drawn) / 2))


def _panel(panel: Panel, drawn: list[tuple[Series, str]], left: float, top: float, seconds: float) -> str:
    most = _most(panel, drawn)
    shape = _areas if panel.stacked else _lines
    plot_left, plot_top = left + _AXIS, top + 26
    return (
        _text(left, top + 12, panel.title, size=14, weight="bold")
        + _text(left + _WIDE, top + 12, _UNITS[panel.unit], size=11, fill=_QUIET, anchor="end")
        + _grid(plot_left, plot_top, most, seconds)
        + "".join(shape(drawn, plot_left, plot_top, most))
        + _legend(drawn, left, plot_top + PLOT + 32)
    )


def _most(panel: Panel, drawn: list[tuple[Series, str]]) -> float:
    """A round number that nothing exceeds."""
    columns = zip(*(one.values for one, _ in drawn), strict=True)
    gather = sum if panel.stacked else max
    top = max((gather([0 if math.isnan(v) else v for v in column]) for column in columns), default=1.0)
    step = 10 ** math.floor(math.log10(top))
    return next(step * many for many in (1, 2, 3, 4, 5, 6, 8, 10) if step * many >= top)


def _grid(left: float, top: float, most: float, seconds: float) -> str:
    """Three lines with their figures, and the minutes below."""
    parts = []
    for share in (0, 0.5, 1):
        line = top + PLOT * (1 - share)
        parts.append(f'<path d="M{left:.0f} {line:.0f}h{_WIDE - _AXIS}" stroke="{_GRID}"/>\n')
        parts.append(_text(left - 6, line + 4, f"{most * share:g}", size=11, fill=_QUIET, anchor="end"))
    for minute in range(1, int(seconds // 60) + 1):
        place = left + minute * 60 / seconds * (_WIDE - _AXIS)
        parts.append(_text(place, top + PLOT + 14, f"{minute} min", size=11, fill=_QUIET, anchor="middle"))
    return "".join(parts)


def _areas(drawn: list[tuple[Series, str]], left: float, top: float, most: float) -> Iterable[str]:
    below = [0.0] * (len(drawn[0][0].values) if drawn else 0)
    for series, colour in drawn:
        above = [low + (0 if math.isnan(value) else value) for low, value in zip(below, series.values, strict=True)]
        up, down = _points(above, left, top, most), _points(below, left, top, most)
        yield f'<path d="M{" ".join(up + down[::-1])}z" fill="{colour}"/>\n'
        below = above


def _lines(drawn: list[tuple[Series, str]], left: float, top: float, most: float) -> Iterable[str]:
    for series, colour in drawn:
        points = " ".join(_points(series.values, left, top, most))
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>\n'


def _points(values: list[float], left: float, top: float, most: float) -> list[str]:
    """Where a value is missing, there is no point."""
    step = (_WIDE - _AXIS) / max(1, len(values) - 1)
    places = ((left + number * step, top + PLOT * (1 - value / most)) for number, value in enumerate(values))
    return [f"{x:.0f},{y:.1f}" for x, y in places if not math.isnan(y)]


def _legend(drawn: list[tuple[Series, str]], left: float, top: float) -> str:
    """Two columns."""
    parts = []
    rows = _legend_height(drawn) // _LINE
    for number, (series, colour) in enumerate(drawn[: 2 * rows]):
        column, row = divmod(number, rows)
        x, y = left + column * _WIDE / 2, top + row * _LINE
        parts.append(f'<rect x="{x:.0f}" y="{y - 9:.0f}" width="10" height="10" fill="{colour}"/>\n')
        parts.append(_text(x + 15, y, _words(series.name), size=11))
    return "".join(parts)


def _words(name: str) -> str:
    """A code with its name."""
    if name == "none":
        return "no answer"
    if not name.isdigit():
        return name
    code = int(name)
    known = STATUS_CODES[code].name if code in STATUS_CODES else _registered(code)
    return f"{code} {known}"


def _registered(code: int) -> str:
    return HTTPStatus(code).phrase if code in set(HTTPStatus) else "(no such code)"


def _text(
    left: float,
    line: float,
    words: str,
    *,
    size: int = 12,
    weight: str = "normal",
    anchor: str = "start",
    fill: str = _INK,
) -> str:
    return (
        f'<text x="{left:.0f}" y="{line:.0f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{fill}">{escape(words)}</text>\n'
    )
