"""The page about sizes goes by what was measured, and its sums are right. Its queries are read in tests/documents."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "scaling.md").read_text()
MEASURED = (DOCS / "performance.md").read_text()
MICROSECONDS = {"us": 1.0, "ms": 1000.0}
ROWS = {
    "2 KB search": "a search of 2 KB",
    "256 KB frame": "a frame of 256 KB",
    "16 MB instance": "an instance of 16 MB",
}


def microseconds(text: str) -> float:
    number, word = text.split()
    return float(number) * MICROSECONDS[word]


def measured(row: str) -> float:
    (section,) = re.findall(r"### Half a core carries\n(.*?)\n##", MEASURED + "\n##", re.DOTALL)
    (cost,) = re.findall(rf"^\| {row} \| ([^|]+) \|", section, re.MULTILINE)
    return microseconds(cost)


def planned(row: str) -> tuple[float, float]:
    """Microseconds for one, and how many half a core does in a second."""
    ((cost, number),) = re.findall(rf"^\| {ROWS[row]}[^|]*\| ([^|]+) \| ([0-9,]+) a second", PAGE, re.MULTILINE)
    return microseconds(cost), float(number.replace(",", ""))


@pytest.mark.parametrize("row", ROWS)
def test_plans_are_made_with_what_was_measured(row: str) -> None:
    """Within a half: another run gives other figures, and a page that follows them by hand would never rest."""
    cost, number = planned(row)
    assert cost == pytest.approx(measured(row), rel=0.5)
    assert number == pytest.approx(500_000 / cost, rel=0.05)


def test_the_sums_of_the_example_are_right() -> None:
    """From its first paragraph: studies, images, frames, and how much of the day the busiest hour has."""
    busiest = 0.2 / 3600
    stores, frames = 20 * 1000 * busiest, 40 * 15 * 1000 * busiest
    fills = 1e9 / (256 * 1024 * 8)
    for said in (
        f"= {stores:.1f} a second",
        f"= {frames:.0f} frames a second, at 0.3 ms; {frames * 256 * 1024 * 8 / 1e6:.0f} Mbit/s | {frames * 0.03:.0f}%",
        f"{round(fills, -1):.0f} frames a second, at 0.3 ms | {fills * 0.03:.0f}%",
        f"busy, and the worst second would fill {fills * 0.05:.0f}",
    ):
        assert re.sub(r"\s+", " ", said) in re.sub(r"\s+", " ", PAGE), said
