"""The tree of a configuration: nodes that know their file, line, column and path.

Only structure: every scalar stays the text that was written, and the schema says what it means. So `on`, `no`, `10:30` and
`010` cannot turn into something else. `parse` makes the tree of a text, `from_plain` that of values.
"""

from dataclasses import dataclass
from typing import TypeAlias

from gateway.config.findings import Place


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as written; `plain` without quotes. `broken`: what it should be is unknown, and that was reported."""

    place: Place
    text: str
    plain: bool = True
    broken: bool = False

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    place: Place
    nodes: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """One key of a mapping, its own place, and its value."""

    key: str
    place: Place
    node: "Node"


@dataclass(frozen=True, slots=True)
class Pairs:
    """A mapping, in the order of the file, without duplicates."""

    place: Place
    pairs: tuple[Pair, ...] = ()

    def get(self, key: str) -> "Node | None":
        return next((pair.node for pair in self.pairs if pair.key == key), None)


Node: TypeAlias = Scalar | Items | Pairs


def place_of(node: Node, *keys: str | int) -> Place:
    """The place of something below a node, or where it would be: a finding may be about what is not there."""
    place, here = node.place, node
    for key in keys:
        found: Node | None = None
        if isinstance(here, Pairs):
            found = here.get(str(key))
        elif isinstance(here, Items) and isinstance(key, int) and key < len(here.nodes):
            found = here.nodes[key]
        if found is None:
            return place.below(str(key))
        place, here = found.place, found
    return place


def from_plain(value: object, place: Place) -> Node:
    """The tree of values that were never YAML, such as those of a command line."""
    if isinstance(value, dict):
        below = {str(key): place.below(str(key)) for key in value}
        return Pairs(place, tuple(Pair(str(k), below[str(k)], from_plain(v, below[str(k)])) for k, v in value.items()))
    if isinstance(value, list | tuple):
        return Items(place, tuple(from_plain(item, _item(place, index)) for index, item in enumerate(value)))
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    return Scalar(place, text, plain=not isinstance(value, str))


def _item(place: Place, index: int) -> Place:
    return Place(place.file, place.line, place.column, f"{place.path}[{index}]")
