"""Tables, as values and as Markdown."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words. `note` says what a reader must know of the figures."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def from_plain(told: dict[str, Any]) -> Table:
    return Table(told["title"], tuple(told["columns"]), tuple(tuple(row) for row in told["rows"]), told["note"])


def markdown(table: Table) -> str:
    """A heading, the table with its figures to the right, the note."""
    marks = ("---", *("---:" for _ in table.columns[1:]))
    lines = [_line(table.columns), _line(marks), *(_line(row) for row in table.rows)]
    note = f"\n{table.note}\n" if table.note else ""
    return f"### {table.title}\n\n" + "\n".join(lines) + "\n" + note


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def duration(seconds: float) -> str:
    """Three digits at most, in the unit that people would use."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{_short(seconds / size)} {unit}"
    return f"{_short(seconds * 1e9)} ns"


def mebibytes(count: float) -> str:
    return f"{count / 1024**2:.0f} MiB"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
