"""`when`: the conditions of a rule, as a table of words.

`words` is the place to add one. Its order is the order in which conditions are asked, cheap and selective ones first,
those that read content last; the order in the file says nothing.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.config import scalars, vocabulary
from gateway.config.compound import Maybe, Some
from gateway.config.findings import Report, Wrong, instead, shown
from gateway.config.kinds import By, Key, Kind, ListOf, MapOf, One, Table, literal, pairs_of
from gateway.config.regex import regex
from gateway.config.source import Node, Scalar
from gateway.config.values import BOOLEAN
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

COMPARISON = re.compile(r"(<=|>=|<|>)?\s*([0-9A-Za-z]+)")
_COMPARE: Mapping[str, Callable[[int, int], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "": operator.eq,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What the words of a rule may refer to in the same file."""

    routes: tuple[str, ...] = ()
    upstreams: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """One word of `when`: a sentence for people, what it may hold, and the conditions that this means."""

    about: str
    kind: Kind
    conditions: Callable[[Any], Iterable[Condition]]


def read_when(node: Node, report: Report, known: Mapping[str, Word]) -> tuple[Condition, ...]:
    """All conditions of a rule, in the order in which they will be asked. `known` are the `words` of its file."""
    given = {pair.key: pair for pair in pairs_of(node)}
    for name, pair in given.items():
        if name not in known:
            report.add(pair.place, _unknown(name))
    if not given:
        raise Wrong(_NO_CONDITION)
    conditions: list[Condition] = []
    for name, word in known.items():
        if name in given:
            node = given[name].node
            value = report.attempt(node.place, partial(word.kind.read, node, report))
            conditions += () if value is None else word.conditions(value)
    return tuple(conditions)


_NO_CONDITION = "names no condition; such a rule would match every exchange"


def form_of_when() -> Kind:
    """How a `when` is written, where no names are known."""
    return Some(Table({name: Key(word.kind, word.about, None) for name, word in WHEN.items()}), _NO_CONDITION)


def _unknown(word: str) -> str:
    if word in LATER:
        return "is known, but not in this release"
    return f"unknown condition; {instead(word, [*WHEN, *LATER], listed=WHEN)}"


def named(written: str, known: tuple[str, ...]) -> str:
    """An id that the same file gives to something."""
    return scalars.word(written, known)


def size(written: str) -> SizeIs:
    """`0`, `<1KiB`, `>=16MiB`: the announced length of the content."""
    match = COMPARISON.fullmatch(written)
    if match is None:
        raise Wrong(f"{shown(written)} is not a comparison such as 0, <1KiB or >=16MiB")
    bound = int(match[2]) if match[2].isdecimal() and len(match[2]) <= 15 else scalars.size(match[2])
    return SizeIs(_Compare(match[1] or "", bound), written)


@dataclass(frozen=True, slots=True)
class _Compare:
    """A comparison with a fixed number, equal to its like."""

    sign: str
    bound: int

    def __call__(self, length: int) -> bool:
        return _COMPARE[self.sign](length, self.bound)


def pointer(written: str) -> str:
    """RFC 6901; the empty one is the whole document."""
    if (written and not written.startswith("/")) or len(written) > 200:
        raise Wrong("is not a JSON pointer; it begins with /, such as /HttpStatus, and has at most 200 characters")
    return written


def _json_value(node: Node, _report: Report) -> str | int | float | bool | re.Pattern[str] | None:
    """A number, true or false means itself; `~ ...` is a regular expression; all else is an equal text."""
    if not isinstance(node, Scalar):
        raise Wrong("is not a single value; compare texts, numbers, true, false or null")
    value = literal(node)
    return regex(value[1:].lstrip()) if isinstance(value, str) and value.startswith("~") else value


def _list(item: Kind) -> Kind:
    """One or more, of which one must hold; an empty list could never match."""
    return Some(ListOf(item, lone=True), "is an empty list, which nothing matches")


def _map(key: Callable[[str], Any], value: Kind) -> Kind:
    """All must hold; null means that nothing is there, or a null is."""
    return Some(MapOf(key, Maybe(value)), "is empty, which says nothing")


_REGEX = One(regex)


def _fact(word: str, about: str, item: One) -> Word:
    return Word(about, _list(item), lambda wanted: [OneOf(word, frozenset(wanted))])


def _any_of(sets: Iterable[frozenset[Any]]) -> frozenset[Any]:
    return frozenset().union(*sets)


def _headers(wanted: Mapping[str, tuple[re.Pattern[str], ...]]) -> Iterable[Condition]:
    return [FieldMatches(name, *(value or (None,))) for name, value in wanted.items()]


def _json(wanted: Mapping[str, tuple[Any, ...]]) -> Iterable[Condition]:
    return [JsonHas(where, *(value or (None,))) for where, value in wanted.items()]


def words(names: Names) -> Mapping[str, Word]:
    """The words of `when`, where these names exist."""
    return {
        "origin": _fact(
            "origin",
            "Who answered: the archive (upstream), or the gateway in its place (gateway).",
            One(partial(scalars.word, known=ORIGINS)),
        ),
        "failure": _fact(
            "failure",
            "Why there is no answer that could be passed on. Most words are those of RFC 9209.",
            One(partial(scalars.word, known=tuple(FailureKind))),
        ),
        "status": Word(
            "The status code of the archive's answer.",
            _list(One(scalars.statuses)),
            lambda wanted: [StatusIs(_any_of(wanted))],
        ),
        "transaction": Word(
            "What the client wants in terms of PS3.18: an id, a group of them such as studies.retrieve.*, or a short "
            "word such as search, retrieve or store.",
            _list(One(vocabulary.transactions)),
            lambda wanted: [OneOf("transaction", _any_of(wanted))],
        ),
        "method": _fact("method", "The method of the request.", One(vocabulary.method)),
        "route": _fact("route", "The route of the request, by its id.", One(partial(named, known=names.routes))),
        "upstream": _fact("upstream", "The archive, by its id.", One(partial(named, known=names.upstreams))),
        "location": Word("What the archive's Location must match.", _REGEX, lambda wanted: [LocationMatches(wanted)]),
        "reason": Word(
            "What the archive's reason phrase must match, the words behind its status code.",
            _REGEX,
            lambda wanted: [ReasonMatches(wanted)],
        ),
        "header": Word(
            "What fields of the archive's answer must match, by their names; null: the field must be absent.",
            _map(vocabulary.field_name, _REGEX),
            _headers,
        ),
        "media_type": Word(
            "The media type that the answer is labelled with, without parameters; text/* is every text.",
            _list(One(vocabulary.media_type)),
            lambda wanted: [MediaTypeIs(frozenset(wanted))],
        ),
        "unexpected_media": Word(
            "Whether the answer is labelled with a media type that its transaction does not have in PS3.18, or with none.",
            BOOLEAN,
            lambda wanted: [UnexpectedMedia(wanted)],
        ),
        "size": Word("The announced length of the content.", One(size), lambda wanted: [wanted]),
        "looks_like": Word(
            "What the first bytes of the content look like, whatever its label says.",
            _list(One(partial(scalars.word, known=tuple(looks.value for looks in Looks)))),
            lambda wanted: [LooksLike(frozenset(map(Looks, wanted)))],
        ),
        "json": Word(
            "Values in a JSON content, each by a JSON pointer (RFC 6901): an equal text, number, true, false or null, "
            "or ~ and a regular expression.",
            _map(pointer, By(_json_value, One(str))),
            _json,
        ),
        "body": Word(
            "What the beginning of the content must match (inspect.peek says how much); never asked of DICOM objects.",
            _REGEX,
            lambda wanted: [BodyMatches(wanted)],
        ),
    }


WHEN = words(Names())
