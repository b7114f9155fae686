"""Trees of YAML changed at random places: a key that is gone, a list where there was none, a value that is another."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from gateway.config.findings import Place
from gateway.config.source import Items, Node, Pairs, Scalar

Path = tuple[int, ...]
Change = Callable[[Node], Node | None]

_NOWHERE = Place("mutated.yaml")
_PLAIN = re.compile(r"[A-Za-z0-9./~+_-][A-Za-z0-9./+_-]*|")
TEXTS = """
~ true True on 0 1 7 200 404 502 5xx 1.5 1e5 0x10 .inf 30s 1ms 8KiB 64KiB 20% all auto none upstream search keep a / *
"""


@dataclass(frozen=True)
class Mutant:
    """A text that was made, and the environment that it needs."""

    text: str
    environ: dict[str, str]


def mutants(root: Node) -> st.SearchStrategy[Mutant]:
    """The tree with one or two changes."""
    places = list(_paths(root))
    changes = st.lists(st.tuples(st.sampled_from(places), _changes(root, places)), min_size=1, max_size=2)
    return changes.map(lambda chosen: _mutant(root, chosen))


def _mutant(root: Node, chosen: list[tuple[Path, Change]]) -> Mutant:
    environ: dict[str, str] = {}
    for path, change in chosen:
        found = _at(root, path)
        if change is _referred and isinstance(found, Scalar):
            environ[f"V{len(environ)}"] = found.text
            root = _changed(root, path, lambda _: Scalar(_NOWHERE, f"${{V{len(environ) - 1}}}", plain=False)) or root
        elif found is not None:
            root = _changed(root, path, change) or root
    return Mutant(written(root), environ)


def _changes(root: Node, places: list[Path]) -> st.SearchStrategy[Change]:
    fixed: list[Change] = [_gone, _null, _wrapped, _unwrapped, _emptied, _referred]
    texts = st.builds(Scalar, st.just(_NOWHERE), st.sampled_from(TEXTS.split()), st.booleans())
    others = st.one_of(texts, st.sampled_from(places).map(lambda path: _at(root, path) or Items(_NOWHERE)))
    return st.one_of(st.sampled_from(fixed), others.map(lambda node: lambda _: node))


def _gone(_node: Node) -> None:
    return None


def _null(_node: Node) -> Node:
    return Scalar(_NOWHERE, "")


def _wrapped(node: Node) -> Node:
    return Items(_NOWHERE, (node,))


def _unwrapped(node: Node) -> Node:
    return node.nodes[0] if isinstance(node, Items) and node.nodes else node


def _emptied(node: Node) -> Node:
    return Pairs(_NOWHERE) if isinstance(node, Pairs) else Items(_NOWHERE)


def _referred(node: Node) -> Node:
    return node


def _below(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Pairs):
        return tuple(pair.node for pair in node.pairs)
    return node.nodes if isinstance(node, Items) else ()


def _paths(node: Node, here: Path = ()) -> Iterator[Path]:
    for index, below in enumerate(_below(node)):
        yield (*here, index)
        yield from _paths(below, (*here, index))


def _at(node: Node, path: Path) -> Node | None:
    for index in path:
        if index >= len(_below(node)):
            return None
        node = _below(node)[index]
    return node


def _changed(node: Node, path: Path, change: Change) -> Node | None:
    if not path:
        return change(node)
    below = list(_below(node))
    below[path[0]] = _changed(below[path[0]], path[1:], change)  # type: ignore[call-overload]
    if isinstance(node, Pairs):
        pairs = zip(node.pairs, below, strict=True)
        return Pairs(node.place, tuple(replace(pair, node=new) for pair, new in pairs if new is not None))
    return Items(node.place, tuple(new for new in below if new is not None))


def written(node: Node) -> str:
    """As YAML in flow style."""
    if isinstance(node, Pairs):
        return "{" + ", ".join(f"{json.dumps(pair.key)}: {written(pair.node)}" for pair in node.pairs) + "}"
    if isinstance(node, Items):
        return "[" + ", ".join(map(written, node.nodes)) + "]"
    return node.text if node.plain and _PLAIN.fullmatch(node.text) else json.dumps(node.text)
