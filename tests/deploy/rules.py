"""The rules for Prometheus that ship, and what their expressions ask for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
FILES = sorted(FOLDER.glob("*.yaml"))
TRIED = sorted((FOLDER / "tests").glob("*.yaml"))

_SELECTED = re.compile(r"(?<![\w:])(pacs_gateway_[a-z_]+)(?![\w:])(?:\{([^}]*)\})?")
_MATCHED = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
_GROUPED = re.compile(r"\b(?:by|on|group_left|without|ignoring) \(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Selector:
    """A metric that an expression asks for, and what the labels shall be: name, operator, value."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]


def groups(*files: Path) -> list[dict[str, Any]]:
    """Those of the files, in this order."""
    return [group for file in files for group in yaml.safe_load(file.read_text())["groups"]]


def rules(kind: str) -> list[dict[str, Any]]:
    """Those of the kind `alert` or `record`, of all files."""
    return [rule for group in groups(*FILES) for rule in group["rules"] if kind in rule]


def expressions() -> list[str]:
    return [rule["expr"] for kind in ("alert", "record") for rule in rules(kind)]


def selectors(expression: str) -> Iterator[Selector]:
    """The gateway's own metrics in it; those that rules record have colons in their names."""
    for metric, matchers in _SELECTED.findall(expression):
        yield Selector(metric, tuple(_MATCHED.findall(matchers)))


def grouped_by(expression: str) -> frozenset[str]:
    """The labels by which it sums and joins."""
    return frozenset(label.strip() for labels in _GROUPED.findall(expression) for label in labels.split(","))


def recorded_in(expression: str) -> frozenset[str]:
    """The names with colons, which a rule must have recorded."""
    return frozenset(re.findall(r"\b\w+:\w+:\w+", expression))
