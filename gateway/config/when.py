"""`when`: the conditions of a rule, one reader per word.

`WHEN` is the place to add a word. Its order is the order in which conditions are asked, cheap and selective ones first,
those that read content last; the order in the file says nothing.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.config import scalars, vocabulary
from gateway.config.findings import Report, Wrong, instead, shown
from gateway.config.kinds import ListOf, One, is_null, literal, pairs_of, text_of
from gateway.config.regex import regex
from gateway.config.source import Node, Pair, Scalar
from gateway.core.conditions import (
    BodyMatches,
    Condition,
    FieldMatches,
    JsonHas,
    LocationMatches,
    LooksLike,
    MediaTypeIs,
    OneOf,
    ReasonMatches,
    SizeIs,
    StatusIs,
    UnexpectedMedia,
)
from gateway.core.failures import FailureKind
from gateway.core.inspect import Looks

LATER = frozenset({"store"})
ORIGINS = ("upstream", "gateway")

_COMPARISON = re.compile(r"(<=|>=|<|>)?\s*([0-9A-Za-z]+)")
_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "": operator.eq,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What the words of a rule may refer to in the same file."""

    routes: tuple[str, ...] = ()
    upstreams: tuple[str, ...] = ()


Reader = Callable[[Node, Report, Names], Iterator[Condition]]


def read_when(node: Node, report: Report, names: Names) -> tuple[Condition, ...]:
    """All conditions of a rule, in the order in which they will be asked."""
    given = {pair.key: pair for pair in pairs_of(node)}
    for word, pair in given.items():
        if word not in WHEN:
            report.add(pair.place, _unknown(word))
    if not given:
        raise Wrong("names no condition; such a rule would match every exchange")
    conditions: list[Condition] = []
    for word, reader in WHEN.items():
        if word in given:
            node = given[word].node
            conditions += report.attempt(node.place, partial(_all, reader, node, report, names)) or ()
    return tuple(conditions)


def _all(reader: Reader, node: Node, report: Report, names: Names) -> list[Condition]:
    return list(reader(node, report, names))


def _unknown(word: str) -> str:
    if word in LATER:
        return "is known, but not in this release"
    return f"unknown condition; {instead(word, [*WHEN, *LATER], listed=WHEN)}"


def _words(node: Node, report: Report, parse: Callable[[str], Any]) -> tuple[Any, ...]:
    """One word or a list of them; an empty list could never match."""
    before = report.faults
    read = ListOf(One(parse), lone=True).read(node, report)
    if not read and report.faults == before:
        raise Wrong("is an empty list, which nothing matches")
    return read


def _one_of(word: str, known: Callable[[Names], tuple[str, ...]]) -> Reader:
    def read(node: Node, report: Report, names: Names) -> Iterator[Condition]:
        yield OneOf(word, frozenset(_words(node, report, partial(scalars.word, known=known(names)))))

    return read


def _methods(node: Node, report: Report, _names: Names) -> Iterator[Condition]:
    yield OneOf("method", frozenset(_words(node, report, vocabulary.method)))


def _transactions(node: Node, report: Report, _names: Names) -> Iterator[Condition]:
    yield OneOf("transaction", frozenset().union(*_words(node, report, vocabulary.transactions)))


def _statuses(node: Node, report: Report, _names: Names) -> Iterator[Condition]:
    yield StatusIs(frozenset().union(*_words(node, report, scalars.statuses)))


def _media_types(node: Node, report: Report, _names: Names) -> Iterator[Condition]:
    yield MediaTypeIs(frozenset(_words(node, report, vocabulary.media_type)))


def _header(node: Node, report: Report, _names: Names) -> Iterator[Condition]:
    for pair in _some_pairs(node):
        name = report.attempt(pair.place, partial(vocabulary.field_name, pair.key))
        pattern = None if is_null(pair.node) else report.attempt(pair.node.place, partial(_pattern, pair.node))
        if name is not None and (pattern is not None or is_null(pair.node)):
            yield FieldMatches(name, pattern)


def _location(node: Node, _report: Report, _names: Names) -> Iterator[Condition]:
    yield LocationMatches(_pattern(node))


def _reason(node: Node, _report: Report, _names: Names) -> Iterator[Condition]:
    yield ReasonMatches(_pattern(node))


def _unexpected_media(node: Node, _report: Report, _names: Names) -> Iterator[Condition]:
    yield UnexpectedMedia(scalars.boolean(text_of(node)))


def _size(node: Node, _report: Report, _names: Names) -> Iterator[Condition]:
    """`0`, `<1KiB`, `>=16MiB`: the announced length of the content."""
    written = text_of(node)
    match = _COMPARISON.fullmatch(written)
    if match is None:
        raise Wrong(f"{shown(written)} is not a comparison such as 0, <1KiB or >=16MiB")
    bound = int(match[2]) if match[2].isdecimal() and len(match[2]) <= 15 else scalars.size(match[2])
    yield SizeIs(_Compare(match[1] or "", bound), written)


@dataclass(frozen=True, slots=True)
class _Compare:
    """A comparison with a fixed number, equal to its like."""

    sign: str
    bound: int

    def __call__(self, length: int) -> bool:
        return _COMPARE[self.sign](length, self.bound)


def _looks_like(node: Node, report: Report, _names: Names) -> Iterator[Condition]:
    known = tuple(looks.value for looks in Looks)
    wanted = _words(node, report, partial(scalars.word, known=known))
    yield LooksLike(frozenset(Looks(word) for word in wanted))


def _json(node: Node, report: Report, _names: Names) -> Iterator[Condition]:
    for pair in _some_pairs(node):
        pointer = report.attempt(pair.place, partial(_pointer, pair.key))
        wanted = report.attempt(pair.node.place, partial(_json_value, pair.node))
        if pointer is not None and wanted is not None:
            yield JsonHas(pointer, wanted.value)


def _pointer(written: str) -> str:
    """RFC 6901; the empty one is the whole document."""
    if (written and not written.startswith("/")) or len(written) > 200:
        raise Wrong("is not a JSON pointer; it begins with /, such as /HttpStatus, and has at most 200 characters")
    return written


@dataclass(frozen=True, slots=True)
class _Wanted:
    value: str | int | float | bool | re.Pattern[str] | None


def _json_value(node: Node) -> _Wanted:
    """A number, true, false or null means itself; `~ ...` is a regular expression; all else is an equal text."""
    if not isinstance(node, Scalar):
        raise Wrong("is not a single value; compare texts, numbers, true, false or null")
    value = literal(node)
    if isinstance(value, str) and value.startswith("~"):
        return _Wanted(regex(value[1:].lstrip()))
    return _Wanted(value)


def _body(node: Node, _report: Report, _names: Names) -> Iterator[Condition]:
    yield BodyMatches(_pattern(node))


def _pattern(node: Node) -> re.Pattern[str]:
    return regex(text_of(node))


def _some_pairs(node: Node) -> tuple[Pair, ...]:
    pairs = pairs_of(node)
    if not pairs:
        raise Wrong("is empty, which says nothing")
    return pairs


WHEN: Mapping[str, Reader] = {
    "origin": _one_of("origin", lambda _: ORIGINS),
    "failure": _one_of("failure", lambda _: tuple(FailureKind)),
    "status": _statuses,
    "transaction": _transactions,
    "method": _methods,
    "route": _one_of("route", lambda names: names.routes),
    "upstream": _one_of("upstream", lambda names: names.upstreams),
    "location": _location,
    "reason": _reason,
    "header": _header,
    "media_type": _media_types,
    "unexpected_media": _unexpected_media,
    "size": _size,
    "looks_like": _looks_like,
    "json": _json,
    "body": _body,
}
