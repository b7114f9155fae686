"""The picture of the dashboard: well-formed, and true to the figures that it is given."""

import math
from xml.etree import ElementTree

import pytest

from bench.dashboard_plot import PLOT, Panel, Series, Stat, svg

SVG = "{http://www.w3.org/2000/svg}"
COLOURS = {"/^5\\d\\d$/": "#c4302b", "200": "#2f7d32", "none": "#52606d"}
SAID = Panel("The archive said", "reqps", [Series("599", [0.0, 2.0]), Series("200", [1.0, 1.0])], COLOURS, stacked=True)
TIMES = Panel("Times", "s", [Series("a < b", [math.nan, 0.5]), Series("never", [0.0, 0.0])], {}, stacked=False)


def drawn(*panels: Panel) -> ElementTree.Element:
    return ElementTree.fromstring(svg([Stat("Share", 0.25, "percentunit"), Stat("Cut", 3.0, "short")], [*panels], 120))


def words(picture: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def test_figures_have_the_unit_that_people_use() -> None:
    assert {"25%", "3"} <= set(words(drawn(SAID, TIMES)))


def test_codes_have_their_colours_in_their_order_and_their_names() -> None:
    picture = drawn(SAID, SAID)
    areas = [path.get("fill") for path in picture.iter(f"{SVG}path") if path.get("fill")]
    assert areas == ["#2f7d32", "#c4302b"] * 2, "599 has the colour of its class"
    assert {"200 OK", "599 (no such code)"} <= set(words(picture))


def test_areas_stand_on_one_another() -> None:
    """The scale ends at the sum of both, 3; the upper area stands on the lower, which is always 1."""
    upper = next(path for path in drawn(SAID, TIMES).iter(f"{SVG}path") if path.get("fill") == "#c4302b")
    lines = [float(point.split(",")[1]) for point in (upper.get("d") or "").strip("Mz").split()]
    bottom, top = max(lines), min(lines)
    assert bottom - top == pytest.approx(PLOT * 2 / 3, abs=0.1)
    assert lines == [bottom, top, bottom, bottom], "from left to right along the top, and back"


def test_a_line_begins_where_there_is_a_value_and_one_that_is_always_zero_is_left_out() -> None:
    picture = drawn(SAID, TIMES)
    (line,) = picture.iter(f"{SVG}polyline")
    assert len((line.get("points") or "").split()) == 1
    assert "a < b" in words(picture)
    assert "never" not in words(picture)


def test_nothing_at_all_can_be_drawn() -> None:
    empty = Panel("Nothing", "s", [], {}, stacked=True)
    assert "Nothing" in words(drawn(empty, empty))


def test_it_says_what_it_is() -> None:
    assert any("no screenshot of Grafana" in line for line in words(drawn(SAID, TIMES)))
