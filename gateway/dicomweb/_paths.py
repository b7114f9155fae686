"""Finds the template that a path ends with, and the segment at which it starts.

The templates are laid out once as a tree, one level per segment, so a path is read once from a possible start.
No regular expression, no list of templates to try.

Rule 1. The leftmost segment wins from which a template reaches the end of the path. `/studies/1/series` is a
        search below a study, and not the search for all series behind a root `/studies/1`.
Rule 2. Fixed segments go before variables: `/workitems/1.2.840.10008.5.1.4.34.5/subscribers/{aetitle}`.
Rule 3. A UID may be any text, however malformed, except one of the fixed words. Otherwise an AE with the title
        `studies` would turn the search `/aets/studies/studies` into a retrieve of the study "studies".
Rule 4. Empty segments (a doubled slash, a slash at the end) do not count. Where that leads nowhere they stand
        for an empty UID, as clients send it that fill a template with nothing: `/studies//metadata`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.dicomweb._npi import NPI_RESOURCES
from gateway.dicomweb.transactions import TRANSACTIONS, Template, Transaction

# The text of Supplement 228 and its examples differ in capitals.
_ANY_CASE: frozenset[str] = frozenset({"rendered3d", "renderedmpr"})

# The other variables, AE titles and lists of frames, may be called like a fixed word.
_UIDS: frozenset[str] = frozenset(
    {"{study}", "{series}", "{instance}", "{workitem}", "{transaction_uid}", "{mpps}", "{uid}"}
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a method means on a path, provided that the query keys are as the template says."""

    transaction: Transaction
    template: Template

    def fits(self, keys: frozenset[str]) -> bool:
        """`keys` in lower case, as the templates with a place in the tree write them."""
        return self.template.query <= keys and self.template.absent.isdisjoint(keys)


class Node:
    """A place in the tree: what may follow, and what the methods mean if nothing does."""

    __slots__ = ("allow", "choices", "fixed", "is_uid", "rest", "variable")

    def __init__(self) -> None:
        self.fixed: dict[str, Node] = {}
        self.variable: Node | None = None
        self.is_uid = False
        self.rest: Node | None = None
        self.choices: dict[str, tuple[Choice, ...]] = {}
        self.allow: tuple[str, ...] = ()

    def child(self, segment: str) -> "Node":
        if segment.endswith("*}"):
            self.rest = self.rest or Node()
            return self.rest
        if segment.startswith("{"):
            self.variable = self.variable or Node()
            self.is_uid = segment in _UIDS
            return self.variable
        return self.fixed.setdefault(segment.lower(), Node())


def methods_allowed(methods: Iterable[str]) -> tuple[str, ...]:
    """The value of Allow: GET brings HEAD (RFC 9110 9.3.2), and OPTIONS is answered everywhere."""
    known = set(methods)
    return tuple(sorted(known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set())))


def grow(transactions: Iterable[Transaction]) -> Node:
    """The tree of all templates, save `/`: as the end of a path it would say nothing about it."""
    tree = Node()
    for transaction in transactions:
        for template in transaction.templates:
            for path in _spelled_out(template.path):
                _plant(tree, path, Choice(transaction, template))
    _finish(tree)
    return tree


def _spelled_out(path: str) -> Iterable[str]:
    """The paths to plant: a template with `{npi}` stands for four."""
    if path == "/":
        return []
    return [path.replace("{npi}", word) for word in NPI_RESOURCES] if "{npi}" in path else [path]


def _plant(tree: Node, path: str, choice: Choice) -> None:
    node = tree
    for segment in path.split("/")[1:]:
        node = node.child(segment)
    method = choice.template.method
    node.choices[method] = (*node.choices.get(method, ()), choice)


def _finish(node: Node) -> None:
    """Completes a node once all templates are planted: fixed segments also mean what their variable means."""
    node.allow = methods_allowed(
        method for method, choices in node.choices.items() if any(choice.template.standard for choice in choices)
    )
    for child in node.fixed.values():
        if node.variable is not None:
            _lend(child, node.variable)
        _finish(child)
    for open_end in (node.variable, node.rest):
        if open_end is not None:
            _finish(open_end)


def _lend(fixed: Node, variable: Node) -> None:
    """DELETE on the subscription of a well-known workitem UID is found under `{workitem}` only."""
    for method, choices in variable.choices.items():
        fixed.choices.setdefault(method, choices)
    for word, child in variable.fixed.items():
        _lend(fixed.fixed.setdefault(word, Node()), child)
    if variable.variable is not None:
        fixed.variable = fixed.variable or Node()
        _lend(fixed.variable, variable.variable)


def _words(node: Node) -> frozenset[str]:
    """The fixed segments below a node; the well-known UIDs among them are UIDs all the same."""
    nodes = [*node.fixed.values(), *(child for child in (node.variable, node.rest) if child is not None)]
    here = {word for word in node.fixed if not word[0].isdigit()}
    return frozenset(here).union(*(_words(child) for child in nodes))


# notification.open is told by its header fields; without them its paths mean nothing.
CHANNELS: Node = grow([TRANSACTIONS["notification.open"]])
RESOURCES: Node = grow(
    row for row in TRANSACTIONS.values() if row.service not in {"common", "cors", "uri", "ws", "other"}
)
_WORDS: frozenset[str] = _words(RESOURCES)


def find(tree: Node, segments: Sequence[str]) -> tuple[Node, int] | None:
    """The node of the leftmost template that reaches the end, and the index of its first segment."""
    place = _leftmost(tree, segments, skip_empty=True)
    if place is None and "" in segments[1:]:
        place = _leftmost(tree, segments, skip_empty=False)
    return place


def _leftmost(tree: Node, segments: Sequence[str], *, skip_empty: bool) -> tuple[Node, int] | None:
    for start, segment in enumerate(segments):
        if segment in tree.fixed:
            node = _walk(tree, segments, start, skip_empty)
            if node is not None:
                return node, start
    return None


def _walk(tree: Node, segments: Sequence[str], start: int, skip_empty: bool) -> Node | None:
    # By index and not by slice: a hostile path has many starts, and each slice would copy the rest of it.
    node = tree
    for index in range(start, len(segments)):
        segment = segments[index]
        if skip_empty and not segment:
            continue
        child = node.fixed.get(segment)
        if child is None:
            if node.rest is not None:
                return node.rest
            child = _unfixed(node, segment)
            if child is None:
                return None
        node = child
    return node if node.choices else None


def _unfixed(node: Node, segment: str) -> Node | None:
    """What follows on a segment that is none of the fixed ones as written."""
    if node.variable is not None:
        return None if node.is_uid and segment in _WORDS else node.variable
    word = segment.lower()
    return node.fixed.get(word) if word in _ANY_CASE else None
