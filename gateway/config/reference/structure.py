"""What the kinds of a configuration are made of, and which tables of keys they lead to."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol, runtime_checkable

from gateway.config.compound import Either, Maybe, OneOrMore, Some
from gateway.config.kinds import Key, Kind, ListOf, MapOf, One, Table
from gateway.config.reference.spelling import Spelling
from gateway.config.reference.spellings import spelling_of

BASIC = (One, Table, ListOf, MapOf, OneOrMore, Some, Maybe, Either)


@runtime_checkable
class Formed(Protocol):
    """A kind that reads in a way of its own what is written like another."""

    @property
    def form(self) -> Kind: ...


class NoForm(LookupError):  # noqa: N818 - read as a sentence
    """A kind of which nobody said how it is written."""


def form_of(kind: Kind) -> Kind:
    """The basic kind that is written alike."""
    while not isinstance(kind, BASIC):
        if not isinstance(kind, Formed):
            name = type(kind).__qualname__
            raise NoForm(f"nobody says how the kind {name} is written; give it a `form`, made of kinds that have one")
        kind = kind.form
    return kind


class Found(NamedTuple):
    """A table below a key: how many keys or items lead to it, and what it holds."""

    steps: str
    table: Table


def table_in(kind: Kind) -> Found | None:
    """The table that a value of this kind leads to, if any: through lists (`[]`) and chosen keys (`.<id>`)."""
    form = form_of(kind)
    match form:
        case Table():
            return Found("", form)
        case ListOf(item) | OneOrMore(item):
            return _behind("[]", item)
        case MapOf(key, value):
            return _behind(f".{placeholder(spelling_of(key))}", value)
        case Some(inner) | Maybe(inner) | Either(_, inner):
            return table_in(inner)
    return None


def _behind(step: str, kind: Kind) -> Found | None:
    found = table_in(kind)
    return Found(step + found.steps, found.table) if found else None


def spellings_of(kind: Kind) -> Iterator[Spelling]:
    """How the single values and the chosen keys of this kind are written; not those of a table in it."""
    form = form_of(kind)
    match form:
        case One(parse):
            yield spelling_of(parse)
        case MapOf(key, value):
            yield spelling_of(key)
            yield from spellings_of(value)
        case ListOf(inner) | OneOrMore(inner) | Some(inner) | Maybe(inner):
            yield from spellings_of(inner)
        case Either(first, second):
            yield from spellings_of(first)
            yield from spellings_of(second)


def placeholder(spelling: Spelling) -> str:
    return f"<{spelling.name or 'word'}>"


def keys_of(table: Table, path: str = "") -> Iterator[tuple[str, Key]]:
    """Every key of a table and of those below it, with its path: `upstreams.<id>.limits.queue`."""
    for name, key in table.keys.items():
        here = f"{path}.{name}" if path else name
        yield here, key
        if found := table_in(key.kind):
            yield from keys_of(found.table, here + found.steps)
