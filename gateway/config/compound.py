"""Kinds made of others: one or a list, at least one, a value or null, this or else that."""

from dataclasses import dataclass
from typing import Any

from gateway.config.findings import Report, Wrong
from gateway.config.kinds import Kind, ListOf, is_null
from gateway.config.source import Items, Node, Pairs


@dataclass(frozen=True, slots=True)
class OneOrMore:
    """A list, or one of its items in the place of a list with one."""

    item: Kind

    def read(self, node: Node, report: Report) -> tuple[Any, ...]:
        if isinstance(node, Items):
            read: tuple[Any, ...] = ListOf(self.item).read(node, report)
            return read
        return (self.item.read(node, report),)

    def show(self, value: Any) -> object:
        return [self.item.show(item) for item in value]


@dataclass(frozen=True, slots=True)
class Some:
    """A list or a mapping that holds something. `otherwise` is what is wrong with an empty one."""

    kind: Kind
    otherwise: str

    def read(self, node: Node, report: Report) -> Any:
        if is_null(node) or node in (Items(node.place), Pairs(node.place)):
            raise Wrong(self.otherwise)
        return self.kind.read(node, report)

    def show(self, value: Any) -> object:
        return self.kind.show(value)


@dataclass(frozen=True, slots=True)
class Maybe:
    """A value, or null where that says something too: a tuple with the value, or an empty one."""

    kind: Kind

    def read(self, node: Node, report: Report) -> tuple[Any, ...]:
        return () if is_null(node) else (self.kind.read(node, report),)

    def show(self, value: Any) -> object:
        return self.kind.show(value[0]) if value else None


@dataclass(frozen=True, slots=True)
class Either:
    """What the first kind can read, or else what the second reads: its messages are those that people see."""

    first: Kind
    second: Kind

    def read(self, node: Node, report: Report) -> Any:
        try:
            return self.first.read(node, report)
        except Wrong:
            return self.second.read(node, report)

    def show(self, value: Any) -> object:
        return self.second.show(value)
