"""YAML text to a tree of nodes, in steps.

Only the structure is taken from YAML. Tags are never obeyed and no object is ever built; aliases and merge keys are refused,
since a value that comes from elsewhere has two places.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from gateway.config.environment import filled_in
from gateway.config.findings import Place, Report, Wrong, shown
from gateway.config.source import Items, Node, Pair, Pairs, Scalar
from gateway.config.steps import Steps, finished
from gateway.config.yaml_text import Events, careful_events, in_our_words, quick_events, unreadable

_CONFIGURATION = "a configuration begins with version: 1"


def parse(text: str, file: str, environ: Mapping[str, str], report: Report, begins: str = _CONFIGURATION) -> Node:
    """The tree. Raises `ConfigErrors` where this is not YAML; reports what is YAML but not accepted. `begins` tells whoever
    wrote nothing how to begin."""
    return finished(parsing(text, file, environ, report, begins))


def parsing(
    text: str, file: str, environ: Mapping[str, str], report: Report, begins: str = _CONFIGURATION
) -> Steps[Node]:
    """The same in steps."""
    root = yield from _quickly(text, file, environ)
    root = root or (yield from _carefully(text, file, environ, report))
    if root is None:
        raise unreadable(Place(file, 1, 1), f"holds nothing; {begins}")
    return root


def _quickly(text: str, file: str, environ: Mapping[str, str]) -> Steps[Node | None]:
    """None where it takes the careful way: the text is not of the simple kind, or something is wrong with it."""
    events, report = quick_events(text), Report()
    try:
        root = (yield from Tree(events, file, environ, report).document()) if events else None
    except yaml.YAMLError:
        return None
    return None if report.faults else root


def _carefully(text: str, file: str, environ: Mapping[str, str], report: Report) -> Steps[Node | None]:
    events = careful_events(text, file)
    try:
        return (yield from Tree(events, file, environ, report).document())
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise in_our_words(error, events, file) from None


@dataclass(frozen=True, slots=True)
class Tree:
    """Builds nodes of events. A step is an item of a list or a pair of a mapping."""

    events: Events
    file: str
    environ: Mapping[str, str]
    report: Report

    def document(self) -> Steps[Node | None]:
        if not self.events.begin():
            return None
        root = yield from self._node(self.events.take(), "")
        self.events.end()
        return root

    def _node(self, event: Any, path: str) -> Steps[Node]:
        """The node that this event begins."""
        place = self._place(event, path)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if event.tag not in (None, "!", yaml.BaseLoader.DEFAULT_MAPPING_TAG, yaml.BaseLoader.DEFAULT_SEQUENCE_TAG):
            self._refuse_tag(event, place)
        self.events.depth += 1
        node: Node
        if isinstance(event, yaml.SequenceStartEvent):
            node = Items(place, (yield from self._items(path)))
        else:
            node = Pairs(place, (yield from self._pairs(path)))
        self.events.depth -= 1
        return node

    def _scalar(self, event: Any, place: Place) -> Scalar:
        if event.tag not in (None, "!", yaml.BaseLoader.DEFAULT_SCALAR_TAG):
            self._refuse_tag(event, place)
        text = self.report.attempt(place, lambda: _encodable(filled_in(event.value, self.environ)))
        # What a variable held is a text, even where it held nothing or the letters "null".
        return Scalar(place, text or "", plain=not event.style and text == event.value, broken=text is None)

    def _items(self, path: str) -> Steps[tuple[Node, ...]]:
        items: list[Node] = []
        while not self.events.ends():
            items.append((yield from self._node(self.events.take(), f"{path}[{len(items)}]")))
            yield
        return tuple(items)

    def _pairs(self, path: str) -> Steps[tuple[Pair, ...]]:
        pairs: dict[str, Pair] = {}
        while not self.events.ends():
            pair = yield from self._pair(self.events.take(), path)
            if pair is not None and pair.key in pairs:
                self.report.add(pair.place, f"this key was given before, in line {pairs[pair.key].place.line}")
            elif pair is not None:
                pairs[pair.key] = pair
            yield
        return tuple(pairs.values())

    def _pair(self, event: Any, path: str) -> Steps[Pair | None]:
        key = self.report.attempt(self._place(event, path), lambda: _key(event))
        if key is None:
            yield from self._skipped(event)
            return None
        below = f"{path}.{key}" if path else key
        return Pair(key, self._place(event, below), (yield from self._node(self.events.take(), below)))

    def _skipped(self, key: Any) -> Steps[None]:
        """A key that is none, and its value: of what they hold nothing is told."""
        unheard = replace(self, report=Report())
        yield from unheard._node(key, "")
        yield from unheard._node(self.events.take(), "")

    def _place(self, event: Any, path: str) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1, path)

    def _refuse_tag(self, event: Any, place: Place) -> None:
        self.report.add(place, f"tags such as {shown(event.tag)} are not read here")


def _key(event: Any) -> str:
    if not isinstance(event, yaml.ScalarEvent):
        raise Wrong("a key must be a word")
    if event.value == "<<" and not event.style:
        raise Wrong("merge keys (<<) are not read here; write the values out")
    return _encodable(str(event.value))


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Wrong("holds half of a surrogate pair, which is no character") from None
    return text
