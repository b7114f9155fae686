"""A JSON document as its tree: keys, where they are in the list, and kinds of values.

Of values only those are told that say what went wrong: small whole numbers under a key such as `HttpStatus`, true, false
and null. Deep and wide trees are told down to a bound.
"""

import json
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeAlias

from gateway.core.conditions import keys_of
from gateway.recordings.words import JSON_KEYS, NUMBERED

LARGEST = 64 * 1024  # bytes; a longer document is told by its kind alone
_DEEPEST, _WIDEST = 6, 24
_MOST = 9999  # a status, an error number; beyond that it may be anybody's number
TAG = "00091001"  # stands for every tag that is in no list

Kind = Literal["text", "number", "unseen"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value of this kind, left out."""

    kind: Kind


@dataclass(frozen=True, slots=True)
class Branch:
    """An object: its known keys, and how many others it has."""

    keys: dict[str, "Tree"]
    others: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A list: how many members, and the tree of the first ones."""

    length: int
    first: tuple["Tree", ...] = ()


Tree: TypeAlias = Leaf | Branch | Row | int | bool | None


@dataclass(frozen=True, slots=True)
class Document:
    """A whole tree."""

    root: Tree

    def to_plain(self) -> object:
        return _to_plain(self.root)

    @classmethod
    def from_plain(cls, plain: object) -> "Document":
        """Raises `ValueError` where this is no tree."""
        return cls(_from_plain(plain))


def tree_of(value: object, key: str = "", depth: int = 0) -> Tree:
    """The tree of a document."""
    if isinstance(value, dict | list) and depth >= _DEEPEST:
        return Leaf("unseen")
    if isinstance(value, dict):
        return _branch(value, depth)
    if isinstance(value, list):
        return Row(len(value), tuple(tree_of(member, "", depth + 1) for member in islice(value, 2)))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and 0 <= value <= _MOST and (key.lower() in NUMBERED or not depth):
        return value
    return Leaf("text" if isinstance(value, str) else "number")


def _branch(document: dict[str, object], depth: int) -> Branch:
    known: dict[str, Tree] = {}
    for key, value in document.items():
        word = _key_like(key)
        if word and word not in known and len(known) < _WIDEST:
            known[word] = tree_of(value, word, depth + 1)
    return Branch(known, len(document) - len(known))


def _key_like(key: str) -> str:
    """The key, if it is in the list in this or another case, or a tag if it is some tag."""
    if key.lower() in JSON_KEYS:
        return key
    return TAG if len(key) == 8 and all(digit in "0123456789abcdefABCDEF" for digit in key) else ""


def document_like(document: Document, text: str) -> str:
    """A document with this tree; `text` is in the place of each text."""
    return json.dumps(_value(document.root, text))


def _value(tree: Tree, text: str) -> object:
    match tree:
        case Branch():
            others = {f"other{number}": text for number in range(min(tree.others, _WIDEST))}
            return {**{key: _value(child, text) for key, child in tree.keys.items()}, **others}
        case Row():
            first = [_value(child, text) for child in tree.first]
            return first + first[-1:] * (tree.length - len(first))
        case Leaf():
            return {"text": text, "number": 100_000, "unseen": {}}[tree.kind]
    return tree


def _to_plain(tree: Tree) -> object:
    match tree:
        case Branch():
            return {"keys": {key: _to_plain(child) for key, child in tree.keys.items()}, "others": tree.others}
        case Row():
            return {"length": tree.length, "first": [_to_plain(child) for child in tree.first]}
        case Leaf():
            return tree.kind
    return tree


def _from_plain(plain: object) -> Tree:
    match plain:
        case {"keys": dict(keys), "others": int(others), **rest} if not rest and others >= 0:
            return Branch({str(key): _from_plain(child) for key, child in keys.items()}, others)
        case {"length": int(length), "first": list(first), **rest} if (
            not rest and length <= LARGEST and min(length, 2) == len(first)
        ):
            return Row(length, tuple(map(_from_plain, first)))
        case "text" | "number" | "unseen":
            return Leaf(plain)
        case None | bool() | int():
            return plain
    raise ValueError("is no tree of a document")


NOTHING = object()  # at this place of a tree there is nothing


def at(document: Document, pointer: str) -> "Tree | object":
    """What stands at a JSON pointer (RFC 6901): a tree, `NOTHING`, or `unseen` where the tree does not tell."""
    here: Tree = document.root
    for key in keys_of(pointer):
        if isinstance(here, Branch) and TAG in here.keys and _key_like(key) == TAG:
            here = Leaf("unseen")  # one tag stands for several
        elif isinstance(here, Branch) and (key in here.keys or here.others):
            here = here.keys.get(key, Leaf("unseen"))
        elif isinstance(here, Row) and key.isdecimal() and len(key) < 10 and int(key) < here.length:
            here = here.first[int(key)] if int(key) < len(here.first) else Leaf("unseen")
        elif here != Leaf("unseen"):
            return NOTHING
    return here
