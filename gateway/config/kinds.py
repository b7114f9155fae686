"""Kinds of values: how one is read from a node, and how it is shown again in the effective configuration.

A kind either returns a value, raises `Wrong` with what is wrong about the node as a whole, or reports what is wrong
about parts of it and returns the rest. A `Table` is the kind of a mapping with known keys: the schema is made of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from gateway.config.findings import Report, Reported, Wrong, instead, shown
from gateway.config.source import Items, Node, Pair, Pairs, Scalar

Show = Callable[[Any], object]
REQUIRED: Any = object()  # the default of a key that has none


class Kind(Protocol):
    """What a value may be."""

    def read(self, node: Node, report: Report) -> Any: ...

    def show(self, value: Any) -> object: ...


def as_it_is(value: Any) -> object:
    return value


@dataclass(frozen=True, slots=True)
class One:
    """A single value, by a function from text."""

    parse: Callable[[str], Any]
    as_plain: Show = as_it_is

    def read(self, node: Node, report: Report) -> Any:
        return self.parse(text_of(node))

    def show(self, value: Any) -> object:
        return None if value is None else self.as_plain(value)


@dataclass(frozen=True, slots=True)
class By:
    """A value by a function of its node. `form` is the kind that is written alike: it is what the reference shows."""

    function: Callable[[Node, Report], Any]
    form: Kind

    def read(self, node: Node, report: Report) -> Any:
        return self.function(node, report)

    def show(self, value: Any) -> object:
        return value


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; with `lone`, also a single value in the place of a list with one."""

    item: Kind
    lone: bool = False

    def read(self, node: Node, report: Report) -> tuple[Any, ...]:
        if is_null(node):
            return ()
        if self.lone and isinstance(node, Scalar):
            return (self.item.read(node, report),)
        if not isinstance(node, Items):
            raise Wrong(f"is {shown(text_of(node))} where a list is wanted")
        read = [report.attempt(item.place, partial(self.item.read, item, report)) for item in node.nodes]
        return tuple(value for value in read if value is not None)

    def show(self, value: Any) -> object:
        return [self.item.show(item) for item in value]


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping whose keys the operator chooses."""

    key: Callable[[str], Any]
    value: Kind
    key_as_plain: Show = as_it_is

    def read(self, node: Node, report: Report) -> dict[Any, Any]:
        read: dict[Any, Any] = {}
        for pair in pairs_of(node):
            key = report.attempt(pair.place, partial(self.key, pair.key))
            value = report.attempt(pair.node.place, partial(self.value.read, pair.node, report))
            if key is not None and value is not None:
                read[key] = value
        return read

    def show(self, value: Any) -> object:
        return {self.key_as_plain(key): self.value.show(item) for key, item in value.items()}


@dataclass(frozen=True, slots=True)
class Key:
    """One known key: what it may hold, a sentence for people, and what holds without it."""

    kind: Kind
    about: str
    default: Any = REQUIRED


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with known keys."""

    keys: Mapping[str, Key]

    def read(self, node: Node, report: Report) -> dict[str, Any]:
        """Every key with its value or its default; None where one is missing or wrong."""
        values = self.defaults()
        given = {pair.key: pair for pair in pairs_of(node)}
        for name, pair in given.items():
            if name not in self.keys:
                report.add(pair.place, f"unknown key; {instead(name, self.keys)}")
                continue
            read = report.attempt(pair.node.place, partial(self.keys[name].kind.read, pair.node, report))
            values[name] = values[name] if read is None else read
        for name, key in self.keys.items():
            if key.default is REQUIRED and name not in given:
                report.add(node.place.below(name), f"is missing. {key.about}")
        return values

    def defaults(self) -> dict[str, Any]:
        return {name: None if key.default is REQUIRED else key.default for name, key in self.keys.items()}

    def show(self, value: Any) -> object:
        return {name: key.kind.show(value[name]) for name, key in self.keys.items() if value[name] is not None}


def text_of(node: Node) -> str:
    """The text of a single value."""
    if not isinstance(node, Scalar):
        what = "a list" if isinstance(node, Items) else "a mapping"
        raise Wrong(f"is {what} where one value is wanted")
    if node.broken:
        raise Reported
    if node.is_null:
        raise Wrong("has no value")
    return node.text


def pairs_of(node: Node) -> tuple[Pair, ...]:
    """The keys of a mapping; a section of which everything is commented out is an empty one."""
    if is_null(node):
        return ()
    if not isinstance(node, Pairs):
        what = shown(text_of(node)) if isinstance(node, Scalar) else "a list"
        raise Wrong(f"is {what} where keys and values are wanted")
    return node.pairs


def is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_null


def plain(node: Node) -> object:
    """A node as plain data: for keys whose form is the operator's."""
    if isinstance(node, Pairs):
        return {pair.key: plain(pair.node) for pair in node.pairs}
    if isinstance(node, Items):
        return [plain(item) for item in node.nodes]
    return literal(node)


def literal(node: Scalar) -> str | int | float | bool | None:
    """What an unquoted scalar means in JSON; quoted, it is always a text."""
    if node.is_null:
        return None
    if not node.plain:
        return text_of(node)
    if node.text in ("true", "false"):
        return node.text == "true"
    return _number(node.text)


def _number(text: str) -> str | int | float:
    digits = text.removeprefix("-")
    if digits.isdecimal() and digits.isascii() and len(digits) <= 18 and (digits == "0" or digits[0] != "0"):
        return int(text)
    whole, dot, fraction = digits.partition(".")
    if dot and (whole + fraction).isdecimal() and text.isascii() and whole and fraction and len(text) <= 30:
        return float(text)
    return text
