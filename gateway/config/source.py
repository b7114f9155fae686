"""YAML text to a tree of nodes that know their file, line, column and path.

Only the structure is taken from YAML: every scalar stays the text that was written, and the schema says what
it means. So `on`, `no`, `10:30` and `010` cannot turn into something else. Tags are never obeyed and no
object is ever built; aliases and merge keys are refused, since a value that comes from elsewhere has two
places.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import yaml
from yaml import nodes

from gateway.config.environment import filled_in
from gateway.config.findings import ConfigErrors, Finding, Place, Report, Wrong, shown

MAX_DEPTH = 32


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


def parse(
    text: str,
    file: str,
    environ: Mapping[str, str],
    report: Report,
    begins: str = "a configuration begins with version: 1",
) -> Node:
    """The tree. Raises `ConfigErrors` where this is not YAML; reports what is YAML but not accepted. `begins` tells whoever
    wrote nothing how to begin."""
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _unreadable(_at(error.problem_mark or error.context_mark, file), _explained(error)) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        message = f"the character U+{ord(text[error.position]):04X} may not stand in YAML"
        raise _unreadable(place, message) from None
    except (ValueError, OverflowError):  # such as "\UFFFFFFFF" and %YAML 1.99...9
        message = "not YAML: an escape or a directive names a number that is too large"
        raise _unreadable(_at(loader and loader.get_mark(), file), message) from None
    if root is None:
        raise _unreadable(Place(file, 1, 1), f"holds nothing; {begins}")
    return _Tree(file, environ, report).node(root, "")


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


class _Loader(yaml.BaseLoader):
    """PyYAML's parser and composer, without its opinions on values."""

    depth = 0
    in_plain_scalar = False

    def scan_plain(self) -> Any:
        self.in_plain_scalar = True
        try:
            return super().scan_plain()
        finally:
            self.in_plain_scalar = False

    def peek(self, index: int = 0) -> str:
        # Within an unquoted text a question mark is a character like any other (YAML 1.2 7.3.3). PyYAML would end the
        # text of {path: /studies?limit=1} there. It only compares what it peeks at; what it keeps comes from its buffer.
        character = str(super().peek(index))
        return "x" if character == "?" and self.in_plain_scalar else character

    def compose_node(self, parent: nodes.Node | None, index: int) -> nodes.Node | None:
        event: yaml.NodeEvent = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _refused(event, f"aliases (*{event.anchor}) are not read here; write the value out")
        if self.depth >= MAX_DEPTH:
            raise _refused(event, "this is nested too deeply")
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class _Refused(yaml.MarkedYAMLError):
    """YAML, but not read here."""


def _refused(event: Any, problem: str) -> _Refused:
    return _Refused(problem=problem, problem_mark=event.start_mark)


# PyYAML's words for the mistakes that people make most, and ours.
_EXPLANATIONS = (
    (r"found character '\\t'", "a tab stands where YAML wants spaces"),
    (r"found character '(.)' that cannot start any token", r"a text that begins with \1 needs quotes"),
    (r"expected chomping or indentation indicators", "a text that begins with > or | needs quotes"),
    (r"mapping values are not allowed here", "a colon stands where none may; indent it, or use quotes"),
    (r"but found another document", "a second document begins here (---); one is read"),
)


def _explained(error: yaml.MarkedYAMLError) -> str:
    problem = (error.problem or error.context or "cannot be read").replace("\n", " ")
    if isinstance(error, _Refused):
        return problem
    matches = ((re.match(pattern, problem), meaning) for pattern, meaning in _EXPLANATIONS)
    meaning = next((match.expand(meaning) for match, meaning in matches if match), problem)
    return f"not YAML: {meaning}"


def _at(mark: Any, file: str) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)


def _unreadable(place: Place, message: str) -> ConfigErrors:
    return ConfigErrors([Finding.at(place, message)], unreadable=True)


@dataclass(frozen=True, slots=True)
class _Tree:
    """Builds our nodes from PyYAML's."""

    file: str
    environ: Mapping[str, str]
    report: Report

    def node(self, node: nodes.Node, path: str) -> Node:
        place = self._place(node, path)
        if isinstance(node, nodes.ScalarNode):
            return self._scalar(node, place)
        if node.tag not in (yaml.BaseLoader.DEFAULT_MAPPING_TAG, yaml.BaseLoader.DEFAULT_SEQUENCE_TAG):
            self._refuse_tag(node, place)
        if isinstance(node, nodes.SequenceNode):
            return Items(place, tuple(self.node(item, f"{path}[{index}]") for index, item in enumerate(node.value)))
        assert isinstance(node, nodes.MappingNode)
        return Pairs(place, tuple(self._pairs(node, path)))

    def _scalar(self, node: nodes.ScalarNode, place: Place) -> Scalar:
        if node.tag not in (yaml.BaseLoader.DEFAULT_SCALAR_TAG, "!"):
            self._refuse_tag(node, place)
        text = self.report.attempt(place, lambda: _encodable(filled_in(node.value, self.environ)))
        # What a variable held is a text, even where it held nothing or the letters "null".
        return Scalar(place, text or "", plain=node.style is None and text == node.value, broken=text is None)

    def _pairs(self, node: nodes.MappingNode, path: str) -> list[Pair]:
        pairs: dict[str, Pair] = {}
        for key_node, value_node in node.value:
            read = partial(self._pair, key_node, value_node, path)
            pair = self.report.attempt(self._place(key_node, path), read)
            if pair is None:
                continue
            if pair.key in pairs:
                self.report.add(pair.place, f"this key was given before, in line {pairs[pair.key].place.line}")
            pairs.setdefault(pair.key, pair)
        return list(pairs.values())

    def _pair(self, key_node: nodes.Node, value_node: nodes.Node, path: str) -> Pair:
        if not isinstance(key_node, nodes.ScalarNode):
            raise Wrong("a key must be a word")
        key = _encodable(str(key_node.value))
        if key == "<<" and key_node.style is None:
            raise Wrong("merge keys (<<) are not read here; write the values out")
        below = f"{path}.{key}" if path else key
        return Pair(key, self._place(key_node, below), self.node(value_node, below))

    def _place(self, node: nodes.Node, path: str) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1, path)

    def _refuse_tag(self, node: nodes.Node, place: Place) -> None:
        self.report.add(place, f"tags such as {shown(node.tag)} are not read here")


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Wrong("holds half of a surrogate pair, which is no character") from None
    return text
