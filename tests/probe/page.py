"""The table of docs/probe.md, from the checks themselves. `make reference` writes it anew."""

from pathlib import Path

from gateway.probe.checks import FIND, FIND_INSTANCES, METADATA, READING, WADO_URI, Check
from gateway.probe.store_checks import AFTER_CUT, STORE

PAGE = Path(__file__).parents[2] / "docs" / "probe.md"
HEAD = "| check | asks for | expects | clause |\n| --- | --- | --- | --- |\n"


def table() -> str:
    checks = (FIND, FIND_INSTANCES, METADATA, *READING, *WADO_URI, *STORE, AFTER_CUT)
    return HEAD + "".join(f"| {row} |\n" for row in map(_row, checks))


def _row(check: Check) -> str:
    name = f"`{check.id}`" + (", each" if check.each else "")
    method = f"{check.method}: " if check.method not in ("GET", "POST") else ""
    return " | ".join((name, method + check.what, check.expected, check.clause))


def current(text: str) -> str:
    """The page with the table as it should be."""
    return text[: text.index(HEAD)] + table()


if __name__ == "__main__":
    PAGE.write_text(current(PAGE.read_text("utf-8")), "utf-8")
